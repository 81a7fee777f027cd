"""Interest beside tables reckoned by hand, and beside a day-by-day oracle."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cases.model import DayRule, RateKind
from core.cases.rules.interest import (
    Days,
    Interest,
    Movement,
    Rates,
    Term,
    begins_on,
    explained,
    interest,
    rounded,
    starts_after_handover,
)

PRINCIPAL, PENALTY, STATUTORY, CONTRACTUAL = "principal", "penalty", "statutory_interest", "contractual_interest"


def owed(amount: str, on: date, component: str = PRINCIPAL) -> Movement:
    return Movement(on=on, component=component, amount=Decimal(amount))


def table(*steps: tuple[date, str], kind: RateKind = RateKind.ANNUAL) -> Rates:
    return Rates(name="table", kind=kind, steps=tuple((day, Decimal(percent)) for day, percent in steps))


def by_law(rates: Rates, rule: DayRule = DayRule.ACTUAL, margin: str = "0") -> Term:
    return Term(id=1, bases=(PRINCIPAL,), accrues_to=STATUTORY, rates=rates, day_rule=rule, margin=Decimal(margin))


def agreed(percent: str, *, rule: DayRule = DayRule.FIXED_365) -> Term:
    return Term(id=2, bases=(PRINCIPAL,), accrues_to=CONTRACTUAL, percent=Decimal(percent), day_rule=rule)


def reckon(term: Term, posted: list[Movement], due: date, as_of: date, *blocks: Days) -> Interest:
    return interest([term], posted, begins=begins_on(due, None), blocks=blocks, as_of=as_of)


def only(found: Interest) -> Decimal:
    (amount,) = found.parts.values()
    return amount


# The rates below serve reckoning only; which are in force is for the rate tables to say.

DUE = date(2023, 12, 21)
RU = table((date(2023, 12, 18), "16"), (date(2024, 7, 29), "18"), (date(2024, 9, 16), "19"))


def test_russia_395_over_a_new_leap_year_and_two_rate_changes() -> None:
    """100,000 due on 21.12.2023, as of 30.09.2024.

    22.12–31.12.2023: 10 days × 16 % / 365 = 438.356164; 01.01–28.07.2024: 210 × 16 % / 366 = 9,180.327869;
    29.07–15.09: 49 × 18 % / 366 = 2,409.836066; 16.09–30.09: 15 × 19 % / 366 = 778.688525. Sum 12,807.208623.
    """
    found = reckon(by_law(RU), [owed("100000", DUE)], DUE, date(2024, 9, 30))
    lines = found.accruals[0].lines
    assert [(line.since, line.days, line.percent, line.divisor) for line in lines] == [
        (date(2023, 12, 22), 10, Decimal(16), 365),
        (date(2024, 1, 1), 210, Decimal(16), 366),
        (date(2024, 7, 29), 49, Decimal(18), 366),
        (date(2024, 9, 16), 15, Decimal(19), 366),
    ]
    assert only(found) == Decimal("12807.21")
    assert [line.amount for line in explained(found)[0].lines] == [
        Decimal(amount) for amount in ("438.36", "9180.33", "2409.83", "778.69")
    ]


def test_a_payment_counts_for_interest_from_the_next_day_on_however_late_it_is_entered() -> None:
    """100,000 at 16 %/366; 40,000 paid on 10.01.2024: ten days on all, then 21 days on 60,000.

    10 × 100,000 × 0.16 / 366 = 437.158470; 21 × 60,000 × 0.16 / 366 = 550.819672; sum 987.978142.
    """
    due, as_of = date(2023, 12, 31), date(2024, 1, 31)
    paid = owed("-40000", date(2024, 1, 10))
    found = reckon(by_law(RU), [paid, owed("100000", due)], due, as_of)
    assert only(found) == Decimal("987.98")
    assert [line.base for line in found.accruals[0].lines] == [Decimal(100000), Decimal(60000)]


def test_a_reversal_leaves_everything_as_if_the_payment_had_never_been() -> None:
    due, as_of = date(2023, 12, 31), date(2024, 3, 31)
    paid, back = owed("-40000", date(2024, 1, 10)), owed("40000", date(2024, 1, 10))
    never = reckon(by_law(RU), [owed("100000", due)], due, as_of)
    assert reckon(by_law(RU), [owed("100000", due), paid, back], due, as_of) == never


def test_poland_481_reference_rate_and_a_margin_over_365_also_in_a_leap_year() -> None:
    """10,000.00 zł due 15.01.2024, 5.75 + 5.5 = 11.25 %, as of 14.02.2024: 30 days. 10,000 × 0.1125 × 30 / 365."""
    due = date(2024, 1, 15)
    found = reckon(
        by_law(table((date(2023, 10, 5), "5.75")), DayRule.FIXED_365, "5.5"),
        [owed("10000", due)],
        due,
        date(2024, 2, 14),
    )
    assert only(found) == Decimal("92.47")  # 92.465753


def test_ukraine_625_three_percent_a_year() -> None:
    """50,000 due 29.02.2024 as of 31.12.2025: 306 days / 366 + 365 / 365 of 1,500: 1,254.098361 + 1,500."""
    due = date(2024, 2, 29)
    term = Term(id=1, bases=(PRINCIPAL,), accrues_to=STATUTORY, percent=Decimal(3), day_rule=DayRule.ACTUAL)
    assert only(reckon(term, [owed("50000", due)], due, date(2025, 12, 31))) == Decimal("2754.10")


INDEX = table(
    (date(2024, 1, 1), "100.4"),
    (date(2024, 2, 1), "100.3"),
    (date(2024, 3, 1), "100.5"),
    (date(2024, 4, 1), "99.8"),
    (date(2024, 6, 1), "102.2"),
    kind=RateKind.MONTHLY_INDEX,
)


def test_ukraine_625_inflation_multiplies_the_indices_of_whole_months_on_one_base() -> None:
    """10,000 due 31.12.2023, as of 15.04.2024: January to March, 1.004 × 1.003 × 1.005 = 1.01204706: 120.4706."""
    due = date(2023, 12, 31)
    found = reckon(by_law(INDEX), [owed("10000", due)], due, date(2024, 4, 15))
    (line,) = found.accruals[0].lines
    assert (line.since, line.until, line.percent) == (date(2024, 1, 1), date(2024, 3, 31), Decimal("1.204706"))
    assert only(found) == Decimal("120.47")


def test_a_paid_part_begins_a_new_run_and_a_part_of_a_month_does_not_count() -> None:
    """4,000 paid on 10.02.2024: January on 10,000 (40.00), February to April on the 6,000 owed all month.

    6,000 × (1.003 × 1.005 × 0.998 − 1) = 6,000 × 0.00599897 = 35.99382. Sum 75.99382.
    """
    due = date(2023, 12, 31)
    posted = [owed("10000", due), owed("-4000", date(2024, 2, 10))]
    found = reckon(by_law(INDEX), posted, due, date(2024, 4, 30))
    assert [line.base for line in found.accruals[0].lines] == [Decimal(10000), Decimal(6000)]
    assert only(found) == Decimal("75.99")


def test_a_month_without_an_index_is_named_and_not_guessed() -> None:
    due = date(2024, 4, 30)
    found = reckon(by_law(INDEX), [owed("10000", due)], due, date(2024, 7, 1))
    (accrual,) = found.accruals
    assert accrual.unknown == (Days(date(2024, 5, 1), date(2024, 5, 31)),)
    assert only(found) == Decimal("220.00")


def test_days_before_the_first_rate_are_named_and_not_guessed() -> None:
    due = date(2023, 12, 10)
    found = reckon(by_law(RU), [owed("100000", due)], due, date(2023, 12, 18))
    assert found.accruals[0].unknown == (Days(date(2023, 12, 11), date(2023, 12, 17)),)
    assert only(found) == Decimal("43.84")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(DayRule.FIXED_365, "3660.00"), (DayRule.FIXED_360, "3710.83"), (DayRule.ACTUAL, "3650.00")],
)
def test_a_contract_rate_by_each_rule_over_the_366_days_of_2024(rule: DayRule, expected: str) -> None:
    """36,500.00 at 10 %: 366 days / 365 = 3,660.00; / 360 = 3,710.8333; the year itself: 3,650.00."""
    due = date(2023, 12, 31)
    assert only(reckon(agreed("10", rule=rule), [owed("36500", due)], due, date(2024, 12, 31))) == Decimal(expected)


def test_caps_cut_off_where_they_are_reached() -> None:
    """1,000 at 0.1 % a day (36.5 % a year): 1.00 a day. A cap of 2.5 % of the sum is reached on the 25th day."""
    due = date(2025, 1, 31)
    posted = [owed("1000", due), owed("-500", date(2025, 2, 20))]
    share = replace(agreed("36.5"), cap_percent=Decimal("2.5"))
    fixed = replace(agreed("36.5"), cap_amount=Decimal("20.25"))
    late = date(2025, 12, 31)
    assert only(reckon(share, posted, due, late)) == Decimal("25.00")  # 20 days × 1.00, then 10 days × 0.50
    assert only(reckon(fixed, posted, due, late)) == Decimal("20.25")
    assert only(reckon(fixed, posted, due, date(2025, 2, 10))) == Decimal("10.00")
    lines = reckon(fixed, posted, due, late).accruals[0].lines
    assert [line.capped for line in lines] == [False, True]


def test_grace_validity_and_blocks_leave_days_out() -> None:
    """3,650 at 10 %: 1.00 a day. Due 31.01, ten days of grace, valid until 31.03, nothing from 20.02 to 28.02."""
    due = date(2025, 1, 31)
    term = replace(agreed("10"), grace_days=10, valid_until=date(2025, 3, 31))
    block = Days(date(2025, 2, 20), date(2025, 2, 28))
    posted = [owed("3650", due)]
    assert only(reckon(term, posted, due, date(2025, 12, 31), block)) == Decimal("40.00")  # 11.02–19.02, 01.03–31.03
    without_end = Days(date(2025, 2, 20))
    assert only(reckon(term, posted, due, date(2025, 12, 31), without_end)) == Decimal("9.00")


def test_interest_bears_no_interest_and_what_was_overpaid_reduces_nothing_else() -> None:
    due, as_of = date(2024, 12, 31), date(2025, 12, 31)
    both = replace(agreed("10"), bases=(PRINCIPAL, CONTRACTUAL))
    posted = [owed("1000", due), owed("-50", date(2025, 1, 1), CONTRACTUAL)]
    assert only(reckon(both, posted, due, as_of)) == Decimal("100.00")


def test_two_terms_into_one_component_are_rounded_together() -> None:
    due = date(2024, 12, 31)
    half = replace(agreed("1"), id=7)
    found = interest([half, half], [owed("182.50", due)], begins=begins_on(due, None), blocks=(), as_of=due + _days(1))
    assert found.parts == {CONTRACTUAL: Decimal("0.01")}  # 2 × 0.005, not 2 × 0.01


def test_without_a_day_to_begin_nothing_accrues() -> None:
    assert begins_on(None, None) is None
    assert begins_on(date(2025, 1, 1), date(2025, 3, 1)) == date(2025, 3, 1)
    posted = [owed("1000", date(2020, 1, 1))]
    assert interest([agreed("10")], posted, begins=None, blocks=(), as_of=date(2026, 1, 1)).parts == {}


def test_what_the_creditor_reckoned_himself_is_not_reckoned_again() -> None:
    due, today = date(2025, 1, 1), date(2025, 6, 1)
    assert starts_after_handover({CONTRACTUAL: Decimal(7)}, [agreed("10")], due, today) == date(2025, 6, 2)
    assert starts_after_handover({PENALTY: Decimal(7)}, [agreed("10")], due, today) is None
    later = date(2025, 7, 1)
    assert starts_after_handover({CONTRACTUAL: Decimal(7)}, [agreed("10")], later, today) == date(2025, 7, 2)


def _days(count: int) -> timedelta:
    return timedelta(days=count)


# The oracle: one day after the other.

DAY = date(2023, 11, 15)
days = st.integers(0, 900).map(lambda n: DAY + _days(n))
cents = st.integers(-500_000, 2_000_000).map(lambda n: Decimal(n).scaleb(-2))
movements = st.lists(
    st.builds(Movement, on=days, component=st.sampled_from([PRINCIPAL, CONTRACTUAL, PENALTY]), amount=cents), max_size=9
)
percents = st.integers(0, 400_000).map(lambda n: Decimal(n).scaleb(-4))
steps = st.dictionaries(days, percents, min_size=1, max_size=6).map(lambda found: tuple(sorted(found.items())))
terms = st.builds(
    Term,
    id=st.just(1),
    bases=st.sampled_from([(PRINCIPAL,), (PRINCIPAL, CONTRACTUAL)]),
    accrues_to=st.just(STATUTORY),
    rates=st.none() | st.builds(Rates, name=st.just("t"), steps=steps),
    percent=percents,
    margin=st.sampled_from([Decimal(0), Decimal("5.5"), Decimal("-1")]),
    day_rule=st.sampled_from(DayRule),
    grace_days=st.integers(0, 40),
    valid_from=st.none() | days,
    valid_until=st.none() | days,
    cap_amount=st.none() | st.integers(0, 500_000).map(lambda n: Decimal(n).scaleb(-2)),
)
blocks = st.lists(
    st.tuples(days, st.none() | st.integers(0, 100)).map(
        lambda pair: Days(pair[0], None if pair[1] is None else pair[0] + _days(pair[1]))
    ),
    max_size=3,
)


def oracle(term: Term, posted: list[Movement], begins: date, shut: list[Days], as_of: date) -> Fraction:
    """The same by walking every day and asking everything anew."""
    total, day = Fraction(0), begins + _days(term.grace_days)
    while day <= as_of:
        base = sum(
            (
                max(
                    Decimal(0),
                    sum((one.amount for one in posted if one.component == name and one.on < day), Decimal(0)),
                )
                for name in term.bases
            ),
            Decimal(0),
        )
        blocked = any(one.since <= day and (one.until is None or day <= one.until) for one in shut)
        outside = (term.valid_from and day < term.valid_from) or (term.valid_until and day > term.valid_until)
        percent: Decimal | None = (term.percent or Decimal(0)) + term.margin
        if term.rates:
            listed = [percent for since, percent in term.rates.steps if since <= day]
            percent = max(Decimal(0), listed[-1] + term.margin) if listed else None
        if percent is not None and not blocked and not outside:
            leap = day.year % 4 == 0
            divisor = {"365": 365, "360": 360, "actual": 366 if leap else 365}[term.day_rule.value]
            total += Fraction(base) * Fraction(percent) / 100 / divisor
        day += _days(1)
    return total if term.cap_amount is None else min(total, Fraction(term.cap_amount))


@given(terms, movements, days, blocks, days)
def test_any_history_equals_the_walk_over_every_day(
    term: Term, posted: list[Movement], begins: date, shut: list[Days], as_of: date
) -> None:
    if term.rates is None and term.margin < 0:
        term = replace(term, margin=Decimal(0))
    found = interest([term], posted, begins=begins, blocks=shut, as_of=as_of)
    expected = oracle(term, posted, begins, shut, as_of)
    assert sum((one.exact for one in found.accruals), Fraction(0)) == expected
    assert sum(found.parts.values(), Decimal(0)) == rounded(expected)
    lines = [line for one in explained(found) for line in one.lines]
    assert sum((line.amount for line in lines), Decimal(0)) == rounded(expected)
    for line in lines:
        assert abs(line.exact - Fraction(line.amount)) < Fraction(1, 100)


@given(st.fractions(-(10**12), 10**12), st.integers(-10_000, 10_000))
def test_rounding_is_half_up_to_the_hundredth(value: Fraction, cents_: int) -> None:
    assert abs(Fraction(rounded(value)) - value) <= Fraction(1, 200)
    half = Decimal(cents_).scaleb(-2) + Decimal("0.005")
    assert rounded(Fraction(half)) == half.quantize(Decimal("0.01"), ROUND_HALF_UP)
