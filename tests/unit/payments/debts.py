"""Open items, and what a payment does to them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from core.cases.model import Component
from core.cases.queries.balance import OpenItem
from core.payments.rules.allocation import Result, allocate
from core.payments.rules.schemes import SHIPPED, SchemeRules

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
