"""Statements to creditors: drawn up from the repayments no other one has, issued with a number, or called off.

Whoever draws up or issues one owns the books for that moment, so that nothing is posted between reading and writing;
that a repayment is in one statement only, the conditional update makes sure.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.service import record
from core.cases.model import Creditor
from core.cases.queries.agency import agency_day
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.i18n import msg
from core.kernel.locks import BOOKS, own
from core.kernel.uow import Work
from core.payments import rights
from core.payments.errors import BadPeriod, NotADraft, NothingToState
from core.payments.model import AccountKind, Allocation, MoneyAccount, Payment, Remittance, RemittanceState
from core.payments.rules.commission import to_remit


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which statement: every repayment of the creditor in the currency that is booked by ``until_on`` and in no other
    statement. ``from_on`` is the first day it speaks of: what was booked before it and left over is carried over."""

    creditor_id: int
    from_on: date
    until_on: date
    currency: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """What a statement adds up to. ``taken_back`` is the part of ``collected`` and ``collected_direct`` that takes back
    lines of earlier statements (below zero)."""

    lines: int
    collected: Decimal
    collected_direct: Decimal
    commission: Decimal
    commission_vat: Decimal
    taken_back: Decimal

    @property
    def remitted(self) -> Decimal:
        """What is passed on; below zero the creditor owes it."""
        return to_remit(self.collected, self.commission, self.commission_vat)


async def preview_remittance(session: AsyncSession, actor: Actor, wanted: Wanted, *, at: datetime) -> Totals:
    """What the statement would say if it were drawn up now. Raises ``BadPeriod``, ``NotFound`` or
    ``NothingToState``."""
    actor.require(rights.COMMISSION)
    await _check(session, wanted, at)
    return await _some(session, _waiting(wanted))


async def draft_remittance(work: Work, actor: Actor, wanted: Wanted, *, at: datetime) -> Remittance:
    """Draw a statement up: its repayments are its own until it is called off. Raises what previewing raises."""
    actor.require(rights.COMMISSION)
    await own(work.session, BOOKS)
    await _check(work.session, wanted, at)
    draft = Remittance(
        creditor_id=wanted.creditor_id,
        from_on=wanted.from_on,
        until_on=wanted.until_on,
        currency=wanted.currency,
        created_by_id=actor.user_id or None,
        created_at=at,
    )
    work.session.add(draft)
    await work.session.flush()
    taken = update(Allocation).where(*_waiting(wanted)).values(remittance_id=draft.id)
    await work.session.execute(taken, execution_options={"synchronize_session": False})
    totals = await _some(work.session, (Allocation.remittance_id == draft.id,))
    for name in ("collected", "collected_direct", "commission", "commission_vat"):
        setattr(draft, name, getattr(totals, name))
    told = {"until_on": (None, wanted.until_on), "remitted": (None, totals.remitted), "rows": (None, totals.lines)}
    record(work, actor, "remittance.drafted", ("remittance", draft.id), told, at=at)
    return draft


async def issue_remittance(work: Work, actor: Actor, remittance_id: int, *, at: datetime) -> str:
    """Issue a draft; its number, which counts from 1 in each year. Nothing of it changes any more. Raises ``NotFound``
    or ``NotADraft``."""
    actor.require(rights.COMMISSION)
    await own(work.session, BOOKS)
    year = (await agency_day(work.session, at)).year
    given = select(func.count()).select_from(Remittance).where(Remittance.number.like(f"{year}-%"))
    number = f"{year}-{(await work.session.scalar(given) or 0) + 1:04}"
    await _end(work, remittance_id, state=RemittanceState.ISSUED, number=number, issued_at=at)
    record(work, actor, "remittance.issued", ("remittance", remittance_id), {"number": (None, number)}, at=at)
    return number


async def cancel_remittance(work: Work, actor: Actor, remittance_id: int, *, at: datetime) -> None:
    """Call a draft off: its repayments wait for another one. Raises ``NotFound`` or ``NotADraft``."""
    actor.require(rights.COMMISSION)
    await _end(work, remittance_id, state=RemittanceState.CANCELLED)
    freed = update(Allocation).where(Allocation.remittance_id == remittance_id).values(remittance_id=None)
    await work.session.execute(freed, execution_options={"synchronize_session": False})
    record(work, actor, "remittance.cancelled", ("remittance", remittance_id), at=at)


async def totals_of(session: AsyncSession, remittance_id: int) -> Totals:
    """What the lines of a statement add up to; a cancelled one has none."""
    return await _totals(session, (Allocation.remittance_id == remittance_id,))


async def _end(work: Work, remittance_id: int, **values: object) -> None:
    """Only one who asks ends a draft."""
    ended = (
        update(Remittance)
        .where(Remittance.id == remittance_id, Remittance.state == RemittanceState.DRAFT)
        .values(**values)
        .returning(Remittance.id)
    )
    won = (await work.session.execute(ended)).scalar_one_or_none()
    if await work.session.get(Remittance, remittance_id, populate_existing=True) is None:
        raise NotFound()
    if won is None:
        raise NotADraft()


async def _check(session: AsyncSession, wanted: Wanted, at: datetime) -> None:
    if await session.get(Creditor, wanted.creditor_id) is None:
        raise NotFound()
    if wanted.until_on < wanted.from_on:
        raise BadPeriod({"until_on": msg("The last day is before the first.")})
    if wanted.until_on > await agency_day(session, at):
        raise BadPeriod({"until_on": msg("This day is still to come.")})


def _waiting(wanted: Wanted) -> tuple[ColumnElement[bool], ...]:
    return (
        Allocation.creditor_id == wanted.creditor_id,
        Allocation.currency == wanted.currency,
        Allocation.booked_on <= wanted.until_on,
        Allocation.remittance_id.is_(None),
    )


async def _some(session: AsyncSession, conditions: tuple[ColumnElement[bool], ...]) -> Totals:
    totals = await _totals(session, conditions)
    if not totals.lines:
        raise NothingToState()
    return totals


async def _totals(session: AsyncSession, conditions: tuple[ColumnElement[bool], ...]) -> Totals:
    """The sums over lines by where their money came to."""
    original = select(Allocation.id, Allocation.remittance_id).subquery()
    stated = original.c.remittance_id.is_not(None) & (
        Allocation.remittance_id.is_(None) | (original.c.remittance_id != Allocation.remittance_id)
    )
    columns = (
        MoneyAccount.kind,
        func.count().label("lines"),
        func.sum(Allocation.amount).label("collected"),
        func.sum(Allocation.commission).label("commission"),
        func.sum(Allocation.commission_vat).label("vat"),
        func.sum(case((stated, Allocation.amount), else_=None)).label("taken_back"),
    )
    grouped = (
        select(*columns)
        .select_from(Allocation)
        .join(Payment, Payment.id == Allocation.payment_id)
        .join(MoneyAccount, MoneyAccount.id == Payment.account_id)
        .outerjoin(original, original.c.id == Allocation.reverses_id)
        .where(*conditions)
        .group_by(MoneyAccount.kind)
    )
    rows = (await session.execute(grouped)).all()
    return Totals(
        lines=sum(row.lines for row in rows),
        collected=sum((row.collected for row in rows if row.kind != AccountKind.DIRECT), Decimal(0)),
        collected_direct=sum((row.collected for row in rows if row.kind == AccountKind.DIRECT), Decimal(0)),
        commission=sum((row.commission for row in rows), Decimal(0)),
        commission_vat=sum((row.vat for row in rows), Decimal(0)),
        taken_back=sum((row.taken_back for row in rows if row.taken_back is not None), Decimal(0)),
    )
