"""Reaching one case, or not."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.errors import CaseNotOpen
from core.cases.model import Case, CaseGuest, CaseState
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.uow import Work
from core.people.access import reaches


async def case_for(session: AsyncSession, actor: Actor, case_id: int, right: str = rights.VIEW) -> Case:
    """The case, if ``right`` reaches it or the actor has its debtor on the phone. Raises ``NotFound`` for one that is
    foreign or absent."""
    reach = reaches(actor, right, owner=Case.collector_id, unit=Case.unit_id)
    wanted: Select[Any] = select(Case).where(Case.id == case_id)
    if reach is not None:
        wanted = wanted.where(or_(reach, _is_guest(actor)))
    case: Case | None = await session.scalar(wanted)
    if case is None:
        raise NotFound()
    return case


def _is_guest(actor: Actor) -> ColumnElement[bool]:
    now = datetime.now(UTC)  # a door that closes by itself; nothing is decided by the exact moment
    return exists().where(CaseGuest.case_id == Case.id, CaseGuest.user_id == actor.user_id, CaseGuest.until > now)


async def let_in(work: Work, case_id: int, user_id: int, until: datetime) -> None:
    """Open one case to one user until then; an open door is never closed earlier."""
    held = await work.session.get(CaseGuest, (case_id, user_id))
    if held is None:
        work.session.add(CaseGuest(case_id=case_id, user_id=user_id, until=until))
    else:
        held.until = max(held.until, until)


async def open_case_for(session: AsyncSession, actor: Actor, case_id: int, right: str = rights.EDIT) -> Case:
    """The same for work that only an open case allows. Raises ``CaseNotOpen`` too."""
    case = await case_for(session, actor, case_id, right)
    if case.state != CaseState.OPEN:
        raise CaseNotOpen()
    return case
