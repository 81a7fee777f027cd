"""The bridge against a manager port that misbehaves: nothing reported is lost, nothing half known is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from callcenter.calls.facts import CallPhase, CallState, Direction
from callcenter.calls.presence import PhoneState, PhoneUse
from core.kernel.clock import Clock, SystemClock
from core.kernel.errors import DatabaseBusy
from telephony.ami.client import AmiAccount, Patience
from telephony.ami.events import BridgeLeft
from telephony.bridge import Bridge, Exchange
from tests.fakes.ami_server import AmiServer
from tests.integration.telephony.exchange import Log
from tests.unit.telephony.replay import ENDPOINTS, TRACES, events, folded

HASTY = Patience(ping_every=0.05, ping_timeout=0.2, backoff_first=0.01, backoff_most=0.05, answer=0.3)


class Board:
    def __init__(self) -> None:
        self.phones: dict[str, PhoneState] = {}
        self.failing = 0
        self.changed = asyncio.Condition()

    async def phones_changed(self, phones: tuple[PhoneState, ...]) -> None:
        if self.failing:
            self.failing -= 1
            raise OSError("the database is away")
        self.phones |= {phone.endpoint: phone for phone in phones}
        async with self.changed:
            self.changed.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60), self.changed:
            await self.changed.wait_for(condition)


@asynccontextmanager
async def bridged(
    server: AmiServer, log: Log, *, clock: Clock | None = None, **changes: object
) -> AsyncIterator[tuple[Bridge, Board]]:
    account = AmiAccount(host="127.0.0.1", port=server.port, username="u", secret="s")
    exchange = Exchange(server="test", account=account, endpoints=ENDPOINTS, patience=HASTY, retry=0.02)
    board = Board()
    bridge = Bridge(replace(exchange, **changes), log, clock or SystemClock(), board)  # type: ignore[arg-type]
    task = asyncio.create_task(bridge.run())
    try:
        async with asyncio.timeout(60):
            await bridge.synced.wait()
        yield bridge, board
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def trace(name: str) -> list[bytes]:
    return [message + b"\r\n\r\n" for message in (TRACES / f"{name}.ami").read_bytes().split(b"\r\n\r\n")[:-1]]


async def test_a_trace_becomes_the_same_calls_as_in_the_fold() -> None:
    log = Log()
    async with AmiServer() as server, bridged(server, log):
        server.say(b"".join(message for message in trace("queue_next_collector") if b"Response:" not in message))
        await log.until(lambda: any(call.ended_at for call in log.calls.values()))
    assert log.calls == folded(events("queue_next_collector"))


async def test_a_report_that_fails_is_repeated_until_it_is_taken() -> None:
    log = Log()
    log.failing = 5
    async with AmiServer() as server, bridged(server, log):
        server.say(b"".join(message for message in trace("direct_busy") if b"Response:" not in message))
        await log.until(lambda: bool(log.calls))
    assert log.calls == folded(events("direct_busy"))
    assert log.reports > 5


async def test_without_a_listing_the_link_is_dropped_and_the_lamp_stays_off() -> None:
    log = Log()
    async with AmiServer() as server, bridged(server, log, listing=0.1) as (bridge, _):
        server.silent.add("CoreShowChannels")
        server.cut()
        await server.until(lambda: server.links >= 4)
        assert not bridge.status().up
        server.silent.clear()
        async with asyncio.timeout(60):
            await bridge.synced.wait()
        assert bridge.status().up


async def test_events_during_the_listing_come_after_it() -> None:
    """A channel that is hung up while the list is being sent must not stay alive."""
    story = [message for message in trace("direct_hidden") if b"Response:" not in message]
    log = Log()

    def listing(action: dict[str, str]) -> str | None:
        if action["Action"] != "CoreShowChannels" or not armed.is_set():
            return None
        lines = b"".join(story).decode()
        return (
            f"Response: Success\r\nActionID: {action['ActionID']}\r\nEventList: start\r\n\r\n{lines}"
            f"Event: CoreShowChannelsComplete\r\nActionID: {action['ActionID']}\r\n\r\n"
        )

    armed = asyncio.Event()
    async with AmiServer(listing) as server, bridged(server, log) as (bridge, _):
        armed.set()
        server.cut()
        await log.until(lambda: any(call.ended_at for call in log.calls.values()))
        assert not bridge.fold.live_channels()
    assert [call.phase for call in log.calls.values()] == [CallPhase.ENDED]


@pytest.mark.slow
async def test_a_channel_that_two_counts_miss_is_a_ghost() -> None:
    log = Log()
    story = trace("direct_hidden")
    until_talk = next(place for place, message in enumerate(story) if b"BridgeLeave" in message)
    async with AmiServer() as server, bridged(server, log, recount=0.05) as (bridge, _):
        server.say(b"".join(message for message in story[:until_talk] if b"Response:" not in message))
        await log.until(lambda: any(call.lost for call in log.calls.values()))
        assert not bridge.fold.live_channels()


async def test_phones_come_and_go() -> None:
    async with AmiServer() as server, bridged(server, Log()) as (bridge, board):
        server.event(Event="ContactStatus", ContactStatus="Reachable", EndpointName="100", AOR="100", URI="sip:100@x")
        server.event(Event="DeviceStateChange", Device="PJSIP/100", State="NOT_INUSE")
        await board.until(lambda: "100" in board.phones and board.phones["100"].use is PhoneUse.IDLE)
        assert bridge.phones()["100"].reachable
        server.cut()
        await board.until(lambda: not board.phones["100"].reachable)


async def test_what_the_log_believes_alive_and_the_exchange_does_not_know_is_ended_as_lost() -> None:
    log, talking = Log(), _talking()
    log.calls[talking.call_id] = talking
    async with AmiServer() as server, bridged(server, log):
        await log.until(lambda: log.calls[talking.call_id].lost)
    assert all(leg.ended_at for leg in log.calls[talking.call_id].legs)


def _talking() -> CallState:
    """A call that the log believes to go on."""
    story = events("direct_hidden")
    until_talk = next(place for place, event in enumerate(story) if isinstance(event, BridgeLeft))
    (talking,) = folded(story[:until_talk]).values()
    return talking


class _Busy(Log):
    """A log whose database is busy the first times."""

    times = 3

    async def report(self, calls: tuple[CallState, ...]) -> None:
        if self.times:
            self.times -= 1
            raise DatabaseBusy
        await super().report(calls)


class _Never(Log):
    """A log that can write no call at all."""

    async def report(self, calls: tuple[CallState, ...]) -> None:
        raise ValueError("this call cannot be written")


async def test_phones_are_told_after_the_calls_that_were_missed() -> None:
    """Or a collector who came a second ago would have talked only from then on."""
    log, talking = _Busy(), _talking()
    log.calls[talking.call_id] = talking
    async with AmiServer() as server, bridged(server, log) as (bridge, board):
        assert not bridge.caught_up
        server.event(Event="ContactStatus", ContactStatus="Reachable", EndpointName="100", AOR="100", URI="sip:100@x")
        await board.until(lambda: "100" in board.phones)
        assert bridge.caught_up
        assert log.calls[talking.call_id].lost


async def test_phones_do_not_wait_for_a_call_that_cannot_be_written() -> None:
    log, talking = _Never(), _talking()
    log.calls[talking.call_id] = talking
    async with AmiServer() as server, bridged(server, log) as (_, board):
        server.event(Event="ContactStatus", ContactStatus="Reachable", EndpointName="100", AOR="100", URI="sip:100@x")
        await board.until(lambda: "100" in board.phones)


class _Refusing(Log):
    """A log that cannot write the calls of one direction."""

    async def report(self, calls: tuple[CallState, ...]) -> None:
        if any(call.direction is Direction.OUTBOUND for call in calls):
            raise ValueError("this call cannot be written")
        await super().report(calls)


async def test_a_call_that_cannot_be_written_does_not_silence_the_others() -> None:
    log = _Refusing()
    names = ("order_answered", "direct_busy")
    story = b"".join(message for name in names for message in trace(name) if b"Response:" not in message)
    async with AmiServer() as server, bridged(server, log):
        server.say(story)
        await log.until(lambda: any(call.ended_at for call in log.calls.values()))
    assert log.calls == folded(events("direct_busy"))


async def test_phones_that_could_not_be_told_are_told_again() -> None:
    async with AmiServer() as server, bridged(server, Log()) as (_, board):
        board.failing = 3
        server.event(Event="ContactStatus", ContactStatus="Reachable", EndpointName="100", AOR="100", URI="sip:100@x")
        await board.until(lambda: "100" in board.phones and board.phones["100"].reachable)
        assert board.failing == 0
