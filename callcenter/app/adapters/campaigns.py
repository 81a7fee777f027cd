"""What campaigns need of the other rooms: lines, collectors, plans to call back."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from callcenter.agents.model import AgentState
from callcenter.agents.rules import State
from callcenter.app.adapters.cases import CallerLookup
from callcenter.app.adapters.sounds import at_hand
from callcenter.callbacks.model import OPEN, Callback, Origin
from callcenter.callbacks.service import CallbackService, Plan
from callcenter.calls.errors import NoPhone, TelephonyUnavailable
from callcenter.calls.facts import AnsweredBy, LegKind, Wish
from callcenter.calls.model import Call, OrderState
from callcenter.calls.ports import DialOrder, Staff, Telephony
from callcenter.calls.rules import HUNG_UP, NOT_IN_SERVICE, number_to_show
from callcenter.calls.service import CallService, Line
from callcenter.campaigns.machines import NO_CALLS, Heard
from callcenter.campaigns.ports import Leave, LineOrder, Owed, Standing, Wanted
from callcenter.campaigns.rules import Fate
from callcenter.compliance.law.terms import BlockKind
from callcenter.compliance.registry import Registry
from callcenter.ivr.ports import Voice
from core.cases.ports import PlannedWork
from core.cases.service.planning import replan
from core.kernel.access import PROGRAM, Actor
from core.kernel.errors import DomainError
from core.kernel.uow import Work
from core.people.model import User

#: How long somebody may take to call an abandoned debtor back, from the first moment the law allows.
_OWED_WITHIN = timedelta(hours=4)
_log = structlog.get_logger(__name__)


class CustomerLines(Telephony, Protocol):
    """An exchange that can also ring the customer first."""

    async def dial_customer(self, order: LineOrder) -> None: ...

    async def withdraw(self, call_id: int) -> None:
        """Hang the customer up unless he has answered."""


class FloorLines:
    """Implements ``callcenter.campaigns.ports.Lines`` over the call log and the exchange. Both are given later: what
    follows calls is built before whoever makes them."""

    def __init__(self, staff: Staff, voice: Voice) -> None:
        self._callers = CallerLookup()
        self._staff = staff
        self._voice = voice
        self.calls: CallService | None = None
        self.telephony: CustomerLines | None = None

    def up(self) -> bool:
        return self.telephony is not None and self.telephony.status().up

    def _floor(self) -> tuple[CallService, CustomerLines]:
        if self.calls is None or self.telephony is None:
            raise RuntimeError("the call floor is not wired yet")
        return self.calls, self.telephony

    async def busy(self, session: AsyncSession, party_ids: Collection[int], phones: Collection[str]) -> bool:
        live = select(Call.id).where(
            Call.ended_at.is_(None),
            Call.merged_into.is_(None),
            or_(Call.party_id.in_(party_ids), Call.phone.in_(phones)),
        )
        return await session.scalar(live.limit(1)) is not None

    async def reserve(self, work: Work, actor: Actor, wanted: Wanted) -> Leave:
        line = Line(
            phone=wanted.phone,
            key=wanted.key,
            party_id=wanted.party_id,
            case_id=wanted.case_id,
            user_id=wanted.user_id,
            campaign_id=wanted.campaign_id,
        )
        call_id, verdict = await self._floor()[0].reserve(work, actor, line)
        if not verdict.allowed:
            return Leave(call_id=None, rule=verdict.rule, next_at=verdict.next_allowed_at)
        own = await self._callers.own_numbers(work.session, wanted.case_id)
        shown = wanted.show_number if wanted.show_number in own else number_to_show(own, wanted.phone)
        return Leave(call_id=call_id, show_number=shown)

    async def send(self, order: LineOrder) -> None:
        """What is to be played is at hand before the step after which the attempt counts."""
        calls, telephony = self._floor()
        try:
            await at_hand(self._voice, order.sounds())
            await calls.carry_out(order.call_id, lambda: telephony.dial_customer(order))
        except DomainError as error:
            _log.warning("an attempt of a campaign was not taken by the exchange", call=order.call_id, why=error.code)

    async def withdraw(self, call_id: int) -> None:
        """What the exchange refuses has ended by itself; what it does not hear of rings until it is given up."""
        try:
            await self._floor()[1].withdraw(call_id)
        except DomainError as error:
            _log.info("an attempt of a campaign could not be withdrawn", call=call_id, why=error.code)

    async def phone_of(self, session: AsyncSession, user_id: int) -> str:
        if not self.up():
            raise TelephonyUnavailable
        endpoint = await self._staff.endpoint(session, user_id)
        if endpoint is None:
            raise NoPhone
        return endpoint

    async def ring(self, call_id: int, endpoint: str, phone: str, show_number: str | None) -> None:
        calls, telephony = self._floor()
        order = DialOrder(call_id=call_id, endpoint=endpoint, number=phone, show_number=show_number)
        await calls.carry_out(call_id, lambda: telephony.dial(order))

    async def fates(self, session: AsyncSession, call_ids: Collection[int]) -> Mapping[int, Fate]:
        rows = await session.scalars(select(Call).where(Call.id.in_(call_ids)).options(selectinload(Call.legs)))
        return {row.id: _fate(row) for row in rows}


def _fate(row: Call) -> Fate:
    customers = [leg for leg in row.legs if leg.kind == LegKind.CUSTOMER]
    causes = {leg.cause for leg in customers}
    return Fate(
        call_id=row.id,
        picked_up_at=min((leg.answered_at for leg in customers if leg.answered_at is not None), default=None),
        connected_at=row.answered_at,
        ended_at=row.ended_at,
        user_id=row.user_id,
        result=row.result_code,
        said=row.result_by is not None,
        refused=row.order_state == OrderState.REFUSED,
        heard=_heard(row),
        not_in_service=bool(causes & NOT_IN_SERVICE),
    )


def _heard(row: Call) -> Heard | None:
    """Who answered, if the exchange listened. A talk proves that it was a person."""
    one = row.answerer
    if one is None:
        return None
    wrong = one.by is AnsweredBy.MACHINE and row.answered_at is not None
    by = AnsweredBy.PERSON if wrong else one.by
    hung_up = one.because == HUNG_UP
    wish = None if one.wish is Wish.NONE else one.wish.value
    return Heard(by=by, because=one.because, milliseconds=one.milliseconds, left=one.left, hung_up=hung_up, wish=wish)


class FloorCollectors:
    """Implements ``callcenter.campaigns.ports.Collectors`` over the collectors' states."""

    async def standing(self, session: AsyncSession, user_ids: Collection[int]) -> Mapping[int, Standing]:
        rows = await session.scalars(
            select(AgentState)
            .join(User, User.id == AgentState.user_id)
            .where(
                AgentState.user_id.in_(user_ids),
                AgentState.ended_at.is_(None),
                AgentState.state != State.OFFLINE,
                User.extension.is_not(None),
            )
        )
        return {
            row.user_id: Standing(user_id=row.user_id, state=row.state, since=row.started_at, call_id=row.call_id)
            for row in rows
        }


