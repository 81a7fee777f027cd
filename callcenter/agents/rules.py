"""Which state a collector is in. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class State(StrEnum):
    """What a collector's time is counted as (domain 2.8: occupancy needs all of them)."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    RINGING = "ringing"
    TALKING = "talking"
    HOLD = "hold"
    WRAP_UP = "wrap_up"
    PAUSE = "pause"


#: What a collector may choose himself.
CHOICES = frozenset({State.AVAILABLE, State.PAUSE, State.OFFLINE})


@dataclass(frozen=True, slots=True)
class Wish:
    """A state chosen for somebody: with its reason when it is a pause, and why, when another chose."""

    state: str
    reason: str | None = None
    why: str = ""


#: With several calls at once the first of these decides.
_PRECEDENCE = (State.TALKING, State.HOLD, State.RINGING, State.WRAP_UP)


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Everything a state follows from. ``calls`` says per call what the collector does for it."""

    live: bool
    registered: bool
    choice: State
    reason: str | None
    calls: Mapping[int, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A state with what belongs to it: the reason of a pause, the call."""

    state: State
    reason: str | None = None
    call_id: int | None = None


def standing(desk: Desk) -> Standing:
    """The state of a desk: a call first, then whether he can be reached at all, then what he chose.

    A collector is reachable by an open screen or by a registered phone: a desk phone needs no screen.
    """
    for state in _PRECEDENCE:
        calls = sorted(call_id for call_id, activity in desk.calls.items() if activity == state)
        if calls:
            return Standing(state=state, call_id=calls[-1])
    if not (desk.live or desk.registered) or desk.choice is State.OFFLINE:
        return Standing(state=State.OFFLINE)
    if desk.choice is State.PAUSE:
        return Standing(state=State.PAUSE, reason=desk.reason)
    return Standing(state=State.AVAILABLE)


class Alarm(StrEnum):
    """What a supervisor is alarmed by: one pause too long, all pauses of a day too long, waiting for calls without a
    phone that could ring."""

    LIMIT = "limit"
    ALLOWANCE = "allowance"
    NO_PHONE = "no_phone"


#: What a collector is taken to be in for as long as nothing else is heard of him; what he does for calls is logged.
ASSUMED = frozenset({State.AVAILABLE, State.PAUSE})
#: How long the server may be away, as when it is started anew, before what nobody saw counts for no work.
UNSEEN_SECONDS = 120

#: How long a phone may be away, as when a page is loaded anew, before whoever waits for calls without it is noticed.
NO_PHONE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time as aware UTC; ``end`` None while it lasts."""

    start: datetime
    end: datetime | None = None

    def seconds(self, since: datetime, until: datetime) -> float:
        """How much of it lies within ``[since, until)``."""
        end = until if self.end is None else min(self.end, until)
        return max(0.0, (end - max(self.start, since)).total_seconds())


def parts_of(one: Stretch, since: datetime, until: datetime) -> tuple[Stretch | None, Stretch, Stretch | None]:
    """What of a stretch lies before, within and after ``[since, until)``, some of which it shares; None: nothing."""
    start, end = max(one.start, since), until if one.end is None else min(one.end, until)
    before = Stretch(one.start, start) if one.start < start else None
    after = Stretch(end, one.end) if one.end is None or end < one.end else None
    return before, Stretch(start, end), after


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a reason allows, in seconds: one pause, and all of a day together; None: as long as it takes."""

    once: int | None
    day: int | None


def day_began(now: datetime, zone: str) -> datetime:
    """The last midnight on the clocks of ``zone``. A day of a clock change is 23 or 25 hours long, and so it counts."""
    there = ZoneInfo(zone)
    return datetime.combine(now.astimezone(there).date(), time(), tzinfo=there).astimezone(now.tzinfo)


def pause_alarms(
    current: Stretch, today: Iterable[Stretch], limits: Limits, *, midnight: datetime, now: datetime
) -> set[Alarm]:
    """The limits that the pause ``current`` has passed at ``now``; ``today`` are all of the day for the same reason,
    the current one among them."""
    found = set()
    if limits.once is not None and now - current.start >= timedelta(seconds=limits.once):
        found.add(Alarm.LIMIT)
    if limits.day is not None and sum(one.seconds(midnight, now) for one in today) >= limits.day:
        found.add(Alarm.ALLOWANCE)
    return found
