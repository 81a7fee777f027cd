"""Callbacks between the rooms: planned by results of calls, dialled by the call floor, moved by contact law."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.app.adapters.law import requests_for
from callcenter.callbacks.model import OPEN, Callback
from callcenter.callbacks.ports import DialRefused, LawAnswer
from callcenter.callbacks.service import CallbackService, Plan
from callcenter.calls.errors import ContactForbidden
from callcenter.calls.ports import Agreed, CallContext
from callcenter.calls.service import CallService, Dial
from callcenter.compliance.decision import Decision
from callcenter.compliance.service import Gate
from core.cases.service.planning import replan
from core.kernel.access import Actor
from core.kernel.errors import DomainError
from core.kernel.uow import Work


class AgreedCallbacks:
    """Implements ``callcenter.calls.ports.Callbacks``."""

    def __init__(self, callbacks: CallbackService) -> None:
        self._callbacks = callbacks

    async def agree(self, work: Work, actor: Actor, context: CallContext, agreed: Agreed) -> None:
        plan = Plan(
            phone=agreed.phone or context.phone or "",
            start=agreed.start,
            end=agreed.end,
            reason=agreed.reason,
            user_id=actor.user_id,
            party_id=context.party_id,
            case_id=context.case_id,
            source_call_id=context.call_id,
        )
        await self._callbacks.add(work, actor, plan)
        await replan(work, [context.case_id], (PlannedCallbacks(),))


class PlannedCallbacks:
    """Implements ``core.cases.ports.PlannedWork``."""

    async def earliest(self, session: AsyncSession, case_ids: Collection[int]) -> Mapping[int, datetime]:
        waiting = select(Callback.case_id, func.min(Callback.window_start)).where(
            Callback.case_id.in_(case_ids), Callback.state.in_(OPEN)
        )
        rows = await session.execute(waiting.group_by(Callback.case_id))
        return {case_id: start for case_id, start in rows if case_id is not None}


class FloorDialler:
    """Implements ``callcenter.callbacks.ports.Dialler``. The call floor is given later: it needs callbacks itself."""

    def __init__(self) -> None:
        self.calls: CallService | None = None

    async def dial(self, actor: Actor, *, phone: str, case_id: int | None, party_id: int | None, key: str) -> int:
        try:
            return await self._floor().dial(
                actor, Dial(phone=phone, key=key, case_id=case_id, party_id=party_id, vouched=True)
            )
        except ContactForbidden as refused:
            raise DialRefused(refused, rule=refused.rule, next_allowed_at=refused.next_allowed_at) from refused
        except DomainError as error:
            raise DialRefused(error) from error

    async def dialled(self, user_id: int, *, key: str) -> int | None:
        return await self._floor().dialled(user_id, key)

    def _floor(self) -> CallService:
        if self.calls is None:
            raise RuntimeError("the call floor is not wired yet")
        return self.calls


class CallbackLaw:
    """Implements ``callcenter.callbacks.ports.Law``."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def may_call(
        self, session: AsyncSession, *, party_id: int | None, case_id: int | None, phone: str, at: datetime
    ) -> LawAnswer:
        decisions = [
            await self._gate.decide(session, request, at=at)
            for request in await requests_for(session, party_id, case_id, phone)
        ]
        denied = [decision for decision in decisions if not decision.allowed]
        return _answer(max(denied, key=_latest)) if denied else LawAnswer(allowed=True)


def _latest(decision: Decision) -> datetime:
    return decision.next_allowed_at or datetime.max.replace(tzinfo=decision.at.tzinfo)


def _answer(decision: Decision) -> LawAnswer:
    return LawAnswer(
        allowed=False, rule=decision.rule_id, reason=decision.reason, next_allowed_at=decision.next_allowed_at
    )
