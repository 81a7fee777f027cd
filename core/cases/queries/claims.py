"""The claims of a case, one by one."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Case, Claim
from core.cases.service.access import case_for
from core.kernel.access import Actor
from core.kernel.errors import NotFound


async def claims_of(session: AsyncSession, case_id: int) -> Sequence[Claim]:
    """Every claim of a case that the caller has read for an actor, in the order they came."""
    return (await session.scalars(select(Claim).where(Claim.case_id == case_id).order_by(Claim.id))).all()


async def claim_and_case(session: AsyncSession, actor: Actor, claim_id: int, right: str) -> tuple[Claim, Case]:
    """A claim and its case, if ``right`` reaches that. Raises ``NotFound``."""
    claim = await session.get(Claim, claim_id)
    if claim is None:
        raise NotFound
    return claim, await case_for(session, actor, claim.case_id, right)
