"""What is within reach: the reader of an answer, the person on a case, colleagues."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from core.cases import rights
from core.cases.model import CaseParty
from core.cases.service.access import case_for
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.phones import as_key
from core.parties.model import Phone
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
    case = await case_for(session, me, case_id, rights.VIEW)
    if party_id is None and phone is not None:
        owners = (
            select(Phone.party_id)
            .join(CaseParty, CaseParty.party_id == Phone.party_id)
            .where(CaseParty.case_id == case_id, Phone.number == as_key(phone))
        )
        party_id = await session.scalar(owners.order_by(CaseParty.id).limit(1))
    found = party_id if party_id is not None else case.debtor_id
    stands = select(CaseParty.id).where(CaseParty.case_id == case_id, CaseParty.party_id == found).limit(1)
    if found is None or await session.scalar(stands) is None:
        raise NotFound
    return found


async def require_colleague(session: AsyncSession, me: Actor, right: str, user_id: int) -> None:
    """Raises ``NotFound`` unless the right reaches that user."""
    wanted = visible(
        select(User.id).where(User.id == user_id, User.active), me, right, owner=User.id, unit=User.unit_id
    )
    if await session.scalar(wanted) is None:
        raise NotFound
