"""The channels of one server by Uniqueid: those alive, those whose end nobody saw, and the halves of Local ones."""

from collections import OrderedDict

from telephony.tracking.book import REMEMBERED
from telephony.tracking.endpoints import local_pair
from telephony.tracking.state import Channel


class Channels:
    """``live`` is for looking; channels come, go and change their names by the methods."""

    def __init__(self) -> None:
        self.live: dict[str, Channel] = {}
        self._lost: OrderedDict[str, Channel] = OrderedDict()
        self._halves: dict[str, dict[str, Channel]] = {}

    def knows(self, uniqueid: str) -> bool:
        """Whether that channel is alive, or may be for all anybody saw."""
        return uniqueid in self.live or uniqueid in self._lost

    def put(self, channel: Channel) -> None:
        self.live[channel.uniqueid] = channel
        self.pair(channel)

    def remove(self, channel: Channel) -> None:
        self.live.pop(channel.uniqueid, None)
        self._unpair(channel)

    def lose(self, channel: Channel) -> None:
        """Remember one that was removed although nobody saw its end."""
        self._lost[channel.uniqueid] = channel
        while len(self._lost) > REMEMBERED:
            self._lost.popitem(last=False)

    def is_lost(self, channel: Channel) -> bool:
        return self._lost.get(channel.uniqueid) is channel

    def find_lost(self, uniqueid: str) -> Channel | None:
        """The lost channel of that Uniqueid, which is lost no more."""
        return self._lost.pop(uniqueid, None)

    def pair(self, channel: Channel) -> None:
        """Let the half of a Local channel be found by its present name."""
        if pair := local_pair(channel.name):
            self._halves.setdefault(pair[0], {})[pair[1]] = channel

    def other_half(self, channel: Channel) -> Channel | None:
        """Where a Local channel leads on from this half of it."""
        pair = local_pair(channel.name)
        return self._halves.get(pair[0], {}).get("2" if pair[1] == "1" else "1") if pair else None

    def _unpair(self, channel: Channel) -> None:
        if pair := local_pair(channel.name):
            halves = self._halves.get(pair[0], {})
            halves.pop(pair[1], None)
            if not halves:
                self._halves.pop(pair[0], None)
