"""The bridge on a real Asterisk: every scenario, cut links, a killed exchange; judged against CEL."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.calls.errors import OrderRefused, TelephonyUnavailable
from callcenter.calls.facts import CallPhase, CallState, LegKind
from callcenter.calls.ports import DialOrder
from core.kernel.clock import SystemClock
from telephony.ami.actions import Action
from telephony.bridge import Bridge, Exchange
from telephony.gateway import Gateway
from telephony.tracking.repair import read_cel, rebuild
from tests.fakes.cutting_proxy import CuttingProxy
from tests.integration.telephony.exchange import Log, PrivateExchange
from tests.integration.telephony.scenarios import SCENARIOS, Play
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(400)]


class ByBridge:
    """Gives a scenario's orders through the bridge under test."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    async def give(self, action: Action) -> None:
        await self._bridge.client.send(action)

    def channel(self, prefix: str) -> str:
        names = [each.name for each in self._bridge.fold.live_channels() if each.name.startswith(prefix + "-")]
        return names[-1]


@asynccontextmanager
async def running(exchange: Exchange, log: Log) -> AsyncIterator[Bridge]:
    bridge = Bridge(exchange, log, SystemClock())
    task = asyncio.create_task(bridge.run())
    try:
        async with asyncio.timeout(60):
            await bridge.synced.wait()
        yield bridge
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def truth(pbx: PrivateExchange) -> dict[str, CallState]:
    """Every call as CEL has it, by its first Linkedid."""
    rows = read_cel(pbx.cel, datetime(2024, 1, 1, tzinfo=UTC))
    return {state.linkedids[0]: state for state in rebuild("test", pbx.exchange().endpoints, rows)}


def seconds(state: CallState, endpoint: str | None, kind: LegKind) -> float:
    """How long that party talked, by whole legs."""
    return sum(
        (talk.end - talk.start).total_seconds()
        for leg in state.legs
        if leg.kind is kind and leg.endpoint == endpoint
        for talk in leg.talks
        if talk.end is not None
    )


def assert_agrees(log: Log, pbx: PrivateExchange) -> None:
    """Call by call: the same calls, parties, ends; talk within a second (CEL has no hold, so less is right there)."""
    known = {state.linkedids[0]: state for state in log.calls.values()}
    expected = truth(pbx)
    assert known.keys() == expected.keys()
    for linkedid, call in expected.items():
        mine = known[linkedid]
        assert mine.phase is CallPhase.ENDED
        assert not mine.lost, mine
        assert {leg.uniqueid for leg in mine.legs} == {leg.uniqueid for leg in call.legs}
        assert (mine.direction, mine.phone) == (call.direction, call.phone)
        assert mine.ended_at is not None
        assert call.ended_at is not None
        assert abs((mine.ended_at - call.ended_at).total_seconds()) < 1
        assert (mine.answered_at is None) == (call.answered_at is None)
        assert_talks_agree(mine, call)


def assert_talks_agree(mine: CallState, call: CallState) -> None:
    theirs = {leg.uniqueid: leg for leg in call.legs}
    for leg in mine.legs:
        talk = sum((each.end - each.start).total_seconds() for each in leg.talks if each.end)
        held = sum((each.end - each.start).total_seconds() for each in leg.holds if each.end)
        bridged = theirs[leg.uniqueid]
        whole = sum((each.end - each.start).total_seconds() for each in bridged.talks if each.end)
        assert whole - held - 1 < talk < whole + 1, leg


@pytest.mark.parametrize("name", SCENARIOS)
async def test_every_scenario_agrees_with_cel(pbx: PrivateExchange, name: str) -> None:
    log = Log()
    async with running(pbx.exchange(), log) as bridge:
        await SCENARIOS[name](Play(pbx, ByBridge(bridge), "79000000001", 4001))
        await log.until(lambda: bool(log.calls))
        await _all_over(pbx, bridge)
        await log.until(lambda: bool(log.calls) and all(call.ended_at for call in log.calls.values()))
        await until(lambda: _cel_is_done(pbx))
        assert_agrees(log, pbx)
        assert not bridge.fold.live_channels()


async def _cel_is_done(pbx: PrivateExchange) -> bool:
    """CEL is a moment behind what the link tells."""
    return all(call.ended_at is not None for call in truth(pbx).values())


async def test_a_hundred_cuts_lose_nothing_and_dial_nobody_twice(pbx: PrivateExchange) -> None:
    chance = random.Random(22)
    log = Log()
    rung: list[str] = []
    stop = asyncio.Event()
    async with CuttingProxy("127.0.0.1", pbx.ami) as proxy, running(pbx.exchange(port=proxy.port), log) as bridge:
        people = [asyncio.create_task(_people(pbx, stop)), asyncio.create_task(_answer(pbx, rung))]
        orders = asyncio.create_task(_orders(pbx, bridge, stop))
        returns = []
        for number in range(100):
            proxy.cut_after(chance.randrange(1, 12_000), mute=number % 10 == 9)
            async with asyncio.timeout(60):
                await proxy.cut_happened.wait()
                await _until(lambda: not bridge.synced.is_set())
                began = asyncio.get_running_loop().time()
                await bridge.synced.wait()
            returns.append(asyncio.get_running_loop().time() - began)
        stop.set()
        placed = await orders
        await people[0]
        await _all_over(pbx, bridge)
        await log.until(lambda: all(call.ended_at for call in log.calls.values()))
        people[1].cancel()
        await asyncio.gather(*people, return_exceptions=True)
        assert_agrees(log, pbx)
    assert max(returns) < 3
    legs = [leg for call in truth(pbx).values() for leg in call.legs]
    assert any(leg.uniqueid == f"cc-{call_id}-a" for call_id in placed for leg in legs)
    for call_id in placed:
        assert sum(leg.uniqueid == f"cc-{call_id}-a" for leg in legs) <= 1
        ordered = [leg for call in truth(pbx).values() if call.call_id == call_id for leg in call.legs]
        assert sum(leg.kind is LegKind.CUSTOMER for leg in ordered) <= 1


