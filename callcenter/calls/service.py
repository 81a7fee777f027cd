"""Placing calls: the law decides, the attempt is reserved, one order goes to the exchange."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError

from callcenter.calls.errors import (
    BadNumber,
    ContactForbidden,
    NoPhone,
    OrderRefused,
    TelephonyUnavailable,
)
from callcenter.calls.facts import CallPhase, Direction
from callcenter.calls.model import Call, OrderState
from callcenter.calls.ports import (
    Callers,
    CallFollower,
    ContactRequest,
    ContactVerdict,
    DialOrder,
    Gate,
    Match,
    Staff,
    Telephony,
)
from callcenter.calls.rights import DIAL
from callcenter.calls.rules import number_to_show, orders_lost_before
from callcenter.calls.telling import quiet_news
from core.audit.service import record
from core.cases.service.access import case_for
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.errors import Forbidden
from core.kernel.ids import IdSource
from core.kernel.phones import normalise
from core.kernel.uow import UnitOfWork, Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Dial:
    """A wish to call ``phone`` (any spelling). ``user_id`` None: from the actor's own phone. ``key`` makes the wish
    unique: asked again with the same key, the same call is answered and nothing is dialled. ``vouched``: that the
    actor may call for this case was checked already (a callback of the team)."""

    phone: str
    key: str
    case_id: int | None = None
    party_id: int | None = None
    user_id: int | None = None
    override_reason: str | None = None
    vouched: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A call to be: ``phone`` (E.164) of somebody known, or of nobody. ``user_id`` is the collector who dials, None
    where a machine does; ``campaign_id`` the campaign that dials. ``key`` as in ``Dial``."""

    phone: str
    key: str
    party_id: int | None
    case_id: int | None
    user_id: int | None = None
    campaign_id: int | None = None


class _KeyTaken(Exception):
    """The same wish was written by somebody else while this one waited for the law."""


