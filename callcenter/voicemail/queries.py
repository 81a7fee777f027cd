"""Reading messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.voicemail.errors import NoSuchMessage
from callcenter.voicemail.model import Voicemail
from callcenter.voicemail.rights import LISTEN
from core.cases.model import Case
from core.kernel.access import Actor
from core.kernel.paging import Listing, Sort, Wish, count_up_to, fetch_page
from core.kernel.phones import typed_digits
from core.parties.model import Party
from core.people.access import reaches
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageQuery(Wish):
    """Which messages. ``since`` and ``until`` (exclusive) bound when they were left."""

    heard: bool | None = None
    queue: str | None = None
    user_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    sort: str = "-received_at"


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRow:
    """A line of the list."""

    id: int
    call_id: int
    recording_id: int
    callback_id: int | None
    received_at: datetime
    duration_ms: int
    phone: str | None
    queue: str | None
    party_id: int | None
    party: str | None
    case_id: int | None
    case_number: str | None
    user_id: int | None
    user: str | None
    heard_at: datetime | None
    heard_by: str | None


def within_reach(actor: Actor) -> ColumnElement[bool]:
    """Messages of one's own debtors, those of the people the right reaches, one's team's that are nobody's, and
    anybody's."""
    condition = reaches(actor, LISTEN, owner=Voicemail.user_id)
    if condition is None:
        return true()
    units = or_(Voicemail.unit_id.is_(None), Voicemail.unit_id.in_(sorted(actor.team)))
    return or_(condition, and_(Voicemail.user_id.is_(None), units))


async def list_messages(session: AsyncSession, actor: Actor, query: MessageQuery) -> Listing[MessageRow]:
    """The messages in reach, page by page; the newest first unless asked otherwise."""
    parts = _conditions(actor, query)
    columns: dict[str, ColumnElement[Any]] = {"duration": Voicemail.duration_ms.expression}
    column = columns.get(query.sort.removeprefix("-"), Voicemail.received_at.expression)
    sort = Sort(column=column, id=Voicemail.id.expression, descending=query.sort.startswith("-"))
    found = await fetch_page(
        session, _lines().where(*parts), sort, size=query.size, after=query.after, before=query.before
    )
    total, at_least = await count_up_to(session, _from(select(Voicemail.id)).where(*parts))
    rows = [_row(row) for row in found.rows]
    return Listing(rows=rows, next=found.next, previous=found.previous, total=total, at_least=at_least)


async def one_message(session: AsyncSession, actor: Actor, message_id: int) -> MessageRow:
    """One message. Raises ``NoSuchMessage``."""
    row = (await session.execute(_lines().where(Voicemail.id == message_id, within_reach(actor)))).one_or_none()
    if row is None:
        raise NoSuchMessage
    return _row(row)


async def message_of_callback(session: AsyncSession, actor: Actor, callback_id: int) -> MessageRow | None:
    """The message a callback is owed for, if there is one in reach."""
    if not actor.may(LISTEN):
        return None
    wanted = _lines().where(Voicemail.callback_id == callback_id, within_reach(actor))
    row = (await session.execute(wanted.limit(1))).one_or_none()
    return _row(row) if row is not None else None


_HEARER = User.__table__.alias("hearer")


def _from(statement: Select[Any]) -> Select[Any]:
    return (
        statement.select_from(Voicemail)
        .outerjoin(Party, Party.id == Voicemail.party_id)
        .outerjoin(Case, Case.id == Voicemail.case_id)
    )


def _lines() -> Select[Any]:
    columns = (
        Voicemail,
        Party.name.label("party"),
        Case.number.label("case_number"),
        User.surname,
        User.first_name,
    )
    hearers = select(_HEARER.c.surname).where(_HEARER.c.id == Voicemail.heard_by).scalar_subquery()
    lines = _from(select(*columns, hearers.label("heard_name"), Voicemail.id, Voicemail.received_at))
    return lines.outerjoin(User, User.id == Voicemail.user_id)


def _row(row: Any) -> MessageRow:
    one: Voicemail = row.Voicemail
    return MessageRow(
        id=one.id,
        call_id=one.call_id,
        recording_id=one.recording_id,
        callback_id=one.callback_id,
        received_at=one.received_at,
        duration_ms=one.duration_ms,
        phone=one.phone,
        queue=one.queue,
        party_id=one.party_id,
        party=row.party,
        case_id=one.case_id,
        case_number=row.case_number,
        user_id=one.user_id,
        user=" ".join(filter(None, (row.surname, row.first_name))) or None,
        heard_at=one.heard_at,
        heard_by=row.heard_name,
    )


def _conditions(actor: Actor, query: MessageQuery) -> list[ColumnElement[bool]]:
    parts = [within_reach(actor)]
    if query.heard is not None:
        parts.append(Voicemail.heard_at.is_not(None) if query.heard else Voicemail.heard_at.is_(None))
    if query.queue is not None:
        parts.append(Voicemail.queue == query.queue)
    if query.user_id is not None:
        parts.append(Voicemail.user_id == query.user_id)
    if query.since is not None:
        parts.append(Voicemail.received_at >= query.since)
    if query.until is not None:
        parts.append(Voicemail.received_at < query.until)
    digits = typed_digits(query.search)
    if digits:
        parts.append(
            or_(Voicemail.phone.contains(digits), Case.number.icontains(query.search.strip(), autoescape=True))
        )
    for word in query.search.split() if not digits else ():
        pattern = [column.icontains(word, autoescape=True) for column in (Party.name, Case.number, Voicemail.phone)]
        parts.append(or_(*pattern))
    return parts
