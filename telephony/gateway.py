"""The exchange as the call floor gives it orders: which server a call is on, and which orders make up a wish.

The dialplan does the rest, in the contexts named by ``Contexts``; ``asterisk_conf/`` has them.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from callcenter.calls.errors import OrderRefused
from callcenter.calls.facts import LegKind
from callcenter.calls.ports import DialOrder, TelephonyStatus
from callcenter.calls.presence import PhoneUse
from callcenter.campaigns.messages import own_name
from callcenter.campaigns.ports import LineOrder
from callcenter.supervision.ports import WatchMode, WatchOrder
from core.kernel.clock import Clock
from core.kernel.i18n import mark, msg
from telephony.ami.actions import (
    Action,
    Atxfer,
    BlindTransfer,
    CancelAtxfer,
    Hangup,
    Originate,
    Place,
    Redirect,
)
from telephony.bridge import Bridge
from telephony.tracking.state import Call, Channel

NO_EXCHANGE = mark("No telephone exchange is set up.")
NOT_GOING_ON = mark("This call is not going on any more.")
NO_CUSTOMER = mark("Nobody is on the other end of this call yet.")
NO_COLLECTOR = mark("No collector is on this call.")
NO_PHONE = mark("The phone {endpoint} is not connected to any exchange.")


#: How often, and at what distance, one looks whether a phone has hung up: for a second in all.
_LOOKS, _LOOK_SECONDS = 50, 0.02
HOLD = Place(context="callcenter-held", exten="hold")
CAMPAIGN = Place(context="callcenter-campaign", exten="s")


@dataclass(frozen=True, kw_only=True, slots=True)
class Contexts:
    """The dialplan's places for orders."""

    trunk: str = "trunk"
    outbound: str = "callcenter-outbound"
    transfer: str = "callcenter-transfer"
    campaign: Place = CAMPAIGN
    hold: Place = HOLD
    ring_back: str = "callcenter-ringback"
    spy: str = "callcenter-spy"
    take_over: str = "callcenter-take-over"


_IN_USE = (PhoneUse.RINGING, PhoneUse.BUSY, PhoneUse.HELD)


