"""Reading callbacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.access import within_reach
from callcenter.callbacks.errors import CallbackNotFound
from callcenter.callbacks.model import OPEN, Callback, CallbackState
from callcenter.callbacks.rights import VIEW
from core.cases.model import Case
from core.cases.queries import zones
from core.kernel.access import Actor
from core.kernel.paging import Listing, Sort, count_up_to, fetch_page
from core.kernel.phones import typed_digits
from core.parties.model import Party
from core.parties.zones import resolve
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackQuery:
    """Which callbacks. ``state`` None: those still open. ``since`` and ``until`` (exclusive) bound the window's
    start."""

    state: str | None = None
    due: bool = False
    every_state: bool = False
    user_id: int | None = None
    unit_id: int | None = None
    case_id: int | None = None
    party_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    search: str = ""
    sort: str = "window_start"
    after: str | None = None
    before: str | None = None
    size: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackRow:
    """A line of the list. ``zone`` is the debtor's (IANA); times are aware UTC."""

    id: int
    state: str
    origin: str
    user_id: int | None
    user: str | None
    unit_id: int | None
    skill: str | None
    party_id: int | None
    party: str | None
    case_id: int | None
    case_number: str | None
    phone: str
    zone: str
    window_start: datetime
    window_end: datetime
    reason: str
    automatic: bool
    attempts: int
    moved_rule: str | None
    escalated_at: datetime | None
    call_id: int | None
    source_call_id: int | None
    created_at: datetime
    closed_at: datetime | None
    closed_reason: str | None


_DUE = (CallbackState.DUE, CallbackState.MISSED)
_SORTS: dict[str, ColumnElement[Any]] = {
    "window_start": Callback.window_start.expression,
    "created_at": Callback.created_at.expression,
}


async def list_callbacks(session: AsyncSession, actor: Actor, query: CallbackQuery) -> Listing[CallbackRow]:
    """The callbacks in reach, page by page."""
    parts = _conditions(actor, query)
    column = _SORTS.get(query.sort.removeprefix("-"), _SORTS["window_start"])
    sort = Sort(column=column, id=Callback.id.expression, descending=query.sort.startswith("-"))
    found = await fetch_page(
        session, _lines().where(*parts), sort, size=query.size, after=query.after, before=query.before
    )
    total, at_least = await count_up_to(session, _from(select(Callback.id)).where(*parts))
    rows = tuple(_row(row) for row in found.rows)
    return Listing(rows=rows, next=found.next, previous=found.previous, total=total, at_least=at_least)


async def one_callback(session: AsyncSession, actor: Actor, callback_id: int) -> CallbackRow:
    """One callback. Raises ``CallbackNotFound``."""
    wanted = _lines().where(Callback.id == callback_id, within_reach(actor, VIEW))
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise CallbackNotFound
    return _row(row)


async def is_open(session: AsyncSession, callback_id: int | None) -> bool:
    """Whether somebody is still to call."""
    waits = select(Callback.id).where(Callback.id == callback_id, Callback.state.in_(OPEN))
    return callback_id is not None and await session.scalar(waits) is not None


async def due_callbacks(session: AsyncSession, actor: Actor) -> Sequence[CallbackRow]:
    """What the actor should call now: his own and what anybody of his team may take, the longest waiting first."""
    if not actor.may(VIEW):
        return ()
    wanted = _lines().where(_to_call_now(actor)).order_by(Callback.window_start, Callback.id)
    return [_row(row) for row in await session.execute(wanted.limit(100))]


async def count_due(session: AsyncSession, actor: Actor) -> int:
    """How many the actor should call now."""
    if not actor.may(VIEW):
        return 0
    return await session.scalar(select(func.count()).select_from(Callback).where(_to_call_now(actor))) or 0


def _to_call_now(actor: Actor) -> ColumnElement[bool]:
    nobody = Callback.user_id.is_(None) & or_(Callback.unit_id.is_(None), Callback.unit_id.in_(sorted(actor.team)))
    return Callback.state.in_(_DUE) & or_(Callback.user_id == actor.user_id, nobody)


async def debtor_zone(session: AsyncSession, party_id: int | None, phone: str) -> str:
    """The zone (IANA) of whoever is to be called: the debtor's, or of nobody known the likeliest of the number."""
    zone = await zones.debtor_zone(session, party_id) if party_id is not None else resolve(phone=phone).likeliest()
    return zone.key


def _conditions(actor: Actor, query: CallbackQuery) -> list[ColumnElement[bool]]:
    parts = [within_reach(actor, VIEW)]
    if query.state is not None:
        parts.append(Callback.state == query.state)
    elif query.due:
        parts.append(Callback.state.in_(_DUE))
    elif not query.every_state:
        parts.append(Callback.state.in_(OPEN))
    asked = {"user_id": Callback.user_id, "unit_id": Callback.unit_id}
    asked |= {"case_id": Callback.case_id, "party_id": Callback.party_id}
    parts += [column == value for name, column in asked.items() if (value := getattr(query, name)) is not None]
    if query.since is not None:
        parts.append(Callback.window_start >= query.since)
    if query.until is not None:
        parts.append(Callback.window_start < query.until)
    if query.search.strip():
        parts.append(_search(query.search.strip()))
    return parts


def _search(text: str) -> ColumnElement[bool]:
    columns = (Callback.reason, Callback.phone, Party.name, Case.number)
    parts = [column.icontains(text, autoescape=True) for column in columns]
    digits = typed_digits(text)
    return or_(*parts, Callback.phone.contains(digits)) if digits else or_(*parts)


def _from(statement: Select[Any]) -> Select[Any]:
    return (
        statement.select_from(Callback)
        .outerjoin(Party, Party.id == Callback.party_id)
        .outerjoin(Case, Case.id == Callback.case_id)
        .outerjoin(User, User.id == Callback.user_id)
    )


_OWN_COLUMNS = tuple(name for name in CallbackRow.__dataclass_fields__ if name in Callback.__mapper__.columns)


def _lines() -> Select[Any]:
    own = (getattr(Callback, name) for name in _OWN_COLUMNS)
    names = (Party.name.label("party"), Case.number.label("case_number"), User.surname, User.first_name, User.login)
    return _from(select(*own, *names))


def _row(row: Any) -> CallbackRow:
    values = {name: getattr(row, name) for name in _OWN_COLUMNS}
    user = " ".join(filter(None, (row.surname, row.first_name))) or row.login
    return CallbackRow(**values, party=row.party, case_number=row.case_number, user=user)
