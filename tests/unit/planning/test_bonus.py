"""Bonuses by hand and for any month at all."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.money import CENT
from core.planning.bonus_rules import USUAL, Rule, Step, bonus, rule_faults

RULE = Rule(percent=Decimal(2), steps=USUAL)
PLAN = Decimal(500_000)


@pytest.mark.parametrize(
    ("collected", "achieved", "coefficient", "amount"),
    [
        ("0", "0.00", "0", "0.00"),
        ("399949.99", "79.99", "0", "0.00"),
        ("400000", "80.00", "1", "8000.00"),
        ("500000", "100.00", "1", "10000.00"),
        ("500050", "100.01", "1.2", "12001.20"),
        ("625000", "125.00", "1.2", "15000.00"),
        ("-10", "0.00", "0", "0.00"),
    ],
)
def test_by_hand(collected: str, achieved: str, coefficient: str, amount: str) -> None:
    """2 % of what was collected, nothing below 80 % of the plan of 500,000, a fifth more above it."""
    found = bonus(RULE, Decimal(collected), PLAN)
    assert found.achieved is not None
    assert (f"{abs(found.achieved):.2f}", str(found.coefficient), str(found.amount)) == (achieved, coefficient, amount)


def test_without_a_plan_its_own_coefficient_holds() -> None:
    found = bonus(replace(RULE, without_plan=Decimal("0.5")), Decimal(1000), None)
    assert (found.achieved, found.amount) == (None, Decimal("10.00"))
    assert bonus(RULE, Decimal(1000), Decimal(0)).amount == Decimal("20.00")


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (replace(RULE, percent=Decimal(101)), "percent"),
        (replace(RULE, without_plan=Decimal(-1)), "without_plan"),
        (replace(RULE, steps=()), "bands"),
        (replace(RULE, steps=USUAL[1:]), "bands"),
        (replace(RULE, steps=(*USUAL, USUAL[-1])), "bands"),
        (replace(RULE, steps=(Step(start=Decimal(0), coefficient=Decimal(-1)),)), "bands"),
    ],
)
def test_what_a_rule_cannot_be(rule: Rule, field: str) -> None:
    assert set(rule_faults(rule)) == {field}
    assert rule_faults(RULE) == {}


SUMS = st.integers(-(10**9), 10**11).map(lambda cents: cents * CENT)


@given(SUMS, st.none() | st.integers(1, 10**11).map(lambda cents: cents * CENT))
def test_of_any_month(collected: Decimal, plan: Decimal | None) -> None:
    found = bonus(RULE, collected, plan)
    assert found.amount >= 0
    assert found.amount % CENT == 0
    assert (found.achieved is None) == (plan is None)
    assert bonus(RULE, collected + 1, plan).amount >= found.amount, "more never earns less"
