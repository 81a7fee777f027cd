"""Lists of payments, their sums, and one payment with all that became of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.fields import condition
from core.cases.model import Case, Claim, Creditor
from core.cases.queries.lists import ListQuery
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.i18n import Message
from core.kernel.paging import Listing, Sort, count_or_few, fetch_page
from core.payments import rights
from core.payments.fields import PAYMENT_FIELDS, PAYMENT_SORTS, REST
from core.payments.model import Allocation, MoneyAccount, Payment, PaymentState, Refund, Settlement
from core.payments.queries.searching import found_by_case
from core.payments.rules.explain import explain
from core.people.access import reaches
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentRow:
    """A line of the list of payments. ``rest`` is in suspense: neither settled nor given back."""

    id: int
    value_on: date
    booked_on: date
    state: str
    source: str
    account_id: int
    account: str
    amount: Decimal
    settled: Decimal
    refunded: Decimal
    rest: Decimal
    currency: str
    payer_name: str
    payer_account: str | None
    payer_tax_id: str | None
    purpose: str
    doc_no: str
    receipt_no: str | None
    match: Mapping[str, Any]
    batch_id: int | None
    created_at: datetime
    case_id: int | None
    claim_id: int | None
    case_number: str | None
    debtor_name: str | None
    creditor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentSums:
    """What the payments of a list add up to in one currency; reversed ones do not count."""

    currency: str
    payments: int
    amount: Decimal
    settled: Decimal
    refunded: Decimal
    rest: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Repayment:
    """A line of a settlement and ``why`` it went there. ``withdrawn`` lines have their mirror elsewhere."""

    row: Allocation
    case_number: str
    claim_number: str
    why: Message
    withdrawn: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SettlementCard:
    """A settlement with its lines (not their mirrors)."""

    row: Settlement
    lines: tuple[Repayment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentCard:
    """A payment whole; ``users`` are the names behind ids."""

    row: PaymentRow
    payment: Payment
    settlements: tuple[SettlementCard, ...]
    refunds: tuple[Refund, ...]
    users: Mapping[int, str]


async def list_payments(session: AsyncSession, actor: Actor, query: ListQuery) -> Listing[PaymentRow]:
    """The payments in the actor's reach, the latest first unless asked otherwise. ``query.filters`` are keys of
    ``PAYMENT_FIELDS``. Raises ``Invalid`` for a value that cannot be read."""
    conditions = _conditions(actor, query)
    total, at_least, few = await count_or_few(session, select(Payment.id).where(*conditions))
    chosen = PAYMENT_SORTS.get(query.sort.lstrip("-")) or PAYMENT_SORTS["value"]
    falling = query.sort.startswith("-") or query.sort not in PAYMENT_SORTS
    column = chosen.column.expression
    sort = Sort(column=column, id=Payment.id.expression, descending=falling)
    lines = _LINES.where(*conditions) if few is None else _LINES.where(Payment.id.in_(few))
    found = await fetch_page(session, lines, sort, size=query.size, after=query.after, before=query.before)
    rows = tuple(_row(row) for row in found.rows)
    return Listing(rows=rows, next=found.next, previous=found.previous, total=total, at_least=at_least)


async def payment_sums(session: AsyncSession, actor: Actor, query: ListQuery) -> Sequence[PaymentSums]:
    """The sums of everything the query means, currency by currency."""
    statement = select(
        Payment.currency,
        func.count(),
        func.sum(Payment.amount),
        func.sum(Payment.settled),
        func.sum(Payment.refunded),
    ).where(*_conditions(actor, query), Payment.state != PaymentState.REVERSED)
    rows = await session.execute(statement.group_by(Payment.currency).order_by(Payment.currency))
    return [
        PaymentSums(
            currency=currency,
            payments=count,
            amount=amount,
            settled=settled,
            refunded=refunded,
            rest=amount - settled - refunded,
        )
        for currency, count, amount, settled, refunded in rows
    ]


async def payment_card(session: AsyncSession, actor: Actor, payment_id: int) -> PaymentCard:
    """One payment with its settlements, each line explained. Raises ``NotFound`` for one out of reach."""
    reach = _reach(actor)
    wanted = _LINES.where(Payment.id == payment_id)
    row = (await session.execute(wanted if reach is None else wanted.where(reach))).one_or_none()
    if row is None:
        raise NotFound()
    payment = await session.get_one(Payment, payment_id)
    acts = select(Settlement).where(Settlement.payment_id == payment_id).order_by(Settlement.id)
    settlements = (await session.scalars(acts)).all()
    given = select(Refund).where(Refund.payment_id == payment_id).order_by(Refund.id)
    refunds = (await session.scalars(given)).all()
    lines: dict[int, list[Repayment]] = defaultdict(list)
    for line in await _repayments(session, Allocation.payment_id == payment_id, Allocation.reverses_id.is_(None)):
        lines[line.row.settlement_id].append(line)
    people = {payment.created_by_id, payment.reversed_by_id, *(one.actor_id for one in refunds)}
    people |= {who for one in settlements for who in (one.actor_id, one.withdrawn_by_id)}
    return PaymentCard(
        row=_row(row),
        payment=payment,
        settlements=tuple(SettlementCard(row=one, lines=tuple(lines[one.id])) for one in settlements),
        refunds=tuple(refunds),
        users=await _names(session, people - {None}),
    )


async def _repayments(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[Repayment]:
    statement = (
        select(Allocation, Case.number.label("case_number"), Claim.number.label("claim_number"))
        .add_columns(Settlement.withdrawn_at)
        .join(Case, Case.id == Allocation.case_id)
        .join(Claim, Claim.id == Allocation.claim_id)
        .join(Settlement, Settlement.id == Allocation.settlement_id)
        .where(*conditions)
        .order_by(Allocation.id)
    )
    return [repayment_of(row) for row in await session.execute(statement)]


def repayment_of(row: Any) -> Repayment:
    """A repayment from a row of it with its case, its claim and its settlement's end."""
    return Repayment(
        row=row.Allocation,
        case_number=row.case_number,
        claim_number=row.claim_number,
        why=explain(row.Allocation.rule),
        withdrawn=row.withdrawn_at is not None,
    )


