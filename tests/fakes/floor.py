"""Stand-ins for what the call floor needs from outside, each beside its port, and histories of calls as telephony
tells them."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.rights import RIGHTS as AGENT_RIGHTS
from callcenter.callbacks.rights import RIGHTS as CALLBACK_RIGHTS
from callcenter.calls.errors import OrderRefused, TelephonyUnavailable
from callcenter.calls.facts import CallPhase, CallState, Direction, Interval, LegKind, LegOutcome, LegState
from callcenter.calls.model import Need
from callcenter.calls.ports import (
    Agreed,
    Block,
    CallContext,
    CallNews,
    ContactRequest,
    ContactVerdict,
    DialOrder,
    Instalments,
    Match,
    Promised,
    TelephonyStatus,
)
from callcenter.calls.rights import RIGHTS as CALL_RIGHTS
from callcenter.productivity.rights import RIGHTS as FIGURE_RIGHTS
from core.kernel.access import Actor, Scope
from core.kernel.errors import NotFound
from core.kernel.i18n import msg
from core.kernel.uow import Work

START = datetime(2026, 3, 11, 12, tzinfo=UTC)
DEBTOR = "+79000000001"


def at(seconds: float) -> datetime:
    """A moment so many seconds after the beginning of the test's world."""
    return START + timedelta(seconds=seconds)


class FakeTelephony:
    """An exchange that only remembers its orders. ``refuse`` and ``dead`` make it answer as a real one can."""

    def __init__(self) -> None:
        self.orders: list[DialOrder] = []
        self.commands: list[tuple[str, int, str]] = []
        self.up = True
        self.refuse = False
        self.dead = False

    def status(self) -> TelephonyStatus:
        return TelephonyStatus(up=self.up, detail="", since=START)

    async def dial(self, order: DialOrder) -> None:
        await asyncio.sleep(0)
        self.orders.append(order)
        if self.refuse:
            raise OrderRefused(reason="busy")
        if self.dead:
            raise TelephonyUnavailable

    async def hang_up(self, call_id: int) -> None:
        self.commands.append(("hang_up", call_id, ""))

    async def hold(self, call_id: int) -> None:
        self.commands.append(("hold", call_id, ""))

    async def ring_back(self, call_id: int, endpoint: str) -> None:
        self.commands.append(("ring_back", call_id, endpoint))

    async def blind_transfer(self, call_id: int, target: str) -> None:
        self.commands.append(("blind_transfer", call_id, target))

    async def attended_transfer(self, call_id: int, target: str) -> None:
        self.commands.append(("attended_transfer", call_id, target))

    async def pause_recording(self, call_id: int) -> None:
        self.commands.append(("pause_recording", call_id, ""))

    async def resume_recording(self, call_id: int) -> None:
        self.commands.append(("resume_recording", call_id, ""))


class FakeStaff:
    """Collectors 1, 2, 3 … at the phones 101, 102, 103 … and the desk phones 101d, 102d, 103d …"""

    async def users(self, session: AsyncSession, endpoints: Collection[str]) -> Mapping[str, int]:
        return {one: int(one.rstrip("d")) - 100 for one in endpoints if one.rstrip("d").isdigit()}

    async def endpoint(self, session: AsyncSession, user_id: int) -> str | None:
        return str(100 + user_id) if user_id < 50 else None

    async def in_reach(self, session: AsyncSession, actor: Actor, right: str, user_id: int) -> bool:
        return actor.may(right) and user_id < 50


class FakeCallers:
    """Knows one debtor, with one case."""

    async def match(self, session: AsyncSession, phones: Collection[str]) -> Mapping[str, Match]:
        return {phone: Match(party_id=7, case_id=70) for phone in phones if phone == DEBTOR}

    async def person_meant(self, session: AsyncSession, case_id: int, party_id: int | None, phone: str) -> int:
        if party_id not in (None, 7):
            raise NotFound
        return 7

    async def own_numbers(self, session: AsyncSession, case_id: int | None) -> Sequence[str]:
        return ["+15550100", "+79990000000"]


