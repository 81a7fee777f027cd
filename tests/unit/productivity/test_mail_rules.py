"""When a report is mailed, whatever the clocks do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.productivity.mail_rules import BACK_OFF, Every, next_time

ZONES = st.sampled_from(("UTC", "Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo")).map(
    ZoneInfo
)
MOMENTS = st.integers(0, 400 * 1440).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n))
LONGEST = {Every.DAY: timedelta(hours=26), Every.WEEK: timedelta(days=7, hours=2), Every.MONTH: timedelta(days=32)}


@given(st.sampled_from(Every), st.integers(1, 7), st.integers(0, 23), ZONES, MOMENTS)
def test_it_comes_in_time_on_its_day_and_no_time_is_left_out(
    every: Every, day: int, hour: int, zone: ZoneInfo, after: datetime
) -> None:
    at = next_time(every, day, hour, zone, after)
    assert after < at <= after + LONGEST[every]
    local = at.astimezone(zone)
    assert local.hour in (hour, (hour + 1) % 24), "an hour that is left out is the one after it"
    if every is Every.WEEK:
        assert local.isoweekday() == day
    if every is Every.MONTH:
        assert local.day == day
    assert next_time(every, day, hour, zone, at - timedelta(seconds=1)) == at


@pytest.mark.parametrize(
    ("after", "at"),
    [
        ("2026-02-10T00:00", "2026-02-28T08:00"),
        ("2026-02-28T08:00", "2026-03-31T07:00"),  # summer time
        ("2026-03-31T07:00", "2026-04-30T07:00"),
    ],
)
def test_a_shorter_month_has_its_last_day(after: str, at: str) -> None:
    begun, wanted = (datetime.fromisoformat(f"{one}+00:00") for one in (after, at))
    assert next_time(Every.MONTH, 31, 9, ZoneInfo("Europe/Warsaw"), begun) == wanted


def test_each_wait_is_longer() -> None:
    assert list(BACK_OFF) == sorted(set(BACK_OFF))
