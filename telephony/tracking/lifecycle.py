"""How a channel lives: it comes, shows what it is, takes other names, and goes.

What an event says of an unknown channel is passed over: it may come after the channel's Hangup, and must not raise the
dead.
"""

from collections.abc import Iterable
from datetime import datetime

from callcenter.calls.facts import LegKind
from telephony.ami import events as e
from telephony.tracking.book import CallBook
from telephony.tracking.bridges import Bridges
from telephony.tracking.channels import Channels
from telephony.tracking.endpoints import Endpoints
from telephony.tracking.ids import is_spy
from telephony.tracking.reckoning import Reckoning
from telephony.tracking.state import Call, Channel

_DOWN, _RINGING, _UP = e.ChannelState.DOWN, e.ChannelState.RINGING, e.ChannelState.UP


class Lifecycle:
    """``spies`` are those who are in others' calls now, no channels of any call, by Uniqueid: each with the bridge in
    which he has joined them, None while he only listens."""

    def __init__(
        self, endpoints: Endpoints, book: CallBook, channels: Channels, bridges: Bridges, reckoning: Reckoning
    ) -> None:
        self.spies: dict[str, str | None] = {}
        self._endpoints = endpoints
        self._book = book
        self._channels = channels
        self._bridges = bridges
        self._reckoning = reckoning

    def created(self, event: e.ChannelSeen) -> None:
        if is_spy(event.uniqueid):
            self.spies.setdefault(event.uniqueid)
        elif self._channels.knows(event.uniqueid):
            self.seen(event)
        else:
            self._begin(event)

    def seen(self, event: e.ChannelSeen) -> Channel | None:
        """Take over what an event shows of a known channel. One that was given up for lost lives after all."""
        channel = self._channels.live.get(event.uniqueid) or self._revive(event.uniqueid)
        if channel is None:
            return None
        if event.channel != channel.name:
            self._rename(channel, event.channel)
        if event.linkedid != channel.linkedid:
            self._reckoning.relink(channel, event.linkedid, event.at)
        if channel.number is None and event.number is not None and channel.kind is not None:
            channel.number = event.number
            self._reckoning.mark(channel, event.at)
        if event.state != _DOWN:
            self.place(channel)
        self._take_state(channel, event.state, event.at)
        return channel

    def place(self, channel: Channel) -> None:
        """Whose channel it is. One made to ring a collector is nobody's until it rings: he may be spared."""
        if channel.kind is None:
            channel.kind, channel.endpoint = self._endpoints.place(channel.name)

    def renamed(self, event: e.ChannelRenamed) -> None:
        if channel := self._channels.live.get(event.uniqueid):
            self._rename(channel, event.channel)

    def hung_up(self, event: e.ChannelHungUp) -> None:
        self.spies.pop(event.uniqueid, None)
        if channel := self.seen(event):
            self._end(channel, event.at, event.cause)

    def lose(self, uniqueids: Iterable[str], at: datetime) -> None:
        """End channels whose end nobody saw."""
        for uniqueid in uniqueids:
            if channel := self._channels.live.get(uniqueid):
                self._end(channel, at, None, lost=True)

    def _begin(self, event: e.ChannelSeen) -> None:
        call = self._book.call_for(event.uniqueid, event.linkedid, event.at)
        if event.uniqueid in call.channels:
            return
        self._book.open(call)
        channel = self._new(call, event)
        if call.dialled is None and len(call.channels) == 1 and not call.ordered and event.exten != "s":
            call.dialled = event.exten
        self._reckoning.mark(channel, event.at)
        self._take_state(channel, event.state, event.at)

    def _new(self, call: Call, event: e.ChannelSeen) -> Channel:
        kind, endpoint = self._endpoints.place(event.channel)
        if kind is LegKind.AGENT and event.state == _DOWN and event.uniqueid != event.linkedid:
            kind = endpoint = None
        channel = call.channels[event.uniqueid] = Channel(
            uniqueid=event.uniqueid,
            name=event.channel,
            linkedid=event.linkedid,
            call=call,
            kind=kind,
            endpoint=endpoint,
            started_at=event.at,
            number=event.number,
        )
        self._channels.put(channel)
        return channel

    def _take_state(self, channel: Channel, state: int, at: datetime) -> None:
        if channel.answered_at is not None:
            return
        if state == _UP:
            channel.answer(at)
            self._reckoning.mark(channel, at)
        elif state == _RINGING and not channel.alerting:
            channel.alerting = True
            self._reckoning.mark(channel, at)

    def _rename(self, channel: Channel, name: str) -> None:
        """A masquerade passes through names of its own; only a real name says anew whose channel it is."""
        if "<" in name:
            return
        channel.name = name
        channel.kind, channel.endpoint = self._endpoints.place(name)
        self._channels.pair(channel)
        self._reckoning.touch(channel.call)

    def _end(self, channel: Channel, at: datetime, cause: int | None, *, lost: bool = False) -> None:
        at = max(at, channel.started_at)
        self._bridges.leave(channel)
        channel.end(at, cause)
        self._channels.remove(channel)
        self._reckoning.mark(channel, at)
        if lost:
            self._channels.lose(channel)
        if not channel.call.live_channels():
            self._book.close(channel.call, at, lost)
            self._reckoning.touch(channel.call)

    def _revive(self, uniqueid: str) -> Channel | None:
        channel = self._channels.find_lost(uniqueid)
        if channel is None or self._book.find(channel.call.call_id) is not channel.call:
            return None
        channel.revive()
        self._channels.put(channel)
        self._book.open(channel.call)
        return channel
