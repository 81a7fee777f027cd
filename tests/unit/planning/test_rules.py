"""Plan against fact, and where a month is heading."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.planning.rules import WorkingDays, achievement, month_of, next_month, working_days

MARCH = date(2026, 3, 1)


def _weekday(day: date) -> bool:
    return day.weekday() < 5


def test_a_month_counts_the_days_people_worked() -> None:
    assert working_days(MARCH, date(2026, 3, 11), _weekday) == WorkingDays(total=22, passed=8)
    assert working_days(MARCH, date(2026, 2, 28), _weekday).passed == 0
    assert working_days(MARCH, date(2026, 4, 1), _weekday) == WorkingDays(total=22, passed=22)


def test_the_forecast_goes_on_at_the_pace_so_far() -> None:
    reached = achievement(Decimal(1000), Decimal(400), WorkingDays(total=22, passed=8))
    assert reached.percent == Decimal("40.0")
    assert reached.forecast == Decimal("1100.00")
    assert reached.forecast_percent == Decimal("110.0")


def test_without_a_plan_or_before_the_first_working_day_nothing_is_claimed() -> None:
    assert achievement(None, Decimal(5), WorkingDays(total=22, passed=1)).percent is None
    assert achievement(Decimal(0), Decimal(5), WorkingDays(total=22, passed=1)).percent is None
    assert achievement(Decimal(10), Decimal(5), WorkingDays(total=22, passed=0)).forecast is None


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from([_weekday, lambda _day: True]))
def test_the_days_of_a_month_pass_one_by_one(day: date, is_working: Callable[[date], bool]) -> None:
    month = month_of(day)
    before, after = (working_days(month, at, is_working).passed for at in (day - timedelta(days=1), day))
    assert after - before == is_working(day)
    last = next_month(month) - timedelta(days=1)
    ended = working_days(month, last, is_working)
    assert ended.passed == ended.total
    assert next_month(month) == month_of(last + timedelta(days=1))
