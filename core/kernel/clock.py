"""Where the present comes from. Services ask a clock; rules take time as an argument."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol

#: The years people write: next to the calendar's ends no zone and no "day after" can be reckoned.
YEARS = range(1900, 2200)


class Clock(Protocol):
    """Anything that tells the present as an aware UTC ``datetime``."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved: for tests and for replaying the past."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by

    def set(self, at: datetime) -> None:
        self._now = at.astimezone(UTC)


def read_day(text: str) -> date:
    """The day written as ISO 8601 in ``text``; ``ValueError`` for anything else, also for days out of ``YEARS``."""
    return _within(date.fromisoformat(text))


def read_moment(text: str) -> datetime:
    """The same for a day and a time, with a zone or without."""
    moment = datetime.fromisoformat(text)
    _within(moment.date())
    return moment


def _within(day: date) -> date:
    if day.year not in YEARS:
        raise ValueError("not a year people write")
    return day
