"""Tags: the directory, and the marks of one case."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.model import CaseTag, Tag
from core.cases.service.access import case_for
from core.kernel.access import Actor


async def tags(session: AsyncSession, *, active_only: bool = False) -> Sequence[Tag]:
    """The directory, by name. What tags there are is no secret within the house."""
    statement = select(Tag).order_by(Tag.name)
    return (await session.scalars(statement.where(Tag.active) if active_only else statement)).all()


async def tag_uses(session: AsyncSession) -> dict[int, int]:
    """How many cases bear each tag."""
    grouped = select(CaseTag.tag_id, func.count()).group_by(CaseTag.tag_id)
    return {row[0]: row[1] for row in await session.execute(grouped)}


async def tags_of(session: AsyncSession, actor: Actor, case_id: int) -> Sequence[Tag]:
    """The marks of a case, by name. Raises ``NotFound``."""
    await case_for(session, actor, case_id, rights.VIEW)
    marks = select(Tag).join(CaseTag, CaseTag.tag_id == Tag.id).where(CaseTag.case_id == case_id)
    return (await session.scalars(marks.order_by(Tag.name))).all()
