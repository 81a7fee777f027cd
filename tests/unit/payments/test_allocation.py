"""The engine: every kopeck of a payment is on a line or left over, whatever the scheme and the debts."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.cases.model import Component
from core.cases.queries.balance import OpenItem
from core.payments.rules.allocation import allocate, pro_rata
from core.payments.rules.explain import explain
from core.payments.rules.schemes import Rank, SchemeRules, Scope, Split
from tests.unit.payments.debts import AUTOMATIC, CENT, DAY, PRINCIPAL, item, sums

amounts = st.decimals("0.01", "5000", places=2)
dues = st.one_of(st.none(), st.integers(-60, 60).map(lambda days: DAY + timedelta(days=days)))


@st.composite
def debts(draw: st.DrawFn) -> list[OpenItem]:
    found = []
    for claim in range(1, draw(st.integers(1, 5)) + 1):
        due, contract = draw(dues), draw(st.sampled_from([None, "K-1", "K-2"]))
        for component in draw(st.sets(st.sampled_from(Component), min_size=1)):
            found.append(item(claim, component, draw(amounts), due=due, contract=contract, case=claim % 2))
    return found


ranks = st.permutations(list(Component)).flatmap(
    lambda order: st.integers(1, 7).flatmap(
        lambda cut: st.tuples(
            *(
                st.builds(Rank, components=st.just(tuple(part)), split=st.sampled_from(Split))
                for part in (order[:cut], order[cut:])
                if part
            )
        )
    )
)


schemes = st.one_of(
    st.sampled_from(AUTOMATIC),
    st.builds(
        SchemeRules,
        key=st.just("OWN"),
        scope=st.sampled_from(Scope),
        ranks=ranks,
        designation=st.booleans(),
        ties=st.sampled_from(Split),
    ),
)


payments = st.decimals("0.01", "30000", places=2)
named = st.sets(st.integers(1, 5), max_size=2)


@given(payments, debts(), schemes, named)
def test_nothing_is_lost_and_nothing_is_overpaid(
    amount: Decimal, items: list[OpenItem], scheme: SchemeRules, designated: set[int]
) -> None:
    result = allocate(amount, items, scheme, designated=designated, as_of=DAY)
    assert sum((line.amount for line in result.lines), Decimal(0)) + result.remainder == amount
    owed = sum((one.amount for one in items), Decimal(0))
    assert result.remainder == max(amount - owed, Decimal(0))
    for line in result.lines:
        assert 0 < line.amount <= line.item.amount
        assert line.amount == line.amount.quantize(CENT)
        assert 1 <= line.rank <= len(scheme.ranks)
        assert str(explain(line.rule))
    assert max(Counter((line.item.claim_id, line.item.component) for line in result.lines).values(), default=1) == 1


@given(payments, debts(), schemes, named, st.randoms(use_true_random=False))
def test_the_order_of_what_is_open_does_not_matter(
    amount: Decimal, items: list[OpenItem], scheme: SchemeRules, designated: set[int], chance: Any
) -> None:
    mixed = list(items)
    chance.shuffle(mixed)
    first = allocate(amount, items, scheme, designated=designated, as_of=DAY)
    assert allocate(amount, mixed, scheme, designated=designated, as_of=DAY) == first


def after(
    items: Sequence[OpenItem], amounts: Sequence[Decimal], scheme: SchemeRules
) -> dict[tuple[int, Component], Decimal]:
    """What has come on each sum when the payments were settled one after the other."""
    came: dict[tuple[int, Component], Decimal] = defaultdict(Decimal)
    for amount in amounts:
        left = [
            item(
                one.claim_id,
                one.component,
                one.amount - came[one.claim_id, one.component],
                due=one.due_on,
                contract=one.contract_no,
                case=one.case_id,
            )
            for one in items
        ]
        for key, paid in sums(allocate(amount, left, scheme, as_of=DAY)).items():
            came[key] += paid
    return {key: amount for key, amount in came.items() if amount}


@given(st.lists(payments, min_size=2, max_size=4), debts(), schemes, st.randoms(use_true_random=False))
def test_payments_of_one_day_may_be_settled_in_any_order(
    amounts: list[Decimal], items: list[OpenItem], scheme: SchemeRules, chance: Any
) -> None:
    """Where a scheme says so, every component of every claim ends the same; where it shares by proportion, the sums of
    a rank within what shares do; where claims due on one day share, the sums of those. Contracts of several claims may
    change places between two payments."""
    mixed = list(amounts)
    chance.shuffle(mixed)
    first, second = after(items, amounts, scheme), after(items, mixed, scheme)
    if scheme.exact_in_any_order:
        assert first == second
    assert sum(first.values()) == sum(second.values())
    if scheme.scope is Scope.POOL:
        for rank in scheme.ranks:
            assert _of_rank(first, rank, items) == _of_rank(second, rank, items)
    elif scheme.scope is Scope.CONTRACT and any(len(claims) > 1 for claims in _pools(items, scheme)):
        return
    elif scheme.ties is Split.SEQUENTIAL:
        for claims in _pools(items, scheme):
            for rank in scheme.ranks:
                assert _of_rank(first, rank, items, claims) == _of_rank(second, rank, items, claims)
    else:
        for claims in _due_together(items, scheme):
            everything = Rank(components=tuple(Component))
            assert _of_rank(first, everything, items, claims) == _of_rank(second, everything, items, claims)


def _due_together(items: Sequence[OpenItem], scheme: SchemeRules) -> list[set[int]]:
    """Claims of the pools whose oldest claims are due on one day."""
    by_day: dict[object, set[int]] = defaultdict(set)
    for claims in _pools(items, scheme):
        days = [one.due_on for one in items if one.claim_id in claims]
        due = [day for day in days if day is not None and day <= DAY]
        later = [day for day in days if day is not None and day > DAY]
        by_day[min(due) if due else "demand" if None in days else min(later)] |= claims
    return list(by_day.values())


def test_a_contract_without_its_oldest_claim_stands_behind_an_older_one() -> None:
    scheme = SchemeRules(key="OWN", scope=Scope.CONTRACT, ranks=(Rank(components=tuple(Component)),))
    dues = {1: ("K-1", 40), 2: ("K-1", 10), 3: ("K-2", 30)}
    items = [item(n, PRINCIPAL, "100", due=DAY - timedelta(days=d), contract=k) for n, (k, d) in dues.items()]
    assert not scheme.exact_in_any_order
    assert after(items, [Decimal(200)], scheme) == {(1, PRINCIPAL): Decimal(100), (2, PRINCIPAL): Decimal(100)}
    assert after(items, [Decimal(100)] * 2, scheme) == {(1, PRINCIPAL): Decimal(100), (3, PRINCIPAL): Decimal(100)}


def _pools(items: Sequence[OpenItem], scheme: SchemeRules) -> list[set[int]]:
    by_pool: dict[object, set[int]] = defaultdict(set)
    for one in items:
        together = scheme.scope is Scope.CONTRACT and one.contract_no
        by_pool[(one.case_id, one.contract_no) if together else one.claim_id].add(one.claim_id)
    return list(by_pool.values())


def _of_rank(
    came: dict[tuple[int, Component], Decimal],
    rank: Rank,
    items: Sequence[OpenItem],
    claims: set[int] | None = None,
) -> Decimal:
    taken = {
        (one.claim_id, one.component)
        for one in items
        if rank.takes(one.component, overdue=one.overdue) and (claims is None or one.claim_id in claims)
    }
    return sum((amount for key, amount in came.items() if key in taken), Decimal(0))


@given(payments, st.lists(amounts, min_size=1, max_size=12))
def test_shares_by_proportion_are_within_a_hundredth(amount: Decimal, opens: list[Decimal]) -> None:
    shares, total = pro_rata(amount, opens), sum(opens)
    assert sum(shares) == min(amount, total)
    for share, one in zip(shares, opens, strict=True):
        assert 0 <= share <= one
        if amount < total:
            assert abs(share - amount * one / total) < CENT


def test_shares_that_lose_most_get_the_last_hundredths() -> None:
    assert pro_rata(Decimal("100"), [Decimal(1000)] * 3) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]
    assert pro_rata(Decimal("0.01"), [Decimal("0.01"), Decimal("0.02")]) == [Decimal(0), Decimal("0.01")]
