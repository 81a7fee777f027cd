"""From when claims are time-barred, beside hand-counted days and for any day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cases.model import ClaimNature, Jurisdiction
from core.cases.rules.limitation import PERIODS, STATED, Period, barred_from, limitation_of

BUSINESS, OTHER = ClaimNature.BUSINESS, ClaimNature.OTHER
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("law", "nature", "due_on", "restarted_on", "barred"),
    [
        (Jurisdiction.RU, BUSINESS, date(2023, 3, 10), None, date(2026, 3, 11)),
        (Jurisdiction.RU, OTHER, date(2024, 2, 29), None, date(2027, 3, 1)),  # the month's last day, GK 192
        (Jurisdiction.RU, BUSINESS, date(2023, 3, 10), date(2025, 1, 31), date(2028, 2, 1)),
        (Jurisdiction.RU, BUSINESS, date(2023, 3, 10), date(2022, 1, 1), date(2026, 3, 11)),  # before it was due
        (Jurisdiction.UA, BUSINESS, date(2023, 12, 31), None, date(2027, 1, 1)),
        (Jurisdiction.PL, BUSINESS, date(2023, 3, 10), None, date(2027, 1, 1)),  # the end of 2026
        (Jurisdiction.PL, OTHER, date(2023, 3, 10), None, date(2030, 1, 1)),
        (Jurisdiction.PL, BUSINESS, date(2023, 3, 10), date(2024, 1, 2), date(2028, 1, 1)),
    ],
)
def test_days_counted_by_hand(
    law: Jurisdiction, nature: ClaimNature, due_on: date, restarted_on: date | None, barred: date
) -> None:
    found = limitation_of(law, nature, due_on=due_on, stated=None, restarted_on=restarted_on)
    assert found.on == barred
    assert found.by in PERIODS


@given(due_on=DAYS, restarted_on=st.none() | DAYS, period=st.sampled_from(list(PERIODS.values())))
def test_a_period_is_whole_and_never_shorter_for_a_restart(
    due_on: date, restarted_on: date | None, period: Period
) -> None:
    plain = barred_from(period, due_on)
    found = barred_from(period, due_on, restarted_on)
    begins = max(due_on, restarted_on or due_on)
    assert found >= plain
    assert found - begins >= timedelta(days=365 * period.years)
    assert found - begins <= timedelta(days=366 * (period.years + 1) + 1)
    if period.year_end:
        assert (found.month, found.day) == (1, 1)


@given(first=DAYS, second=DAYS, period=st.sampled_from(list(PERIODS.values())))
def test_what_was_due_later_is_barred_no_sooner(first: date, second: date, period: Period) -> None:
    sooner, later = sorted((first, second))
    assert barred_from(period, sooner) <= barred_from(period, later)


@given(law=st.sampled_from(Jurisdiction), stated=st.none() | DAYS, due_on=st.none() | DAYS)
def test_what_was_stated_counts_and_nothing_is_guessed(
    law: Jurisdiction, stated: date | None, due_on: date | None
) -> None:
    found = limitation_of(law, BUSINESS, due_on=due_on, stated=stated)
    if stated is not None:
        assert (found.on, found.by) == (stated, STATED)
    elif due_on is None or law in (Jurisdiction.US, Jurisdiction.NONE):
        assert (found.on, found.by) == (None, None)
    else:
        assert found.on is not None