class Gateway:
    """Implements ``callcenter.calls.ports.Telephony`` and ``callcenter.supervision.ports.Monitor`` over any number of
    exchanges."""

    def __init__(self, bridges: Sequence[Bridge], clock: Clock, contexts: Contexts | None = None) -> None:
        self._bridges = tuple(bridges)
        self._started_at = clock.now()
        self._contexts = contexts or Contexts()

    def status(self) -> TelephonyStatus:
        """Up while every exchange is; else what the one that went down first says."""
        states = [bridge.status() for bridge in self._bridges]
        if not states:
            return TelephonyStatus(up=False, detail=NO_EXCHANGE, since=self._started_at)
        down = sorted((state for state in states if not state.up), key=lambda state: state.since)
        return down[0] if down else max(states, key=lambda state: state.since)

    async def dial(self, order: DialOrder) -> None:
        variables = {"__CALLCENTER_CALL": str(order.call_id)}
        if order.show_number is not None:
            variables["CALLCENTER_SHOW"] = order.show_number
        headers = {"X-Callcenter-Call": str(order.call_id)}
        if order.auto_answer:
            headers["X-Callcenter-Auto-Answer"] = "yes"
        await self._bridge_for(order.endpoint).client.send(
            Originate(
                action_id=f"cc-{order.call_id}-a",
                endpoint=order.endpoint,
                place=Place(context=self._contexts.outbound, exten=order.number),
                channel_id=f"cc-{order.call_id}-a",
                other_channel_id=f"cc-{order.call_id}-b",
                ring_seconds=order.ring_seconds,
                caller=order.number,
                variables=variables,
                sip_headers=headers,
            )
        )

    async def dial_customer(self, order: LineOrder) -> None:
        """Ring the customer first; the dialplan finds him a collector, or tells him why there is none."""
        variables = {
            "__CALLCENTER_CALL": str(order.call_id),
            "CALLCENTER_DIALLED": order.phone,
            "CALLCENTER_QUEUE": order.queue,
            "CALLCENTER_WAIT": str(order.connect_seconds),
            "CALLCENTER_MACHINES": order.machines or "",
            "CALLCENTER_MACHINE_MESSAGE": _sound(order.machine_message),
            "CALLCENTER_MESSAGE": _sound(order.message),
            "CALLCENTER_APOLOGY": _sound(order.apology),
            "CALLCENTER_OPT_OUT": order.opt_out_key or "",
            "CALLCENTER_TALK": order.talk_key or "",
            "CALLCENTER_OPTED_OUT": _sound(order.opted_out),
        }
        await self._trunk_bridge().client.send(
            Originate(
                action_id=f"cc-{order.call_id}-a",
                endpoint=order.phone,
                trunk=self._contexts.trunk,
                place=self._contexts.campaign,
                channel_id=f"cc-{order.call_id}-a",
                other_channel_id=f"cc-{order.call_id}-b",
                ring_seconds=order.ring_seconds,
                caller=order.show_number,
                callee=order.phone,
                variables=variables,
            )
        )

    async def hang_up(self, call_id: int) -> None:
        """End every leg, the customer's first. An order whose phone rings but has not been reported yet is found by the
        id it was given."""
        found = self._find(call_id)
        if found is None:
            await self._hang_up_unseen(call_id)
            return
        bridge, call = found
        refused: OrderRefused | None = None
        legs = sorted(call.live_channels(), key=lambda leg: leg.kind is not LegKind.CUSTOMER)
        for leg in legs:
            try:
                await bridge.client.send(Hangup(channel=leg.name))
            except OrderRefused as error:  # one leg's end ends the next before it is told to
                refused = error if leg is legs[0] else refused
        if refused is not None:
            raise refused

    async def withdraw(self, call_id: int) -> None:
        """End a call that the customer has not answered; one that he has goes on."""
        found = self._find(call_id)
        if found is None or all(leg.answered_at is None for leg in found[1].live_channels()):
            await self.hang_up(call_id)

    async def _hang_up_unseen(self, call_id: int) -> None:
        for bridge in self._bridges:
            try:
                await bridge.client.send(Hangup(channel=f"cc-{call_id}-a"))
            except OrderRefused:
                continue
            return
        raise OrderRefused(reason=msg(NOT_GOING_ON))

    async def hold(self, call_id: int) -> None:
        await self._send_customer(call_id, self._contexts.hold)

    async def ring_back(self, call_id: int, endpoint: str) -> None:
        await self._send_customer(call_id, Place(context=self._contexts.ring_back, exten=endpoint))

    async def blind_transfer(self, call_id: int, target: str) -> None:
        """A customer who waits without a collector is sent on all the same."""
        bridge, call = self._the(call_id)
        place = Place(context=self._contexts.transfer, exten=target)
        collector = _collector(call)
        if collector is None:
            await self._send_customer(call_id, place)
        else:
            await _part(bridge, call)
            await bridge.client.send(BlindTransfer(channel=collector.name, place=place))

    async def attended_transfer(self, call_id: int, target: str) -> None:
        """The collector completes it by hanging up."""
        place = Place(context=self._contexts.transfer, exten=target)
        await _part(*self._the(call_id))
        await self._by_collector(call_id, lambda channel: Atxfer(channel=channel, place=place))

    async def cancel_transfer(self, call_id: int) -> None:
        """Give an attended transfer up and go back to the customer."""
        await self._by_collector(call_id, lambda channel: CancelAtxfer(channel=channel))

    async def watch(self, order: WatchOrder) -> None:
        """Ring a supervisor's phone into the collector's side of a call, of which the exchange knows."""
        bridge, call = self._the(order.call_id)
        collector = next((leg for leg in _collectors(call) if leg.uniqueid == order.leg), None)
        if collector is None:
            raise OrderRefused(reason=msg(NO_COLLECTOR))
        channel = _spy(order.watch_id)
        await bridge.client.send(
            Originate(
                action_id=channel,
                endpoint=order.endpoint,
                place=Place(context=self._contexts.spy, exten=order.mode),
                channel_id=channel,
                other_channel_id=f"{channel}-b",
                ring_seconds=order.ring_seconds,
                variables={"CALLCENTER_SPY_ON": collector.uniqueid},
                sip_headers={"X-Callcenter-Auto-Answer": "yes", "X-Callcenter-Watch": str(order.watch_id)},
            )
        )

    async def switch_watch(self, watch_id: int, mode: WatchMode) -> None:
        bridge = self._watched(watch_id)
        if bridge is None:
            raise OrderRefused(reason=msg(NOT_GOING_ON))
        place = Place(context=self._contexts.spy, exten=mode)
        await bridge.client.send(Redirect(channel=_spy(watch_id), place=place))

    async def end_watch(self, watch_id: int) -> None:
        bridge = self._watched(watch_id)
        if bridge is not None:
            await _send_away(bridge, _spy(watch_id))

    async def take_over(self, call_id: int, endpoint: str) -> None:
        await self._send_customer(call_id, Place(context=self._contexts.take_over, exten=endpoint))

    def reachable(self, endpoint: str) -> bool:
        if not all(bridge.status().up for bridge in self._bridges):
            return True
        phones = (bridge.phones().get(endpoint) for bridge in self._bridges)
        return any(phone is not None and phone.reachable for phone in phones)

    def can_ring(self, endpoint: str, call_id: int) -> bool:
        found = self._find(call_id)
        if found is None or not found[0].status().up:
            return True
        phone = found[0].phones().get(endpoint)
        return phone is not None and phone.reachable

    def busy(self, endpoint: str) -> bool:
        phones = (bridge.phones().get(endpoint) for bridge in self._bridges)
        return any(phone is not None and phone.use in _IN_USE for phone in phones)

    def watches(self) -> frozenset[int] | None:
        if not all(bridge.synced.is_set() for bridge in self._bridges):
            return None
        found = (spy for bridge in self._bridges for spy in bridge.fold.spies)
        return frozenset(int(spy.split("-")[1]) for spy in found)

    def _watched(self, watch_id: int) -> Bridge | None:
        return next((bridge for bridge in self._bridges if _spy(watch_id) in bridge.fold.spies), None)

    async def pause_recording(self, call_id: int) -> None:
        bridge, call = self._the(call_id)
        await bridge.recorders.pause(_customer(call))

    async def resume_recording(self, call_id: int) -> None:
        bridge, call = self._the(call_id)
        await bridge.recorders.resume(_customer(call))

    async def _send_customer(self, call_id: int, place: Place) -> None:
        bridge, call = self._the(call_id)
        await _part(bridge, call)
        await bridge.client.send(Redirect(channel=_customer(call).name, place=place))

    async def _by_collector(self, call_id: int, order: Callable[[str], Action]) -> None:
        bridge, call = self._the(call_id)
        collector = _collector(call)
        if collector is None:
            raise OrderRefused(reason=msg(NO_COLLECTOR))
        await bridge.client.send(order(collector.name))

    def _find(self, call_id: int) -> tuple[Bridge, Call] | None:
        for bridge in self._bridges:
            if call := bridge.fold.call(call_id):
                return bridge, call
        return None

    def _the(self, call_id: int) -> tuple[Bridge, Call]:
        found = self._find(call_id)
        if found is None:
            raise OrderRefused(reason=msg(NOT_GOING_ON))
        return found

    def _trunk_bridge(self) -> Bridge:
        """The exchange over which campaigns dial: the first that is up."""
        for bridge in self._bridges:
            if bridge.status().up:
                return bridge
        raise OrderRefused(reason=msg(NO_EXCHANGE))

    def _bridge_for(self, endpoint: str) -> Bridge:
        """The exchange where the phone is registered; with a single exchange always that one."""
        if len(self._bridges) == 1:
            return self._bridges[0]
        for bridge in self._bridges:
            phone = bridge.phones().get(endpoint)
            if phone is not None and phone.reachable:
                return bridge
        raise OrderRefused(reason=msg(NO_PHONE, endpoint=endpoint) if self._bridges else msg(NO_EXCHANGE))


