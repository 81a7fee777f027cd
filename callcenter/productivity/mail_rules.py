"""When a report is mailed, and when it is tried again. Pure."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

#: How long is waited before each further try.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180))


class Every(StrEnum):
    """How often."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def next_time(every: Every, day: int, hour: int, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment later than ``after`` (aware) at which it is mailed, in UTC.

    ``day`` is the ISO day of the week, or the day of the month (its last one in a shorter month). An hour that a clock
    change leaves out is the one after it; one that comes twice counts the first time.
    """
    local = after.astimezone(zone).date()
    for ahead in range(-1, 63):
        on = local + timedelta(days=ahead)
        at = _moment(on, hour, zone)
        if at > after and _falls_on(every, day, on):
            return at
    raise AssertionError("a month and a half has every day of a week and of a month")


def _falls_on(every: Every, day: int, on: date) -> bool:
    if every is Every.WEEK:
        return on.isoweekday() == day
    last = calendar.monthrange(on.year, on.month)[1]
    return every is Every.DAY or on.day == min(day, last)


def _moment(on: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(hour), zone).astimezone(UTC)
