"""Handing out: the first rule that fits, the least loaded below the limit, the same every time."""

from collections import Counter
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.cases.rules.assignment import ALL_FULL, NO_RULE, Deal, Rule, deal, fits

users = st.integers(1, 5)
rules = st.lists(
    st.builds(
        Rule,
        rule_id=st.integers(1, 1000),
        people=st.lists(users, max_size=4, unique=True),
        creditor_id=st.none() | st.integers(1, 2),
        stage_id=st.none() | st.integers(1, 2),
        language=st.none() | st.sampled_from(["ru", "uk"]),
        currency=st.none() | st.sampled_from(["RUB", "PLN"]),
        min_amount=st.none() | st.integers(0, 50).map(Decimal),
        max_amount=st.none() | st.integers(0, 100).map(Decimal),
        max_load=st.none() | st.integers(1, 6),
    ),
    max_size=4,
)
cases = st.lists(
    st.builds(
        Deal,
        case_id=st.integers(1, 10**6),
        creditor_id=st.integers(1, 2),
        stage_id=st.none() | st.integers(1, 2),
        language=st.none() | st.sampled_from(["ru", "uk"]),
        currency=st.sampled_from(["RUB", "PLN"]),
        amount=st.integers(0, 100).map(Decimal),
    ),
    max_size=30,
    unique_by=lambda one: one.case_id,
)
loads = st.dictionaries(users, st.integers(0, 8))


@given(cases, rules, loads)
def test_everything_is_dealt_by_the_first_rule_that_fits(
    lot: list[Deal], table: list[Rule], before: dict[int, int]
) -> None:
    after = dict(before)
    dealt = deal(lot, table, after)
    assert list(dealt) == [one.case_id for one in lot]
    assert deal(lot, table, dict(before)) == dealt
    for one in lot:
        found = dealt[one.case_id]
        first = next((rule for rule in table if fits(rule, one)), None)
        if first is None:
            assert found.reason == NO_RULE
        elif found.user_id is None:
            assert found.reason == ALL_FULL
        else:
            assert found.user_id in first.people
            assert found.rule_id == first.rule_id
    given_out = Counter(found.user_id for found in dealt.values() if found.user_id)
    assert all(after.get(user, 0) == before.get(user, 0) + given_out[user] for user in set(after) | set(given_out))


@given(cases, st.integers(1, 4))
def test_nobody_gets_more_than_he_may_hold(lot: list[Deal], most: int) -> None:
    held: dict[int, int] = {}
    deal(lot, [Rule(rule_id=1, people=(1, 2, 3), max_load=most)], held)
    assert all(load <= most for load in held.values())
    assert sum(held.values()) == min(len(lot), 3 * most)


@given(cases)
def test_loads_stay_level(lot: list[Deal]) -> None:
    held: dict[int, int] = {}
    deal(lot, [Rule(rule_id=1, people=(3, 1, 2))], held)
    counts = [held.get(user, 0) for user in (1, 2, 3)]
    assert max(counts) - min(counts) <= 1


def test_what_somebody_leaves_does_not_come_back_to_him() -> None:
    case = Deal(case_id=1, creditor_id=1, stage_id=None, language=None, currency="RUB", amount=Decimal(5), holder=1)
    held = {1: 9, 2: 20}
    assert deal([case], [Rule(rule_id=7, people=(1, 2))], held)[1].user_id == 2
    assert held == {1: 8, 2: 21}
    assert deal([case], [Rule(rule_id=7, people=(1,))], held)[1].reason == ALL_FULL
    assert deal([case], [Rule(rule_id=7, people=(2,), min_amount=Decimal(6))], held)[1].reason == NO_RULE
    bounds = Rule(rule_id=7, people=(2,), min_amount=Decimal(5), max_amount=Decimal(5), currency="RUB")
    assert deal([case], [bounds], held)[1].user_id == 2
