"""The bridge against what should not happen: rows that come late, events it cannot take, files it cannot write."""

import asyncio
import logging
import re
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from callcenter.calls.facts import CallState
from core.kernel.clock import ManualClock
from telephony import bridge as bridge_module
from telephony.ami.events import AmiEvent, BridgeEntered
from telephony.bridge import Bridge
from telephony.tracking.fold import Fold
from telephony.tracking.repair import CelRow, read_cel, rows_of
from telephony.watermark import Watermark
from tests.fakes.ami_server import AmiServer
from tests.integration.telephony.exchange import Log
from tests.unit.telephony.replay import TRACES, events, folded
from tests.unit.telephony.test_bridge import bridged, trace
from tests.waiting import until

STORY = "direct_hidden"
STORY_SECONDS = 1.6
MOMENT = timedelta(seconds=0.1)
LOOK_SECONDS = 0.5
SECRET = "79000000042"
SEVEN_YEARS = timedelta(days=7 * 366)
AWAY = {"cel": "cel.csv", "watermark": "watermark", "repair_at_most": SEVEN_YEARS, "recount": 0.3, "second_look": 0.05}


def rows() -> list[str]:
    return (TRACES / f"{STORY}.cel.csv").read_text().splitlines(keepends=True)


def said(messages: list[bytes]) -> bytes:
    return b"".join(message for message in messages if b"Response:" not in message)


def prepared(folder: Path, before: int) -> dict[str, object]:
    """An exchange whose CEL has so many rows, and a program that knows it has heard nothing since before the call."""
    (folder / "cel.csv").write_text("".join(rows()[:before]))
    Watermark(folder / "watermark").write(events(STORY)[0].at - timedelta(seconds=1))
    return {name: folder / value if isinstance(value, str) else value for name, value in AWAY.items()}


def the_call(log: Log) -> CallState:
    (call,) = log.calls.values()
    return call


def of_story(call: CallState) -> tuple[object, ...]:
    """What is told of a call whose end and talk are known."""
    talked = sum((each.end - each.start).total_seconds() for leg in call.legs for each in leg.talks if each.end)
    return call.lost, call.answered_at is not None, round(talked, 1)


@pytest.mark.parametrize("before", range(1, 15), ids=lambda before: f"{before} rows are there")
async def test_rows_that_come_while_the_calls_are_being_read_are_waited_for(tmp_path: Path, before: int) -> None:
    """A call that came and went while nobody listened: whatever CEL has of it at first, it is logged whole."""
    (whole,) = folded(events(STORY)).values()
    log, exchange = Log(), prepared(tmp_path, before)

    def late(action: dict[str, str]) -> None:
        if action["Action"] == "BridgeList":
            asyncio.get_running_loop().call_later(0.15, (tmp_path / "cel.csv").write_text, "".join(rows()))

    async with AmiServer(late) as server, bridged(server, log, **exchange):
        await log.until(lambda: any(call.ended_at for call in log.calls.values()))
    assert of_story(the_call(log)) == of_story(whole)


async def test_a_call_whose_every_row_comes_late_is_found_by_the_second_look(tmp_path: Path) -> None:
    (whole,) = folded(events(STORY)).values()
    log, exchange = Log(), prepared(tmp_path, 0)
    async with AmiServer() as server, bridged(server, log, **exchange):
        assert not log.calls
        (tmp_path / "cel.csv").write_text("".join(rows()))
        await log.until(lambda: bool(log.calls))
    assert of_story(the_call(log)) == of_story(whole)


@pytest.mark.parametrize("before", range(1, 15), ids=lambda before: f"{before} rows are there")
async def test_a_call_that_ends_while_the_list_is_being_sent_keeps_its_talk(tmp_path: Path, before: int) -> None:
    """What CEL does not tell is heard over the new link, before the list in which the call is no more."""
    (whole,) = folded(events(STORY)).values()
    last, following = list(rows_of("".join(rows())))[before - 1 : before + 1]
    asked = last.at + (following.at - last.at) / 2

    def list_of_none(action: dict[str, str]) -> str | None:
        if action["Action"] != "CoreShowChannels":
            return None
        meanwhile = said([message for message in trace(STORY) if _stamp(message) > asked.timestamp()]).decode()
        bears = f"ActionID: {action['ActionID']}\r\n"
        return f"Response: Success\r\n{bears}\r\n{meanwhile}Event: CoreShowChannelsComplete\r\n{bears}\r\n"

    log, exchange = Log(), prepared(tmp_path, before)
    async with (
        AmiServer(list_of_none) as server,
        bridged(server, log, clock=ManualClock(asked), **exchange) as (one, _),
    ):
        await log.until(lambda: any(call.ended_at for call in log.calls.values()))
        assert not one.fold.live_channels()
    assert of_story(the_call(log)) == of_story(whole)


