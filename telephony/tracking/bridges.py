"""Which channels are in which bridge."""

from telephony.tracking.state import Channel


class Bridges:
    """``unshared`` are the holding bridges: who waits in one does not hear the others."""

    def __init__(self) -> None:
        self.unshared: set[str] = set()
        self._members: dict[str, dict[str, Channel]] = {}

    def members(self, bridge: str) -> list[Channel]:
        return list(self._members.get(bridge, {}).values())

    def join(self, channel: Channel, bridge: str, *, shared: bool) -> None:
        if not shared:
            self.unshared.add(bridge)
        self._members.setdefault(bridge, {})[channel.uniqueid] = channel
        channel.bridge = bridge

    def leave(self, channel: Channel) -> None:
        """Out of the bridge it is in, if any. What its phone held it holds no longer."""
        channel.held = False
        bridge, channel.bridge = channel.bridge, None
        if bridge is not None and (members := self._members.get(bridge)):
            members.pop(channel.uniqueid, None)
            if not members:
                self.forget(bridge)

    def forget(self, bridge: str) -> None:
        self._members.pop(bridge, None)
        self.unshared.discard(bridge)
