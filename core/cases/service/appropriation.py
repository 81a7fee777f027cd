"""Counting the money of a case for what was promised: worked out anew whenever money moves on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import (
    Appropriation,
    Case,
    Instalment,
    InstalmentState,
    PaymentPlan,
    PlanState,
    Promise,
    PromiseState,
)
from core.cases.ports import PlannedWork
from core.cases.queries.zones import debtor_zones
from core.cases.rules.appropriation import Kind, Purpose, Received, Window, appropriated
from core.cases.rules.plans import plan_state
from core.cases.rules.promises import decide
from core.cases.service.agreements import RUNNING, SUPERSEDED, live_plan, open_promise
from core.cases.service.outcomes import assess_plan, plan_becomes, pledge_of, promise_becomes, standing
from core.cases.service.planning import replan
from core.kernel.uow import Work

__all__ = ["Received", "appropriate"]

#: Share of a payment that counts for a purpose, by payment.
_Shares = Mapping[tuple[int, Purpose], Decimal]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Agreed:
    """Everything that was ever agreed on a case, the oldest first."""

    promises: Sequence[Promise]
    plans: Sequence[tuple[PaymentPlan, Sequence[Instalment]]]
    zones: Mapping[int, ZoneInfo]

    @property
    def windows(self) -> Sequence[Window]:
        found = [(promise.created_at, promise.id, [self._of_promise(promise)]) for promise in self.promises]
        found += [(plan.created_at, plan.id, self._of_plan(plan, lines)) for plan, lines in self.plans]
        return [window for *_, part in sorted(found, key=lambda one: one[:2]) for window in part]

    def _of_promise(self, promise: Promise) -> Window:
        pledge = pledge_of(promise)
        return Window(
            purpose=(Kind.PROMISE, promise.id),
            amount=promise.amount,
            enough=pledge.enough,
            made_at=promise.created_at,
            first_day=promise.created_at.astimezone(self.zones[promise.party_id]).date(),
            last_day=pledge.last_day,
            ended_at=promise.settled_at if promise.state == PromiseState.CANCELLED else None,
        )

    def _of_plan(self, plan: PaymentPlan, instalments: Sequence[Instalment]) -> list[Window]:
        zone = self.zones[plan.party_id]
        defaulted = plan.ended_at if plan.state == PlanState.DEFAULTED else None
        return [
            Window(
                purpose=(Kind.INSTALMENT, line.id),
                amount=line.amount,
                enough=line.amount,
                made_at=plan.created_at,
                first_day=plan.created_at.astimezone(zone).date(),
                # what had come by the day of the default counts whenever it is found: it may be why there is none
                last_day=None if defaulted is None else defaulted.astimezone(zone).date(),
                ended_at=plan.ended_at if plan.state == PlanState.CANCELLED else None,
            )
            for line in instalments
        ]


async def appropriate(
    work: Work,
    case_id: int,
    received: Sequence[Received],
    *,
    at: datetime,
    today: date,
    sources: Sequence[PlannedWork] = (),
) -> None:
    """Say anew which money counts for which promise or instalment, and what that makes of them.

    ``received`` is everything that stands settled on the case, net, one entry a payment; ``today`` is the debtor's. The
    caller holds the case's lock. What was decided is decided again: a promise whose payment was withdrawn is open, or
    broken if its day has passed.
    """
    await work.session.flush()
    agreed = await _agreed(work.session, case_id)
    windows = agreed.windows
    shares = appropriated(received, windows)
    if not windows or not await _rewritten(work, windows, received, shares):
        return
    case = await work.session.get_one(Case, case_id)
    _write_paid(agreed, shares)
    if await _comes_back(work, case, agreed, today=today, at=at):
        shares = appropriated(received, agreed.windows)  # what came after the default counts for it as well
        await _rewritten(work, agreed.windows, received, shares)
        _write_paid(agreed, shares)
    await _decide_promises(work, case, agreed.promises, today=today, at=at)
    for plan, instalments in agreed.plans:
        await _decide_plan(work, case, plan, instalments, today=today, at=at)
    await replan(work, [case_id], sources)


async def _agreed(session: AsyncSession, case_id: int) -> _Agreed:
    promises = (await session.scalars(select(Promise).where(Promise.case_id == case_id).order_by(Promise.id))).all()
    plans = (await session.scalars(select(PaymentPlan).where(PaymentPlan.case_id == case_id))).all()
    lines = select(Instalment).where(Instalment.plan_id.in_([plan.id for plan in plans])).order_by(Instalment.n)
    instalments = (await session.scalars(lines)).all() if plans else ()
    return _Agreed(
        promises=promises,
        plans=[(plan, [line for line in instalments if line.plan_id == plan.id]) for plan in plans],
        zones=await debtor_zones(session, [*(one.party_id for one in promises), *(one.party_id for one in plans)]),
    )


async def _rewritten(work: Work, windows: Sequence[Window], received: Sequence[Received], shares: _Shares) -> bool:
    """Put the shares in place of those that are stored; False when they are the same."""
    session = work.session
    ids = {kind: [number for (other, number) in (w.purpose for w in windows) if other is kind] for kind in Kind}
    of_case = or_(
        Appropriation.promise_id.in_(ids[Kind.PROMISE]), Appropriation.instalment_id.in_(ids[Kind.INSTALMENT])
    )
    stored = {
        (row.payment_id, _purpose(row)): row.amount
        for row in await session.scalars(select(Appropriation).where(of_case))
    }
    if stored == shares:
        return False
    await session.execute(delete(Appropriation).where(of_case))
    days = {money.payment_id: money.value_on for money in received}
    session.add_all(
        Appropriation(
            payment_id=payment_id,
            promise_id=number if kind is Kind.PROMISE else None,
            instalment_id=number if kind is Kind.INSTALMENT else None,
            amount=amount,
            value_on=days[payment_id],
        )
        for (payment_id, (kind, number)), amount in shares.items()
    )
    return True


def _purpose(row: Appropriation) -> Purpose:
    if row.promise_id is not None:
        return Kind.PROMISE, row.promise_id
    assert row.instalment_id is not None
    return Kind.INSTALMENT, row.instalment_id


def _write_paid(agreed: _Agreed, shares: _Shares) -> None:
    def paid(kind: Kind, number: int) -> Decimal:
        return sum((share for (_, purpose), share in shares.items() if purpose == (kind, number)), Decimal(0))

    for promise in agreed.promises:
        promise.paid_amount = paid(Kind.PROMISE, promise.id)
    for _, instalments in agreed.plans:
        for line in instalments:
            line.paid_amount = paid(Kind.INSTALMENT, line.id)


async def _decide_promises(work: Work, case: Case, promises: Sequence[Promise], *, today: date, at: datetime) -> None:
    """Those that end come first: a case has one open promise at a time."""
    states = {promise.id: _state_of(promise, today) for promise in promises}
    for promise in sorted(promises, key=lambda one: states[one.id] is PromiseState.OPEN):
        state, reason = states[promise.id], promise.settled_reason
        if state is PromiseState.OPEN and promise.state != PromiseState.OPEN:
            await work.session.flush()
            if await _taken_over(work.session, case.id):
                state, reason = PromiseState.CANCELLED, SUPERSEDED
        await promise_becomes(work, case, promise, state, at=at, reason=reason)


def _state_of(promise: Promise, today: date) -> PromiseState:
    """A promise that was called off is kept all the same when enough had come for it; nothing else happens to it."""
    state = decide(pledge_of(promise), paid=promise.paid_amount, today=today)
    called_off = promise.state == PromiseState.CANCELLED
    return PromiseState.CANCELLED if called_off and state is not PromiseState.KEPT else state


async def _decide_plan(
    work: Work, case: Case, plan: PaymentPlan, instalments: Sequence[Instalment], *, today: date, at: datetime
) -> None:
    completed = plan.state == PlanState.COMPLETED
    if completed and any(line.paid_amount < line.amount for line in instalments):
        await work.session.flush()
        if await _taken_over(work.session, case.id):
            await plan_becomes(work, case, plan, instalments, PlanState.CANCELLED, at=at, reason=SUPERSEDED)
    if plan.state in (*RUNNING, PlanState.COMPLETED):
        await assess_plan(work, case, plan, instalments, today=today, at=at)
        return
    unpaid = InstalmentState.OPEN if plan.state == PlanState.DRAFT else InstalmentState.CANCELLED
    for line in instalments:
        if line.paid_amount >= line.amount:
            line.state = InstalmentState.PAID
        elif line.state == InstalmentState.PAID:
            line.state = unpaid


async def _comes_back(work: Work, case: Case, agreed: _Agreed, *, today: date, at: datetime) -> bool:
    """Whether a plan that had defaulted is taken up again, the latest that can be: with all the money that is known by
    now it would not be in default today, and nothing else was agreed since."""
    for plan, instalments in sorted(agreed.plans, key=lambda one: one[0].id, reverse=True):
        state = plan_state(
            [standing(line) for line in instalments],
            grace_days=plan.grace_days,
            max_missed=plan.max_missed,
            as_of=today,
        )
        if plan.state != PlanState.DEFAULTED or state is PlanState.DEFAULTED:
            continue
        await work.session.flush()
        if await _taken_over(work.session, case.id):
            return False
        await assess_plan(work, case, plan, instalments, today=today, at=at)
        await work.session.flush()
        return True
    return False


async def _taken_over(session: AsyncSession, case_id: int) -> bool:
    """Whether something else was agreed in the meantime."""
    return await open_promise(session, case_id) is not None or await live_plan(session, case_id) is not None