def _stamp(message: bytes) -> float:
    found = re.search(rb"Timestamp: ([\d.]+)", message)
    return float(found[1]) if found else 0.0


async def test_a_call_that_comes_and_goes_before_the_first_list_ever_is_logged(tmp_path: Path) -> None:
    """The first link breaks before the exchange has told what lives."""
    (whole,) = folded(events(STORY)).values()
    log, cel, clock = Log(), tmp_path / "cel.csv", ManualClock(whole.started_at - timedelta(seconds=1))

    async def breaks() -> None:
        await server.until(lambda: bool(server.actions("CoreShowChannels")))
        cel.write_text("".join(rows()))
        clock.advance(timedelta(seconds=STORY_SECONDS + 2))
        server.silent.clear()
        server.cut()

    async with AmiServer() as server:
        server.silent.add("CoreShowChannels")
        breaking = asyncio.create_task(breaks())
        async with bridged(server, log, clock=clock, cel=cel):
            await log.until(lambda: bool(log.calls))
        await breaking
    assert of_story(the_call(log)) == of_story(whole)


@pytest.mark.slow
async def test_a_call_of_a_gap_that_another_gap_follows_at_once_is_found_by_the_second_look(tmp_path: Path) -> None:
    (whole,) = folded(events(STORY)).values()
    log, exchange = Log(), {**prepared(tmp_path, 0), "second_look": LOOK_SECONDS}
    clock = ManualClock(whole.started_at + timedelta(seconds=STORY_SECONDS + 2))
    async with AmiServer() as server, bridged(server, log, clock=clock, **exchange) as (one, _):
        server.cut()
        await until(lambda: _is_again_up(server, one), every=0.01)
        assert not log.calls
        (tmp_path / "cel.csv").write_text("".join(rows()))
        await log.until(lambda: bool(log.calls))
    assert of_story(the_call(log)) == of_story(whole)


async def _is_again_up(server: AmiServer, one: Bridge) -> bool:
    return server.links == 2 and one.synced.is_set()


@pytest.mark.parametrize(("starts", "looks"), [(("10:00:00", "10:00:00"), 3), (("10:00:00", "10:00:09"), 1)])
async def test_of_a_call_that_died_with_its_exchange_cel_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts: tuple[str, str], looks: int
) -> None:
    """Its telephones have no end in CEL and never will, where the exchange is another process than before."""
    monkeypatch.setattr(bridge_module, "CEL_LATENESS", (0.0, 0.0, 0.0))
    (whole,) = folded(events(STORY)).values()
    log, exchange = Log(), {**prepared(tmp_path, 7), "second_look": LOOK_SECONDS}
    heard = [message for message in trace(STORY) if _stamp(message) < whole.started_at.timestamp() + 0.5]
    clock = ManualClock(whole.started_at)
    looked: list[int] = []

    def read(path: Path, since: datetime) -> list[CelRow]:
        looked.append(server.links)
        return read_cel(path, since)

    def since(action: dict[str, str]) -> str | None:
        if action["Action"] != "CoreStatus":
            return None
        told = f"CoreStartupDate: 2026-03-03\r\nCoreStartupTime: {starts[server.links - 1]}"
        return f"Response: Success\r\nActionID: {action['ActionID']}\r\n{told}\r\n\r\n"

    monkeypatch.setattr(bridge_module, "read_cel", read)
    async with AmiServer(since) as server, bridged(server, log, clock=clock, **exchange):
        server.say(said(heard))
        await log.until(lambda: any(call.answered_at for call in log.calls.values()))
        clock.advance(timedelta(seconds=STORY_SECONDS + 2))
        server.cut()
        await log.until(lambda: the_call(log).lost)
        assert looked.count(2) == looks


