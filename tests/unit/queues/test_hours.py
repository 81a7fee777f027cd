"""Hours of work go by the local clock, in nights it is changed too."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callcenter.queues.hours import WEEK, Hours, Stretch, is_open

KYIV = ZoneInfo("Europe/Kyiv")
DAY: tuple[Stretch, ...] = ((time(9), time(18)),)
WORKING = Hours(zone=KYIV, week=dict.fromkeys(range(5), DAY), days={date(2026, 3, 11): (), date(2026, 3, 14): DAY})
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
STRETCHES = st.lists(st.tuples(TIMES, TIMES).filter(lambda pair: pair[0] < pair[1]), max_size=3)


def _at(*when: int) -> datetime:
    return datetime(*when, tzinfo=KYIV)  # type: ignore[misc,arg-type]


def test_a_week_with_a_holiday_and_a_working_saturday() -> None:
    assert is_open(WORKING, _at(2026, 3, 10, 9))
    assert not is_open(WORKING, _at(2026, 3, 10, 8, 59))
    assert not is_open(WORKING, _at(2026, 3, 10, 18))
    assert not is_open(WORKING, _at(2026, 3, 11, 12)), "a holiday"
    assert is_open(WORKING, _at(2026, 3, 14, 12)), "a working Saturday"
    assert not is_open(WORKING, _at(2026, 3, 15, 12))


def test_midnight_ends_the_day() -> None:
    always = Hours(zone=KYIV, week=dict.fromkeys(WEEK, ((time(0), time(0)),)))
    assert all(is_open(always, _at(2026, 3, 9) + timedelta(minutes=7 * step)) for step in range(1500))


def test_nights_the_clock_is_changed() -> None:
    """Kyiv, 29 March 2026: 03:00 becomes 04:00. 25 October: 04:00 becomes 03:00."""
    night = Hours(zone=KYIV, week=dict.fromkeys(WEEK, ((time(3), time(4)),)))
    spring = [datetime(2026, 3, 29, 0, tzinfo=UTC) + timedelta(minutes=step) for step in range(180)]
    autumn = [datetime(2026, 10, 25, 0, tzinfo=UTC) + timedelta(minutes=step) for step in range(180)]
    assert sum(is_open(night, at) for at in spring) == 0
    assert sum(is_open(night, at) for at in autumn) == 120


@given(
    st.dictionaries(st.sampled_from(WEEK), STRETCHES),
    st.integers(0, 366 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
)
def test_open_is_what_the_local_clock_says(week: dict[int, list[Stretch]], at: datetime) -> None:
    local = at.astimezone(KYIV)
    expected = any(
        start.hour * 60 + start.minute <= local.hour * 60 + local.minute < end.hour * 60 + end.minute
        for start, end in week.get(local.weekday(), [])
    )
    assert is_open(Hours(zone=KYIV, week=week), at) == expected
