"""Debts handed over: the entries that a claim's first sums are written in, and what the creditor corrects later."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import insert

from core.cases.model import Account, Claim, Component, Creditor, LedgerEntry, LedgerTransaction, Posting
from core.cases.queries.agency import agency_day
from core.cases.queries.balance import debts_of
from core.cases.queries.interest import terms_of
from core.cases.rules.interest import Term, starts_after_handover
from core.cases.service.ledger import Line, entry_of, lock_cases, post
from core.kernel.access import Actor
from core.kernel.bulk import insert_many
from core.kernel.uow import Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Handover:
    """The day debts come in, and how the creditor's claims bear interest."""

    at: datetime
    today: date
    terms: Sequence[Term]

    def interest_from(self, amounts: Mapping[str, Decimal], due_on: date | None) -> date | None:
        """See :func:`~core.cases.rules.interest.starts_after_handover`."""
        return starts_after_handover(amounts, self.terms, due_on, self.today)


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """A new claim with the sums its row was written with, by component."""

    case_id: int
    claim_id: int
    currency: str
    due_on: date | None
    amounts: Mapping[str, Decimal]


async def handover_of(work: Work, creditor: Creditor, *, at: datetime) -> Handover:
    """A handover of the creditor's at this moment."""
    group = creditor.interest_group_id
    terms = (await terms_of(work.session, [group])).get(group, ()) if group else ()
    return Handover(at=at, today=await agency_day(work.session, at), terms=terms)


def stated(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    """Sums as a claim remembers that the creditor stated them."""
    return {name: f"{amount.normalize():f}" for name, amount in amounts.items()}


async def post_openings(work: Work, actor: Actor, handover: Handover, openings: Sequence[Opening]) -> None:
    """Write the entries of claims just inserted with their sums: one transaction, one credit for each currency.

    A debt takes effect on the day it was due, or now if that is still to come: the sums are owed since then, so that
    interest and payments of before the handover fall on them.
    """
    lines: list[tuple[Line, date]] = []
    handed: dict[str, Decimal] = defaultdict(Decimal)
    for one in openings:
        since = min(one.due_on or handover.today, handover.today)
        for name, amount in one.amounts.items():
            if amount:
                lines.append((_debt(one.case_id, one.claim_id, Component(name), amount, one.currency), since))
                handed[one.currency] += amount
    if not lines:
        return
    lines += ((_handed_over(-amount, currency), handover.today) for currency, amount in handed.items())
    transaction_id = await _opening(work, actor, handover)
    rows = [entry_of(line, transaction_id, since) for line, since in lines]
    await insert_many(work.session, LedgerEntry, rows)


async def _opening(work: Work, actor: Actor, handover: Handover) -> int:
    adding = insert(LedgerTransaction).values(
        kind=Posting.OPENING,
        value_on=handover.today,
        booked_on=handover.today,
        posted_at=handover.at,
        actor_id=actor.user_id or None,
        reason="",
    )
    return (await work.session.execute(adding.returning(LedgerTransaction.id))).scalar_one()


async def restate(
    work: Work, actor: Actor, changes: Mapping[int, Mapping[str, Decimal]], *, at: datetime, reason: str
) -> None:
    """Take what the creditor says is owed now (claim id → component → sum) for what is owed: the difference to the
    balance of today becomes an adjustment. The caller refreshes the cases."""
    claims = [await work.session.get_one(Claim, claim_id) for claim_id in sorted(changes)]
    cases = {case.id: case for case in await lock_cases(work, {claim.case_id for claim in claims})}
    today = await agency_day(work.session, at)
    debts = {debt.claim_id: debt for debt in await debts_of(work.session, cases, until=today)}
    for claim in claims:
        claim.stated = {**claim.stated, **stated(changes[claim.id])}
        if claim.id not in debts:  # it was withdrawn: nothing is owed on it, whatever is said
            continue
        owed = debts[claim.id].on(today).parts
        lines: list[Line] = []
        for name, said in changes[claim.id].items():
            component, currency = Component(name), cases[claim.case_id].currency
            if difference := said - owed[component]:
                lines.append(_debt(claim.case_id, claim.id, component, difference, currency))
                lines.append(_handed_over(-difference, currency))
        if lines:
            await post(work, actor, Posting.ADJUSTMENT, lines, value_on=today, booked_on=today, at=at, reason=reason)


def _debt(case_id: int, claim_id: int, component: Component, amount: Decimal, currency: str) -> Line:
    return Line(
        account=Account.DEBT,
        amount=amount,
        currency=currency,
        case_id=case_id,
        claim_id=claim_id,
        component=component,
    )


def _handed_over(amount: Decimal, currency: str) -> Line:
    return Line(account=Account.PLACEMENT, amount=amount, currency=currency)
