"""Reaching one case, or not."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.errors import CaseNotOpen
from core.cases.model import Case, CaseState
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.people.access import visible


async def case_for(session: AsyncSession, actor: Actor, case_id: int, right: str = rights.VIEW) -> Case:
    """The case, if ``right`` reaches it. Raises ``NotFound`` for one that is foreign or absent."""
    wanted: Select[Any] = select(Case).where(Case.id == case_id)
    case: Case | None = await session.scalar(visible(wanted, actor, right, owner=Case.collector_id, unit=Case.unit_id))
    if case is None:
        raise NotFound()
    return case


async def open_case_for(session: AsyncSession, actor: Actor, case_id: int, right: str = rights.EDIT) -> Case:
    """The same for work that only an open case allows. Raises ``CaseNotOpen`` too."""
    case = await case_for(session, actor, case_id, right)
    if case.state != CaseState.OPEN:
        raise CaseNotOpen()
    return case
