"""What the agency earns: by hand, at the edges of bands, and for any repayments at all."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cases.model import COMPONENTS
from core.kernel.money import CENT
from core.payments.model import TermsKind
from core.payments.rules.commission import (
    NOTHING,
    Band,
    Earned,
    Repaid,
    Terms,
    bands_from,
    bands_to,
    earned_by_all,
    opposite,
    overlap,
    terms_faults,
    to_remit,
)

DAY = date(2026, 3, 11)
FLAT = Terms(id=1, kind=TermsKind.FLAT, bases=frozenset({"principal"}), bands=(Band(percent=Decimal("12.5")),))
PAID = Repaid(case_id=1, component="principal", amount=Decimal("1000.00"), paid=Decimal("1000.00"), value_on=DAY)


def earned(terms: Terms, *repaid: Repaid, paid_cases: frozenset[int] = frozenset()) -> list[tuple[str, str]]:
    return [(str(one.commission), str(one.vat)) for one in earned_by_all(repaid, [terms], paid_cases)]


def bands(kind: TermsKind, *rows: tuple[str, str]) -> Terms:
    table = tuple(Band(start=Decimal(start), percent=Decimal(percent)) for start, percent in rows)
    return replace(FLAT, kind=kind, bands=table)


def test_by_hand() -> None:
    """12.5 % of 1,000 is 125, of 333.33 is 41.66625; 20 % VAT of that is 25 and 8.334."""
    terms = replace(FLAT, vat_percent=Decimal(20))
    assert earned(terms, PAID, replace(PAID, amount=Decimal("333.33"))) == [("125.00", "25.00"), ("41.67", "8.33")]
    assert earned(terms, replace(PAID, component="court_costs")) == [("0", "0")]


@pytest.mark.parametrize(("percent", "amount", "expected"), [("12.5", "0.20", "0.03"), ("12.5", "-0.20", "-0.03")])
def test_half_a_hundredth_goes_up_and_back_the_same_way(percent: str, amount: str, expected: str) -> None:
    """12.5 % of 0.20 is 0.025."""
    assert earned(FLAT, replace(PAID, amount=Decimal(amount)))[0][0] == expected


@pytest.mark.parametrize(("days", "expected"), [(-3, "100.00"), (0, "100.00"), (89, "100.00"), (90, "200.00")])
def test_the_age_of_the_claim_at_the_value_date(days: int, expected: str) -> None:
    """10 % up to 89 days after it was due, 20 % from the 90th."""
    terms = bands(TermsKind.BY_AGE, ("0", "10"), ("90", "20"))
    assert earned(terms, replace(PAID, due_on=DAY - timedelta(days=days)))[0][0] == expected
    assert earned(terms, PAID)[0][0] == "100.00", "a claim without a due date is new"


@pytest.mark.parametrize(("paid", "expected"), [("999.99", "150.00"), ("1000.00", "100.00"), ("9000.00", "100.00")])
def test_the_sum_of_the_whole_payment(paid: str, expected: str) -> None:
    """15 % of payments below 1,000, 10 % of others: of the whole repayment, not of slices."""
    terms = bands(TermsKind.BY_AMOUNT, ("0", "15"), ("1000", "10"))
    assert earned(terms, replace(PAID, paid=Decimal(paid)))[0][0] == expected


def test_the_stage_of_the_case() -> None:
    rows = (Band(stage="soft", percent=Decimal(5)), Band(percent=Decimal(9)))
    terms = replace(FLAT, kind=TermsKind.BY_STAGE, bands=rows)
    stages = [replace(PAID, stage=stage) for stage in ("soft", "court", None)]
    assert earned(terms, *stages) == [("50.00", "0.00"), ("90.00", "0.00"), ("90.00", "0.00")]
    only_soft = replace(terms, bands=rows[:1])
    assert earned(only_soft, *stages)[1:] == [("0.00", "0.00")] * 2


def test_a_fixed_sum_is_earned_once_a_case() -> None:
    """500 with the first repayment of each case that pays; VAT 23 % of it is 115."""
    terms = replace(FLAT, kind=TermsKind.FIXED, bands=(Band(amount=Decimal(500)),), vat_percent=Decimal(23))
    other = replace(PAID, case_id=2)
    assert earned(terms, replace(PAID, component="penalty"), PAID, PAID, other) == [
        ("0", "0"),
        ("500.00", "115.00"),
        ("0", "0"),
        ("500.00", "115.00"),
    ]
    assert earned(terms, PAID, other, paid_cases=frozenset({1})) == [("0", "0"), ("500.00", "115.00")]


def test_what_was_paid_to_the_creditor_himself_earns_by_a_factor() -> None:
    """Half of 12.5 % of 1,000; nothing at all of a fixed sum leaves it to be earned by the next one."""
    assert earned(replace(FLAT, direct_percent=Decimal(50)), replace(PAID, direct=True), PAID) == [
        ("62.50", "0.00"),
        ("125.00", "0.00"),
    ]
    fixed = replace(FLAT, kind=TermsKind.FIXED, bands=(Band(amount=Decimal(500)),), direct_percent=Decimal(0))
    assert earned(fixed, replace(PAID, direct=True), PAID) == [("0.00", "0.00"), ("500.00", "0.00")]


def test_terms_hold_from_their_first_day_to_their_last() -> None:
    terms = replace(FLAT, valid_from=DAY, valid_until=DAY + timedelta(days=1))
    days = [replace(PAID, value_on=DAY + timedelta(days=n)) for n in (-1, 0, 1, 2)]
    assert [one.terms_id for one in earned_by_all(days, [terms], ())] == [None, 1, 1, None]


def test_components_may_earn_by_terms_of_their_own() -> None:
    penalty = replace(FLAT, id=2, bases=frozenset({"penalty"}), bands=(Band(percent=Decimal(50)),))
    found = earned_by_all([PAID, replace(PAID, component="penalty")], [FLAT, penalty], ())
    assert [(one.terms_id, one.commission) for one in found] == [(1, Decimal(125)), (2, Decimal(500))]


def test_terms_of_one_creditor_do_not_overlap() -> None:
    until = replace(FLAT, valid_until=DAY)
    assert overlap(FLAT, until)
    assert overlap(until, replace(FLAT, valid_from=DAY))
    assert not overlap(until, replace(FLAT, valid_from=DAY + timedelta(days=1)))
    assert not overlap(replace(FLAT, valid_from=DAY + timedelta(days=1)), until)
    assert not overlap(FLAT, replace(FLAT, bases=frozenset({"penalty"})))


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (replace(FLAT, bases=frozenset()), "bases"),
        (replace(FLAT, valid_from=DAY, valid_until=DAY - timedelta(days=1)), "valid_until"),
        (replace(FLAT, vat_percent=Decimal(101)), "vat_percent"),
        (replace(FLAT, direct_percent=Decimal(-1)), "direct_percent"),
        (replace(FLAT, bands=()), "bands"),
        (replace(FLAT, bands=FLAT.bands * 2), "bands"),
        (replace(FLAT, bands=(Band(percent=Decimal(-1)),)), "bands"),
        (replace(FLAT, kind=TermsKind.FIXED, bands=(Band(),)), "bands"),
        (replace(FLAT, kind=TermsKind.FIXED, bands=(Band(amount=Decimal("0.001")),)), "bands"),
        (replace(FLAT, kind=TermsKind.BY_STAGE, bands=FLAT.bands * 2), "bands"),
        (bands(TermsKind.BY_AGE, ("1", "5")), "bands"),
        (bands(TermsKind.BY_AMOUNT, ("0", "5"), ("0", "6")), "bands"),
    ],
)
def test_what_terms_cannot_be(terms: Terms, field: str) -> None:
    assert set(terms_faults(terms)) == {field}


SUMS = st.integers(1, 10**9).map(lambda cents: cents * CENT)
PERCENT = st.integers(0, 10_000).map(lambda part: part * CENT)


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    kind = draw(st.sampled_from(TermsKind))
    if kind is TermsKind.FIXED:
        rows = [Band(amount=draw(SUMS))]
    elif kind is TermsKind.BY_STAGE:
        keys = draw(st.lists(st.sampled_from(["soft", "court", None]), min_size=1, unique=True))
        rows = [Band(stage=key, percent=draw(PERCENT)) for key in keys]
    else:
        more = [] if kind is TermsKind.FLAT else draw(st.lists(st.integers(1, 900), unique=True, max_size=4))
        rows = [Band(start=Decimal(start), percent=draw(PERCENT)) for start in (0, *sorted(more))]
    bases = draw(st.frozensets(st.sampled_from(COMPONENTS), min_size=1))
    return Terms(
        id=1, kind=kind, bases=bases, bands=tuple(rows), vat_percent=draw(PERCENT), direct_percent=draw(PERCENT)
    )


REPAID = st.builds(
    Repaid,
    case_id=st.integers(1, 3),
    component=st.sampled_from(COMPONENTS),
    amount=SUMS,
    paid=SUMS,
    value_on=st.just(DAY),
    due_on=st.none() | st.integers(-5, 1000).map(lambda days: DAY - timedelta(days=days)),
    stage=st.sampled_from(["soft", "court", None]),
    direct=st.booleans(),
)


@given(any_terms(), st.lists(REPAID, max_size=12))
def test_of_any_repayments(terms: Terms, repaid: list[Repaid]) -> None:
    assert terms_faults(terms) == {}
    assert bands_from(bands_to(terms.kind, terms.bands)) == terms.bands
    found = earned_by_all(repaid, [terms], ())
    for one, it in zip(repaid, found, strict=True):
        assert (it.commission % CENT, it.vat % CENT) == (0, 0)
        assert it.commission >= 0
        assert 0 <= it.vat <= it.commission
        assert terms.kind is TermsKind.FIXED or it.commission <= one.amount
        assert opposite(opposite(it)) == it
        assert (it.terms_id is None) == (one.component not in terms.bases)
    both = [*found, *map(opposite, found)]
    assert sum(one.commission for one in both) == sum(one.vat for one in both) == 0


@given(any_terms().filter(lambda terms: terms.kind is not TermsKind.FIXED), REPAID)
def test_a_mirror_earns_the_exact_opposite(terms: Terms, repaid: Repaid) -> None:
    """What is taken back is the same whether it is negated or reckoned anew from the negative sum."""
    (there,) = earned_by_all([repaid], [terms], ())
    (back,) = earned_by_all([replace(repaid, amount=-repaid.amount)], [terms], ())
    assert back == opposite(there)


@given(any_terms().filter(lambda terms: terms.kind is TermsKind.FIXED), st.lists(REPAID, max_size=12))
def test_a_case_never_earns_a_fixed_sum_twice(terms: Terms, repaid: list[Repaid]) -> None:
    found = earned_by_all(repaid, [terms], ())
    for case_id in (1, 2, 3):
        mine = [it for one, it in zip(repaid, found, strict=True) if one.case_id == case_id and it.commission]
        assert len(mine) <= 1


@given(st.lists(st.tuples(SUMS, PERCENT, PERCENT), max_size=12))
def test_a_statement_is_the_sum_of_its_lines(lines: list[tuple[Decimal, Decimal, Decimal]]) -> None:
    found = []
    for amount, percent, vat in lines:
        terms = replace(FLAT, bands=(Band(percent=percent),), vat_percent=vat)
        found += earned_by_all([replace(PAID, amount=amount)], [terms], ())
    kept = sum((one.commission + one.vat for one in found), Decimal(0))
    collected = sum((amount for amount, _percent, _vat in lines), Decimal(0))
    sums = [sum((getattr(one, name) for one in found), Decimal(0)) for name in ("commission", "vat")]
    assert to_remit(collected, *sums) == collected - kept


def test_without_terms_nothing_is_earned() -> None:
    assert earned_by_all([PAID], [], ()) == [NOTHING] == [Earned()]
