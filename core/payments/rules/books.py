"""In which month of the books something falls."""

from collections.abc import Collection
from datetime import date

_LAST = 12


def month_of(day: date) -> date:
    """The first day of the month of ``day``."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // _LAST, month.month % _LAST + 1, 1)


def month_before(month: date) -> date:
    """The first day of the month before."""
    return date(month.year - (month.month == 1), (month.month - 2) % _LAST + 1, 1)


def open_day(wanted: date, closed: Collection[date], *, today: date) -> date:
    """The day of the books for something of the day ``wanted``.

    That is the day itself if its month is open. Else it falls in the first open month after it: on today if that is
    this month, on its first day otherwise.
    """
    month = month_of(wanted)
    if month not in closed:
        return wanted
    while month in closed:
        month = next_month(month)
    return today if month_of(today) == month else month
