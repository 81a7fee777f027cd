"""Taking stock: the live channels become exactly those that Asterisk lists."""

from datetime import datetime, timedelta

from msgspec import structs

from callcenter.calls.facts import LegKind
from telephony.ami import events as e
from telephony.tracking.bridges import Bridges
from telephony.tracking.bridging import Bridging
from telephony.tracking.channels import Channels
from telephony.tracking.ids import is_spy
from telephony.tracking.lifecycle import Lifecycle
from telephony.tracking.listing import Listing
from telephony.tracking.state import Channel


class StockTaking:
    """Compares what is believed with what is listed."""

    def __init__(self, lifecycle: Lifecycle, bridging: Bridging, channels: Channels, bridges: Bridges) -> None:
        self._lifecycle = lifecycle
        self._bridging = bridging
        self._channels = channels
        self._bridges = bridges

    def take(self, listing: Listing, lost_at: datetime) -> None:
        self._lifecycle.spies.clear()
        self._lifecycle.spies.update({line.uniqueid: line.bridge for line in listing.channels if is_spy(line.uniqueid)})
        self._lifecycle.lose(self.unlisted(listing), lost_at)
        for line in listing.channels:
            if line.uniqueid not in self._channels.live:
                self._lifecycle.created(structs.replace(line, at=line.at - timedelta(seconds=line.age)))
        for line in listing.channels:
            if channel := self._lifecycle.seen(line):
                _wait(channel, line, listing)
                self._bridge(channel, line, listing)

    def unlisted(self, listing: Listing) -> set[str]:
        """The channels believed alive that Asterisk, asked later than they began, did not list."""
        listed = {line.uniqueid for line in listing.channels}
        return {
            channel.uniqueid
            for channel in self._channels.live.values()
            if channel.uniqueid not in listed and channel.started_at <= listing.asked_at
        }

    def _bridge(self, channel: Channel, line: e.ChannelListed, listing: Listing) -> None:
        """Into the bridge that the list shows, without reckoning, so that talk goes on without a seam."""
        if channel.bridge == line.bridge:
            return
        if channel.bridge is not None:
            self._bridges.leave(channel)
        if line.bridge is not None:
            self._bridging.join(channel, line.bridge, shared=line.bridge not in listing.unshared)


def _wait(channel: Channel, line: e.ChannelListed, listing: Listing) -> None:
    """In the queue and the ringing that the list shows."""
    call = channel.call
    channel.queue = listing.waiting.get(channel.uniqueid)
    call.queue = channel.queue or call.queue
    if channel.queue is not None and call.queued_at is None:
        call.queued_at = line.at - timedelta(seconds=listing.waited.get(channel.uniqueid, 0))
    channel.ringing = channel.answered_at is None and line.state == e.ChannelState.RINGING
    if channel.ringing and channel.caller is None and channel.kind is LegKind.AGENT:
        channel.caller = listing.waits_unbridged(call.customers())
