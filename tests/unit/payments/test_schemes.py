"""The shipped schemes, each with the order its law demands."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.cases.model import Component
from core.payments.rules.allocation import Wanted, allocate, by_hand, faults_by_hand
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
    When,
    default_key,
    from_data,
    scheme_faults,
    to_data,
)
from tests.unit.payments.debts import COURT, DAY, DELAY, INTEREST, PENALTY, PRINCIPAL, item, split, sums


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