@dataclass
class FakeGate:
    """A law of so many attempts, counted within the process: the real one counts in the database."""

    left: int = 100
    next_allowed_at: datetime | None = None
    reserved: list[ContactRequest] = field(default_factory=list)
    released: list[int] = field(default_factory=list)
    settled: list[tuple[int, bool, bool | None]] = field(default_factory=list)
    stopped: list[Block] = field(default_factory=list)

    async def reserve(self, work: Work, request: ContactRequest) -> ContactVerdict:
        if self.left <= 0 and request.override_reason is None:
            reason = msg("Enough for today.")
            return ContactVerdict(
                allowed=False, attempt_id=None, rule="test.day", reason=reason, next_allowed_at=self.next_allowed_at
            )
        self.left -= 1
        self.reserved.append(request)
        return ContactVerdict(allowed=True, attempt_id=len(self.reserved), rule="", reason=msg("Allowed."))

    async def release(self, work: Work, attempt_id: int) -> None:
        self.left += 1
        self.released.append(attempt_id)

    async def settle(self, work: Work, attempt_id: int, *, connected: bool, right_party: bool | None) -> None:
        self.settled.append((attempt_id, connected, right_party))

    async def stop(self, work: Work, actor: Actor, block: Block) -> None:
        self.stopped.append(block)


@dataclass
class FakeCases:
    """Remembers what results did to cases."""

    done: list[tuple[str, int, object]] = field(default_factory=list)

    async def promise(self, work: Work, actor: Actor, context: CallContext, promised: Promised) -> datetime:
        self.done.append(("promise", context.case_id, promised))
        return context.at + timedelta(days=10)

    async def plan(self, work: Work, actor: Actor, context: CallContext, agreed: Instalments) -> datetime:
        self.done.append(("plan", context.case_id, agreed))
        return context.at + timedelta(days=5)

    async def mark_phone(self, work: Work, actor: Actor, context: CallContext, quality: str) -> None:
        self.done.append(("mark_phone", context.case_id, quality))

    async def plan_work(self, work: Work, actor: Actor, context: CallContext, need: Need, text: str) -> None:
        self.done.append(("plan_work", context.case_id, need, text))

    async def said(self, work: Work, actor: Actor, context: CallContext, code: str, note: str) -> None:
        self.done.append(("said", context.case_id, code))


@dataclass
class FakeCallbacks:
    """Remembers what was agreed."""

    agreed: list[Agreed] = field(default_factory=list)

    async def agree(self, work: Work, actor: Actor, context: CallContext, agreed: Agreed) -> None:
        self.agreed.append(agreed)


@dataclass
class FakeFollower:
    """Remembers what it was told."""

    news: list[CallNews] = field(default_factory=list)

    async def followed(self, work: Work, news: Sequence[CallNews]) -> None:
        self.news.extend(news)


def customer(call_id: int, phone: str | None = DEBTOR, **known: object) -> LegState:
    leg = LegState(
        uniqueid=f"c{call_id}.1",
        channel=f"PJSIP/trunk-{call_id:08x}",
        kind=LegKind.CUSTOMER,
        endpoint="trunk",
        number=phone,
        started_at=at(0),
    )
    return replace(leg, **known)  # type: ignore[arg-type]


def phone_of(call_id: int, user: int, number: int = 1, **known: object) -> LegState:
    leg = LegState(
        uniqueid=f"a{call_id}.{user}.{number}",
        channel=f"PJSIP/{100 + user}-{call_id:08x}",
        kind=LegKind.AGENT,
        endpoint=str(100 + user),
        number=None,
        started_at=at(0),
    )
    return replace(leg, **known)  # type: ignore[arg-type]