def _sound(name: str | None) -> str:
    """As the dialplan knows it: a variable holds no colon, and no sound of the exchange's own a plus sign."""
    own = own_name(name)
    return f"own+{own}" if own is not None else name or ""


def _spy(watch_id: int) -> str:
    """The Uniqueid of the phone that listens (``telephony.tracking.ids.is_spy``)."""
    return f"spy-{watch_id}"


async def _part(bridge: Bridge, call: Call) -> None:
    """Send supervisors away who joined the talk: it is between two again, as whoever passes it on expects."""
    for spy in bridge.fold.joined(call):
        await _send_away(bridge, spy)


async def _send_away(bridge: Bridge, spy: str) -> None:
    """Hang a supervisor's phone up, and wait until it is free."""
    with suppress(OrderRefused):  # it has ended by itself
        await bridge.client.send(Hangup(channel=spy))
    for _ in range(_LOOKS):
        if spy not in bridge.fold.spies:
            return
        await asyncio.sleep(_LOOK_SECONDS)


def _customer(call: Call) -> Channel:
    """The customer's leg that was there last; two of them are only in a conference."""
    legs = [leg for leg in call.live_channels() if leg.kind is LegKind.CUSTOMER]
    if not legs:
        raise OrderRefused(reason=msg(NO_CUSTOMER))
    return legs[-1]


def _collector(call: Call) -> Channel | None:
    """The collector's leg that talks (or else holds) now."""
    legs = _collectors(call)
    return max(legs, key=lambda leg: (leg.talking_since is not None, leg.held, leg.started_at), default=None)


def _collectors(call: Call) -> list[Channel]:
    """The legs of collectors who are in the call now."""
    return [leg for leg in call.live_channels() if leg.kind is LegKind.AGENT and leg.answered_at is not None]
