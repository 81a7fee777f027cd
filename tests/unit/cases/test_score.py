"""The next case's score: bounded, monotone where it says so, and the sum of its visible lines."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.cases.rules.score import (
    MOST,
    PARTS,
    STATIC,
    WEIGHTS,
    Factor,
    Facts,
    StaticFacts,
    best_hour,
    explain,
    score,
    static_score,
    weights_of,
    worth,
)

NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)
TODAY = NOW.date()

weights = st.fixed_dictionaries({factor: st.integers(0, 100) for factor in Factor})
statics = st.builds(
    StaticFacts,
    amount=st.decimals(min_value=-10, max_value=10**12, places=2),
    due_since=st.none() | st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    priority=st.integers(-50, 50),
    broken_promises=st.integers(0, 50),
)
moments = st.none() | st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
facts = st.builds(
    Facts,
    static=statics,
    promise_due=st.none() | st.dates(date(2026, 1, 1), date(2026, 6, 1)),
    planned_at=moments,
    given_at=moments.map(lambda at: at if at is None or at <= NOW else NOW),
    hour=st.integers(0, 23),
    best_hour=st.none() | st.integers(0, 23),
    left=st.none() | st.integers(0, 5),
    most=st.none() | st.just(5),
)


@given(facts, weights)
def test_what_many_are_compared_by_is_the_sum_of_the_lines(known: Facts, weighed: dict[Factor, int]) -> None:
    assert worth(known, weighed, NOW, TODAY) == score(explain(known, weighed, NOW, TODAY))


@given(facts, weights)
def test_the_lines_are_the_score(known: Facts, weighed: dict[Factor, int]) -> None:
    lines = explain(known, weighed, NOW, TODAY)
    assert {line.factor for line in lines} == set(Factor)
    assert all(0 <= line.points <= MOST for line in lines)
    assert 0 <= score(lines) <= MOST * PARTS
    kept = sum(line.share for line in lines if line.factor in STATIC)
    assert kept == static_score(known.static, weighed, TODAY)


@given(facts, weights)
def test_what_the_law_leaves_is_never_more_than_all(known: Facts, weighed: dict[Factor, int]) -> None:
    """Whoever asks in the order of the bound may stop at the first that cannot be beaten."""
    unasked = Facts(**{**{name: getattr(known, name) for name in Facts.__dataclass_fields__}, "left": None})
    assert score(explain(known, weighed, NOW, TODAY)) <= score(explain(unasked, weighed, NOW, TODAY))


@given(facts, st.sampled_from(Factor))
def test_a_factor_without_weight_adds_nothing(known: Facts, factor: Factor) -> None:
    lines = explain(known, {**WEIGHTS, factor: 0}, NOW, TODAY)
    assert next(line.share for line in lines if line.factor == factor) == 0


@given(statics, st.decimals(min_value=1, max_value=10**6, places=2))
def test_more_owed_is_never_worth_less(known: StaticFacts, more: Decimal) -> None:
    richer = StaticFacts(
        amount=known.amount + more,
        due_since=known.due_since,
        priority=known.priority,
        broken_promises=known.broken_promises,
    )
    assert static_score(richer, WEIGHTS, TODAY) >= static_score(known, WEIGHTS, TODAY)


def test_points_of_each_factor() -> None:
    def points(factor: Factor, **known: object) -> int:
        static = StaticFacts(amount=Decimal(0), due_since=TODAY, priority=0, broken_promises=0)
        lines = explain(Facts(**{"static": static, **known}), WEIGHTS, NOW, TODAY)  # type: ignore[arg-type]
        return next(line.points for line in lines if line.factor == factor)

    days = [points(Factor.PROMISE_DUE, promise_due=TODAY + timedelta(days=day)) for day in (-1, 0, 1, 2)]
    assert days == [80, 100, 60, 0]
    assert [points(Factor.BEST_HOUR, hour=hour, best_hour=23) for hour in (23, 0, 1, 2)] == [100, 60, 30, 0]
    assert points(Factor.BEST_HOUR, hour=3) == 50
    assert [points(Factor.ATTEMPTS, left=left, most=4) for left in (4, 1, 0)] == [100, 25, 0]
    assert points(Factor.PLANNED, planned_at=NOW + timedelta(hours=1)) == 0
    assert points(Factor.PLANNED, planned_at=NOW - timedelta(days=2)) == 70
    assert points(Factor.NEW, given_at=NOW) == 100
    assert points(Factor.NEW, given_at=NOW - timedelta(days=7)) == 0
    for amount, expected in ((Decimal(1), 0), (Decimal(1000), 50), (Decimal(10**6), 100), (Decimal(10**9), 100)):
        static = StaticFacts(amount=amount, due_since=TODAY, priority=0, broken_promises=0)
        assert points(Factor.BALANCE, static=static) == expected
    for broken, expected in ((0, 0), (1, 100), (2, 70), (9, 10)):
        static = StaticFacts(amount=Decimal(0), due_since=None, priority=3, broken_promises=broken)
        assert points(Factor.BROKEN, static=static) == expected
        assert (points(Factor.AGE, static=static), points(Factor.PRIORITY, static=static)) == (50, 30)


def test_weights_are_bounded_and_shipped_where_nothing_is_stored() -> None:
    assert weights_of({}) == WEIGHTS
    stored = weights_of({"balance": 900, "age": -4})
    assert (stored[Factor.BALANCE], stored[Factor.AGE], stored[Factor.NEW]) == (100, 0, WEIGHTS[Factor.NEW])


def test_the_best_hour_is_the_commonest_and_of_several_the_last() -> None:
    assert best_hour([]) is None
    assert best_hour([NOW.replace(hour=hour) for hour in (9, 18, 18, 9, 7)]) == 9
    assert best_hour([NOW.replace(hour=hour) for hour in (9, 18, 9)]) == 9
