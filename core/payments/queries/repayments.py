"""Repayments: those of a case for whoever may see it, and all of them for reports and other systems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Case, Claim
from core.cases.service.access import case_for
from core.kernel.access import Actor
from core.kernel.paging import Page, Sort, fetch_page
from core.payments import rights
from core.payments.model import Allocation, Payment, PaymentState, Settlement
from core.payments.queries.payments import Repayment, repayment_of
from core.payments.queries.searching import found_by
from core.people.access import visible


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseRepayment:
    """What one payment has brought on a case. ``settlement_id`` is its act; ``withdrawn`` ones count for nothing."""

    payment_id: int
    settlement_id: int
    value_on: date
    amount: Decimal
    currency: str
    payer_name: str
    withdrawn: bool
    lines: tuple[Repayment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RepaymentQuery:
    """Which repayments; the days bound the value date, both included. ``search`` is the number of a case or claim, or
    a piece of the payer's name."""

    case_id: int | None = None
    payment_id: int | None = None
    creditor_id: int | None = None
    collector_id: int | None = None
    component: str | None = None
    value_from: date | None = None
    value_to: date | None = None
    search: str = ""
    after: str | None = None
    before: str | None = None
    size: int = 50


async def repayments_of_case(session: AsyncSession, actor: Actor, case_id: int) -> Sequence[CaseRepayment]:
    """The repayments of a case the actor may see, the latest first. Raises ``NotFound`` for a foreign one."""
    await case_for(session, actor, case_id)
    statement = _repayments().where(Allocation.case_id == case_id, Allocation.reverses_id.is_(None))
    statement = statement.order_by(Allocation.value_on.desc(), Allocation.settlement_id.desc(), Allocation.id)
    by_act: dict[int, list[Any]] = {}
    for row in await session.execute(statement):
        by_act.setdefault(row.Allocation.settlement_id, []).append(row)
    return [_of_case(rows) for rows in by_act.values()]


async def list_repayments(session: AsyncSession, actor: Actor, query: RepaymentQuery) -> Page[Repayment]:
    """One page of the lines in reach, mirrors included, the newest first."""
    statement = visible(_repayments(), actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)
    sort = Sort(column=Allocation.value_on.expression, id=Allocation.id.expression, descending=True)
    listed = statement.where(*_asked(query))
    found = await fetch_page(session, listed, sort, size=query.size, after=query.after, before=query.before)
    rows = tuple(repayment_of(row) for row in found.rows)
    return Page(rows=rows, next=found.next, previous=found.previous)


async def repayment_sums(
    session: AsyncSession, actor: Actor, query: RepaymentQuery
) -> Sequence[tuple[str, int, Decimal]]:
    """What the lines of a list add up to: currency, how many, sum; what was taken back takes itself off."""
    listed = visible(_repayments(), actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)
    sums = listed.where(*_asked(query)).with_only_columns(
        Allocation.currency, func.count(), func.sum(Allocation.amount), maintain_column_froms=True
    )
    rows = await session.execute(sums.group_by(Allocation.currency).order_by(Allocation.currency))
    return [(currency, count, total) for currency, count, total in rows]


async def waiting_of_case(session: AsyncSession, actor: Actor, case_id: int) -> Sequence[Payment]:
    """Payments matched to a case the actor may see of which nothing has been settled yet. Raises ``NotFound``."""
    await case_for(session, actor, case_id)
    waiting = select(Payment).where(
        Payment.case_id == case_id, Payment.state == PaymentState.POSTED, Payment.settled == 0
    )
    return (await session.scalars(waiting.order_by(Payment.value_on.desc(), Payment.id.desc()))).all()


async def suspense(session: AsyncSession, actor: Actor) -> Mapping[str, Decimal]:
    """What is in suspense in all, by currency: money that came in and is neither settled nor given back."""
    actor.require(rights.VIEW)
    sums = (func.sum(Payment.amount), func.sum(Payment.settled), func.sum(Payment.refunded))
    waiting = select(Payment.currency, *sums).where(Payment.state == PaymentState.POSTED).group_by(Payment.currency)
    rows = await session.execute(waiting.order_by(Payment.currency))
    return {currency: amount - settled - refunded for currency, amount, settled, refunded in rows}


async def unsettled(session: AsyncSession, actor: Actor) -> tuple[int, int]:
    """How many payments wait to be settled: those nothing has been done with, and those with a rest."""
    actor.require(rights.VIEW)
    untouched = func.count().filter(Payment.settled == 0)
    counted = select(untouched, func.count()).select_from(Payment).where(Payment.state == PaymentState.POSTED)
    fresh, posted = (await session.execute(counted)).one()
    return fresh, posted - fresh


def _repayments() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Allocation,
            Case.number.label("case_number"),
            Claim.number.label("claim_number"),
            Settlement.withdrawn_at,
            Payment.payer_name,
        )
        .join(Case, Case.id == Allocation.case_id)
        .join(Claim, Claim.id == Allocation.claim_id)
        .join(Settlement, Settlement.id == Allocation.settlement_id)
        .join(Payment, Payment.id == Allocation.payment_id)
    )


def _asked(query: RepaymentQuery) -> list[ColumnElement[bool]]:
    equal = {
        Allocation.case_id: query.case_id,
        Allocation.payment_id: query.payment_id,
        Allocation.creditor_id: query.creditor_id,
        Allocation.collector_id: query.collector_id,
        Allocation.component: query.component,
    }
    parts = [column == value for column, value in equal.items() if value is not None]
    if query.value_from is not None:
        parts.append(Allocation.value_on >= query.value_from)
    if query.value_to is not None:
        parts.append(Allocation.value_on <= query.value_to)
    if query.search.strip():
        paid = Allocation.payment_id.in_(select(Payment.id).where(found_by(query.search)))
        parts.append(or_(Case.number == query.search.strip(), Claim.number == query.search.strip(), paid))
    return parts


def _of_case(rows: Sequence[Any]) -> CaseRepayment:
    first: Allocation = rows[0].Allocation
    return CaseRepayment(
        payment_id=first.payment_id,
        settlement_id=first.settlement_id,
        value_on=first.value_on,
        amount=sum((row.Allocation.amount for row in rows), Decimal(0)),
        currency=first.currency,
        payer_name=rows[0].payer_name,
        withdrawn=rows[0].withdrawn_at is not None,
        lines=tuple(repayment_of(row) for row in rows),
    )
