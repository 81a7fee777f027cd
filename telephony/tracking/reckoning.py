"""Which calls changed, and what each of them is now: reckoned anew whenever something about a channel of it changes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from callcenter.calls.facts import CallPhase, CallState
from telephony.tracking.book import CallBook
from telephony.tracking.bridges import Bridges
from telephony.tracking.channels import Channels
from telephony.tracking.parties import settle
from telephony.tracking.state import Call, Channel


class Reckoning:
    """The changed calls of one server."""

    def __init__(self, book: CallBook, channels: Channels, bridges: Bridges) -> None:
        self._book = book
        self._channels = channels
        self._bridges = bridges
        self._changed: dict[int, Call] = {}
        self._put_off = False

    def take(self) -> tuple[CallState, ...]:
        """The present state of every call that changed since the last time this was asked."""
        states = tuple(call.snapshot() for call in self._changed.values())
        self._changed.clear()
        return states

    def touch(self, call: Call) -> None:
        """It changed, and there is nothing to reckon."""
        self._changed[call.call_id] = call

    def forget(self, call: Call) -> None:
        """It is told no more: another stands for it."""
        self._changed.pop(call.call_id, None)

    def mark(self, channel: Channel, at: datetime) -> None:
        """Something about a channel changed. Asterisk's own channels alone change nothing."""
        if channel.kind is not None or channel.bridge is not None or channel.ended_at is not None:
            self.settle(channel.call, at)

    def settle(self, call: Call, at: datetime) -> None:
        """Who called whom, who talks and who is on hold from ``at``."""
        if self._put_off:
            self.touch(call)
            return
        call.settle_parties()
        settle(call, at, self._channels.other_half, self._bridges.unshared)
        if call.legs() or call.phase() is CallPhase.ENDED:
            self.touch(call)

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """Within, calls are only touched: what is between two true states must not look like a seam in their talk."""
        self._put_off = True
        try:
            yield
        finally:
            self._put_off = False

    def relink(self, channel: Channel, linkedid: str, at: datetime) -> None:
        """A channel took another Linkedid: if that one is another call's, the two are now one call."""
        channel.linkedid = linkedid
        other = self._book.linked([linkedid])
        if other is None:
            self._book.link(linkedid, channel.call)
            self.touch(channel.call)
        elif other is not channel.call and other.ended_at is None:
            self._merge(other, channel.call)
            self.settle(channel.call, at)

    def share(self, channel: Channel, others: Iterable[Channel]) -> None:
        """They hear each other: their calls are one."""
        for other in others:
            self._merge(channel.call, other.call)

    def _merge(self, one: Call, two: Call) -> None:
        if one is not two:
            keep, gone = self._book.merge(one, two)
            self.forget(gone)
            self.touch(keep)
