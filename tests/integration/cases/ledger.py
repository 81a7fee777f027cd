"""A case that bears interest, and money that comes for it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from core.cases.model import (
    Account,
    Case,
    Component,
    DayRule,
    InterestGroup,
    InterestTerm,
    LedgerTransaction,
    Posting,
    Rate,
    RateTable,
)
from core.cases.service.balances import refresh_balances
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.ledger import Line, lock_cases, mirror, post
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.uow import Work
from core.parties.service import NewParty


async def group_of(work: Work, clock: ManualClock, rates: Sequence[tuple[date, str]], name: str = "By law") -> int:
    """An interest group: rates a year on the principal into statutory interest, by the days of the year."""
    table = RateTable(key=name, name=name, clause="a clause")
    group = InterestGroup(name=name, created_at=clock.now())
    work.session.add_all([table, group])
    await work.session.flush()
    work.session.add_all(
        Rate(table_id=table.id, valid_from=since, percent=Decimal(percent)) for since, percent in rates
    )
    term = InterestTerm(
        group_id=group.id,
        bases=[Component.PRINCIPAL.value],
        accrues_to=Component.STATUTORY_INTEREST,
        table_id=table.id,
        day_rule=DayRule.ACTUAL,
    )
    work.session.add(term)
    await work.session.flush()
    return group.id


async def bearing_case(work: Work, clock: ManualClock, order_id: int, number: str, claims: Sequence[NewClaim]) -> Case:
    people = (NewPerson(party=NewParty(name=f"Debtor {number}")),)
    new = NewCase(order_id=order_id, number=number, people=people, claims=claims)
    return await open_case(work, PROGRAM, new, at=clock.now())


async def pay(
    work: Work, clock: ManualClock, case: Case, claim_id: int, parts: dict[Component, str], on: date
) -> LedgerTransaction:
    """Money that is settled on a claim with a value date."""
    await lock_cases(work, [case.id])
    total = sum(map(Decimal, parts.values()), Decimal(0))
    lines = [
        Line(
            account=Account.DEBT,
            amount=-Decimal(amount),
            currency=case.currency,
            case_id=case.id,
            claim_id=claim_id,
            component=component,
        )
        for component, amount in parts.items()
    ]
    lines.append(Line(account=Account.SUSPENSE, amount=total, currency=case.currency))
    done = await post(
        work, PROGRAM, Posting.SETTLEMENT, lines, value_on=on, booked_on=clock.now().date(), at=clock.now()
    )
    await refresh_balances(work, [case.id], at=clock.now())
    return done


async def take_back(work: Work, clock: ManualClock, case: Case, paid: LedgerTransaction) -> LedgerTransaction:
    await lock_cases(work, [case.id])
    back = await mirror(
        work, PROGRAM, paid.id, Posting.WITHDRAWAL, booked_on=clock.now().date(), at=clock.now(), reason="a mistake"
    )
    await refresh_balances(work, [case.id], at=clock.now())
    return back
