"""Promises, plans and what money counts for them: decided without a database."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cases.model import InstalmentState, PlanState, PromiseState
from core.cases.rules.appropriation import Kind, Received, Window, appropriated
from core.cases.rules.plans import (
    Due,
    Rhythm,
    Standing,
    equal_sums,
    instalment_state,
    plan_faults,
    plan_state,
    schedule,
    sums_of,
)
from core.cases.rules.promises import Limits, Pledge, decide, promise_faults

TODAY = date(2026, 3, 11)
NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
CENTS = st.integers(1, 10_000_000).map(lambda n: Decimal(n) / 100)
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@pytest.mark.parametrize(
    ("paid", "days_later", "state"),
    [
        ("1000", 0, PromiseState.KEPT),
        ("800", 0, PromiseState.KEPT),
        ("799.99", 2, PromiseState.OPEN),
        ("799.99", 3, PromiseState.PARTLY_KEPT),
        ("0", 2, PromiseState.OPEN),
        ("0", 3, PromiseState.BROKEN),
    ],
)
def test_a_promise_is_decided_when_its_grace_is_over(paid: str, days_later: int, state: PromiseState) -> None:
    pledge = Pledge(amount=Decimal(1000), due_on=TODAY, grace_days=2, threshold_percent=Decimal(80))
    assert decide(pledge, paid=Decimal(paid), today=TODAY + timedelta(days=days_later)) is state


def test_limits_of_a_type_are_told_by_field() -> None:
    limits = Limits(days=3, amount=Decimal(500))
    far = TODAY + timedelta(days=4)
    assert set(promise_faults(Decimal(501), far, owed=Decimal(1000), today=TODAY, limits=limits)) == {
        "amount",
        "due_on",
    }
    assert set(promise_faults(Decimal(1001), TODAY, owed=Decimal(1000), today=TODAY)) == {"amount"}
    near = TODAY + timedelta(days=3)
    assert promise_faults(Decimal(500), near, owed=Decimal(1000), today=TODAY, limits=limits) == {}


@given(total=CENTS, count=st.integers(2, 60))
def test_equal_sums_add_up_and_the_last_has_what_cannot_be_split(total: Decimal, count: int) -> None:
    sums = equal_sums(total, count)
    assert len(sums) == count
    assert sum(sums) == total
    assert len(set(sums[:-1])) == 1
    assert Decimal(0) <= sums[-1] - sums[0] < Decimal(count) / 100
    assert all(amount == amount.quantize(Decimal("0.01")) for amount in sums)


@given(total=st.integers(1, 100_000), each=st.integers(1, 100_000))
def test_given_sums_reach_the_total_with_a_smaller_last_one(total: int, each: int) -> None:
    sums = sums_of(Decimal(total), Decimal(each))
    assert sum(sums) == total
    assert all(amount == each for amount in sums[:-1])
    assert 0 < sums[-1] <= each


def test_months_end_where_they_end_and_come_back_to_the_day() -> None:
    days = [due.on for due in schedule([Decimal(1)] * 4, date(2028, 1, 31), Rhythm.MONTHLY)]
    assert days == [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31), date(2028, 4, 30)]
    over = [due.on for due in schedule([Decimal(1)] * 3, date(2026, 11, 30), Rhythm.MONTHLY)]
    assert over == [date(2026, 11, 30), date(2026, 12, 30), date(2027, 1, 30)]


@given(first=DAYS, count=st.integers(2, 60), rhythm=st.sampled_from(Rhythm))
def test_every_schedule_the_program_makes_may_be_agreed(first: date, count: int, rhythm: Rhythm) -> None:
    dues = schedule(equal_sums(Decimal(6000), count), first, rhythm)
    assert plan_faults(dues, total=Decimal(6000), owed=Decimal(6000), today=first) == {}
    if rhythm is Rhythm.MONTHLY:
        months = [due.on.year * 12 + due.on.month for due in dues]
        assert months == list(range(months[0], months[0] + count))
        assert all(due.on.day <= first.day for due in dues)


@pytest.mark.parametrize(
    ("dues", "total", "field"),
    [
        ([Due(TODAY, Decimal(100))], "100", "instalments"),
        ([Due(TODAY, Decimal(50)), Due(TODAY, Decimal(50))], "100", "first_on"),
        ([Due(TODAY, Decimal(50)), Due(TODAY + timedelta(1), Decimal(49))], "100", "instalments"),
        ([Due(TODAY, Decimal(0)), Due(TODAY + timedelta(1), Decimal(100))], "100", "instalments"),
        ([Due(TODAY - timedelta(1), Decimal(50)), Due(TODAY, Decimal(50))], "100", "first_on"),
        ([Due(TODAY, Decimal(600)), Due(TODAY + timedelta(1), Decimal(600))], "1200", "total"),
    ],
)
def test_faults_of_a_plan_are_told_by_field(dues: list[Due], total: str, field: str) -> None:
    assert set(plan_faults(dues, total=Decimal(total), owed=Decimal(1000), today=TODAY)) == {field}


def test_a_plan_is_late_then_defaulted_and_active_again_when_caught_up() -> None:
    def lines(*paid: int) -> list[Standing]:
        return [
            Standing(due_on=TODAY + timedelta(days=7 * n), amount=Decimal(100), paid=Decimal(sum_))
            for n, sum_ in enumerate(paid)
        ]

    def state(paid: list[Standing], day: int) -> PlanState:
        return plan_state(paid, grace_days=3, max_missed=2, as_of=TODAY + timedelta(days=day))

    assert state(lines(0, 0, 0), 3) is PlanState.ACTIVE
    assert state(lines(0, 0, 0), 4) is PlanState.DELINQUENT
    assert state(lines(99, 0, 0), 4) is PlanState.DELINQUENT
    assert state(lines(100, 0, 0), 4) is PlanState.ACTIVE
    assert state(lines(0, 0, 0), 11) is PlanState.DEFAULTED
    assert state(lines(100, 100, 100), 99) is PlanState.COMPLETED
    late = instalment_state(lines(50)[0], grace_days=3, as_of=TODAY + timedelta(days=4))
    assert late is InstalmentState.MISSED


def window(number: int, amount: Decimal, first: date, last: date, enough: Decimal | None = None) -> Window:
    return Window(
        purpose=(Kind.PROMISE, number),
        amount=amount,
        enough=amount if enough is None else enough,
        made_at=NOON,
        first_day=first,
        last_day=last,
    )


@given(
    payments=st.lists(st.tuples(CENTS, DAYS), max_size=8),
    agreed=st.lists(st.tuples(CENTS, DAYS, st.integers(0, 400), st.integers(1, 100)), max_size=6),
    data=st.data(),
)
def test_no_money_counts_twice_and_no_promise_takes_more_than_its_own(
    payments: list[tuple[Decimal, date]], agreed: list[tuple[Decimal, date, int, int]], data: st.DataObject
) -> None:
    received = [Received(payment_id=n, value_on=day, amount=amount) for n, (amount, day) in enumerate(payments)]
    windows = [
        window(n, amount, first, first + timedelta(days=days), (amount * percent / 100).quantize(Decimal("0.01")))
        for n, (amount, first, days, percent) in enumerate(agreed)
    ]
    shares = appropriated(received, windows)
    assert shares == appropriated(data.draw(st.permutations(received)), windows)
    assert all(share > 0 for share in shares.values())
    for money in received:
        spent = sum((s for (payment, _), s in shares.items() if payment == money.payment_id), Decimal(0))
        assert spent <= money.amount
        room = [one for one in windows if one.admits(money)]
        filled = [sum((s for (_, p), s in shares.items() if p == one.purpose), Decimal(0)) for one in room]
        if spent < money.amount:  # money is left over only when everything it may count for is full
            assert filled == [one.amount for one in room]
    for one in windows:
        got = {payment: s for (payment, purpose), s in shares.items() if purpose == one.purpose}
        assert sum(got.values(), Decimal(0)) <= one.amount
        assert all(one.first_day <= received[payment].value_on <= (one.last_day or date.max) for payment in got)


def test_a_kept_promise_does_not_take_its_successors_money() -> None:
    first = window(1, Decimal(1000), TODAY, TODAY + timedelta(7), enough=Decimal(800))
    second = window(2, Decimal(200), TODAY, TODAY + timedelta(7))
    money = [
        Received(payment_id=1, value_on=TODAY, amount=Decimal(800)),
        Received(payment_id=2, value_on=TODAY, amount=Decimal(250)),
    ]
    assert appropriated(money, [first, second]) == {
        (1, first.purpose): Decimal(800),
        (2, second.purpose): Decimal(200),
        (2, first.purpose): Decimal(50),
    }


def test_money_known_before_the_promise_was_made_does_not_count_for_it() -> None:
    promise = window(1, Decimal(100), TODAY, TODAY + timedelta(7))
    before = Received(payment_id=1, value_on=TODAY, amount=Decimal(50), entered_at=NOON - timedelta(hours=1))
    after = Received(payment_id=2, value_on=TODAY, amount=Decimal(50), entered_at=NOON + timedelta(hours=1))
    assert appropriated([before, after], [promise]) == {(2, promise.purpose): Decimal(50)}
