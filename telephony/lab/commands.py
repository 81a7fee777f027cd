"""The commands ``callcenter lab …``: each says in one line, or one JSON document, what happened, and raises
``LabError`` when that is not what was asked.
"""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import FrameType

from telephony.lab import sipp
from telephony.lab.errors import LabError
from telephony.lab.instance import Lab, LabOptions
from telephony.lab.scenarios import Answer


def up(lab: Lab, options: LabOptions, *, as_json: bool = False) -> str:
    """Start with the phones of the last time; who knows the users gives the lab theirs."""
    started = lab.up(options=options)
    if as_json:
        return json.dumps({**lab.status(), "started": started})
    return f"{'started' if started else 'already running'}: {_summary(lab)}"


def down(lab: Lab, *, as_json: bool = False) -> str:
    stopped = lab.down()
    if as_json:
        return json.dumps({"running": False, "stopped": stopped})
    return "stopped" if stopped else "was not running"


def status(lab: Lab, *, as_json: bool = False) -> str:
    """What runs; raises ``LabNotRunning`` when nothing does and no JSON was asked for."""
    if as_json:
        return json.dumps(lab.status())
    lab.required()
    return _summary(lab)


def _summary(lab: Lab) -> str:
    seen = lab.status()
    sip = f"{seen['sip']['host']}:{seen['sip']['port']}"
    return f"Asterisk {seen['version']} at {sip}; ring {', '.join(seen['numbers'])}"


def call(lab: Lab, order: sipp.Ring, *, as_json: bool = False) -> str:
    """A debtor rings in. Raises ``LabError`` unless the call was answered and lasted as long as asked, or was
    given up unanswered if that was asked.
    """
    pbx = lab.required().pbx
    with sipp.ring(pbx.sip, pbx.trunk.host, order) as process, _stopping_on_signal(process):
        process.wait()
        rung = sipp.outcome(process.events())
        complaint = process.complaint()
    said = _told(order, rung)
    _demand(_as_asked(order, rung), f"{said} {complaint}".strip())
    return json.dumps({"from": order.caller, "to": order.number, **asdict(rung)}) if as_json else said


def _as_asked(order: sipp.Ring, rung: sipp.Rung) -> bool:
    if order.abandon_after is not None and rung.abandoned:
        return True
    if rung.answered_after is None:
        return False
    return rung.ended_by == "caller" if order.seconds is not None else rung.ended_by is not None


def _told(order: sipp.Ring, rung: sipp.Rung) -> str:
    line = f"{order.caller} rang {order.number}:"
    if rung.refused:
        return f"{line} refused with {rung.refused}"
    if rung.abandoned:
        return f"{line} nobody answered, given up"
    if rung.answered_after is None:
        return f"{line} not answered"
    ends = {"caller": "the debtor hung up", "callee": "the call centre hung up", None: "broken off"}
    wait, talk = rung.answered_after / 1000, rung.talked / 1000
    return f"{line} answered after {wait:.1f} s, talked {talk:.1f} s, {ends[rung.ended_by]}"


def answer(
    lab: Lab,
    how: Answer,
    *,
    seconds: float | None = None,
    hertz: int = 440,
    calls: int | None = None,
    as_json: bool = False,
) -> Iterator[str]:
    """Debtors answer as they are told until ``calls`` calls are over, or until interrupted: first a line when
    they are ready, then one for each call. With ``as_json`` only one document, at the end.
    """
    trunk = lab.required().pbx.trunk
    with (
        sipp.answer(trunk, how, seconds=seconds, hertz=hertz, calls=calls) as process,
        _stopping_on_signal(process) as stopped,
    ):
        if not as_json:
            yield f"debtors {how} on {trunk.host}:{trunk.port}"
        told: list[dict[str, str]] = []
        while True:
            over = process.finished()
            fresh = [entry for entry in _calls(process.events()) if entry not in told]
            told += fresh
            if not as_json:
                yield from (f"{entry['call']}: {entry['outcome']}" for entry in fresh)
            if over:
                break
            time.sleep(0.1)
        _demand(bool(stopped) or process.wait() == 0, f"a call did not go as asked: {process.complaint()}")
    if as_json:
        yield json.dumps({"how": how, "calls": told})


def _calls(events: list[sipp.Event]) -> list[dict[str, str]]:
    """The calls that are over, in the order of their ends."""
    ends = {"caller": "talked, the call centre hung up", "callee": "talked, the debtor hung up"}
    ends |= {"refused": "refused", "abandoned": "rang until the call centre gave up"}
    return [{"call": event.call, "outcome": ends[event.name]} for event in events if event.name in ends]


@contextmanager
def _stopping_on_signal(process: sipp.Sipp) -> Iterator[list[int]]:
    """Ctrl-C and a request to end stop the debtors; yields the signals that came."""
    came: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        came.append(number)
        process.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _demand(fulfilled: bool, otherwise: str) -> None:
    if not fulfilled:
        raise LabError(otherwise)
