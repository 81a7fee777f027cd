"""The figures of a day, by collector and hour, and for each the calls it is made of. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from callcenter.productivity.ports import CallFact

_HOUR = timedelta(hours=1)


class Figure(StrEnum):
    """What is counted (domain 2.8). A call counts for the collector whose call it is, in the hour in which it began."""

    CALLS_IN = "calls_in"
    CALLS_OUT = "calls_out"
    ANSWERED = "answered"
    TALK_SECONDS = "talk_seconds"
    HOLD_SECONDS = "hold_seconds"
    WRAP_SECONDS = "wrap_seconds"
    CONTACTS = "contacts"
    RIGHT_PARTY = "right_party"
    PROMISES = "promises"


_WORTH: Mapping[Figure, Callable[[CallFact], int]] = {
    Figure.CALLS_IN: lambda call: int(call.direction == "inbound"),
    Figure.CALLS_OUT: lambda call: int(call.direction == "outbound"),
    Figure.ANSWERED: lambda call: int(call.answered),
    Figure.TALK_SECONDS: lambda call: call.talk_seconds,
    Figure.HOLD_SECONDS: lambda call: call.hold_seconds,
    Figure.WRAP_SECONDS: lambda call: call.wrap_seconds,
    Figure.CONTACTS: lambda call: int(call.contact),
    Figure.RIGHT_PARTY: lambda call: int(call.right_party),
    Figure.PROMISES: lambda call: int(call.promise),
}

#: The call log's filter behind a figure: direction and fate.
_FILTERS: Mapping[Figure, tuple[str | None, str | None]] = {
    Figure.CALLS_IN: ("inbound", None),
    Figure.CALLS_OUT: ("outbound", None),
    Figure.ANSWERED: (None, "answered"),
    Figure.CONTACTS: (None, "contact"),
    Figure.RIGHT_PARTY: (None, "right_party"),
    Figure.PROMISES: (None, "promise"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Drill:
    """Exactly the calls behind a figure: of that collector, begun in ``[since, until)``."""

    owner_id: int
    since: datetime
    until: datetime
    direction: str | None
    fate: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The figures of one collector in one stretch of time."""

    user_id: int
    since: datetime
    until: datetime
    values: Mapping[Figure, int]

    def drill(self, figure: Figure) -> Drill:
        """What opens the calls behind ``figure``."""
        direction, fate = _FILTERS.get(figure, (None, None))
        return Drill(owner_id=self.user_id, since=self.since, until=self.until, direction=direction, fate=fate)


@dataclass(frozen=True, kw_only=True, slots=True)
class Collector:
    """One collector's day: the whole, and every hour in which one of his calls began."""

    day: Line
    hours: tuple[Line, ...]


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The day in that zone, as aware UTC; 23 to 25 hours long where clocks change."""
    start = datetime.combine(day, time(), tzinfo=zone)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def hour_of(moment: datetime, day_start: datetime) -> datetime:
    """The beginning of the hour of the day in which ``moment`` lies. Hours are counted from midnight by elapsed time,
    so none is lost or doubled where clocks change."""
    return day_start + (moment - day_start) // _HOUR * _HOUR


def figures(calls: Iterable[CallFact], since: datetime, until: datetime) -> list[Collector]:
    """The day's figures of every collector with a call in it, by user id."""
    by_user: dict[int, list[CallFact]] = defaultdict(list)
    for call in calls:
        by_user[call.user_id].append(call)
    return [_collector(user_id, own, since, until) for user_id, own in sorted(by_user.items())]


def total(collectors: Iterable[Collector]) -> Mapping[Figure, int]:
    """The sums over all collectors."""
    days = [collector.day.values for collector in collectors]
    return {figure: sum(values[figure] for values in days) for figure in Figure}


def _collector(user_id: int, calls: list[CallFact], since: datetime, until: datetime) -> Collector:
    hours: dict[datetime, list[CallFact]] = defaultdict(list)
    for call in calls:
        hours[hour_of(call.started_at, since)].append(call)
    lines = tuple(_line(user_id, own, start, min(start + _HOUR, until)) for start, own in sorted(hours.items()))
    return Collector(day=_line(user_id, calls, since, until), hours=lines)


def _line(user_id: int, calls: list[CallFact], since: datetime, until: datetime) -> Line:
    values = {figure: sum(worth(call) for call in calls) for figure, worth in _WORTH.items()}
    return Line(user_id=user_id, since=since, until=until, values=values)
