"""What the recordings room asks of the exchanges."""

from collections.abc import Sequence

from telephony.bridge import Bridge


class BridgedChannels:
    """Implements ``recordings.ports.LiveChannels`` over the bridges."""

    def __init__(self, bridges: Sequence[Bridge]) -> None:
        self._bridges = {bridge.exchange.server: bridge for bridge in bridges}

    async def live_uniqueids(self, server: str) -> frozenset[str] | None:
        bridge = self._bridges.get(server)
        if bridge is None or not bridge.status().up:
            return None
        return frozenset(channel.uniqueid for channel in bridge.fold.live_channels())