@pytest.mark.slow
async def test_what_was_guessed_of_a_lost_call_gives_way_to_what_cel_tells_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call breaks off in the middle of the talk for whoever listens, and its last rows come after its repair."""
    monkeypatch.setattr(bridge_module, "CEL_LATENESS", (0.0,))
    (whole,) = folded(events(STORY)).values()
    log, exchange = Log(), {**prepared(tmp_path, 7), "second_look": LOOK_SECONDS}
    heard = [message for message in trace(STORY) if _stamp(message) < whole.started_at.timestamp() + 0.5]
    clock = ManualClock(whole.started_at)
    async with AmiServer() as server, bridged(server, log, clock=clock, **exchange):
        server.say(said(heard))
        await log.until(lambda: any(call.answered_at for call in log.calls.values()))
        clock.advance(timedelta(seconds=STORY_SECONDS + 2))
        server.cut()
        await log.until(lambda: the_call(log).lost)
        (tmp_path / "cel.csv").write_text("".join(rows()))
        await log.until(lambda: not the_call(log).lost)
    assert of_story(the_call(log)) == of_story(whole)
    ends = {leg.uniqueid: leg.ended_at for leg in whole.legs}
    assert all(abs(leg.ended_at - ends[leg.uniqueid]) < MOMENT for leg in the_call(log).legs if leg.ended_at)


def _stumble(monkeypatch: pytest.MonkeyPatch, over: str) -> None:
    """One event, once, breaks the decoder or the fold."""
    once = iter([True])

    def decode(headers: dict[str, str], at: object) -> AmiEvent | None:
        if headers.get("event") == "BridgeEnter" and next(once, False):
            raise ValueError(SECRET)
        return real_decode(headers, at)  # type: ignore[arg-type]

    def apply(self: Fold, event: AmiEvent) -> None:
        if isinstance(event, BridgeEntered) and next(once, False):
            raise KeyError(SECRET)
        real_apply(self, event)

    real_decode, real_apply = bridge_module.decode, Fold.apply
    if over == "decode":
        monkeypatch.setattr(bridge_module, "decode", decode)
    else:
        monkeypatch.setattr(Fold, "apply", apply)


def _shifted(text: str, seconds: float) -> str:
    """The story as if it were told so much later; what is named after a moment keeps its name."""
    return re.sub(r"\b\d{10}\.\d{6}\b", lambda found: f"{float(found[0]) + seconds:.6f}", text)


def _counted(fault: str) -> float:
    return REGISTRY.get_sample_value("callcenter_bridge_faults_total", {"exchange": "test", "fault": fault}) or 0


@pytest.mark.slow
@pytest.mark.parametrize(("over", "fault"), [("decode", "ValueError"), ("fold", "KeyError")])
async def test_an_event_that_cannot_be_taken_is_counted_and_all_is_read_anew(
    over: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log, before = Log(), _counted(fault)
    cel = tmp_path / "cel.csv"
    async with AmiServer() as server, bridged(server, log, cel=cel, retry=STORY_SECONDS):
        _stumble(monkeypatch, over)
        shift = time.time() - next(rows_of("".join(rows()))).at.timestamp()
        cel.write_text(_shifted("".join(rows()), shift))
        with caplog.at_level(logging.ERROR):
            server.say(_shifted(said(trace(STORY)).decode(), shift).encode())
            await server.until(lambda: server.links == 2)
        await log.until(lambda: any(call.ended_at for call in log.calls.values()))
    (whole,) = folded(events(STORY)).values()
    assert of_story(the_call(log)) == of_story(whole)
    assert _counted(fault) == before + 1
    assert "BridgeEnter" in caplog.text
    assert SECRET not in caplog.text


async def test_a_watermark_that_cannot_be_written_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log, before = Log(), _counted("FileNotFoundError")

    async def counted() -> bool:
        return _counted("FileNotFoundError") > before

    async with AmiServer() as server, bridged(server, log, watermark=tmp_path / "no folder" / "watermark"):
        await until(counted)
        server.say(said(trace("direct_busy")))
        await log.until(lambda: bool(log.calls))
    assert "the watermark cannot be written" in caplog.text


async def test_a_cel_that_may_not_be_read_is_none(tmp_path: Path) -> None:
    log = Log()
    async with AmiServer() as server, bridged(server, log, cel=tmp_path):
        server.say(said(trace("direct_busy")))
        await log.until(lambda: bool(log.calls))
