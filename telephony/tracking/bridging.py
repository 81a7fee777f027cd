"""Channels enter bridges and leave them. Calls that share a bridge have become one."""

from telephony.ami import events as e
from telephony.tracking.bridges import Bridges
from telephony.tracking.channels import Channels
from telephony.tracking.lifecycle import Lifecycle
from telephony.tracking.reckoning import Reckoning
from telephony.tracking.state import Channel


class Bridging:
    """What the events of bridges change in the calls; ``hold`` is the place of the dialplan where a customer is put on
    hold."""

    def __init__(
        self, lifecycle: Lifecycle, channels: Channels, bridges: Bridges, reckoning: Reckoning, hold: tuple[str, str]
    ) -> None:
        self._lifecycle = lifecycle
        self._channels = channels
        self._bridges = bridges
        self._reckoning = reckoning
        self._hold = hold

    def entered(self, event: e.BridgeEntered) -> None:
        if event.uniqueid in self._lifecycle.spies:
            self._lifecycle.spies[event.uniqueid] = event.bridge
        channel = self._lifecycle.seen(event)
        if channel is None:
            return
        swapped = self._channels.live.get(event.swapped) if event.swapped else None
        if swapped is not None:
            self._bridges.leave(swapped)
        if channel.bridge != event.bridge:
            self._bridges.leave(channel)
        self.join(channel, event.bridge, shared=event.shared)
        self._reckoning.mark(channel, event.at)
        if swapped is not None and swapped.call is not channel.call:
            self._reckoning.mark(swapped, event.at)

    def left(self, event: e.BridgeLeft) -> None:
        if event.uniqueid in self._lifecycle.spies:
            self._lifecycle.spies[event.uniqueid] = None
        channel = self._lifecycle.seen(event)
        if channel is None or channel.bridge != event.bridge:
            return
        self._bridges.leave(channel)
        if (event.context, event.exten) == self._hold:
            channel.hold_asked = True
        self._reckoning.mark(channel, event.at)

    def destroyed(self, event: e.BridgeDestroyed) -> None:
        for channel in self._bridges.members(event.bridge):
            self._bridges.leave(channel)
            self._reckoning.mark(channel, event.at)
        self._bridges.forget(event.bridge)

    def join(self, channel: Channel, bridge: str, *, shared: bool) -> None:
        """Into that bridge, without reckoning who hears whom."""
        self._bridges.join(channel, bridge, shared=shared)
        if shared:
            self._reckoning.share(channel, self._bridges.members(bridge))
