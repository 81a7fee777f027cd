"""Reaching one case, or not."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.errors import CaseNotOpen
from core.cases.model import Case, CaseGuest, CaseState
from core.kernel.access import Actor
from core.kernel.bulk import insert_or_raise
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


async def let_in(work: Work, doors: Mapping[tuple[int, int], datetime]) -> None:
    """Open cases to users, (case id, user id) → until when; an open door is never closed earlier."""
    rows = [{"case_id": case, "user_id": user, "until": until} for (case, user), until in sorted(doors.items())]
    await insert_or_raise(work.session, CaseGuest, rows, "until")


async def open_case_for(session: AsyncSession, actor: Actor, case_id: int, right: str = rights.EDIT) -> Case:
    """The same for work that only an open case allows. Raises ``CaseNotOpen`` too."""
    case = await case_for(session, actor, case_id, right)
    if case.state != CaseState.OPEN:
        raise CaseNotOpen()
    return case