class OwedCallbacks:
    """Implements ``callcenter.campaigns.ports.CallBacks``."""

    def __init__(self, callbacks: CallbackService, sources: tuple[PlannedWork, ...]) -> None:
        self._callbacks = callbacks
        self._sources = sources

    async def until(self, session: AsyncSession, case_ids: Collection[int]) -> Mapping[int, datetime]:
        waiting = select(Callback.case_id, func.max(Callback.window_end)).where(
            Callback.case_id.in_(case_ids), Callback.state.in_(OPEN)
        )
        rows = await session.execute(waiting.group_by(Callback.case_id))
        return {case_id: end for case_id, end in rows if case_id is not None}

    async def owe(self, work: Work, owed: Owed) -> None:
        plan = Plan(
            phone=owed.phone,
            start=owed.at,
            end=owed.at + _OWED_WITHIN,
            unit_id=owed.unit_id,
            party_id=owed.party_id,
            case_id=owed.case_id,
            origin=Origin.MISSED_CALL,
            source_call_id=owed.call_id,
        )
        await self._callbacks.add(work, PROGRAM, plan)
        await replan(work, [owed.case_id], self._sources)


class NumberRefusals:
    """Implements ``callcenter.campaigns.ports.Refusals``: the number goes to the do-not-call list, as 47 CFR
    64.1200(b)(3) has it of recorded messages."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def no_calls(self, work: Work, phone: str, campaign: str) -> None:
        await self._registry.block(work, PROGRAM, BlockKind.DO_NOT_CALL, basis=f"{campaign}: {NO_CALLS}", phone=phone)
