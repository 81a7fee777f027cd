"""Pages of a sorted list by cursor: as fast on the last page as on the first, and steady while rows come and go.

A list is sorted by one column and, within equal values, by id. Rows without a value come last in both directions. Both
parts of that order are read as ranges of an index on (column, id), never by counting past what came before.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.errors import Invalid
from core.kernel.i18n import msg
from core.kernel.types import AMOUNT_SCALE

Line = TypeVar("Line")
Other = TypeVar("Other")

#: Counting further than this costs more than it tells.
COUNT_LIMIT = 10_000
#: So many rows are read by their keys rather than searched for again.
FEW = 200
#: What keys and amounts are stored in.
_BIGGEST = 2**63 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Sort:
    """``column`` decides, ``id`` breaks ties. Both must be in the statement that is paged."""

    column: ColumnElement[Any]
    id: ColumnElement[int]
    descending: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[Line]):
    """``rows`` in the order asked for; the cursors are None where there is nothing further."""

    rows: Sequence[Line]
    next: str | None
    previous: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing(Page[Line]):
    """A page of a list that was counted. ``total`` stops at ``COUNT_LIMIT``: then it is ``at_least`` that many."""

    total: int
    at_least: bool

    def of(self, rows: Sequence[Other]) -> "Listing[Other]":
        """The same page with these rows in the place of its own."""
        return Listing(rows=rows, next=self.next, previous=self.previous, total=self.total, at_least=self.at_least)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What may be asked of any list: ``search`` is a text in its rows, ``sort`` the key of an order, with ``-`` before
    it falling, ``after`` and ``before`` are cursors of pages."""

    search: str = ""
    sort: str = ""
    after: str | None = None
    before: str | None = None
    size: int = 50


@dataclass(frozen=True, slots=True)
class _Position:
    value: Any
    id: int


async def fetch_page(
    session: AsyncSession,
    statement: Select[Any],
    sort: Sort,
    *,
    size: int,
    after: str | None = None,
    before: str | None = None,
) -> Page[Row[Any]]:
    """The page of ``size`` rows behind the cursor ``after``, before the cursor ``before``, or the first.

    Raises ``Invalid`` for a cursor that this list never gave out.
    """
    backwards = before is not None
    cursor = before if backwards else after
    start = _decode(cursor, sort) if cursor else None
    marked = statement.add_columns(sort.column.label("page_value"), sort.id.label("page_id"))
    found = await _read(session, marked, sort, start, size + 1, backwards=backwards)
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    first = _encode(rows[0]) if rows and (more if backwards else start is not None) else None
    last = _encode(rows[-1]) if rows and (start is not None if backwards else more) else None
    return Page(rows=rows, next=last, previous=first)


async def fetch_listing(
    session: AsyncSession,
    statement: Select[Any],
    orders: Mapping[str, ColumnElement[Any]],
    row_id: ColumnElement[int],
    wish: Wish,
) -> Listing[Row[Any]]:
    """The page of ``statement`` that is wished for, counted. Of the ``orders`` it is the first unless ``wish`` names
    another. Raises ``Invalid`` for a cursor that this list never gave out."""
    column = orders.get(wish.sort.removeprefix("-"), next(iter(orders.values())))
    sort = Sort(column=column, id=row_id, descending=wish.sort.startswith("-"))
    found = await fetch_page(session, statement, sort, size=wish.size, after=wish.after, before=wish.before)
    total, at_least = await count_up_to(session, statement)
    return Listing(rows=found.rows, next=found.next, previous=found.previous, total=total, at_least=at_least)


async def count_up_to(session: AsyncSession, statement: Select[Any], limit: int = COUNT_LIMIT) -> tuple[int, bool]:
    """How many rows there are, and whether that is only a lower bound because counting stopped at ``limit``."""
    some = statement.with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(limit + 1)
    counted = await session.scalar(select(func.count()).select_from(some.subquery())) or 0
    return min(counted, limit), counted > limit


