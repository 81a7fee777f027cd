"""Plan and fact: how much of a plan is reached, and where the month is heading (domain 2.6)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from core.kernel.money import CENT

_PERCENT = Decimal("0.1")


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkingDays:
    """Working days of a month: all of them, and those that have passed, today included."""

    total: int
    passed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Achievement:
    """``percent`` of the plan is collected (None without a plan); ``forecast`` is where the month ends at this pace."""

    plan: Decimal | None
    fact: Decimal
    percent: Decimal | None
    forecast: Decimal | None
    forecast_percent: Decimal | None


def month_of(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return month_of(month.replace(day=28) + timedelta(days=4))


def working_days(month: date, today: date, is_working: Callable[[date], bool]) -> WorkingDays:
    """Counts the month's working days up to ``today``: none have passed of a month to come, all of one that is over."""
    days = [month + timedelta(days=offset) for offset in range((next_month(month) - month).days)]
    working = [day for day in days if is_working(day)]
    return WorkingDays(total=len(working), passed=sum(day <= today for day in working))


def achievement(plan: Decimal | None, fact: Decimal, days: WorkingDays) -> Achievement:
    """Plan against fact. The forecast is fact / passed working days × working days; before the first one there is
    none."""
    forecast = None
    if days.passed:
        forecast = (fact / days.passed * days.total).quantize(CENT, ROUND_HALF_UP)
    return Achievement(
        plan=plan,
        fact=fact,
        percent=_share(fact, plan),
        forecast=forecast,
        forecast_percent=None if forecast is None else _share(forecast, plan),
    )


def _share(part: Decimal, plan: Decimal | None) -> Decimal | None:
    return (part / plan * 100).quantize(_PERCENT, ROUND_HALF_UP) if plan else None
