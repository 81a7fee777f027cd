"""Parties that wait: in a queue, or held by the phone of the other side."""

from telephony.ami import events as e
from telephony.tracking.channels import Channels
from telephony.tracking.reckoning import Reckoning


class Waiting:
    """What the events of queues and of hold change in the calls."""

    def __init__(self, channels: Channels, reckoning: Reckoning) -> None:
        self._channels = channels
        self._reckoning = reckoning

    def joined(self, event: e.QueueJoined) -> None:
        if channel := self._channels.live.get(event.uniqueid):
            channel.queue = channel.call.queue = event.queue
            channel.call.queued_at = channel.call.queued_at or event.at
            self._reckoning.mark(channel, event.at)

    def left(self, event: e.QueueLeft) -> None:
        if channel := self._channels.live.get(event.uniqueid):
            channel.queue = None
            self._reckoning.mark(channel, event.at)

    def held(self, event: e.Held) -> None:
        self._hold(event, True)

    def unheld(self, event: e.Unheld) -> None:
        self._hold(event, False)

    def _hold(self, event: e.Held | e.Unheld, held: bool) -> None:
        if channel := self._channels.live.get(event.uniqueid):
            channel.held = held
            self._reckoning.mark(channel, event.at)
