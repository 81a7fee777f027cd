"""Commission terms and statements to creditors, for those who see commission."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.cases.model import Case, Claim, Creditor
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.paging import Page, Sort, fetch_page
from core.payments import rights
from core.payments.model import AccountKind, Allocation, CommissionTerms, MoneyAccount, Payment, Remittance

_BATCH = 1000
_LISTED: tuple[Any, ...] = (Remittance, Creditor.name.label("creditor"))


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedLine:
    """A line of a statement. Its money came ``direct``, to the creditor himself, or to the agency. ``takes_back`` is
    the number of the other statement whose line it takes back ("" while that is a draft)."""

    id: int
    value_on: date
    booked_on: date
    case_number: str
    debtor_name: str
    claim_number: str
    component: str
    amount: Decimal
    direct: bool
    commission: Decimal
    commission_vat: Decimal
    terms: str | None
    takes_back: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedPart:
    """What a component of the debts brought in a statement, and what it earned."""

    component: str
    collected: Decimal
    collected_direct: Decimal
    commission: Decimal
    commission_vat: Decimal


async def list_terms(session: AsyncSession, actor: Actor, creditor_id: int | None = None) -> Sequence[Any]:
    """Terms with their creditor's name, by creditor and the latest first."""
    actor.require(rights.COMMISSION_VIEW)
    wanted = (
        select(CommissionTerms, Creditor.name.label("creditor"))
        .join(Creditor, Creditor.id == CommissionTerms.creditor_id)
        .order_by(Creditor.name, CommissionTerms.valid_from.desc(), CommissionTerms.id)
    )
    if creditor_id is not None:
        wanted = wanted.where(CommissionTerms.creditor_id == creditor_id)
    return (await session.execute(wanted)).all()


async def list_remittances(
    session: AsyncSession,
    actor: Actor,
    *,
    creditor_id: int | None = None,
    states: Sequence[str] = (),
    size: int,
    after: str | None = None,
    before: str | None = None,
) -> Page[Any]:
    """A page of statements with their creditor's name, the newest first."""
    actor.require(rights.COMMISSION_VIEW)
    wanted: Select[Any] = select(*_LISTED).join(Creditor, Creditor.id == Remittance.creditor_id)
    if creditor_id is not None:
        wanted = wanted.where(Remittance.creditor_id == creditor_id)
    if states:
        wanted = wanted.where(Remittance.state.in_(states))
    sort = Sort(column=Remittance.created_at.expression, id=Remittance.id.expression, descending=True)
    return await fetch_page(session, wanted, sort, size=size, after=after, before=before)


async def remittance_for(session: AsyncSession, actor: Actor, remittance_id: int) -> tuple[Remittance, Creditor]:
    """A statement and its creditor. Raises ``NotFound``."""
    actor.require(rights.COMMISSION_VIEW)
    wanted = select(Remittance, Creditor).join(Creditor, Creditor.id == Remittance.creditor_id)
    row = (await session.execute(wanted.where(Remittance.id == remittance_id))).one_or_none()
    if row is None:
        raise NotFound()
    return row.Remittance, row.Creditor


async def first_day(session: AsyncSession, creditor_id: int, currency: str) -> date | None:
    """The day the next statement to a creditor begins with: the day after the last one ends, or the first with
    something booked. None: nothing has come yet."""
    mine = (Remittance.creditor_id == creditor_id, Remittance.currency == currency, Remittance.number.is_not(None))
    last = await session.scalar(select(func.max(Remittance.until_on)).where(*mine))
    if last is not None:
        return last + timedelta(days=1)
    booked = select(func.min(Allocation.booked_on)).where(
        Allocation.creditor_id == creditor_id, Allocation.currency == currency
    )
    return await session.scalar(booked)


async def parts_of(session: AsyncSession, remittance_id: int) -> Sequence[StatedPart]:
    """A statement by component."""
    direct = MoneyAccount.kind == AccountKind.DIRECT
    sums = (
        func.sum(case((direct, None), else_=Allocation.amount)).label("collected"),
        func.sum(case((direct, Allocation.amount), else_=None)).label("collected_direct"),
        func.sum(Allocation.commission).label("commission"),
        func.sum(Allocation.commission_vat).label("commission_vat"),
    )
    rows = await session.execute(
        select(Allocation.component, *sums)
        .join(Payment, Payment.id == Allocation.payment_id)
        .join(MoneyAccount, MoneyAccount.id == Payment.account_id)
        .where(Allocation.remittance_id == remittance_id)
        .group_by(Allocation.component)
    )
    return [StatedPart(**{name: _sum(value) for name, value in row._mapping.items()}) for row in rows]


def _sum(value: Any) -> Any:
    return Decimal(0) if value is None else value


async def lines_of(session: AsyncSession, remittance_id: int, most: int) -> Sequence[StatedLine]:
    """The first ``most`` lines of a statement, in the order they were posted."""
    return [_line(row) for row in await session.execute(_lines(remittance_id, 0, most))]


async def line_batches(session: AsyncSession, remittance_id: int) -> AsyncIterator[Sequence[StatedLine]]:
    """All of them, in pieces."""
    after = 0
    while lines := [_line(row) for row in await session.execute(_lines(remittance_id, after, _BATCH))]:
        yield lines
        after = lines[-1].id


def _lines(remittance_id: int, after: int, most: int) -> Select[*tuple[Any, ...]]:
    original, earlier = aliased(Allocation), aliased(Remittance)
    return (
        select(
            Allocation.id,
            Allocation.value_on,
            Allocation.booked_on,
            Case.number.label("case_number"),
            Case.debtor_name,
            Claim.number.label("claim_number"),
            Allocation.component,
            Allocation.amount,
            MoneyAccount.kind,
            Allocation.commission,
            Allocation.commission_vat,
            CommissionTerms.name.label("terms"),
            earlier.number.label("earlier"),
            earlier.id.label("earlier_id"),
        )
        .join(Case, Case.id == Allocation.case_id)
        .join(Claim, Claim.id == Allocation.claim_id)
        .join(Payment, Payment.id == Allocation.payment_id)
        .join(MoneyAccount, MoneyAccount.id == Payment.account_id)
        .outerjoin(CommissionTerms, CommissionTerms.id == Allocation.terms_id)
        .outerjoin(original, original.id == Allocation.reverses_id)
        .outerjoin(earlier, (earlier.id == original.remittance_id) & (earlier.id != Allocation.remittance_id))
        .where(Allocation.remittance_id == remittance_id, Allocation.id > after)
        .order_by(Allocation.id)
        .limit(most)
    )


def _line(row: Any) -> StatedLine:
    own = {name: getattr(row, name) for name in StatedLine.__dataclass_fields__ if hasattr(row, name)}
    takes_back = None if row.earlier_id is None else row.earlier or ""
    return StatedLine(**own, direct=row.kind == AccountKind.DIRECT, takes_back=takes_back)
