"""The fold: events in, whole states of calls out. Pure: no clock, no waiting; every time comes with its event.

Calls have own ids. Channels are keyed by Uniqueid and belong to a call by their Linkedid; when a channel takes another
Linkedid, or shares a bridge with another call, the calls have become one. Channels that Asterisk makes for itself are
followed, because they join bridges, but never shown. What an event says of an unknown channel is passed over: it may
come after the channel's Hangup, and must not raise the dead.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from callcenter.calls.facts import Answerer, CallPhase, CallState, Direction, LegKind, LegOutcome
from telephony.ami import events as e
from telephony.tracking.book import REMEMBERED, CallBook
from telephony.tracking.endpoints import Endpoints, local_pair
from telephony.tracking.ids import is_spy, opens_call, own_call
from telephony.tracking.listing import Listing
from telephony.tracking.outcome import ORIGINATE_CAUSES, of_status, of_unanswered
from telephony.tracking.parties import settle
from telephony.tracking.state import Call, Channel


class Fold:
    """The calls of one server. ``apply`` events in order, then take what ``changed``. ``spies`` are the Uniqueids of
    those who listen in now."""

    def __init__(self, server: str, endpoints: Endpoints) -> None:
        self.server = server
        self._endpoints = endpoints
        self._book = CallBook(server)
        self._channels: dict[str, Channel] = {}
        self._lost: OrderedDict[str, Channel] = OrderedDict()
        self._halves: dict[str, dict[str, Channel]] = {}
        self._bridges: dict[str, dict[str, Channel]] = {}
        self._unshared: set[str] = set()
        self.spies: set[str] = set()
        self._changed: dict[int, Call] = {}
        self._counting = False
        self._handlers: dict[type[e.AmiEvent], Callable[[Any], object]] = {
            e.ChannelCreated: self._created,
            e.ChannelChanged: self._seen,
            e.ChannelHungUp: self._hung_up,
            e.ChannelRenamed: self._renamed,
            e.DialBegan: self._dial_began,
            e.DialEnded: self._dial_ended,
            e.BridgeEntered: self._entered,
            e.BridgeLeft: self._left,
            e.BridgeDestroyed: self._destroyed,
            e.Held: self._held,
            e.Unheld: self._unheld,
            e.QueueJoined: self._queue_joined,
            e.QueueLeft: self._queue_left,
            e.AnswererJudged: self._judged,
            e.OriginateEnded: self._originate_ended,
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
        states = tuple(call.snapshot() for call in self._changed.values())
        self._changed.clear()
        return states

    def call(self, call_id: int) -> Call | None:
        """The live call of that id, or the one it was merged into."""
        return self._book.live(call_id)

    def live_calls(self) -> list[Call]:
        return self._book.all_live()

    def channel(self, uniqueid: str) -> Channel | None:
        """A live channel."""
        return self._channels.get(uniqueid)

    def live_channels(self) -> list[Channel]:
        return list(self._channels.values())

    def knows(self, linkedids: Iterable[str]) -> Call | None:
        """The call, live or lately ended, that any of these Linkedids belongs to."""
        return self._book.linked(linkedids)

    def guessed(self, call: Call) -> frozenset[str]:
        """The Uniqueids of its channels whose end nobody saw."""
        return frozenset(name for name, channel in call.channels.items() if self._lost.get(name) is channel)

    def adopt(self, state: CallState) -> Call:
        """Take over a call as somebody else knows it, in place of what is known here under its ids."""
        others = [self._book.find(each) for each in (state.call_id, *state.merged_ids)]
        for other in [*others, *(self._book.linked([each]) for each in state.linkedids)]:
            if other is not None:
                self._drop(other)
        call = Call.restore(state)
        self._book.put(call)
        self._channels.update({each.uniqueid: each for each in call.live_channels()})
        self._touch(call)
        return call

    def _drop(self, call: Call) -> None:
        for channel in call.live_channels():
            self._leave(channel)
            self._channels.pop(channel.uniqueid, None)
        self._book.drop(call)
        self._changed.pop(call.call_id, None)

    def take_stock(self, listing: Listing, lost_at: datetime) -> None:
        """Make the live channels exactly those that Asterisk lists. What is not listed ended, at ``lost_at`` for want
        of knowing better, and its call is marked lost; a channel younger than the question is left alone."""
        self._counting = True
        self.spies &= {line.uniqueid for line in listing.channels}
        self.lose(self.unlisted(listing), lost_at)
        for line in listing.channels:
            if line.uniqueid not in self._channels:
                self._created(replace(line, at=line.at - timedelta(seconds=line.age)))
        for line in listing.channels:
            if channel := self._seen(line):
                self._place(channel, line, listing)
        self._counting = False
        for call in self.live_calls():
            self._settle(call, listing.at)

    def unlisted(self, listing: Listing) -> set[str]:
        """The channels believed alive that Asterisk, asked later than they began, did not list."""
        listed = {line.uniqueid for line in listing.channels}
        return {
            channel.uniqueid
            for channel in self._channels.values()
            if channel.uniqueid not in listed and channel.started_at <= listing.asked_at
        }

    def lose(self, uniqueids: Iterable[str], at: datetime) -> None:
        """End channels whose end nobody saw."""
        for uniqueid in uniqueids:
            if channel := self._channels.get(uniqueid):
                self._end(channel, at, None, lost=True)

    def _place(self, channel: Channel, line: e.ChannelListed, listing: Listing) -> None:
        """Put a listed channel into its bridge and queue without reckoning, so that talk goes on without a seam."""
        channel.queue = listing.waiting.get(channel.uniqueid)
        channel.call.queue = channel.queue or channel.call.queue
        if channel.queue is not None and channel.call.queued_at is None:
            channel.call.queued_at = line.at - timedelta(seconds=listing.waited.get(channel.uniqueid, 0))
        channel.ringing = channel.answered_at is None and line.state == e.ChannelState.RINGING
        if channel.ringing and channel.caller is None and channel.kind is LegKind.AGENT:
            channel.caller = listing.waits_unbridged(channel.call.customers())
        if channel.bridge == line.bridge:
            return
        if channel.bridge is not None:
            self._leave(channel)
        if line.bridge is not None:
            self._join(channel, line.bridge, shared=line.bridge not in listing.unshared)

    # ---- channels come and go

    def _created(self, event: e.ChannelSeen) -> None:
        if is_spy(event.uniqueid):
            self.spies.add(event.uniqueid)
            return
        if event.uniqueid in self._channels or event.uniqueid in self._lost:
            self._seen(event)
            return
        call = self._book.call_for(event.uniqueid, event.linkedid, event.at)
        if event.uniqueid in call.channels:
            return
        self._book.open(call)
        channel = self._add(call, event)
        self._note_dialled(channel, event)
        self._mark(call, channel, event.at)
        self._state(channel, event.state, event.at)

    def _add(self, call: Call, event: e.ChannelSeen) -> Channel:
        kind, endpoint = self._endpoints.place(event.channel)
        channel = Channel(
            uniqueid=event.uniqueid,
            name=event.channel,
            linkedid=event.linkedid,
            call=call,
            kind=kind,
            endpoint=endpoint,
            started_at=event.at,
            number=event.number,
        )
        call.channels[event.uniqueid] = self._channels[event.uniqueid] = channel
        self._pair(channel)
        return channel

    def _pair(self, channel: Channel) -> None:
        if pair := local_pair(channel.name):
            self._halves.setdefault(pair[0], {})[pair[1]] = channel

    def _note_dialled(self, channel: Channel, event: e.ChannelSeen) -> None:
        call = channel.call
        if call.dialled is None and len(call.channels) == 1 and not call.ordered and event.exten != "s":
            call.dialled = event.exten

    def _seen(self, event: e.ChannelSeen) -> Channel | None:
        """Take over what an event shows of a known channel. One that was given up for lost lives after all."""
        channel = self._channels.get(event.uniqueid) or self._revive(event.uniqueid)
        if channel is None:
            return None
        if event.channel != channel.name:
            self._rename(channel, event.channel)
        if event.linkedid != channel.linkedid:
            self._relink(channel, event.linkedid, event.at)
        if channel.number is None and event.number is not None and channel.kind is not None:
            channel.number = event.number
            self._mark(channel.call, channel, event.at)
        self._state(channel, event.state, event.at)
        return channel

    def _state(self, channel: Channel, state: int, at: datetime) -> None:
        if state == e.ChannelState.UP and channel.answered_at is None:
            channel.answered_at = max(at, channel.started_at)
            channel.ringing = channel.alerting = False
            channel.outcome = LegOutcome.ANSWERED
            self._mark(channel.call, channel, at)
        elif state == e.ChannelState.RINGING and not channel.alerting and channel.answered_at is None:
            channel.alerting = True
            self._mark(channel.call, channel, at)

    def _renamed(self, event: e.ChannelRenamed) -> None:
        channel = self._channels.get(event.uniqueid)
        if channel is not None:
            self._rename(channel, event.channel)

    def _rename(self, channel: Channel, name: str) -> None:
        """A masquerade passes through names of its own; only a real name says anew whose channel it is."""
        if "<" in name:
            return
        channel.name = name
        channel.kind, channel.endpoint = self._endpoints.place(name)
        self._pair(channel)
        self._touch(channel.call)

    def _hung_up(self, event: e.ChannelHungUp) -> None:
        self.spies.discard(event.uniqueid)
        channel = self._seen(event)
        if channel is not None:
            self._end(channel, event.at, event.cause)

    def _end(self, channel: Channel, at: datetime, cause: int | None, *, lost: bool = False) -> None:
        at = max(at, channel.started_at)
        self._leave(channel)
        channel.talk(False, at)
        channel.hold(False, False, at)
        channel.ended_at, channel.cause = at, cause
        channel.ringing = channel.alerting = False
        if channel.answered_at is None:
            channel.outcome = of_unanswered(channel.status, cause)
        del self._channels[channel.uniqueid]
        self._unpair(channel)
        self._mark(channel.call, channel, at)
        if lost:
            self._lost[channel.uniqueid] = channel
            while len(self._lost) > REMEMBERED:
                self._lost.popitem(last=False)
        if not channel.call.live_channels():
            self._book.close(channel.call, at, lost)
            self._touch(channel.call)

    def _revive(self, uniqueid: str) -> Channel | None:
        channel = self._lost.pop(uniqueid, None)
        if channel is None or self._book.find(channel.call.call_id) is not channel.call:
            return None
        channel.ended_at = channel.cause = None
        channel.outcome = LegOutcome.PENDING if channel.answered_at is None else LegOutcome.ANSWERED
        self._channels[uniqueid] = channel
        self._pair(channel)
        self._book.open(channel.call)
        return channel

    def _unpair(self, channel: Channel) -> None:
        if pair := local_pair(channel.name):
            halves = self._halves.get(pair[0], {})
            halves.pop(pair[1], None)
            if not halves:
                self._halves.pop(pair[0], None)

    # ---- ringing, queues, hold

    def _dial_began(self, event: e.DialBegan) -> None:
        channel = self._channels.get(event.uniqueid)
        if channel is None:
            return
        if event.linkedid != channel.linkedid:
            self._relink(channel, event.linkedid, event.at)
        channel.ringing, channel.caller = channel.answered_at is None, event.caller
        channel.dialled = True
        if channel.kind is LegKind.CUSTOMER:
            channel.number = event.number or channel.number
            channel.call.dialled = channel.call.dialled or event.connected
        self._mark(channel.call, channel, event.at)

    def _dial_ended(self, event: e.DialEnded) -> None:
        channel = self._channels.get(event.uniqueid)
        if channel is None or channel.status is not None:
            return
        channel.status = event.status
        channel.ringing = False
        if channel.answered_at is None:
            channel.outcome = of_status(event.status)
        self._mark(channel.call, channel, event.at)

    def _queue_joined(self, event: e.QueueJoined) -> None:
        if channel := self._channels.get(event.uniqueid):
            channel.queue = channel.call.queue = event.queue
            channel.call.queued_at = channel.call.queued_at or event.at
            self._mark(channel.call, channel, event.at)

    def _queue_left(self, event: e.QueueLeft) -> None:
        if channel := self._channels.get(event.uniqueid):
            channel.queue = None
            self._mark(channel.call, channel, event.at)

    def _judged(self, event: e.AnswererJudged) -> None:
        channel = self._channels.get(event.uniqueid)
        if channel is not None:
            channel.call.answerer = Answerer(
                by=event.by, because=event.because, milliseconds=event.milliseconds, left=event.left, wish=event.wish
            )
            self._touch(channel.call)

    def _held(self, event: e.Held) -> None:
        if channel := self._channels.get(event.uniqueid):
            channel.held = True
            self._mark(channel.call, channel, event.at)

    def _unheld(self, event: e.Unheld) -> None:
        if channel := self._channels.get(event.uniqueid):
            channel.held = False
            self._mark(channel.call, channel, event.at)

    # ---- bridges

    def _entered(self, event: e.BridgeEntered) -> None:
        channel = self._seen(event)
        if channel is None:
            return
        swapped = self._channels.get(event.swapped) if event.swapped else None
        if swapped is not None:
            self._leave(swapped)
        if channel.bridge != event.bridge:
            self._leave(channel)
        self._join(channel, event.bridge, shared=event.shared)
        self._mark(channel.call, channel, event.at)
        if swapped is not None and swapped.call is not channel.call:
            self._mark(swapped.call, swapped, event.at)

    def _join(self, channel: Channel, bridge: str, *, shared: bool) -> None:
        if not shared:
            self._unshared.add(bridge)
        members = self._bridges.setdefault(bridge, {})
        members[channel.uniqueid] = channel
        channel.bridge = bridge
        if shared:
            for other in list(members.values()):
                self._merge(channel.call, other.call)

    def _left(self, event: e.BridgeLeft) -> None:
        channel = self._seen(event)
        if channel is not None and channel.bridge == event.bridge:
            self._leave(channel)
            if (event.context, event.exten) == self._endpoints.hold:
                channel.hold_asked = True
            self._mark(channel.call, channel, event.at)

    def _leave(self, channel: Channel) -> None:
        channel.held = False
        bridge, channel.bridge = channel.bridge, None
        if bridge is not None and (members := self._bridges.get(bridge)):
            members.pop(channel.uniqueid, None)
            if not members:
                self._forget_bridge(bridge)

    def _destroyed(self, event: e.BridgeDestroyed) -> None:
        for channel in list(self._bridges.get(event.bridge, {}).values()):
            self._leave(channel)
            self._mark(channel.call, channel, event.at)
        self._forget_bridge(event.bridge)

    def _forget_bridge(self, bridge: str) -> None:
        self._bridges.pop(bridge, None)
        self._unshared.discard(bridge)

    # ---- calls

    def _relink(self, channel: Channel, linkedid: str, at: datetime) -> None:
        """A channel took another Linkedid: if that one is another call's, the two are now one call."""
        channel.linkedid = linkedid
        other = self._book.linked([linkedid])
        if other is None:
            self._book.link(linkedid, channel.call)
            self._touch(channel.call)
        elif other is not channel.call and other.ended_at is None:
            self._merge(other, channel.call)
            self._settle(channel.call, at)

    def _merge(self, one: Call, two: Call) -> None:
        if one is not two:
            keep, gone = self._book.merge(one, two)
            self._changed.pop(gone.call_id, None)
            self._touch(keep)

    def _originate_ended(self, event: e.OriginateEnded) -> None:
        """An order that never got a channel still has a call waiting for it."""
        if event.answered or (event.uniqueid is not None and event.uniqueid in self._channels):
            return
        own = own_call(event.uniqueid or "") or own_call(event.action_id or "")
        if own is None or self._book.find(own) or not opens_call(event.uniqueid or event.action_id or ""):
            return
        call = self._book.new(own, f"cc-{own}-a", event.at, ordered=True)
        call.direction = Direction.OUTBOUND
        self._book.close(call, event.at, lost=False)
        self._touch(call)
        call.cause = ORIGINATE_CAUSES.get(event.reason, 20)

    # ---- reckoning

    def _touch(self, call: Call) -> None:
        self._changed[call.call_id] = call

    def _mark(self, call: Call, channel: Channel, at: datetime) -> None:
        """Something about a channel changed: reckon its call anew. Asterisk's own channels alone change nothing."""
        if channel.kind is not None or channel.bridge is not None or channel.ended_at is not None:
            self._settle(call, at)

    def _settle(self, call: Call, at: datetime) -> None:
        if self._counting:
            self._touch(call)
            return
        call.settle_parties()
        settle(call, at, self._other_half, self._unshared)
        if call.legs() or call.phase() is CallPhase.ENDED:
            self._touch(call)

    def _other_half(self, channel: Channel) -> Channel | None:
        pair = local_pair(channel.name)
        return self._halves.get(pair[0], {}).get("2" if pair[1] == "1" else "1") if pair else None
