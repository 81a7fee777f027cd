"""What Asterisk answers when it is asked for everything that lives."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from telephony.ami import events as e

LISTS = frozenset({"CoreShowChannelsComplete", "BridgeListComplete", "QueueStatusComplete"})
"""The ends of the answers that make a listing complete."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Every channel alive at ``at``; ``waiting`` gives the queue of those who wait in one and ``waited`` for how many
    seconds, ``unshared`` the holding bridges. ``asked_at`` is when the question was put."""

    asked_at: datetime
    at: datetime
    channels: tuple[e.ChannelListed, ...]
    unshared: frozenset[str] = frozenset()
    waiting: dict[str, str] = field(default_factory=dict)
    waited: dict[str, int] = field(default_factory=dict)

    def waits_unbridged(self, uniqueids: Iterable[str]) -> str | None:
        """The first of these channels that is alive and in no bridge: the one a ringing phone rings for."""
        unbridged = {line.uniqueid for line in self.channels if line.bridge is None}
        return next((each for each in uniqueids if each in unbridged), None)


class ListingInProgress:
    """Collects the lines of a listing as they come between other events."""

    def __init__(self, asked_at: datetime) -> None:
        self._asked_at = asked_at
        self._missing = set(LISTS)
        self._channels: list[e.ChannelListed] = []
        self._unshared: set[str] = set()
        self._waiting: dict[str, str] = {}
        self._waited: dict[str, int] = {}

    def take(self, event: e.AmiEvent) -> bool:
        """Take a line of the listing; False when the event is none."""
        if isinstance(event, e.ChannelListed):
            self._channels.append(event)
        elif isinstance(event, e.BridgeListed):
            if not event.shared:
                self._unshared.add(event.bridge)
        elif isinstance(event, e.QueueWaiterListed):
            self._waiting[event.uniqueid] = event.queue
            self._waited[event.uniqueid] = event.waited
        elif isinstance(event, e.ListEnded) and event.name in LISTS:
            self._missing.discard(event.name)
        else:
            return False
        return True

    def skip(self, end: str) -> None:
        """That list will not come."""
        self._missing.discard(end)

    def result(self, at: datetime) -> Listing | None:
        """The listing once all its lists have ended."""
        if self._missing:
            return None
        return Listing(
            asked_at=self._asked_at,
            at=at,
            channels=tuple(self._channels),
            unshared=frozenset(self._unshared),
            waiting=self._waiting,
            waited=self._waited,
        )
