"""Which callbacks a call has to do with."""

from collections.abc import Sequence, Set
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.model import OPEN, Callback, CallbackState, Origin
from callcenter.callbacks.ports import CallNews

_IDS = tuple(
    select(Callback.id).where(column.in_(bindparam("wanted", expanding=True)))
    for column in (Callback.phone, Callback.party_id, Callback.call_id)
)
_OPEN = (
    select(Callback)
    .where(Callback.id.in_(bindparam("ids", expanding=True)), Callback.state.in_(OPEN))
    .order_by(Callback.id)
    .with_for_update()
)


async def concerned(session: AsyncSession, news: Sequence[CallNews]) -> list[Callback]:
    """The open callbacks that any of the calls may be about or made for, locked.

    Each column is asked for itself: joined by OR, SQLite would rather read every open callback there is.
    """
    return await _open_by(
        session,
        {one.phone for one in news if one.phone is not None},
        {one.party_id for one in news if one.party_id is not None},
        {one.call_id for one in news},
    )


async def open_for(session: AsyncSession, phone: str, party_id: int | None) -> Callback | None:
    """The oldest open callback to that number or person, locked."""
    found = await _open_by(session, {phone}, {party_id} - {None}, set())
    return found[0] if found else None


async def _open_by(session: AsyncSession, *values: Set[Any]) -> list[Callback]:
    ids: set[int] = set()
    for statement, wanted in zip(_IDS, values, strict=True):
        ids.update((await session.scalars(statement, {"wanted": wanted})).all() if wanted else ())
    return list((await session.scalars(_OPEN, {"ids": ids})).all()) if ids else []


def is_about(row: Callback, news: CallNews) -> bool:
    """Whether it is a promise to call that very person or number."""
    same_party = news.party_id is not None and row.party_id == news.party_id
    same_phone = news.phone is not None and row.phone == news.phone
    return same_party or same_phone


def is_spoken_of(row: Callback, news: CallNews) -> bool:
    """Whether a talk fulfils it. What was promised about another case is still owed; a missed caller wanted a talk,
    about whatever it was."""
    same_case = row.case_id in (news.case_id, None)
    return is_about(row, news) and (same_case or row.origin in (Origin.MISSED_CALL, Origin.VOICEMAIL))


def is_dialled_by(row: Callback, news: CallNews) -> bool:
    """Whether the call is made for the callback. Its end may come before the callback knows its call, or the program
    may have died in between: then it is the one that this user is calling at this number."""
    unnamed = row.call_id is None and (row.user_id, row.phone) == (news.user_id, news.phone)
    return row.state == CallbackState.DIALLING and (row.call_id == news.call_id or unnamed)
