"""Dial attempts: who rings whom, how the ringing ends, and orders that never got a channel."""

from callcenter.calls.facts import Answerer, Direction, LegKind
from telephony.ami import events as e
from telephony.tracking.book import CallBook
from telephony.tracking.channels import Channels
from telephony.tracking.ids import opens_call, own_call
from telephony.tracking.lifecycle import Lifecycle
from telephony.tracking.outcome import of_order, of_status
from telephony.tracking.reckoning import Reckoning


class Dialling:
    """What the events of ringing change in the calls."""

    def __init__(self, lifecycle: Lifecycle, book: CallBook, channels: Channels, reckoning: Reckoning) -> None:
        self._lifecycle = lifecycle
        self._book = book
        self._channels = channels
        self._reckoning = reckoning

    def began(self, event: e.DialBegan) -> None:
        channel = self._channels.live.get(event.uniqueid)
        if channel is None:
            return
        if event.linkedid != channel.linkedid:
            self._reckoning.relink(channel, event.linkedid, event.at)
        channel.ringing, channel.caller = channel.answered_at is None, event.caller
        channel.dialled = True
        self._lifecycle.place(channel)
        if channel.kind is LegKind.CUSTOMER:
            channel.number = event.number or channel.number
            channel.call.dialled = channel.call.dialled or event.connected
        self._reckoning.mark(channel, event.at)

    def ended(self, event: e.DialEnded) -> None:
        channel = self._channels.live.get(event.uniqueid)
        if channel is None or channel.status is not None:
            return
        channel.status = event.status
        channel.ringing = False
        if channel.answered_at is None:
            channel.outcome = of_status(event.status)
        self._reckoning.mark(channel, event.at)

    def judged(self, event: e.AnswererJudged) -> None:
        if channel := self._channels.live.get(event.uniqueid):
            channel.call.answerer = Answerer(
                by=event.by, because=event.because, milliseconds=event.milliseconds, left=event.left, wish=event.wish
            )
            self._reckoning.touch(channel.call)

    def order_ended(self, event: e.OriginateEnded) -> None:
        """An order that never got a channel still has a call waiting for it."""
        if event.answered or (event.uniqueid is not None and event.uniqueid in self._channels.live):
            return
        own = own_call(event.uniqueid or "") or own_call(event.action_id or "")
        if own is None or self._book.find(own) or not opens_call(event.uniqueid or event.action_id or ""):
            return
        call = self._book.new(own, f"cc-{own}-a", event.at, ordered=True)
        call.direction = Direction.OUTBOUND
        self._book.close(call, event.at, lost=False)
        call.cause = of_order(event.reason)
        self._reckoning.touch(call)
