"""Instalment plans (domain 2.3): taken, approved above a limit, called off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.audit.service import record
from core.cases import rights
from core.cases.errors import BadPlan, PlanEnded, PlanLive
from core.cases.model import Case, Instalment, PaymentPlan, PlanState, WorkSettings
from core.cases.ports import PlannedWork
from core.cases.queries.zones import debtor_zone
from core.cases.rules.plans import Due, plan_faults
from core.cases.service.access import case_for
from core.cases.service.agreements import LIVE, SUPERSEDED, held_open, nothing_agreed, open_promise, owes
from core.cases.service.followup import agreed_anew, fell_away
from core.cases.service.ledger import lock_cases
from core.cases.service.outcomes import assess_plan, call_off, tell_of_plan
from core.cases.service.planning import replan
from core.cases.service.promises import cancel_promise
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.i18n import msg
from core.kernel.uow import Work


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPlan:
    """Who agreed to pay ``total`` in which instalments. ``max_missed`` instalments missed end the plan.

    ``supersede`` calls off the promise that is open, if there is one.
    """

    party_id: int
    total: Decimal
    dues: Sequence[Due]
    grace_days: int = 3
    max_missed: int = 2
    phone: str | None = None
    call_id: int | None = None
    note: str = ""
    supersede: bool = False


async def take_plan(
    work: Work,
    actor: Actor,
    case_id: int,
    new: NewPlan,
    *,
    today: date,
    at: datetime,
    sources: Sequence[PlannedWork] = (),
) -> PaymentPlan:
    """Record a plan agreed with somebody who owes. ``today`` is the debtor's.

    Above the house's limit it is a draft until somebody who may approve plans has; that may be the taker himself.
    Raises ``BadPlan`` with the faulty fields, ``PlanLive``, or ``PromiseOpen`` when that is not superseded.
    """
    case = await held_open(work, actor, case_id, rights.PLAN)
    await _check(work, case, new, today)
    if new.supersede and (promise := await open_promise(work.session, case_id)) is not None:
        await cancel_promise(work, actor, promise.id, SUPERSEDED, at=at)
    await nothing_agreed(work.session, case_id)
    waits = await _above_limit(work, new.total) and not actor.may(rights.APPROVE)
    plan = PaymentPlan(
        case_id=case_id,
        party_id=new.party_id,
        state=PlanState.DRAFT if waits else PlanState.ACTIVE,
        total=new.total,
        currency=case.currency,
        grace_days=new.grace_days,
        max_missed=new.max_missed,
        phone=new.phone,
        call_id=new.call_id,
        note=new.note,
        taken_by_id=actor.user_id or None,
        created_at=at,
    )
    await _add(work, plan, new.dues)
    record(
        work, actor, "plan.taken", ("plan", plan.id), {"total": (None, new.total), "state": (None, plan.state)}, at=at
    )
    tell_of_plan(work, plan, at=at, actor_id=actor.user_id or None)
    await agreed_anew(work, actor, case_id, at=at)
    await replan(work, [case_id], sources, worked_at=at)
    return plan


async def _check(work: Work, case: Case, new: NewPlan, today: date) -> None:
    faults = plan_faults(new.dues, total=new.total, owed=case.open_amount, today=today)
    if not await owes(work.session, case.id, new.party_id):
        faults["party_id"] = msg("Only somebody who owes can agree on a plan.")
    if not 0 <= new.grace_days <= 30:
        faults["grace_days"] = msg("Enter a number from 0 to 30.")
    if not 1 <= new.max_missed <= 12:
        faults["max_missed"] = msg("Enter a number from 1 to 12.")
    if faults:
        raise BadPlan(faults)


async def _above_limit(work: Work, total: Decimal) -> bool:
    limit = await work.session.scalar(select(WorkSettings.plan_approval_above))
    return limit is not None and total > limit


async def _add(work: Work, plan: PaymentPlan, dues: Sequence[Due]) -> None:
    try:
        async with work.session.begin_nested():
            work.session.add(plan)
    except IntegrityError as error:  # the partial unique index decides the race
        raise PlanLive() from error
    work.session.add_all(
        Instalment(plan_id=plan.id, n=n, due_on=due.on, amount=due.amount) for n, due in enumerate(dues, start=1)
    )
    await work.session.flush()


async def approve_plan(
    work: Work, actor: Actor, plan_id: int, *, at: datetime, sources: Sequence[PlannedWork] = ()
) -> None:
    """Let a draft come into force; it stands at once as its days and the money say. Raises ``PlanEnded``."""
    plan, case = await _held(work, actor, plan_id, rights.APPROVE)
    await _move(work, actor, plan, states=(PlanState.DRAFT,), state=PlanState.ACTIVE, action="plan.approved", at=at)
    today = at.astimezone(await debtor_zone(work.session, plan.party_id)).date()
    tell_of_plan(work, plan, at=at, actor_id=actor.user_id or None)
    await assess_plan(work, case, plan, await instalments_of(work, plan_id), today=today, at=at)
    await replan(work, [case.id], sources)


async def refuse_plan(
    work: Work, actor: Actor, plan_id: int, *, reason: str, at: datetime, sources: Sequence[PlannedWork] = ()
) -> None:
    """Turn a draft down. Raises ``PlanEnded``."""
    states = (PlanState.DRAFT,)
    await _end(work, actor, plan_id, right=rights.APPROVE, states=states, action="plan.refused", reason=reason, at=at)
    await _planned_anew(work, plan_id, sources)


async def cancel_plan(
    work: Work, actor: Actor, plan_id: int, *, reason: str, at: datetime, sources: Sequence[PlannedWork] = ()
) -> None:
    """Call off a plan that is being paid, or waits for approval. Raises ``PlanEnded``."""
    await _end(work, actor, plan_id, right=rights.PLAN, states=LIVE, action="plan.cancelled", reason=reason, at=at)
    await _planned_anew(work, plan_id, sources)


async def _end(
    work: Work,
    actor: Actor,
    plan_id: int,
    *,
    right: str,
    states: Sequence[PlanState],
    action: str,
    reason: str,
    at: datetime,
) -> None:
    if not reason.strip():
        raise BadPlan({"reason": msg("Say why.")})
    plan, case = await _held(work, actor, plan_id, right)
    await _move(
        work, actor, plan, states=states, state=PlanState.CANCELLED, action=action, at=at, reason=reason.strip()
    )
    call_off(await instalments_of(work, plan_id))
    await fell_away(work, case.id, f"plan:{plan_id}:", at=at)
    tell_of_plan(work, plan, at=at, actor_id=actor.user_id or None)


async def _held(work: Work, actor: Actor, plan_id: int, right: str) -> tuple[PaymentPlan, Case]:
    plan = await work.session.get(PaymentPlan, plan_id)
    if plan is None:
        raise NotFound()
    case = await case_for(work.session, actor, plan.case_id, right)
    await lock_cases(work, [case.id])
    return plan, case


async def _move(
    work: Work,
    actor: Actor,
    plan: PaymentPlan,
    *,
    states: Sequence[PlanState],
    state: PlanState,
    action: str,
    at: datetime,
    reason: str = "",
) -> None:
    """From one of ``states`` to ``state``, unless somebody else was faster."""
    before = plan.state
    values = {"ended_at": at, "ended_reason": reason} if state is PlanState.CANCELLED else {}
    decided = {"decided_by_id": actor.user_id or None, "decided_at": at} if before == PlanState.DRAFT else {}
    moved = (
        update(PaymentPlan)
        .where(PaymentPlan.id == plan.id, PaymentPlan.state.in_(states))
        .values(state=state, **values, **decided)
        .returning(PaymentPlan.id)
    )
    if (await work.session.execute(moved)).scalar_one_or_none() is None:
        raise PlanEnded()
    await work.session.refresh(plan)
    record(work, actor, action, ("plan", plan.id), {"state": (before, state), "reason": ("", reason)}, at=at)


async def instalments_of(work: Work, plan_id: int) -> Sequence[Instalment]:
    """The instalments of a plan in their order."""
    lines = select(Instalment).where(Instalment.plan_id == plan_id).order_by(Instalment.n)
    return (await work.session.scalars(lines)).all()


async def _planned_anew(work: Work, plan_id: int, sources: Sequence[PlannedWork]) -> None:
    plan = await work.session.get_one(PaymentPlan, plan_id)
    await replan(work, [plan.case_id], sources)
