"""Calendars: which days are working days, weekends and public holidays, as data and arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from core.kernel.i18n import mark


class DayType(StrEnum):
    """``WEEKEND`` is any day of rest that is not a public holiday, a transferred one included."""

    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


class Easter(StrEnum):
    """By which reckoning the movable feasts fall."""

    WESTERN = "western"
    ORTHODOX = "orthodox"


@lru_cache(maxsize=64)
def easter(year: int, reckoning: Easter) -> date:
    """Easter Sunday, Gregorian date. Western: the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, ch.
    8); Orthodox: Meeus's Julian algorithm with the 13 days that hold from 1900 to 2099."""
    return _western(year) if reckoning is Easter.WESTERN else _orthodox(year)


def _western(year: int) -> date:
    century, rest = divmod(year, 100)
    golden = year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _orthodox(year: int) -> date:
    moon = (19 * (year % 19) + 15) % 30
    sunday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7
    month, day = divmod(moon + sunday + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Public holidays of a country.

    ``fixed`` are (month, day); ``after_easter`` days from Easter Sunday. ``moves`` gives a day of rest on the next
    working day for a holiday that falls on a weekend, save for those in ``stay``; in ``settled`` years a decree has
    already said where such days go, and ``days`` holds what it said: single dates that overrule everything else
    (transferred days off, working Saturdays, the agency's or a region's own additions). ``confirmed`` are the years
    checked against the published calendar; the interface marks the others.
    """

    clause: str
    fixed: frozenset[tuple[int, int]] = frozenset()
    easter: Easter | None = None
    after_easter: frozenset[int] = frozenset()
    moves: bool = False
    stay: frozenset[tuple[int, int]] = frozenset()
    settled: frozenset[int] = frozenset()
    confirmed: frozenset[int] = frozenset()
    days: Mapping[date, DayType] = field(default_factory=dict)

    def day_type(self, day: date) -> DayType:
        """What kind of day it is there."""
        stated = self.days.get(day)
        if stated is not None:
            return stated
        if self._is_holiday(day):
            return DayType.HOLIDAY
        resting = day.weekday() >= 5 or self._is_moved_rest(day)
        return DayType.WEEKEND if resting else DayType.WORKING

    def with_days(self, days: Mapping[date, DayType]) -> "Calendar":
        """The same calendar with more single dates; the new ones win."""
        return replace(self, days={**self.days, **days})

    def _is_holiday(self, day: date) -> bool:
        if (day.month, day.day) in self.fixed:
            return True
        return self.easter is not None and (day - easter(day.year, self.easter)).days in self.after_easter

    def _is_moved_rest(self, day: date) -> bool:
        """Whether a holiday of the weekend just before comes to rest on ``day``: as many as fell on it, in turn."""
        if not self.moves or day.year in self.settled or day.weekday() >= 5:
            return False
        owed, at = 0, day - timedelta(days=day.weekday() + 2)
        while at < day:
            if at.weekday() >= 5:
                owed += self._is_holiday(at) and (at.month, at.day) not in self.stay
            elif owed and not self._is_holiday(at):
                owed -= 1
            at += timedelta(days=1)
        return owed > 0


PLAIN_WEEK = Calendar(clause=mark("no public holidays"))
"""Saturdays and Sundays only."""