def incoming(call_id: int, phone: str | None = DEBTOR) -> CallState:
    """A call that has just come in and waits in the queue."""
    return CallState(
        call_id=call_id,
        server="lab",
        linkedids=(f"l{call_id}",),
        direction=Direction.INBOUND,
        phase=CallPhase.QUEUED,
        phone=phone,
        dialled="5550100",
        queue="main",
        started_at=at(0),
        legs=(customer(call_id, phone),),
    )


def ringing(call: CallState, *users: int, since: float = 2) -> CallState:
    """The call rings at the phones of the users."""
    legs = tuple(phone_of(call.call_id, user, started_at=at(since)) for user in users)
    return replace(call, phase=CallPhase.RINGING, legs=(*call.legs, *legs))


def answered(call: CallState, user: int, since: float = 5) -> CallState:
    """One of the phones rung answers, the others stop."""
    talk = (Interval(start=at(since)),)
    legs = []
    for leg in call.legs:
        if leg.kind is LegKind.CUSTOMER:
            legs.append(replace(leg, answered_at=leg.answered_at or at(since), outcome=LegOutcome.ANSWERED, talks=talk))
        elif leg.endpoint == str(100 + user):
            legs.append(replace(leg, answered_at=at(since), outcome=LegOutcome.ANSWERED, talks=talk))
        elif leg.ended_at is None:
            legs.append(replace(leg, ended_at=at(since), outcome=LegOutcome.CANCELLED))
        else:
            legs.append(leg)
    return replace(call, phase=CallPhase.TALKING, answered_at=at(since), legs=tuple(legs))


def held(call: CallState, since: float) -> CallState:
    """The customer hears music."""
    return replace(call, phase=CallPhase.HELD, legs=tuple(_held(leg, since) for leg in call.legs))


def resumed(call: CallState, since: float) -> CallState:
    """The customer is back."""
    return replace(call, phase=CallPhase.TALKING, legs=tuple(_resumed(leg, since) for leg in call.legs))


def ended(call: CallState, when: float, cause: int = 16, outcome: LegOutcome = LegOutcome.CANCELLED) -> CallState:
    """Everybody has hung up."""
    legs = tuple(_ended(leg, when, cause, outcome) for leg in call.legs)
    return replace(call, phase=CallPhase.ENDED, ended_at=at(when), cause=cause, legs=legs)


def _held(leg: LegState, since: float) -> LegState:
    if leg.ended_at is not None or leg.answered_at is None:
        return leg
    return replace(leg, talks=_closed(leg.talks, since), holds=(*leg.holds, Interval(start=at(since))))


def _resumed(leg: LegState, since: float) -> LegState:
    if leg.ended_at is not None or leg.answered_at is None:
        return leg
    return replace(leg, holds=_closed(leg.holds, since), talks=(*leg.talks, Interval(start=at(since))))


def _ended(leg: LegState, when: float, cause: int, outcome: LegOutcome) -> LegState:
    if leg.ended_at is not None:
        return leg
    return replace(
        leg,
        ended_at=at(when),
        cause=cause,
        outcome=leg.outcome if leg.outcome is not LegOutcome.PENDING else outcome,
        talks=_closed(leg.talks, when),
        holds=_closed(leg.holds, when),
    )


def _closed(stretches: tuple[Interval, ...], when: float) -> tuple[Interval, ...]:
    return tuple(one if one.end is not None else replace(one, end=at(when)) for one in stretches)


def collector(user_id: int = 1, scope: Scope = Scope.OWN, *rights: str) -> Actor:
    """Somebody with every right over calls and callbacks (or only those named), reaching as far as ``scope``."""
    keys = rights or tuple(right.key for right in (*CALL_RIGHTS, *CALLBACK_RIGHTS, *AGENT_RIGHTS, *FIGURE_RIGHTS))
    return Actor(user_id=user_id, login=f"collector{user_id}", rights=dict.fromkeys(keys, scope))