async def _people(pbx: PrivateExchange, stop: asyncio.Event) -> None:
    """Customers ring in and hang up, again and again."""
    number = 0
    while not stop.is_set():
        number += 1
        customer = pbx.trunk.dial("101", f"7900001{number:04}")
        await asyncio.sleep(0.5)
        customer.hang_up()
        await asyncio.sleep(0.1)


async def _answer(pbx: PrivateExchange, rung: list[str]) -> None:
    for phone in pbx.phones.values():
        phone.on_call = lambda dialog: (rung.append(dialog.call_id), dialog.answer())
    await asyncio.Event().wait()


async def _orders(pbx: PrivateExchange, bridge: Bridge, stop: asyncio.Event) -> list[int]:
    """One order after the other, each once, whatever becomes of it."""
    placed = []
    gateway = Gateway([bridge], SystemClock())
    while not stop.is_set():
        call_id = 500_000 + len(placed)
        placed.append(call_id)
        try:
            await gateway.dial(
                DialOrder(call_id=call_id, endpoint="100", number=f"7900002{len(placed):04}", show_number=None)
            )
            await asyncio.sleep(0.4)
            await gateway.hang_up(call_id)
        except (OrderRefused, TelephonyUnavailable):
            await asyncio.sleep(0.1)
    return placed


async def _all_over(pbx: PrivateExchange, bridge: Bridge) -> None:
    """Hang up until nothing lives: what was ordered last may ring a moment later."""
    async with asyncio.timeout(60):
        while bridge.fold.live_channels():
            pbx.quiet()
            await asyncio.sleep(0.05)


async def _until(condition: Callable[[], bool]) -> None:
    """For what tells nobody when it changes."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.005)


async def test_calls_while_the_bridge_was_away_are_read_from_cel(pbx: PrivateExchange) -> None:
    log = Log()
    exchange = pbx.exchange(watermark=pbx.folder / "watermark.json")
    async with running(exchange, log) as bridge:
        customer = pbx.trunk.dial("100", "79000000031")
        collector = await pbx.phones["100"].next_call()
        collector.answer()
        await log.until(lambda: any(call.phase is CallPhase.TALKING for call in log.calls.values()))
        await _until((pbx.folder / "watermark.json").exists)
        await customer.answered.wait()
    customer.hang_up()
    for number in range(3):
        missed = pbx.trunk.dial("100", f"7900000004{number}")
        (await pbx.phones["100"].next_call()).answer()
        await missed.answered.wait()
        await asyncio.sleep(0.5)
        missed.hang_up()
        await missed.ended.wait()
    staying = pbx.trunk.dial("100", "79000000050")
    (await pbx.phones["100"].next_call()).answer()
    await staying.answered.wait()
    async with running(exchange, log) as bridge:
        await log.until(lambda: len(log.calls) == 5)
        assert [call.phone for call in bridge.fold.live_calls()] == ["79000000050"]
        staying.hang_up()
        await log.until(lambda: all(call.ended_at for call in log.calls.values()))
        assert_agrees(log, pbx)


async def test_a_killed_exchange_ends_its_calls_and_comes_back(pbx: PrivateExchange) -> None:
    log = Log()
    async with running(pbx.exchange(), log) as bridge:
        pbx.trunk.dial("100", "79000000061")
        (await pbx.phones["100"].next_call()).answer()
        await log.until(lambda: any(call.phase is CallPhase.TALKING for call in log.calls.values()))
        pbx.kill()
        await _until(lambda: not bridge.status().up)
        await pbx.start()
        async with asyncio.timeout(3):
            await bridge.synced.wait()
        await log.until(lambda: all(call.ended_at for call in log.calls.values()))
        (call,) = log.calls.values()
        assert call.lost
        assert all(leg.ended_at is not None for leg in call.legs)
        pbx.quiet()
        # Uniqueids are a second, by a clock some ticks behind, and a counter: within the same one the new process would
        # give the same ones again
        await _until(lambda: datetime.now(UTC) >= call.started_at.replace(microsecond=0) + timedelta(seconds=1.05))
        customer = pbx.trunk.dial("100", "79000000062")
        (await pbx.phones["100"].next_call()).answer()
        await log.until(lambda: any(call.phase is CallPhase.TALKING for call in log.calls.values()))
        await customer.answered.wait()
        customer.hang_up()
        await log.until(lambda: len(log.calls) == 2 and all(call.ended_at for call in log.calls.values()))