class CallService:
    """Click-to-call and what one does in a call. ``region`` (ISO 3166) reads national spellings of numbers."""

    def __init__(
        self,
        uow: UnitOfWork,
        clock: Clock,
        *,
        ids: IdSource,
        telephony: Telephony,
        gate: Gate,
        callers: Callers,
        staff: Staff,
        followers: Sequence[CallFollower] = (),
        region: str = "RU",
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._ids = ids
        self._telephony = telephony
        self._gate = gate
        self._callers = callers
        self._staff = staff
        self._followers = tuple(followers)
        self._region = region

    async def dial(self, actor: Actor, wish: Dial) -> int:
        """Place a call; its id. Exactly one order is given for a key, whatever dies on the way.

        The law decides and reserves the attempt in the transaction that writes the call. Raises ``ContactForbidden``,
        ``NotFound`` (a case out of reach, or somebody who is not on it), ``BadNumber``, ``NoPhone``,
        ``TelephonyUnavailable`` (nothing dialled, or unknown whether), ``OrderRefused``.
        """
        actor.require(DIAL)
        phone = normalise(wish.phone, self._region)
        if phone is None:
            raise BadNumber
        if not self._telephony.status().up:
            raise TelephonyUnavailable
        try:
            order, verdict, call_id = await self._reserve(actor, wish, phone)
        except (IntegrityError, _KeyTaken):
            known = await self.dialled(actor.user_id, wish.key)  # the same key at the same moment: the other one has it
            if known is None:
                raise
            return known
        if verdict is not None and not verdict.allowed:
            raise ContactForbidden(
                rule=verdict.rule,
                reason=verdict.reason,
                next_allowed_at=verdict.next_allowed_at,
                zone=verdict.zone,
                may_override=verdict.may_override,
            )
        if order is not None:
            await self.carry_out(call_id, partial(self._telephony.dial, order))
        return call_id

    async def _reserve(
        self, actor: Actor, wish: Dial, phone: str
    ) -> tuple[DialOrder | None, ContactVerdict | None, int]:
        """Decide and write. Without an order nothing is to be dialled: refused, or a key known already."""
        now = self._clock.now()
        async with self._uow.write() as work:
            known = select(Call.id).where(Call.order_key == _key(actor.user_id, wish.key))
            if (call_id := await work.session.scalar(known)) is not None:
                return None, None, call_id
            if wish.case_id is not None and not wish.vouched:
                await case_for(work.session, actor, wish.case_id)
            user_id, endpoint = await self._phone_of(work, actor, wish)
            whom = await self._whom(work, wish, phone)
            line = Line(phone=phone, key=wish.key, party_id=whom.party_id, case_id=whom.case_id, user_id=user_id)
            call_id, verdict = await self.reserve(work, actor, line, override_reason=wish.override_reason)
            if not verdict.allowed:
                if await work.session.scalar(known) is not None:  # what stands against it is this very wish
                    raise _KeyTaken
                return None, verdict, call_id
            record(work, actor, "calls.dial", ("call", call_id), {"phone": (None, phone)}, at=now)
            own = await self._callers.own_numbers(work.session, whom.case_id)
            order = DialOrder(call_id=call_id, endpoint=endpoint, number=phone, show_number=number_to_show(own, phone))
        return order, verdict, call_id

    async def reserve(
        self, work: Work, actor: Actor, line: Line, *, override_reason: str | None = None
    ) -> tuple[int, ContactVerdict]:
        """Ask the law, reserve the attempt and write the call, all in the caller's transaction: the id drawn for it
        and the verdict. Nothing is dialled before ``carry_out``."""
        now = self._clock.now()
        call_id = self._ids.next(now)
        request = ContactRequest(
            actor=actor,
            call_id=call_id,
            phone=line.phone,
            party_id=line.party_id,
            case_id=line.case_id,
            at=now,
            override_reason=override_reason,
            machine=line.user_id is None,
        )
        verdict = await self._gate.reserve(work, request)
        if verdict.allowed:
            work.session.add(
                Call(
                    id=call_id,
                    server="",
                    direction=Direction.OUTBOUND,
                    phase=CallPhase.DIALLING,
                    phone_given=line.phone,
                    phone=line.phone,
                    dialled=line.phone,
                    started_at=now,
                    campaign_id=line.campaign_id,
                    party_id=line.party_id,
                    case_id=line.case_id,
                    user_id=line.user_id,
                    attempt_id=verdict.attempt_id,
                    order_state=OrderState.RESERVED,
                    order_key=_key(actor.user_id, line.key),
                )
            )
        return call_id, verdict

    async def dialled(self, user_id: int, key: str | None) -> int | None:
        """The call that the user ordered under ``key``; None when no order was ever written down."""
        async with self._uow.read() as session:
            return await session.scalar(select(Call.id).where(Call.order_key == _key(user_id, key)))

    async def _phone_of(self, work: Work, actor: Actor, wish: Dial) -> tuple[int, str]:
        user_id = wish.user_id if wish.user_id is not None else actor.user_id
        if user_id != actor.user_id and not await self._staff.in_reach(work.session, actor, DIAL, user_id):
            raise Forbidden(right=DIAL)
        endpoint = await self._staff.endpoint(work.session, user_id)
        if endpoint is None:
            raise NoPhone
        return user_id, endpoint

    async def _whom(self, work: Work, wish: Dial, phone: str) -> Match:
        """Who is called, so that the law is never passed by: on a case somebody of that case, else the likeliest owner
        of the number."""
        if wish.case_id is not None:
            party_id = await self._callers.person_meant(work.session, wish.case_id, wish.party_id, phone)
            return Match(party_id=party_id, case_id=wish.case_id)
        found = (await self._callers.match(work.session, [phone])).get(phone, Match(party_id=None, case_id=None))
        return replace(found, party_id=wish.party_id if wish.party_id is not None else found.party_id)

    async def carry_out(self, call_id: int, order: Callable[[], Awaitable[None]]) -> None:
        """Give the order for a reserved call to the exchange, at most once. Raises what the order raises."""
        await asyncio.shield(self._send(call_id, order))

    async def _send(self, call_id: int, order: Callable[[], Awaitable[None]]) -> None:
        """The step from reserved to sent is the licence."""
        if not await self._step(call_id, OrderState.RESERVED, OrderState.SENT):
            return
        try:
            await order()
        except OrderRefused:
            await self._give_up(call_id, OrderState.SENT)
            raise

    async def _step(self, call_id: int, before: OrderState, after: OrderState) -> bool:
        async with self._uow.write() as work:
            statement = update(Call).where(Call.id == call_id, Call.order_state == before).values(order_state=after)
            return (await work.session.execute(statement.returning(Call.id))).scalar_one_or_none() is not None

    async def _give_up(self, call_id: int, before: OrderState) -> None:
        """End a call that was certainly never made; its attempt does not count."""
        async with self._uow.write() as work:
            row = await self._end(work, call_id, Call.order_state == before, order_state=OrderState.REFUSED)
            if row is not None and row.attempt_id is not None:
                await self._gate.release(work, row.attempt_id)

    async def end_lost_orders(self) -> int:
        """End orders that never became a call; how many. For a ticker.

        One that was never sent releases its attempt. One that was sent may have rung: its attempt counts.
        """
        status = self._telephony.status()
        before = orders_lost_before(self._clock.now(), status.since if status.up else None)
        lost = (
            select(Call)
            .where(Call.order_state.is_not(None), Call.ended_at.is_(None), Call.started_at < before)
            .where(~Call.legs.any())
        )
        async with self._uow.read() as session:
            found = (await session.scalars(lost)).all()
        for row in found:
            if row.order_state == OrderState.RESERVED:
                await self._give_up(row.id, OrderState.RESERVED)
            else:
                await self._mark_lost(row.id)
        return len(found)

    async def _mark_lost(self, call_id: int) -> None:
        async with self._uow.write() as work:
            row = await self._end(work, call_id, ~Call.legs.any(), lost=True)
            if row is None:
                return
            if row.attempt_id is not None:
                await self._gate.settle(work, row.attempt_id, connected=False, right_party=None)
            news = replace(quiet_news(row, self._clock.now(), {}), ended=True)
            for follower in self._followers:
                await follower.followed(work, [news])

    async def _end(self, work: Work, call_id: int, condition: ColumnElement[bool], **values: object) -> Call | None:
        """End a call that telephony never saw, if ``condition`` still holds."""
        now = self._clock.now()
        statement = (
            update(Call)
            .where(Call.id == call_id, Call.ended_at.is_(None), condition)
            .values(phase=CallPhase.ENDED, ended_at=now, result_code="FAIL", **values)
            .returning(Call)
        )
        return await work.session.scalar(statement)


def _key(user_id: int, key: str | None) -> str:
    return f"{user_id}:{key}"[:200]
