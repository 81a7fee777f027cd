"""What debtors are to pay when: promises and instalments in one list, and summed by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import String

from core.cases import rights
from core.cases.model import (
    CASES,
    Case,
    Creditor,
    Instalment,
    InstalmentState,
    PaymentPlan,
    PlanState,
    Promise,
    PromiseState,
)
from core.kernel.access import Actor
from core.kernel.paging import Listing, Sort, count_up_to, fetch_page
from core.parties.search import Matches, terms
from core.people.access import reaches
from core.people.model import User

#: The state of an instalment in the words of promises; a plan nobody approved yet is a draft.
DRAFT = "draft"
_STATES = {
    InstalmentState.PAID: PromiseState.KEPT,
    InstalmentState.MISSED: PromiseState.BROKEN,
    InstalmentState.CANCELLED: PromiseState.CANCELLED,
}
#: What counts in the calendar: waited for, or decided; not what was called off.
_COUNTED = (DRAFT, PromiseState.OPEN, PromiseState.KEPT, PromiseState.PARTLY_KEPT, PromiseState.BROKEN)


@dataclass(frozen=True, kw_only=True, slots=True)
class DueRow:
    """A promise, or the ``n``-th instalment of a plan (None: a promise). ``state`` is a promise's, or ``DRAFT``."""

    key: int
    case_id: int
    number: str
    debtor_name: str
    creditor: str
    collector: str | None
    n: int | None
    amount: Decimal
    paid: Decimal
    currency: str
    due_on: date
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DueQuery:
    """Which of them. ``plans`` None: both kinds. ``due_from`` and ``due_to`` are both included."""

    plans: bool | None = None
    states: Sequence[str] = ()
    due_from: date | None = None
    due_to: date | None = None
    collector_id: int | None = None
    unit_id: int | None = None
    creditor_id: int | None = None
    search: str = ""
    sort: str = "due"
    after: str | None = None
    before: str | None = None
    size: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class DaySum:
    """What is due on a day in one currency, and how much of it has come."""

    day: date
    currency: str
    count: int
    amount: Decimal
    paid: Decimal


def _dues() -> Any:
    """Both kinds as one; keys never meet because one kind is even and the other odd."""
    promises = select(
        (Promise.id * 2).label("key"),
        Promise.case_id.label("case_id"),
        null().label("n"),
        Promise.amount.label("amount"),
        Promise.paid_amount.label("paid"),
        Promise.currency.label("currency"),
        Promise.due_on.label("due_on"),
        Promise.state.label("state"),
    )
    state = case(
        (PaymentPlan.state == PlanState.DRAFT, literal(DRAFT, String)),
        *((Instalment.state == key, literal(str(word), String)) for key, word in _STATES.items()),
        else_=literal(str(PromiseState.OPEN), String),
    )
    instalments = select(
        (Instalment.id * 2 + 1).label("key"),
        PaymentPlan.case_id,
        Instalment.n,
        Instalment.amount,
        Instalment.paid_amount,
        PaymentPlan.currency,
        Instalment.due_on,
        state,
    ).join(PaymentPlan, PaymentPlan.id == Instalment.plan_id)
    return union_all(promises, instalments).subquery("dues")


_DUES = _dues()
_SORTS: dict[str, ColumnElement[Any]] = {
    "due": _DUES.c.due_on,
    "amount": _DUES.c.amount,
    "paid": _DUES.c.paid,
    "debtor": Case.debtor_name.expression,
}
SORTS = frozenset(_SORTS)


async def list_dues(session: AsyncSession, actor: Actor, query: DueQuery) -> Listing[DueRow]:
    """One page of what is due on cases in reach."""
    statement = _lines().where(*_conditions(actor, query))
    column = _SORTS.get(query.sort.removeprefix("-"), _DUES.c.due_on)
    sort = Sort(column=column, id=_DUES.c.key, descending=query.sort.startswith("-"))
    found = await fetch_page(session, statement, sort, size=query.size, after=query.after, before=query.before)
    total, at_least = await count_up_to(session, statement)
    rows = tuple(_row(row) for row in found.rows)
    return Listing(rows=rows, next=found.next, previous=found.previous, total=total, at_least=at_least)


def _lines() -> Select[Any]:
    return (
        select(_DUES, Case.number, Case.debtor_name, Creditor.name.label("creditor"), User)
        .select_from(_DUES)
        .join(Case, Case.id == _DUES.c.case_id)
        .join(Creditor, Creditor.id == Case.creditor_id)
        .outerjoin(User, User.id == Case.collector_id)
    )


def _row(row: Any) -> DueRow:
    return DueRow(
        key=row.key,
        case_id=row.case_id,
        number=row.number,
        debtor_name=row.debtor_name,
        creditor=row.creditor,
        collector=row.User.full_name if row.User else None,
        n=row.n,
        amount=row.amount,
        paid=row.paid,
        currency=row.currency,
        due_on=row.due_on,
        state=row.state,
    )


def _conditions(actor: Actor, query: DueQuery) -> list[ColumnElement[bool]]:
    equal = {
        Case.collector_id: query.collector_id,
        Case.unit_id: query.unit_id,
        Case.creditor_id: query.creditor_id,
    }
    parts = [
        reaches(actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id),
        _DUES.c.state.in_(query.states) if query.states else None,
        None if query.plans is None else _DUES.c.n.is_not(None) if query.plans else _DUES.c.n.is_(None),
        None if query.due_from is None else _DUES.c.due_on >= query.due_from,
        None if query.due_to is None else _DUES.c.due_on <= query.due_to,
        *(column == value for column, value in equal.items() if value is not None),
        _search(query.search.strip()),
    ]
    return [part for part in parts if part is not None]


def _search(text: str) -> ColumnElement[bool] | None:
    pieces = terms(text)
    if pieces:
        return Matches(CASES, pieces)
    return Case.number == text if text else None


async def due_days(session: AsyncSession, actor: Actor, query: DueQuery) -> Sequence[DaySum]:
    """The sums of every day that has any, by day and currency."""
    states = [state for state in _COUNTED if not query.states or state in query.states]
    grouped = (
        select(_DUES.c.due_on, _DUES.c.currency, func.count(), func.sum(_DUES.c.amount), func.sum(_DUES.c.paid))
        .select_from(_DUES)
        .join(Case, Case.id == _DUES.c.case_id)
        .where(*_conditions(actor, query), _DUES.c.state.in_(states))
        .group_by(_DUES.c.due_on, _DUES.c.currency)
        .order_by(_DUES.c.due_on, _DUES.c.currency)
    )
    return [
        DaySum(day=day, currency=currency, count=count, amount=amount, paid=paid)
        for day, currency, count, amount, paid in await session.execute(grouped)
    ]
