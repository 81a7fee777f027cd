"""Wishes of the call floor as orders to the exchange."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from callcenter.calls.errors import OrderRefused
from callcenter.calls.ports import DialOrder, Telephony
from callcenter.supervision.ports import WatchMode, WatchOrder
from core.kernel.clock import SystemClock
from telephony.bridge import Bridge
from telephony.gateway import Gateway
from tests.fakes.ami_server import AmiServer
from tests.integration.telephony.exchange import Log
from tests.unit.telephony.test_bridge import bridged, trace

CUSTOMER, COLLECTOR = "PJSIP/trunk-", "PJSIP/100-"


@asynccontextmanager
async def in_talk() -> AsyncIterator[tuple[AmiServer, Bridge, Gateway, int]]:
    """A customer who rang in talks to collector 100."""
    log = Log()
    story = trace("direct_hidden")
    end = next(place for place, message in enumerate(story) if b"BridgeLeave" in message)
    async with AmiServer() as server, bridged(server, log) as (bridge, _):
        server.say(b"".join(message for message in story[:end] if b"Response:" not in message))
        await log.until(lambda: any(call.phase == "talking" for call in log.calls.values()))
        (call_id,) = log.calls
        yield server, bridge, Gateway([bridge], SystemClock()), call_id


async def test_it_is_the_port() -> None:
    async with in_talk() as (_, _, gateway, _):
        port: Telephony = gateway
        assert port.status().up


async def test_dial_rings_the_collector_first_under_the_reserved_id() -> None:
    async with AmiServer() as server, bridged(server, Log()) as (bridge, _):
        await Gateway([bridge], SystemClock()).dial(
            DialOrder(call_id=77, endpoint="100d", number="+79000000001", show_number="5550100", ring_seconds=20)
        )
    (order,) = server.actions("Originate")
    assert (order["Channel"], order["Context"], order["Exten"]) == ("PJSIP/100d", "callcenter-outbound", "+79000000001")
    assert (order["ChannelId"], order["OtherChannelId"], order["ActionID"]) == ("cc-77-a", "cc-77-b", "cc-77-a")
    assert (order["Timeout"], order["Async"]) == ("20000", "true")


async def test_who_has_answered_is_not_withdrawn() -> None:
    async with in_talk() as (server, _, gateway, call_id):
        await gateway.withdraw(call_id)
        assert not server.actions("Hangup")


@pytest.mark.parametrize("number", ["1\r\nAction: Originate", "1&2", "1,2", "Local/1@x", "${X}", ""])
async def test_an_evil_number_is_refused_before_anything_is_sent(number: str) -> None:
    async with AmiServer() as server, bridged(server, Log()) as (bridge, _):
        order = DialOrder(call_id=77, endpoint="100", number=number, show_number=None)
        with pytest.raises(OrderRefused):
            await Gateway([bridge], SystemClock()).dial(order)
        assert not server.actions("Originate")


async def test_hang_up_ends_the_customer_first_and_on_purpose() -> None:
    async with in_talk() as (server, _, gateway, call_id):
        await gateway.hang_up(call_id)
        orders = server.actions("Hangup")
    assert [order["Channel"].rpartition("-")[0] + "-" for order in orders] == [CUSTOMER, COLLECTOR]
    assert {order["Cause"] for order in orders} == {"16"}


async def test_hang_up_finds_an_order_that_has_not_been_reported_yet() -> None:
    async with AmiServer() as server, bridged(server, Log()) as (bridge, _):
        await Gateway([bridge], SystemClock()).hang_up(77)
    assert server.actions("Hangup")[0]["Channel"] == "cc-77-a"


async def test_steering_reaches_the_right_leg() -> None:
    async with in_talk() as (server, _, gateway, call_id):
        await gateway.hold(call_id)
        await gateway.ring_back(call_id, "100d")
        await gateway.blind_transfer(call_id, "101")
        await gateway.attended_transfer(call_id, "101")
        await gateway.cancel_transfer(call_id)
        await gateway.pause_recording(call_id)
        await gateway.resume_recording(call_id)
    hold, back = server.actions("Redirect")
    assert hold["Channel"].startswith(CUSTOMER)
    assert (hold["Context"], hold["Exten"]) == ("callcenter-held", "hold")
    assert (back["Context"], back["Exten"]) == ("callcenter-ringback", "100d")
    for name in ("BlindTransfer", "Atxfer", "CancelAtxfer"):
        assert server.actions(name)[0]["Channel"].startswith(COLLECTOR)
    assert [order["State"] for order in server.actions("MixMonitorMute")] == ["1", "0"]
    paused = [order for order in server.actions("Setvar") if order["Variable"] == "CALLCENTER_RECORDING_PAUSED"]
    assert [(order["Channel"].startswith(CUSTOMER), order["Value"]) for order in paused] == [
        (True, "yes"),
        (True, "no"),
    ]


async def test_a_call_that_is_over_is_refused() -> None:
    async with AmiServer() as server, bridged(server, Log()) as (bridge, _):
        gateway = Gateway([bridge], SystemClock())
        for wish in (gateway.hold(1), gateway.blind_transfer(1, "101"), gateway.pause_recording(1)):
            with pytest.raises(OrderRefused):
                await wish


async def test_a_phone_can_be_rung_while_it_is_registered() -> None:
    async with AmiServer() as server, bridged(server, Log()) as (bridge, board):
        gateway = Gateway([bridge], SystemClock())
        assert not gateway.reachable("100")
        server.event(Event="DeviceStateChange", Device="PJSIP/100", State="NOT_INUSE")
        await board.until(lambda: "100" in board.phones)
        assert gateway.reachable("100")


async def test_while_an_exchange_is_not_understood_its_own_answer_tells() -> None:
    async with AmiServer() as server, bridged(server, Log()) as (bridge, _):
        bridge.synced.clear()
        assert Gateway([bridge], SystemClock()).reachable("100")


async def test_of_two_exchanges_the_one_where_the_phone_is_registered_dials() -> None:
    order = DialOrder(call_id=77, endpoint="100", number="79000000001", show_number=None)
    async with AmiServer() as one, AmiServer() as two:  # noqa: SIM117 - two servers, then two bridges to them
        async with bridged(one, Log()) as (first, _), bridged(two, Log()) as (second, board):
            gateway = Gateway([first, second], SystemClock())
            with pytest.raises(OrderRefused):
                await gateway.dial(order)
            two.event(Event="ContactStatus", ContactStatus="Reachable", EndpointName="100", AOR="100", URI="sip:1@x")
            await board.until(lambda: "100" in board.phones)
            await gateway.dial(order)
            assert not one.actions("Originate")
            assert two.actions("Originate")
            two.silent.add("CoreShowChannels")
            two.cut()
            async with asyncio.timeout(60):
                while gateway.status().up:  # noqa: ASYNC110 - the lamp is asked, it does not call
                    await asyncio.sleep(0.01)


async def test_without_an_exchange_the_lamp_is_off() -> None:
    gateway = Gateway([], SystemClock())
    assert not gateway.status().up
    with pytest.raises(OrderRefused):
        await gateway.dial(DialOrder(call_id=1, endpoint="100", number="1", show_number=None))


async def test_a_supervisor_hears_the_chosen_collector() -> None:
    async with in_talk() as (server, bridge, gateway, call_id):
        call = bridge.fold.call(call_id)
        assert call is not None
        (leg,) = [one.uniqueid for one in call.live_channels() if one.name.startswith(COLLECTOR)]
        order = WatchOrder(watch_id=5, call_id=call_id, leg=leg, endpoint="102", mode=WatchMode.WHISPER)
        await gateway.watch(order)
        with pytest.raises(OrderRefused):
            await gateway.watch(replace(order, leg="somebody-else"))
    (sent,) = server.actions("Originate")
    assert (sent["Channel"], sent["Context"], sent["Exten"]) == ("PJSIP/102", "callcenter-spy", "whisper")


async def test_who_joined_a_talk_goes_before_it_is_passed_on() -> None:
    async with in_talk() as (server, bridge, gateway, call_id):
        call = bridge.fold.call(call_id)
        assert call is not None
        (talk,) = {one.bridge for one in call.live_channels() if one.bridge}
        phone = {"Channel": "PJSIP/102-00000099", "ChannelState": 6, "Uniqueid": "spy-5", "Linkedid": "spy-5"}
        server.event(Event="Newchannel", **phone)
        server.event(Event="BridgeEnter", BridgeUniqueid=talk, BridgeTechnology="softmix", **phone)
        listener = {**phone, "Uniqueid": "spy-6", "Linkedid": "spy-6"}
        server.event(Event="Newchannel", **listener)

        def hangs_up(action: dict[str, str]) -> str | None:
            if action["Action"] == "Hangup":
                server.event(Event="Hangup", Cause=16, **phone)
            return None

        server.answer = hangs_up
        async with asyncio.timeout(5):
            while bridge.fold.spies.keys() != {"spy-5", "spy-6"}:  # noqa: ASYNC110 - the fold tells nobody
                await asyncio.sleep(0.01)
        await gateway.blind_transfer(call_id, "101")
        assert bridge.fold.spies.keys() == {"spy-6"}
    told = [each["Action"] for each in server.heard if each["Action"] in ("Hangup", "BlindTransfer")]
    assert told == ["Hangup", "BlindTransfer"]
    assert server.actions("Hangup")[0]["Channel"] == "spy-5"
