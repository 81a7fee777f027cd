"""Reading the call log: the list with its filters, one call whole, results that are still asked for."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from callcenter.calls.access import at_phone_of, within_reach
from callcenter.calls.errors import CallNotFound
from callcenter.calls.facts import Direction
from callcenter.calls.model import Bookmark, Call, Leg, Need, ResultCode
from callcenter.calls.rights import EXPORT, VIEW
from callcenter.calls.views import BookmarkRow, CallDetail, CallQuery, CallRow, Fate, LegRow
from core.cases.model import Case
from core.kernel.access import Actor, Scope
from core.kernel.paging import Listing, Page, Sort, count_up_to, fetch_page
from core.kernel.phones import normalise, typed_digits
from core.parties.model import Party
from core.people.model import User

_EXPORT_PAGE = 500


SORTS: Mapping[str, ColumnElement[Any]] = {
    "started_at": Call.started_at.expression,
    "talk_seconds": Call.talk_seconds.expression,
    "ring_seconds": Call.ring_seconds.expression,
    "hold_seconds": Call.hold_seconds.expression,
    "wrap_seconds": Call.wrap_seconds.expression,
}


async def list_calls(session: AsyncSession, actor: Actor, query: CallQuery, *, region: str = "RU") -> Listing[CallRow]:
    """The calls in the actor's reach. Raises ``Forbidden`` without the right, ``Invalid`` for a damaged cursor."""
    parts = conditions(actor, query, region)
    found = await _page(session, parts, query)
    total, at_least = await count_up_to(session, _from(select(Call.id)).where(*parts))
    rows = tuple(_row(row) for row in found.rows)
    return Listing(rows=rows, next=found.next, previous=found.previous, total=total, at_least=at_least)


async def every_call(
    session: AsyncSession, actor: Actor, query: CallQuery, *, region: str = "RU"
) -> AsyncIterator[Sequence[CallRow]]:
    """All calls the query means, batch by batch, for a file."""
    actor.require(EXPORT)
    parts = conditions(actor, query, region)
    after: str | None = None
    while True:
        found = await _page(session, parts, replace(query, after=after, before=None, size=_EXPORT_PAGE))
        yield [_row(row) for row in found.rows]
        after = found.next
        if after is None:
            return


async def call_detail(session: AsyncSession, actor: Actor, call_id: int) -> CallDetail:
    """One call with its legs and bookmarks. Raises ``CallNotFound``."""
    line = (await session.execute(_lines().where(within_reach(actor, VIEW), Call.id == call_id))).one_or_none()
    if line is None:
        raise CallNotFound
    return (await whole_calls(session, [_row(line)]))[0]


async def merged_into(session: AsyncSession, call_id: int) -> Sequence[int]:
    """The ids of calls that turned out to be part of this one; what was noted by them is about it."""
    return (await session.scalars(select(Call.id).where(Call.merged_into == call_id))).all()


async def whole_calls(session: AsyncSession, rows: Sequence[CallRow]) -> list[CallDetail]:
    """Calls that the caller has read for an actor, each with its legs and bookmarks: three questions for any number."""
    ids = [row.id for row in rows]
    loaded = select(Call).where(Call.id.in_(ids)).options(selectinload(Call.legs), selectinload(Call.links))
    calls = {call.id: call for call in await session.scalars(loaded)}
    wanted = select(Bookmark).where(Bookmark.call_id.in_(ids)).order_by(Bookmark.at_ms, Bookmark.id)
    marks = (await session.scalars(wanted)).all()
    took_part = {leg.user_id for call in calls.values() for leg in call.legs}
    names = await _names(session, took_part | {mark.user_id for mark in marks})
    return [_detail(row, calls[row.id], [mark for mark in marks if mark.call_id == row.id], names) for row in rows]


def _detail(row: CallRow, call: Call, marks: Sequence[Bookmark], names: Mapping[int | None, str | None]) -> CallDetail:
    return CallDetail(
        call=row,
        server=call.server,
        dialled=call.dialled,
        linkedids=tuple(link.linkedid for link in call.links),
        result_reason=call.result_reason,
        result_at=call.result_at,
        wrap_started_at=call.wrap_started_at,
        wrap_ended_at=call.wrap_ended_at,
        legs=tuple(_leg(leg, names) for leg in call.legs),
        bookmarks=tuple(
            BookmarkRow(id=mark.id, at_ms=mark.at_ms, label=mark.label, user=names.get(mark.user_id)) for mark in marks
        ),
    )


async def awaiting_result(session: AsyncSession, user_id: int) -> list[CallRow]:
    """Calls of that collector that still ask for a result, the oldest first."""
    wanted = _lines().where(Call.needs_result, Call.user_id == user_id, Call.merged_into.is_(None))
    return [_row(row) for row in await session.execute(wanted.order_by(Call.id).limit(50))]


async def live_calls_of(session: AsyncSession, user_id: int) -> list[CallDetail]:
    """Calls that ring at or are held by that collector now, whole: what a screen shows after a reconnect."""
    own = Actor(user_id=user_id, login="", rights={VIEW: Scope.OWN})
    return [await call_detail(session, own, call_id) for call_id in await live_ids_of(session, user_id)]


async def live_ids_of(session: AsyncSession, user_id: int) -> list[int]:
    """The ids of these calls, oldest first."""
    mine = exists().where(at_phone_of(user_id), Leg.ended_at.is_(None))
    going = select(Call.id).where(
        Call.ended_at.is_(None), Call.merged_into.is_(None), or_(mine, Call.user_id == user_id)
    )
    # asked for their order, SQLite would look through the whole log
    return sorted((await session.scalars(going)).all())


