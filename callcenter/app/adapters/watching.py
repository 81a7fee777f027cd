"""The calls a supervisor may be in, for ``callcenter.supervision``."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.app.adapters.staff import StaffDirectory
from callcenter.calls.facts import LegKind
from callcenter.calls.model import Call, Leg
from callcenter.compliance.law import PROFILES
from callcenter.compliance.law.terms import Jurisdiction
from callcenter.supervision.ports import Watched
from core.cases.model import Case, Creditor
from core.kernel.access import Actor
from core.people.access import actor_of, reaches
from core.people.model import User


class LiveCalls:
    """Implements ``callcenter.supervision.ports.WatchedCalls``."""

    def __init__(self, staff: StaffDirectory) -> None:
        self._staff = staff

    async def talking(
        self, session: AsyncSession, actor: Actor, right: str, call_id: int, collector: int | None = None
    ) -> Watched | None:
        # who talks now must be in reach: a call that was passed on is not his any more who had it before
        reach = reaches(actor, right, owner=Leg.user_id)
        wanted = (
            select(Leg.user_id, Leg.uniqueid)
            .join(Call, Call.id == Leg.call_id)
            .where(Call.id == call_id, Call.ended_at.is_(None), Call.merged_into.is_(None))
            .where(Leg.kind == LegKind.AGENT, Leg.ended_at.is_(None), Leg.answered_at.is_not(None))
            .where(Leg.user_id.is_not(None) if collector is None else Leg.user_id == collector)
            .where(*([] if reach is None else [reach]))
            .order_by(Leg.answered_at.desc())
            .limit(1)
        )
        leg = (await session.execute(wanted)).one_or_none()
        return None if leg is None else Watched(call_id=call_id, user_id=leg.user_id, leg=leg.uniqueid)

    async def may_hear(self, session: AsyncSession, user_id: int, right: str, collector: int) -> bool:
        user = await session.get(User, user_id)
        if user is None or not user.active:
            return False
        actor = await actor_of(session, user)
        if not actor.may(right):
            return False
        reach = reaches(actor, right, owner=User.id)
        wanted = select(User.id).where(User.id == collector, *([] if reach is None else [reach]))
        return await session.scalar(wanted) is not None

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
