"""What becomes of promises and plans, and what follows from it in the same transaction."""

from collections.abc import Sequence
from datetime import date, datetime

from core.audit.service import record
from core.cases.model import (
    Case,
    EventKind,
    Instalment,
    InstalmentState,
    PaymentPlan,
    PlanState,
    Promise,
    PromiseState,
)
from core.cases.rules.plans import Standing, instalment_state, plan_state
from core.cases.rules.promises import Pledge
from core.cases.service.agreements import SUPERSEDED
from core.cases.service.followup import fell_away, follow_up
from core.cases.service.timeline import add_event
from core.kernel.access import PROGRAM
from core.kernel.i18n import mark
from core.kernel.uow import Work

_FAILED = (PromiseState.BROKEN, PromiseState.PARTLY_KEPT)


def pledge_of(promise: Promise) -> Pledge:
    """The promise as it is judged."""
    return Pledge(
        amount=promise.amount,
        due_on=promise.due_on,
        grace_days=promise.grace_days,
        threshold_percent=promise.threshold_percent,
    )


async def promise_becomes(
    work: Work, case: Case, promise: Promise, state: PromiseState, *, at: datetime, reason: str = ""
) -> None:
    """Give a promise its state and the case what follows: a promise that failed makes the next action, once; a broken
    one raises the case's priority and counter. All of it goes back when the state does. The caller plans anew."""
    before = PromiseState(promise.state)
    if before == state:
        return
    promise.state, promise.settled_reason = state, reason
    promise.settled_at = None if state is PromiseState.OPEN else at
    broken = (state is PromiseState.BROKEN) - (before is PromiseState.BROKEN)
    case.broken_promises += broken
    case.priority += broken
    if state in _FAILED and before not in _FAILED:
        title = mark("Call: the promise was not kept")
        await follow_up(work, case, _broken_key(promise), title, at=at)
    elif before in _FAILED and state not in _FAILED:
        await fell_away(work, case.id, _broken_key(promise), at=at)
    changes = {"state": (before, state)}
    record(work, PROGRAM, "promise.decided", ("promise", promise.id), changes, at=at)
    told = {
        "state": state,
        "amount": str(promise.amount),
        "paid": str(promise.paid_amount),
        "currency": promise.currency,
        "due_on": promise.due_on.isoformat(),
    }
    add_event(work, case.id, EventKind.PROMISE, at, party_id=promise.party_id, promise_id=promise.id, data=told)


def _broken_key(promise: Promise) -> str:
    return f"promise:{promise.id}:broken"


async def assess_plan(
    work: Work, case: Case, plan: PaymentPlan, instalments: Sequence[Instalment], *, today: date, at: datetime
) -> None:
    """Bring an agreed plan and its instalments up to the debtor's day ``today``, with what follows. The caller plans
    anew."""
    lines = [standing(line) for line in instalments]
    for instalment, line in zip(instalments, lines, strict=True):
        instalment.state = instalment_state(line, grace_days=plan.grace_days, as_of=today)
    state = plan_state(lines, grace_days=plan.grace_days, max_missed=plan.max_missed, as_of=today)
    await _ask_about_delay(work, case, plan, instalments, state, at=at)
    await plan_becomes(work, case, plan, instalments, state, at=at)


def standing(instalment: Instalment) -> Standing:
    """The instalment as it is judged."""
    return Standing(due_on=instalment.due_on, amount=instalment.amount, paid=instalment.paid_amount)


async def plan_becomes(
    work: Work,
    case: Case,
    plan: PaymentPlan,
    instalments: Sequence[Instalment],
    state: PlanState,
    *,
    at: datetime,
    reason: str = "",
) -> None:
    """Give a plan its state. One that defaults ends: what was still to come is owed at once, and somebody has to
    call. A defaulted one comes back when the money it was missing turns out to have come. The caller plans anew."""
    before = PlanState(plan.state)
    if before == state:
        return
    plan.state = state
    ended = state in (PlanState.COMPLETED, PlanState.DEFAULTED, PlanState.CANCELLED)
    plan.ended_at, plan.ended_reason = (at, reason) if ended else (None, "")
    if state in (PlanState.DEFAULTED, PlanState.CANCELLED):
        call_off(instalments)
    if state is PlanState.DEFAULTED:
        title = mark("Call: the instalment plan has defaulted, the whole debt is due")
        await follow_up(work, case, f"plan:{plan.id}:defaulted", title, at=at)
    elif before is PlanState.DEFAULTED:
        await fell_away(work, case.id, f"plan:{plan.id}:defaulted", at=at)
    record(work, PROGRAM, "plan.decided", ("plan", plan.id), {"state": (before, state)}, at=at)
    tell_of_plan(work, plan, at=at)


def call_off(instalments: Sequence[Instalment]) -> None:
    """Nobody waits for the instalments that were still to come."""
    for instalment in instalments:
        if instalment.state == InstalmentState.OPEN:
            instalment.state = InstalmentState.CANCELLED


def tell_of_plan(work: Work, plan: PaymentPlan, *, at: datetime, actor_id: int | None = None) -> None:
    """Write the plan's state into the time line."""
    told = {"plan_id": plan.id, "state": plan.state, "amount": str(plan.total), "currency": plan.currency}
    entry = add_event(work, plan.case_id, EventKind.PLAN, at, text=_said(plan), party_id=plan.party_id, data=told)
    entry.actor_id, entry.call_id = actor_id, plan.call_id


def _said(plan: PaymentPlan) -> str:
    """Why it ended, in somebody's own words."""
    return "" if plan.ended_reason == SUPERSEDED else plan.ended_reason


async def _ask_about_delay(
    work: Work,
    case: Case,
    plan: PaymentPlan,
    instalments: Sequence[Instalment],
    state: PlanState,
    *,
    at: datetime,
) -> None:
    """A call about the last instalment that was missed, until it is paid or the plan defaults."""
    last = max((line.n for line in instalments if line.state == InstalmentState.MISSED), default=0)
    reasons = f"plan:{plan.id}:late:"
    key = f"{reasons}{last}" if state is PlanState.DELINQUENT else ""
    await fell_away(work, case.id, reasons, at=at, but=key)
    if key:
        await follow_up(work, case, key, mark("Call: an instalment was missed"), at=at)