async def result_codes(session: AsyncSession, *, active_only: bool = True) -> Sequence[ResultCode]:
    """The directory, in the order of the result bar."""
    wanted = select(ResultCode).order_by(ResultCode.position, ResultCode.code)
    return (await session.scalars(wanted.where(ResultCode.active) if active_only else wanted)).all()


def conditions(actor: Actor, query: CallQuery, region: str) -> list[ColumnElement[bool]]:
    """Everything the query asks, within the actor's reach."""
    asked = {
        "case_id": Call.case_id,
        "party_id": Call.party_id,
        "owner_id": Call.user_id,
        "direction": Call.direction,
        "result": Call.result_code,
        "queue": Call.queue,
        "campaign_id": Call.campaign_id,
    }
    parts = [within_reach(actor, VIEW)]
    parts += [column == value for name, column in asked.items() if (value := getattr(query, name)) is not None]
    if query.since is not None:
        parts.append(Call.started_at >= query.since)
    if query.until is not None:
        parts.append(Call.started_at < query.until)
    if query.user_id is not None:
        parts.append(exists().where(Leg.call_id == Call.id, Leg.user_id == query.user_id))
    if query.number:
        parts.append(_number(query.number, region))
    if query.fate is not None:
        parts.append(fate(query.fate))
    if query.search.strip():
        parts.append(_search(query.search.strip(), region))
    if query.call_ids:
        parts.append(Call.id.in_(query.call_ids))
    if query.among is not None:
        parts.append(Call.id.in_(query.among))
    return parts


def fate(wanted: Fate) -> ColumnElement[bool]:
    """The condition of a fate. It needs the result code joined."""
    answered = Call.answered_at.is_not(None)
    contact = or_(ResultCode.contact.is_(True), and_(ResultCode.contact.is_(None), answered))
    found: dict[Fate, ColumnElement[bool]] = {
        Fate.ANSWERED: answered,
        Fate.MISSED: and_(
            Call.direction == Direction.INBOUND,
            Call.answered_at.is_(None),
            Call.ended_at.is_not(None),
            or_(~Call.self_served, Call.queued_at.is_not(None)),
        ),
        Fate.CONTACT: and_(Call.direction != Direction.INTERNAL, contact),
        Fate.RIGHT_PARTY: and_(Call.direction != Direction.INTERNAL, ResultCode.rpc.is_(True)),
        Fate.PROMISE: ResultCode.need.in_((Need.PROMISE, Need.PLAN)),
        Fate.LIVE: Call.ended_at.is_(None),
        Fate.NO_RESULT: Call.needs_result.is_(True),
    }
    return found[wanted]


def _number(written: str, region: str) -> ColumnElement[bool]:
    e164 = normalise(written, region)
    return Call.phone == e164 if e164 is not None else Call.phone_given == written.strip()


def _search(text: str, region: str) -> ColumnElement[bool]:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = f"%{escaped}%"
    digits = typed_digits(text)
    parts: list[ColumnElement[bool]] = [
        Call.note.ilike(pattern, escape="\\"),
        Case.number.ilike(pattern, escape="\\"),
        Party.name.ilike(pattern, escape="\\"),
    ]
    if digits:
        parts += [Call.phone.contains(digits), _number(text, region)]
    return or_(*parts)


async def _page(session: AsyncSession, parts: Sequence[ColumnElement[bool]], query: CallQuery) -> Page[Any]:
    column = SORTS.get(query.sort.removeprefix("-"), SORTS["started_at"])
    sort = Sort(column=column, id=Call.id.expression, descending=query.sort.startswith("-"))
    statement = _lines().where(*parts)
    return await fetch_page(session, statement, sort, size=query.size, after=query.after, before=query.before)


def _from(statement: Select[Any]) -> Select[Any]:
    return (
        statement.select_from(Call)
        .outerjoin(ResultCode, ResultCode.code == Call.result_code)
        .outerjoin(Party, Party.id == Call.party_id)
        .outerjoin(Case, Case.id == Call.case_id)
        .outerjoin(User, User.id == Call.user_id)
    )


_OWN_COLUMNS = tuple(name for name in CallRow.__dataclass_fields__ if name in Call.__mapper__.columns)


def _lines() -> Select[Any]:
    return _from(
        select(
            *(getattr(Call, name) for name in _OWN_COLUMNS),
            Party.name.label("party"),
            Case.number.label("case_number"),
            ResultCode.label.label("result_label"),
            ResultCode.shipped.label("result_shipped"),
            User.surname,
            User.first_name,
            User.login,
        )
    )


def _row(row: Any) -> CallRow:
    values = {name: getattr(row, name) for name in _OWN_COLUMNS}
    return CallRow(
        **values,
        party=row.party,
        case_number=row.case_number,
        result_label=row.result_label,
        result_shipped=bool(row.result_shipped),
        user=_name(row.surname, row.first_name, row.login),
    )


def _name(surname: str | None, first_name: str | None, login: str | None) -> str | None:
    return " ".join(filter(None, (surname, first_name))) or login


async def _names(session: AsyncSession, user_ids: set[int | None]) -> dict[int | None, str | None]:
    wanted = select(User.id, User.surname, User.first_name, User.login).where(User.id.in_(user_ids - {None}))
    return {row.id: _name(row.surname, row.first_name, row.login) for row in await session.execute(wanted)}


def _leg(leg: Leg, names: Mapping[int | None, str | None]) -> LegRow:
    own = {name: getattr(leg, name) for name in LegRow.__dataclass_fields__ if name != "user"}
    return LegRow(**own, user=names.get(leg.user_id))
