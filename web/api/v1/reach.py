"""What is within reach: the reader of an answer, the person on a case, colleagues."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from core.cases import rights
from core.cases.lookup import person_meant
from core.cases.service.access import case_for
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.people.access import visible
from core.people.model import User
from web.security import actor


def reader(request: Request, done: str, view: str) -> Actor:
    """The actor as he may read what he just acted upon: as far as the right to do it reaches. A token that may act but
    not look would otherwise be told that a call it placed does not exist."""
    me = actor(request)
    return replace(me, rights={**me.rights, view: max(me.rights[done], me.rights.get(view, me.rights[done]))})


async def person_on(
    session: AsyncSession, me: Actor, case_id: int, party_id: int | None, phone: str | None = None
) -> int:
    """Whom it is about on a case within reach: as said, else who has that phone there, else the main debtor.

    Raises ``NotFound`` when the case is foreign, or the person does not stand on it.
    """
    await case_for(session, me, case_id, rights.VIEW)
    return await person_meant(session, case_id, party_id, phone)


async def require_colleague(session: AsyncSession, me: Actor, right: str, user_id: int) -> None:
    """Raises ``NotFound`` unless the right reaches that user."""
    wanted = visible(
        select(User.id).where(User.id == user_id, User.active), me, right, owner=User.id, unit=User.unit_id
    )
    if await session.scalar(wanted) is None:
        raise NotFound
