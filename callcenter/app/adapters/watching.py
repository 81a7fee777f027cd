"""The calls a supervisor may be in, for ``callcenter.supervision``."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.app.adapters.staff import StaffDirectory
from callcenter.calls.access import within_reach
from callcenter.calls.facts import LegKind
from callcenter.calls.model import Call, Leg
from callcenter.compliance.law import PROFILES
from callcenter.compliance.law.terms import Jurisdiction
from callcenter.supervision.ports import Watched
from core.cases.model import Case, Creditor
from core.kernel.access import Actor


class LiveCalls:
    """Implements ``callcenter.supervision.ports.WatchedCalls``."""

    def __init__(self, staff: StaffDirectory) -> None:
        self._staff = staff

    async def talking(self, session: AsyncSession, actor: Actor, right: str, call_id: int) -> Watched | None:
        leg = aliased(Leg)  # the reach looks at legs too
        wanted = (
            select(leg.user_id)
            .join(Call, Call.id == leg.call_id)
            .where(Call.id == call_id, Call.ended_at.is_(None), within_reach(actor, right))
            .where(leg.kind == LegKind.AGENT, leg.ended_at.is_(None), leg.answered_at.is_not(None))
            .where(leg.user_id.is_not(None))
            .order_by(leg.answered_at.desc())
            .limit(1)
        )
        user_id = await session.scalar(wanted)
        return None if user_id is None else Watched(call_id=call_id, user_id=user_id)

    async def reason_needed(self, session: AsyncSession, call_id: int) -> bool:
        law = (
            select(Case.jurisdiction, Creditor.jurisdiction.label("creditors"))
            .join(Creditor, Creditor.id == Case.creditor_id)
            .join(Call, Call.case_id == Case.id)
            .where(Call.id == call_id)
        )
        row = (await session.execute(law)).one_or_none()
        return row is not None and PROFILES[Jurisdiction(row.jurisdiction or row.creditors)].listening is not None

    async def endpoint(self, session: AsyncSession, user_id: int) -> str | None:
        return await self._staff.endpoint(session, user_id)
