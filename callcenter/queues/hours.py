"""When somebody is there: weekdays, hours and days out of the ordinary, in one place's own time. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

#: From and until, the latter excluded; midnight as an end is the day's end.
Stretch = tuple[time, time]
WEEK = range(7)
_MIDNIGHT = time(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hours:
    """``week`` by weekday (Monday is 0), ``days`` replace the weekday's hours: none at all on a holiday."""

    zone: ZoneInfo
    week: Mapping[int, Sequence[Stretch]]
    days: Mapping[date, Sequence[Stretch]] = field(default_factory=dict)


def is_open(hours: Hours, now: datetime) -> bool:
    """Whether somebody is there at ``now`` (aware). The local clock decides, also in nights it is changed."""
    local = now.astimezone(hours.zone)
    today = hours.days.get(local.date(), hours.week.get(local.weekday(), ()))
    clock = local.time().replace(fold=0)
    return any(start <= clock and (clock < end or end == _MIDNIGHT) for start, end in today)