async def _names(session: AsyncSession, user_ids: set[int | None]) -> dict[int, str]:
    users = await session.scalars(select(User).where(User.id.in_(user_ids)))
    return {user.id: user.full_name for user in users}


def _conditions(actor: Actor, query: ListQuery) -> list[ColumnElement[bool]]:
    asked = [condition(PAYMENT_FIELDS[key], value) for key, value in query.filters.items() if key in PAYMENT_FIELDS]
    search = found_by_case(query.search) if query.search.strip() else None
    return [part for part in (_reach(actor), search, *asked) if part is not None]


async def require_payment(session: AsyncSession, actor: Actor, right: str, payment_id: int) -> None:
    """Raises ``Forbidden`` without the right, ``NotFound`` for a payment it does not reach."""
    reach = _reach(actor, right)
    wanted = select(Payment.id).where(Payment.id == payment_id)
    if await session.scalar(wanted if reach is None else wanted.where(reach)) is None:
        raise NotFound()


def _reach(actor: Actor, right: str = rights.VIEW) -> ColumnElement[bool] | None:
    """Payments matched to a case in reach, or settled on one."""
    case = reaches(actor, right, owner=Case.collector_id, unit=Case.unit_id)
    if case is None:
        return None
    mine = select(Case.id).where(case)
    settled = select(Allocation.payment_id).where(Allocation.case_id.in_(mine))
    return or_(Payment.case_id.in_(mine), Payment.id.in_(settled))


_OWN = tuple(name for name in PaymentRow.__dataclass_fields__ if hasattr(Payment, name))


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(getattr(Payment, name) for name in _OWN),
            REST.label("rest"),
            MoneyAccount.name.label("account"),
            Case.number.label("case_number"),
            Case.debtor_name,
            Creditor.name.label("creditor"),
        )
        .select_from(Payment)
        .outerjoin(MoneyAccount, MoneyAccount.id == Payment.account_id)
        .outerjoin(Case, Case.id == Payment.case_id)
        .outerjoin(Creditor, Creditor.id == Case.creditor_id)
    )


_LINES = _lines()


def _row(row: Any) -> PaymentRow:
    return PaymentRow(**{name: getattr(row, name) for name in PaymentRow.__dataclass_fields__})
