"""The fold: events in, whole states of calls out. Pure: no clock, no waiting; every time comes with its event.

Calls have own ids. Channels are keyed by Uniqueid and belong to a call by their Linkedid; when a channel takes another
Linkedid, or shares a bridge with another call, the calls have become one. Channels that Asterisk makes for itself are
followed, because they join bridges, but never shown.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from callcenter.calls.facts import CallState
from telephony.ami import events as e
from telephony.tracking.book import CallBook
from telephony.tracking.bridges import Bridges
from telephony.tracking.bridging import Bridging
from telephony.tracking.channels import Channels
from telephony.tracking.dialling import Dialling
from telephony.tracking.endpoints import Endpoints
from telephony.tracking.lifecycle import Lifecycle
from telephony.tracking.listing import Listing
from telephony.tracking.reckoning import Reckoning
from telephony.tracking.state import Call, Channel
from telephony.tracking.stock import StockTaking
from telephony.tracking.waiting import Waiting


class Fold:
    """The calls of one server. ``apply`` events in order, then take what ``changed``. ``spies`` are those who
    are in others' calls now, by Uniqueid, with the bridge in which they have joined them."""

    def __init__(self, server: str, endpoints: Endpoints) -> None:
        self.server = server
        self._book = CallBook(server)
        self._channels = Channels()
        self._bridges = Bridges()
        self._reckoning = Reckoning(self._book, self._channels, self._bridges)
        self._lifecycle = Lifecycle(endpoints, self._book, self._channels, self._bridges, self._reckoning)
        self._bridging = Bridging(self._lifecycle, self._channels, self._bridges, self._reckoning, hold=endpoints.hold)
        self._stock = StockTaking(self._lifecycle, self._bridging, self._channels, self._bridges)
        self.spies = self._lifecycle.spies
        self._handlers = self._told()

    def _told(self) -> dict[type[e.AmiEvent], Callable[[Any], object]]:
        lifecycle, bridging = self._lifecycle, self._bridging
        dialling = Dialling(lifecycle, self._book, self._channels, self._reckoning)
        waiting = Waiting(self._channels, self._reckoning)
        return {
            e.ChannelCreated: lifecycle.created,
            e.ChannelChanged: lifecycle.seen,
            e.ChannelRenamed: lifecycle.renamed,
            e.ChannelHungUp: lifecycle.hung_up,
            e.DialBegan: dialling.began,
            e.DialEnded: dialling.ended,
            e.AnswererJudged: dialling.judged,
            e.OriginateEnded: dialling.order_ended,
            e.QueueJoined: waiting.joined,
            e.QueueLeft: waiting.left,
            e.Held: waiting.held,
            e.Unheld: waiting.unheld,
            e.BridgeEntered: bridging.entered,
            e.BridgeLeft: bridging.left,
            e.BridgeDestroyed: bridging.destroyed,
        }

    def apply(self, event: e.AmiEvent) -> None:
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)

    def apply_all(self, events: Iterable[e.AmiEvent]) -> None:
        for event in events:
            self.apply(event)

    def changed(self) -> tuple[CallState, ...]:
        """The present state of every call that changed since the last time this was asked."""
        return self._reckoning.take()

    def call(self, call_id: int) -> Call | None:
        """The live call of that id, or the one it was merged into."""
        return self._book.live(call_id)

    def joined(self, call: Call) -> list[str]:
        """The spies who are parties of this call's talk."""
        bridges = {channel.bridge for channel in call.live_channels() if channel.bridge is not None}
        return [spy for spy, bridge in self.spies.items() if bridge in bridges]

    def together(self, channel: Channel) -> frozenset[str]:
        """The Uniqueids of all who are in one bridge with it, itself and spies who have joined included."""
        if channel.bridge is None:
            return frozenset()
        spies = (spy for spy, bridge in self.spies.items() if bridge == channel.bridge)
        return frozenset((*(each.uniqueid for each in self._bridges.members(channel.bridge)), *spies))

    def live_calls(self) -> list[Call]:
        return self._book.all_live()

    def live_channels(self) -> list[Channel]:
        return list(self._channels.live.values())

    def knows(self, linkedids: Iterable[str]) -> Call | None:
        """The call, live or lately ended, that any of these Linkedids belongs to."""
        return self._book.linked(linkedids)

    def guessed(self, call: Call) -> frozenset[str]:
        """The Uniqueids of its channels whose end nobody saw."""
        return frozenset(name for name, channel in call.channels.items() if self._channels.is_lost(channel))

    def adopt(self, state: CallState) -> Call:
        """Take over a call as somebody else knows it, in place of what is known here under its ids."""
        others = [self._book.find(each) for each in (state.call_id, *state.merged_ids)]
        for other in [*others, *(self._book.linked([each]) for each in state.linkedids)]:
            if other is not None:
                self._drop(other)
        call = Call.restore(state)
        self._book.put(call)
        for channel in call.live_channels():
            self._channels.put(channel)
        self._reckoning.touch(call)
        return call

    def _drop(self, call: Call) -> None:
        for channel in call.live_channels():
            self._bridges.leave(channel)
            self._channels.remove(channel)
        self._book.drop(call)
        self._reckoning.forget(call)

    def take_stock(self, listing: Listing, lost_at: datetime) -> None:
        """Make the live channels exactly those that Asterisk lists. What is not listed ended, at ``lost_at`` for want
        of knowing better, and its call is marked lost; a channel younger than the question is left alone."""
        with self._reckoning.put_off():
            self._stock.take(listing, lost_at)
        for call in self.live_calls():
            self._reckoning.settle(call, listing.at)

    def unlisted(self, listing: Listing) -> set[str]:
        """The channels believed alive that Asterisk, asked later than they began, did not list."""
        return self._stock.unlisted(listing)

    def lose(self, uniqueids: Iterable[str], at: datetime) -> None:
        """End channels whose end nobody saw."""
        self._lifecycle.lose(uniqueids, at)
