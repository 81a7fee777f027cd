"""The engine: every kopeck of a payment is on a line or left over, whatever the scheme and the debts."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cases.model import Component
from core.cases.queries.balance import OpenItem
from core.payments.rules.allocation import Result, Wanted, allocate, by_hand, faults_by_hand, pro_rata
from core.payments.rules.explain import explain
from core.payments.rules.schemes import (
    MANUAL,
    OLDEST_FIRST,
    PL_451,
    PRINCIPAL_FIRST,
    PRO_RATA,
    RU_319,
    RU_353_CONSUMER,
    SHIPPED,
    SHIPPED_NAMES,
    UA_534,
    UA_CONSUMER,
    Rank,
    SchemeRules,
    Scope,
    Split,
    When,
    default_key,
    from_data,
    scheme_faults,
    to_data,
)

DAY = date(2026, 3, 11)
CENT = Decimal("0.01")
AUTOMATIC = [scheme for scheme in SHIPPED.values() if not scheme.manual]

PRINCIPAL = Component.PRINCIPAL
INTEREST = Component.CONTRACTUAL_INTEREST
DELAY = Component.STATUTORY_INTEREST
PENALTY = Component.PENALTY
COURT = Component.COURT_COSTS


def item(
    claim: int,
    component: Component,
    amount: str | Decimal,
    *,
    due: date | None = date(2026, 1, 10),
    overdue: bool | None = None,
    contract: str | None = None,
    case: int = 1,
) -> OpenItem:
    late = due is None or due < DAY
    return OpenItem(
        case_id=case,
        claim_id=claim,
        component=component,
        amount=Decimal(amount),
        due_on=due,
        overdue=late if overdue is None else overdue,
        currency="RUB",
        claim_number=str(claim),
        contract_no=contract,
    )


def sums(result: Result) -> dict[tuple[int, Component], Decimal]:
    found: dict[tuple[int, Component], Decimal] = defaultdict(Decimal)
    for line in result.lines:
        found[line.item.claim_id, line.item.component] += line.amount
    return dict(found)


def split(
    amount: str, items: Sequence[OpenItem], scheme: SchemeRules, *designated: int
) -> dict[tuple[int, Component], Decimal]:
    return sums(allocate(Decimal(amount), items, scheme, designated=designated, as_of=DAY))


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


@pytest.mark.parametrize("scheme", SHIPPED.values(), ids=lambda scheme: scheme.key)
def test_shipped_schemes_are_whole_and_survive_being_kept(scheme: SchemeRules) -> None:
    assert from_data(to_data(scheme)) == scheme
    assert scheme.key in SHIPPED_NAMES
    if not scheme.manual:
        assert scheme_faults(scheme) == {}


def test_a_scheme_that_forgets_or_doubles_a_component_is_refused() -> None:
    only = SchemeRules(key="X", scope=Scope.CLAIM, ranks=(Rank(components=(PRINCIPAL,)),))
    assert "ranks" in scheme_faults(only)
    everything = Rank(components=tuple(Component))
    twice = SchemeRules(key="X", scope=Scope.CLAIM, ranks=(everything, Rank(components=(PENALTY,))))
    assert "ranks" in scheme_faults(twice)
    halved = SchemeRules(key="X", scope=Scope.CLAIM, ranks=(Rank(components=tuple(Component), when=When.OVERDUE),))
    assert "ranks" in scheme_faults(halved)
    assert "ranks" in scheme_faults(MANUAL)


def test_the_scheme_of_a_case() -> None:
    assert default_key(None, "RU") == "RU_319"
    assert default_key(None, "UA") == "UA_534"
    assert default_key(None, "PL") == "PL_451"
    assert default_key(None, "US") == default_key(None, "NONE") == "OLDEST_FIRST"
    assert default_key("RU_353_CONSUMER", "RU") == "RU_353_CONSUMER"


# What follows is computed by hand from the texts.


def test_ru_319() -> None:
    """Costs of the performance 500, interest for use 2,000, principal 10,000, interest under art. 395 of 300, penalty
    of 700: 12,600 covers costs, interest, principal, and 100 of what comes after the principal."""
    one = [
        item(1, PENALTY, "700"),
        item(1, DELAY, "300"),
        item(1, PRINCIPAL, "10000"),
        item(1, INTEREST, "2000"),
        item(1, COURT, "500"),
    ]
    assert split("2000", one, RU_319) == {(1, COURT): 500, (1, INTEREST): 1500}
    assert split("12600", one, RU_319) == {
        (1, COURT): 500,
        (1, INTEREST): 2000,
        (1, PRINCIPAL): 10000,
        (1, DELAY): 100,
    }
    assert split("20000", one, RU_319)[1, PENALTY] == 700


def test_ru_319_1_which_debt_comes_first() -> None:
    """Art. 319.1: the debt the debtor names; else the one due earlier; those due on one day in proportion."""
    older = item(2, PRINCIPAL, "1000", due=date(2025, 12, 1))
    younger = item(1, PRINCIPAL, "1000", due=date(2026, 2, 1))
    assert split("1200", [younger, older], RU_319) == {(2, PRINCIPAL): 1000, (1, PRINCIPAL): 200}
    assert split("1200", [younger, older], RU_319, 1) == {(1, PRINCIPAL): 1000, (2, PRINCIPAL): 200}
    same = [item(1, PRINCIPAL, "3000"), item(2, PRINCIPAL, "900"), item(2, INTEREST, "100")]
    assert split("1000", same, RU_319) == {(1, PRINCIPAL): 750, (2, INTEREST): 100, (2, PRINCIPAL): 150}


def test_ru_353_consumer() -> None:
    """Art. 5 part 20: a credit with overdue interest 100 and principal 400, an instalment of the current period with
    interest 50 and principal 450, a fee of 30, a penalty of 200."""
    fee = Component.CREDITOR_FEES
    credit = [
        item(1, INTEREST, "100", contract="K-1"),
        item(1, PRINCIPAL, "400", contract="K-1"),
        item(1, PENALTY, "200", contract="K-1"),
        item(1, fee, "30", contract="K-1"),
        item(2, INTEREST, "50", contract="K-1", due=DAY + timedelta(days=9)),
        item(2, PRINCIPAL, "450", contract="K-1", due=DAY + timedelta(days=9)),
    ]
    assert split("300", credit, RU_353_CONSUMER) == {(1, INTEREST): 100, (1, PRINCIPAL): 200}
    assert split("700", credit, RU_353_CONSUMER) == {
        (1, INTEREST): 100,
        (1, PRINCIPAL): 400,
        (2, INTEREST): 50,
        (2, PRINCIPAL): 150,
    }
    assert split("1100", credit, RU_353_CONSUMER) == {
        (1, INTEREST): 100,
        (1, PRINCIPAL): 400,
        (2, INTEREST): 50,
        (2, PRINCIPAL): 450,
        (1, fee): 30,
        (1, PENALTY): 70,
    }


def test_ua_534() -> None:
    """Costs 100; interest 300 and penalty 100 in one rank; principal 1,000. Of 300: 100 costs, then 200 by 3 to 1."""
    one = [
        item(1, COURT, "100"),
        item(1, INTEREST, "300"),
        item(1, PENALTY, "100"),
        item(1, PRINCIPAL, "1000"),
    ]
    assert split("300", one, UA_534) == {(1, COURT): 100, (1, INTEREST): 150, (1, PENALTY): 50}
    assert split("700", one, UA_534) == {(1, COURT): 100, (1, INTEREST): 300, (1, PENALTY): 100, (1, PRINCIPAL): 200}


def test_ua_consumer() -> None:
    """Art. 19: overdue principal 900 and interest 100 first, then the current 500 and 100, penalties last."""
    later = DAY + timedelta(days=5)
    credit = [
        item(1, PRINCIPAL, "900", contract="K-1"),
        item(1, INTEREST, "100", contract="K-1"),
        item(1, PENALTY, "250", contract="K-1"),
        item(2, PRINCIPAL, "500", contract="K-1", due=later),
        item(2, INTEREST, "100", contract="K-1", due=later),
    ]
    assert split("500", credit, UA_CONSUMER) == {(1, PRINCIPAL): 450, (1, INTEREST): 50}
    assert split("1300", credit, UA_CONSUMER) == {
        (1, PRINCIPAL): 900,
        (1, INTEREST): 100,
        (2, PRINCIPAL): 250,
        (2, INTEREST): 50,
    }
    assert split("1650", credit, UA_CONSUMER)[1, PENALTY] == 50


def test_pl_451() -> None:
    """Debts of 5,000 with interest of 1,000 and 7,000 with 2,000. A payment of 5,000 for the first covers its interest
    and 4,000 of it, and nothing of the second: only the accessories *of that debt* may be covered before it."""
    both = [
        item(1, PRINCIPAL, "5000", due=date(2025, 9, 1)),
        item(1, DELAY, "1000", due=date(2025, 9, 1)),
        item(2, PRINCIPAL, "7000", due=date(2025, 6, 1)),
        item(2, DELAY, "2000", due=date(2025, 6, 1)),
    ]
    assert split("5000", both, PL_451, 1) == {(1, DELAY): 1000, (1, PRINCIPAL): 4000}
    assert split("5000", both, PL_451) == {(2, DELAY): 2000, (2, PRINCIPAL): 3000}
    assert split("7000", both, PL_451, 1) == {(1, DELAY): 1000, (1, PRINCIPAL): 5000, (2, DELAY): 1000}


def test_pl_451_debts_not_yet_due_come_last() -> None:
    early = [item(1, PRINCIPAL, "100", due=DAY + timedelta(days=1)), item(2, PRINCIPAL, "100", due=None)]
    assert split("150", early, PL_451) == {(2, PRINCIPAL): 100, (1, PRINCIPAL): 50}


def test_oldest_first() -> None:
    """Each claim whole before the next: costs, interest, principal, then penalties."""
    both = [
        item(1, PRINCIPAL, "100", due=date(2026, 1, 1)),
        item(2, PENALTY, "10", due=date(2025, 1, 1)),
        item(2, PRINCIPAL, "50", due=date(2025, 1, 1)),
    ]
    assert split("70", both, OLDEST_FIRST) == {(2, PRINCIPAL): 50, (2, PENALTY): 10, (1, PRINCIPAL): 10}


def test_pro_rata() -> None:
    """10 over 1,000, 1,000 and 1,000: 3.34 to the first, 3.33 to the others."""
    three = [item(1, PRINCIPAL, "1000"), item(2, PRINCIPAL, "1000"), item(3, PENALTY, "1000")]
    assert split("10", three, PRO_RATA) == {
        (1, PRINCIPAL): Decimal("3.34"),
        (2, PRINCIPAL): Decimal("3.33"),
        (3, PENALTY): Decimal("3.33"),
    }


def test_principal_first() -> None:
    """A settlement agreement: all principal before any interest."""
    both = [
        item(1, INTEREST, "100", due=date(2025, 1, 1)),
        item(1, PRINCIPAL, "100", due=date(2025, 1, 1)),
        item(2, PRINCIPAL, "100", due=date(2026, 1, 1)),
    ]
    assert split("250", both, PRINCIPAL_FIRST) == {(1, PRINCIPAL): 100, (2, PRINCIPAL): 100, (1, INTEREST): 50}


def test_by_hand() -> None:
    items = [item(1, PRINCIPAL, "100"), item(1, PENALTY, "20")]
    good = [Wanted(claim_id=1, component=PENALTY, amount=Decimal(20))]
    assert faults_by_hand(Decimal(50), items, good) == {}
    result = by_hand(Decimal(50), items, good)
    assert sums(result) == {(1, PENALTY): 20}
    assert result.remainder == 30
    assert str(explain(result.lines[0].rule)) == "Chosen by hand."
    bad = [
        Wanted(claim_id=1, component=PENALTY, amount=Decimal(15)),
        Wanted(claim_id=1, component=PENALTY, amount=Decimal(6)),
        Wanted(claim_id=2, component=PENALTY, amount=Decimal(1)),
        Wanted(claim_id=1, component=PRINCIPAL, amount=Decimal(0)),
    ]
    assert set(faults_by_hand(Decimal(20), items, bad)) == {"lines.1", "lines.2", "lines.3", "lines"}


def test_a_line_tells_why() -> None:
    (line,) = allocate(Decimal(10), [item(1, INTEREST, "100")], RU_319, as_of=DAY).lines
    told = "Russia, civil code art. 319, rank 2: contractual interest; the oldest due claim comes first."
    assert str(explain(line.rule)) == told
