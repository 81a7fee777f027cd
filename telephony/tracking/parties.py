"""Who hears whom, and so who talks and who is on hold: reckoned anew from bridges whenever something changes."""

from collections.abc import Callable, Iterable
from datetime import datetime

from callcenter.calls.facts import LegKind
from telephony.tracking.state import Call, Channel

OtherHalf = Callable[[Channel], Channel | None]


def settle(call: Call, at: datetime, other_half: OtherHalf, unshared: Iterable[str]) -> None:
    """Open and close the stretches of talk and hold of a call's legs at ``at``."""
    live = call.live_channels()
    if not any(_has_met(channel) for channel in live):
        return
    for party in _parties(live, other_half, unshared):
        heard = [leg for leg in party if not leg.held]
        for leg in party:
            talking = len(heard) > 1 and not leg.held
            leg.talk(talking, at)
            waiting = len(party) > 1 and not talking
            leg.hold(waiting or (len(party) == 1 and _left_alone(leg, live)), waiting or leg.hold_asked, at)
    if call.answered_at is None and _answered(live):
        call.answered_at = at


def _has_met(channel: Channel) -> bool:
    """Whether it is or was with somebody. Until then there is nothing to open or close, and a telephone rings."""
    return bool(channel.bridge or channel.talks or channel.talking_since or channel.holding_since)


def _parties(live: list[Channel], other_half: OtherHalf, unshared: Iterable[str]) -> list[list[Channel]]:
    """The legs of a call, grouped by who is connected: through one bridge, or through bridges that a Local channel
    joins. A leg in no bridge is a party of its own."""
    joined: dict[str, str] = {}

    def root(bridge: str) -> str:
        while bridge in joined:
            bridge = joined[bridge]
        return bridge

    for channel in live:
        if channel.kind is None and channel.bridge is not None:
            half = other_half(channel)
            if half is not None and half.bridge is not None and root(half.bridge) != root(channel.bridge):
                joined[root(half.bridge)] = root(channel.bridge)
    parties: dict[str, list[Channel]] = {}
    for channel in live:
        if channel.kind is not None:
            alone = channel.bridge is None or channel.bridge in unshared
            parties.setdefault(channel.uniqueid if alone else root(channel.bridge or ""), []).append(channel)
    return list(parties.values())


def _left_alone(leg: Channel, live: list[Channel]) -> bool:
    """Whether a customer who has talked now waits for nobody in particular: parked, or while his collector asks
    another. Waiting in a queue, or for a phone that rings for him, is not hold."""
    if leg.kind is not LegKind.CUSTOMER or not leg.talks or leg.queue is not None:
        return False
    return not any(other.ringing and other.caller == leg.uniqueid for other in live)


def _answered(live: list[Channel]) -> bool:
    """Whether the other side has a human on the line: the customer and a collector, or two collectors, talk."""
    legs = [channel for channel in live if channel.kind is not None]
    customers = [leg for leg in legs if leg.kind is LegKind.CUSTOMER]
    return any(leg.talking_since is not None for leg in customers or legs)
