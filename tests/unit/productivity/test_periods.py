"""Which days a report is of, and which it is compared with."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from callcenter.productivity.asking import By
from web.pages.reports.report_ask import asked
from web.pages.reports.report_view import as_far_into, monday

_DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


def _days(period: str, today: date) -> tuple[date, date]:
    ask = asked(QueryParams({"period": period}), today, ZoneInfo("Europe/Warsaw"), "PLN").ask
    return ask.first, ask.last


@given(today=_DAYS)
def test_the_last_week_and_month_are_whole_and_over(today: date) -> None:
    """What is mailed on a Monday or on the first is of the week or month that has just ended."""
    first, last = _days("last_week", today)
    assert (first.isoweekday(), last.isoweekday()) == (1, 7)
    assert last - first == timedelta(days=6)
    assert last < today <= last + timedelta(days=7)
    first, last = _days("last_month", today)
    assert first.day == 1
    assert (last + timedelta(days=1)).day == 1
    assert last < today
    assert last + timedelta(days=1) == today.replace(day=1)


@pytest.mark.parametrize(
    ("by", "one", "first", "then", "compared"),
    [
        (By.DAY, date(2026, 3, 5), date(2026, 3, 1), date(2026, 2, 1), date(2026, 2, 5)),
        (By.MONTH, date(2026, 3, 1), date(2026, 1, 1), date(2025, 1, 1), date(2025, 3, 1)),
        (By.MONTH, date(2026, 4, 1), date(2026, 3, 15), date(2026, 2, 12), date(2026, 3, 1)),
        (By.MONTH, date(2026, 1, 1), date(2026, 1, 1), date(2025, 12, 1), date(2025, 12, 1)),
        (By.WEEK, date(2026, 3, 9), date(2026, 3, 2), date(2025, 3, 2), date(2025, 3, 3)),
    ],
)
def test_a_line_is_compared_with_what_lies_as_far_into_the_other_period(
    by: By, one: date, first: date, then: date, compared: date
) -> None:
    assert as_far_into(by, one, first, then) == compared


@given(one=_DAYS, first=_DAYS, then=_DAYS)
def test_weeks_stay_mondays_and_months_first_days(one: date, first: date, then: date) -> None:
    assert as_far_into(By.WEEK, monday(one), first, then).isoweekday() == 1
    assert as_far_into(By.MONTH, one.replace(day=1), first, then).day == 1
