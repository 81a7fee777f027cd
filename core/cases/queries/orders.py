"""Reading orders: the lots of cases that creditors handed over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.model import Case, CaseState, Creditor, Order
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.paging import Listing, Sort, count_up_to, fetch_page
from core.parties.search import like_pattern
from core.people.access import reaches
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderQuery:
    """Which orders. ``entered`` asks for those the actor entered, ``held`` for those with cases he works on."""

    search: str = ""
    creditor_ids: tuple[int, ...] = ()
    entered: bool = False
    held: bool = False
    placed_from: date | None = None
    placed_to: date | None = None
    sort: str = "-placed"
    after: str | None = None
    before: str | None = None
    size: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderRow:
    """A line of the list of orders. The sums count open cases, in the creditor's currency."""

    id: int
    number: str
    name: str
    note: str
    creditor_id: int
    creditor: str
    currency: str
    placed_on: date
    ends_on: date | None
    entered_by: str | None
    entered_at: datetime
    cases: int
    open_cases: int
    open_amount: Decimal


_SORTS: Mapping[str, ColumnElement[Any]] = {
    "placed": Order.placed_on.expression,
    "number": Order.number.expression,
    "creditor": Creditor.name.expression,
}


async def list_orders(session: AsyncSession, actor: Actor, query: OrderQuery) -> Listing[OrderRow]:
    """One page of the orders in reach: all of them with the right to see creditors, else those with cases in reach."""
    statement = _lines().where(*_conditions(actor, query))
    sort = Sort(
        column=_SORTS.get(query.sort.lstrip("-"), _SORTS["placed"]),
        id=Order.id.expression,
        descending=query.sort.startswith("-"),
    )
    found = await fetch_page(session, statement, sort, size=query.size, after=query.after, before=query.before)
    total, at_least = await count_up_to(session, statement.with_only_columns(Order.id))
    lots = await _lots(session, [row.Order.id for row in found.rows])
    return Listing(
        rows=tuple(_row(row, lots) for row in found.rows),
        next=found.next,
        previous=found.previous,
        total=total,
        at_least=at_least,
    )


async def order_row(session: AsyncSession, actor: Actor, order_id: int) -> OrderRow:
    """One order. Raises ``NotFound`` for one out of reach."""
    statement = _lines().where(Order.id == order_id, *_conditions(actor, OrderQuery()))
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return _row(row, await _lots(session, [order_id]))


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(Order, Creditor.name, Creditor.currency, User.surname, User.first_name, User.login)
        .join(Creditor, Creditor.id == Order.creditor_id)
        .outerjoin(User, User.id == Order.created_by_id)
    )


def _conditions(actor: Actor, query: OrderQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if not actor.may(rights.CREDITORS_VIEW):
        found.append(_with_case(reaches(actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)))
    if query.search.strip():
        pattern = like_pattern(query.search.strip())
        found.append(or_(*(column.ilike(pattern, escape="\\") for column in (Order.number, Order.name, Creditor.name))))
    if query.creditor_ids:
        found.append(Order.creditor_id.in_(query.creditor_ids))
    if query.entered:
        found.append(Order.created_by_id == actor.user_id)
    if query.held:
        found.append(_with_case(Case.collector_id == actor.user_id))
    if query.placed_from is not None:
        found.append(Order.placed_on >= query.placed_from)
    if query.placed_to is not None:
        found.append(Order.placed_on <= query.placed_to)
    return found


def _with_case(condition: ColumnElement[bool] | None) -> ColumnElement[bool]:
    wanted = exists().where(Case.order_id == Order.id)
    return (wanted if condition is None else wanted.where(condition)).correlate(Order)


async def _lots(session: AsyncSession, order_ids: Sequence[int]) -> Mapping[int, Any]:
    """The size of each lot."""
    is_open = Case.state != CaseState.CLOSED
    counted = select(
        Case.order_id,
        func.count().label("cases"),
        func.count().filter(is_open).label("open_cases"),
        func.sum(Case.open_amount).filter(is_open).label("open_amount"),
    )
    rows = await session.execute(counted.where(Case.order_id.in_(order_ids)).group_by(Case.order_id))
    return {row.order_id: row for row in rows}


def _row(row: Any, lots: Mapping[int, Any]) -> OrderRow:
    order: Order = row.Order
    lot = lots.get(order.id)
    return OrderRow(
        id=order.id,
        number=order.number,
        name=order.name,
        note=order.note,
        creditor_id=order.creditor_id,
        creditor=row.name,
        currency=row.currency,
        placed_on=order.placed_on,
        ends_on=order.ends_on,
        entered_by=" ".join(filter(None, (row.surname, row.first_name))) or row.login,
        entered_at=order.created_at,
        cases=lot.cases if lot else 0,
        open_cases=lot.open_cases if lot else 0,
        open_amount=(lot.open_amount if lot else None) or Decimal(0),
    )
