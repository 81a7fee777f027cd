"""Debtors as SIPp processes: scenarios, their start, and what their log says happened."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from telephony.lab import ports, scenarios, tone
from telephony.lab.errors import LabError
from telephony.lab.scenarios import Answer, Way
from telephony.provisioning import Address

NUMBER = re.compile(r"[+0-9A-Za-z*#._-]{1,40}")
_STAMP = re.compile(r"^\d{4}-\d\d-\d\d\s+[\d:.]+\s+[\d.]+:|^The following events occurred:")
_EVENT = re.compile(r"^event (\S+) (\d+) (\w+)(?: (\S+))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one call: ``name`` of the scenarios below, milliseconds since SIPp began."""

    call: str
    at: int
    name: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ring:
    """A debtor who rings in. ``seconds`` of talk until the debtor hangs up (None: the other side does), or
    ``abandon_after`` seconds without an answer until the debtor gives up. A :class:`~telephony.lab.keypad.Keypad` may
    sound for him, from ``media``.
    """

    caller: str
    number: str
    seconds: float | None = None
    abandon_after: float | None = None
    hertz: int = 440
    media: tuple[str, int] | None = None

    def __post_init__(self) -> None:
        for value in (self.caller, self.number):
            if not NUMBER.fullmatch(value):
                raise LabError(f"not a number that can be rung: {value!r}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """How a ``Ring`` went: milliseconds until the answer (None: none came) and of talk, who hung up
    (``caller`` or ``callee``), and the SIP status that refused it.
    """

    answered_after: int | None = None
    talked: int = 0
    ended_by: str | None = None
    refused: str | None = None
    abandoned: bool = False


class Sipp:
    """One SIPp process on the trunk's address. Ending the ``with`` block ends the process."""

    def __init__(self, folder: Path, host: str, command: list[str]) -> None:
        self._log = folder / "events.log"
        self._errors = (folder / "stderr", folder / "errors.log")
        lock, media = ports.claim_media(host)
        try:
            self._process = subprocess.Popen(
                [command[0], "-mp", str(media), *command[1:]],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(lock,),
            )
        finally:
            os.close(lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    def events(self) -> list[Event]:
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return [Event(call, int(at), name, detail) for call, at, name, detail in _EVENT.findall(text)]

    def finished(self) -> bool:
        return self._process.poll() is not None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; raises ``LabError`` after ``timeout`` seconds."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise LabError("the SIP tool did not finish in time") from None

    def complaint(self) -> str:
        """The first thing SIPp found wrong, or nothing."""
        for file in self._errors:
            for line in file.read_text(errors="replace").splitlines() if file.exists() else ():
                if told := _STAMP.sub("", line).strip():
                    return told
        return ""

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@contextmanager
def ring(asterisk: Address, trunk_host: str, order: Ring) -> Iterator[Sipp]:
    """Let a debtor ring Asterisk; the call goes on while the block runs, at the most until it ends."""
    with _folder() as folder:
        (folder / "tone.ulaw").write_bytes(tone.tone(order.hertz))
        (folder / "scenario.xml").write_text(
            scenarios.ringing(order.caller, order.seconds, order.abandon_after, order.media)
        )
        command = [
            *_sipp(trunk_host, ports.free_udp(trunk_host)),
            "-m", "1", "-s", order.number, f"{asterisk.host}:{asterisk.port}",
        ]  # fmt: skip
        with Sipp(folder, trunk_host, command) as sipp:
            yield sipp


def outcome(events: list[Event]) -> Rung:
    """What the events of a finished ``ring`` amount to."""
    at = {event.name: event for event in events}
    start = at["started"].at if "started" in at else 0
    if "refused" in at:
        return Rung(refused=at["refused"].detail)
    if "abandoned" in at:
        return Rung(abandoned=True)
    if "answered" not in at:
        return Rung()
    answered = at["answered"].at
    end = at.get("caller") or at.get("callee")
    return Rung(
        answered_after=answered - start,
        talked=end.at - answered if end else 0,
        ended_by=end.name if end else None,
    )


@contextmanager
def answer(
    trunk: Address,
    how: Answer = Answer.PICK_UP,
    *,
    seconds: float | None = None,
    hertz: int = 440,
    calls: int | None = None,
    ring_seconds: float = 1.0,
    sounds: Mapping[int, bytes] | None = None,
    media: tuple[str, int] | None = None,
) -> Iterator[Sipp]:
    """Let debtors answer on the trunk's address as long as the block runs, or until ``calls`` calls are over.

    They hang up after ``seconds`` of talk, or never by themselves. Of ``sounds`` (G.711 µ-law) the one is heard
    that bears the last four digits of the number rung; SIPp takes about eighty of them. A
    :class:`~telephony.lab.keypad.Keypad` may sound for one debtor, from ``media``. The block begins when the port
    is open; raises ``LabError`` when somebody else answers there already.
    """
    way = Way(how=how, seconds=seconds, ring_seconds=ring_seconds, media=media)
    heard = {"tone": tone.tone(hertz), "machine": tone.machine()}
    heard |= {f"sound{n}": one for n, one in (sounds or {}).items()}
    with _answering(trunk, scenarios.answering(way, tuple(sounds or ())), heard, calls) as sipp:
        yield sipp


@contextmanager
def crowd(trunk: Address, ways: Mapping[str, Way]) -> Iterator[Sipp]:
    """As :func:`answer`, but each debtor does what ``ways`` says of how his number ends, and people greet."""
    heard = {"tone": tone.greeting(), "machine": tone.machine()}
    with _answering(trunk, scenarios.crowd(ways), heard, None) as sipp:
        yield sipp


@contextmanager
def _answering(trunk: Address, scenario: str, sounds: Mapping[str, bytes], calls: int | None) -> Iterator[Sipp]:
    ports.require_free(trunk)
    with _folder() as folder:
        for name, sound in sounds.items():
            (folder / f"{name}.ulaw").write_bytes(sound)
        (folder / "scenario.xml").write_text(scenario)
        command = _sipp(trunk.host, trunk.port)
        command += ["-m", str(calls)] if calls else []
        with Sipp(folder, trunk.host, command) as sipp:
            _wait_until_open(sipp, trunk)
            yield sipp


def _wait_until_open(sipp: Sipp, trunk: Address) -> None:
    deadline = time.monotonic() + 10
    needle = f"{_hex(trunk.host)}:{trunk.port:04X} "
    while needle not in Path("/proc/net/udp").read_text():
        if sipp.finished() or time.monotonic() > deadline:
            raise LabError(f"nobody can answer on {trunk.host}:{trunk.port}: {sipp.complaint() or 'not ready'}")
        time.sleep(0.02)


def _hex(host: str) -> str:
    return "".join(f"{int(part):02X}" for part in reversed(host.split(".")))


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cc-sipp-") as folder:
        yield Path(folder)


def _sipp(host: str, port: int) -> list[str]:
    program = shutil.which("sipp")
    if program is None:
        raise LabError("no SIPp here; install it with: sudo apt-get install sip-tester")
    return [
        program, "-nostdin", "-sf", "scenario.xml", "-i", host, "-p", str(port), "-mi", host,
        "-trace_logs", "-log_file", "events.log", "-trace_err", "-error_file", "errors.log",
    ]  # fmt: skip