async def count_or_few(session: AsyncSession, ids: Select[int]) -> tuple[int, bool, Sequence[int] | None]:
    """The same of a statement that asks for ids; and the ids themselves when they are few, so that nobody searches for
    their rows again."""
    few = (await session.scalars(ids.order_by(None).limit(FEW + 1))).all()
    if len(few) <= FEW:
        return len(few), False, few
    return *(await count_up_to(session, ids)), None


async def _read(
    session: AsyncSession, statement: Select[Any], sort: Sort, start: _Position | None, size: int, *, backwards: bool
) -> list[Row[Any]]:
    """Read the rows with a value and the rows without as the two ranges they are."""
    falling = sort.descending != backwards
    rows: list[Row[Any]] = []
    for empty in (True, False) if backwards else (False, True):
        if start is not None and (start.value is None) != empty:
            continue
        ranged = _from(_range(statement, sort, empty=empty, falling=falling), sort, start, falling=falling)
        rows += (await session.execute(ranged.limit(size - len(rows)))).all()
        if len(rows) == size:
            break
        start = None
    return rows


def _range(statement: Select[Any], sort: Sort, *, empty: bool, falling: bool) -> Select[Any]:
    by_id = sort.id.desc() if falling else sort.id.asc()
    if empty:
        return statement.where(sort.column.is_(None)).order_by(by_id)
    by_value = sort.column.desc() if falling else sort.column.asc()
    return statement.where(sort.column.is_not(None)).order_by(by_value, by_id)


def _from(statement: Select[Any], sort: Sort, start: _Position | None, *, falling: bool) -> Select[Any]:
    if start is None:
        return statement
    if start.value is None:
        return statement.where(sort.id < start.id if falling else sort.id > start.id)
    here = tuple_(sort.column, sort.id)
    there = tuple_(literal(start.value, sort.column.type), literal(start.id, sort.id.type))
    return statement.where(here < there if falling else here > there)


#: How a value is written in a cursor, by a letter that says how to read it back.
_WRITTEN: Mapping[str, tuple[type[Any], Callable[[Any], str], Callable[[str], Any]]] = {
    "t": (datetime, datetime.isoformat, datetime.fromisoformat),
    "d": (date, date.isoformat, date.fromisoformat),
    "n": (Decimal, str, Decimal),
}


def _encode(row: Row[Any]) -> str:
    kind, value = _plain(row.page_value)
    return base64.urlsafe_b64encode(json.dumps([kind, value, row.page_id]).encode()).decode().rstrip("=")


def _plain(value: Any) -> tuple[str, Any]:
    for kind, (python_type, write, _) in _WRITTEN.items():
        if isinstance(value, python_type):
            return kind, write(value)
    return "", value


def _decode(cursor: str, sort: Sort) -> _Position:
    try:
        kind, value, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        position = _Position(_WRITTEN[kind][2](value) if kind else value, int(row_id))
        _require_comparable(position, sort)
    except (ValueError, TypeError, ArithmeticError, LookupError, RecursionError, binascii.Error) as error:
        raise Invalid({"after": msg("This page address is damaged. Start from the first page.")}) from error
    return position


def _require_comparable(position: _Position, sort: Sort) -> None:
    """Raise ``ValueError`` for what no row can be compared with: a forged cursor must not become a crash."""
    value = position.value
    if value is not None and type(value) is not sort.column.type.python_type:
        raise ValueError("a value of another kind")
    if isinstance(value, datetime) and value.tzinfo != UTC:
        raise ValueError("no UTC time")
    if isinstance(value, str) and b"\x00" in value.encode():
        raise ValueError("a text that no database keeps")
    scaled = value * AMOUNT_SCALE if isinstance(value, Decimal) else value if isinstance(value, int) else 0
    if scaled != int(scaled) or max(abs(int(scaled)), abs(position.id)) > _BIGGEST:
        raise ValueError("no number that is stored")
