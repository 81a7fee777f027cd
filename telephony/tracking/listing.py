"""What Asterisk answers when it is asked for everything that lives."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from msgspec import structs

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


def at_question(listing: Listing, heard: Sequence[e.AmiEvent]) -> Listing:
    """The list as it would have read when the question was put. The answer takes a while, and what was ``heard`` until
    it was there comes after the list: what has ended since is listed all the same, or else its end would seem to have
    been missed; what moved is where it was; what has begun is as it began.
    """
    ended = (event for event in heard if isinstance(event, e.ChannelHungUp))
    lines = {event.uniqueid: _line(event, listing.asked_at) for event in ended}
    lines |= {line.uniqueid: structs.replace(line, at=listing.asked_at) for line in listing.channels}
    for uniqueid, bridge in _bridges_before(heard).items():
        if uniqueid in lines:
            lines[uniqueid] = structs.replace(lines[uniqueid], bridge=bridge)
    began = (event for event in heard if isinstance(event, e.ChannelCreated))
    lines |= {event.uniqueid: _line(event, event.at) for event in began}
    oldest_first = sorted(lines.values(), key=lambda line: line.uniqueid != line.linkedid)
    return replace(listing, at=listing.asked_at, channels=tuple(oldest_first))


def _bridges_before(heard: Iterable[e.AmiEvent]) -> dict[str, str | None]:
    """Where channels were that moved: in the bridge they left, or in none when the first thing was that they entered
    one."""
    before: dict[str, str | None] = {}
    for event in heard:
        if isinstance(event, e.BridgeLeft | e.BridgeEntered):
            before.setdefault(event.uniqueid, event.bridge if isinstance(event, e.BridgeLeft) else None)
    return before


def _line(event: e.ChannelSeen, at: datetime) -> e.ChannelListed:
    """A channel that an event showed, as a line of the list."""
    return e.ChannelListed(
        at=at,
        uniqueid=event.uniqueid,
        channel=event.channel,
        linkedid=event.linkedid,
        state=event.state,
        number=event.number,
        connected=event.connected,
        exten=event.exten,
        context=event.context,
        bridge=None,
        age=0,
    )
