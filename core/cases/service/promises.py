"""Promises to pay (domain 2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.audit.service import record
from core.cases import rights
from core.cases.errors import BadPromise, PromiseOpen, PromiseSettled
from core.cases.model import Case, EventKind, Promise, PromiseState, PromiseType
from core.cases.ports import PlannedWork
from core.cases.queries.balance import case_balance
from core.cases.rules.promises import PROMISE_DAYS, Limits, promise_faults
from core.cases.service.access import case_for
from core.cases.service.agreements import SUPERSEDED, held_open, nothing_agreed, open_promise, owes
from core.cases.service.followup import agreed_anew
from core.cases.service.ledger import lock_cases
from core.cases.service.planning import replan
from core.cases.service.timeline import add_event
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.i18n import msg
from core.kernel.uow import Work

#: The type of a promise when none is named.
STANDARD = "standard"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPromise:
    """Who promised what for when, and where it can be heard. ``type_id`` None: the standard type.

    ``supersede`` calls off the promise that is open, if there is one. ``by_keys``: it was given to a menu.
    """

    party_id: int
    amount: Decimal
    due_on: date
    type_id: int | None = None
    phone: str | None = None
    call_id: int | None = None
    recording_id: int | None = None
    supersede: bool = False
    by_keys: bool = False


async def take_promise(
    work: Work,
    actor: Actor,
    case_id: int,
    new: NewPromise,
    *,
    today: date,
    at: datetime,
    sources: Sequence[PlannedWork] = (),
) -> Promise:
    """Record a promise by somebody who owes. ``today`` is the debtor's.

    Raises ``BadPromise`` with the faulty fields, ``PromiseOpen`` while another is open and not superseded, ``PlanLive``
    while there is an instalment plan.
    """
    case = await held_open(work, actor, case_id, rights.PROMISE)
    kind = await _type_of(work, new.type_id)
    await _check(work, case, new, kind, today)
    if new.supersede and (open_one := await open_promise(work.session, case_id)) is not None:
        await _cancel(work, actor, open_one, SUPERSEDED, at=at)
    await nothing_agreed(work.session, case_id)
    promise = Promise(
        case_id=case_id,
        party_id=new.party_id,
        amount=new.amount,
        currency=case.currency,
        due_on=new.due_on,
        type_id=kind.id,
        grace_days=kind.grace_days,
        threshold_percent=kind.threshold_percent,
        phone=new.phone,
        call_id=new.call_id,
        recording_id=new.recording_id,
        taken_by_id=actor.user_id or None,
        by_keys=new.by_keys,
        created_at=at,
    )
    try:
        async with work.session.begin_nested():
            work.session.add(promise)
    except IntegrityError as error:  # the partial unique index decides the race
        raise PromiseOpen() from error
    _tell(work, actor, promise, new, at=at)
    await agreed_anew(work, actor, case_id, at=at)
    await replan(work, [case_id], sources, worked_at=at)
    return promise


async def _check(work: Work, case: Case, new: NewPromise, kind: PromiseType, today: date) -> None:
    limits = Limits(days=kind.max_days or PROMISE_DAYS, amount=kind.max_amount)
    # the debtor may be told what he owes on his own day, which the nightly carry has not come to
    owed = max(case.open_amount, (await case_balance(work.session, case.id, today)).total)
    faults = promise_faults(new.amount, new.due_on, owed=owed, today=today, limits=limits)
    if not await owes(work.session, case.id, new.party_id):
        faults["party_id"] = msg("Only somebody who owes can promise to pay.")
    if not kind.active:
        faults["type_id"] = msg("Choose one of the list.")
    if faults:
        raise BadPromise(faults)


async def _type_of(work: Work, type_id: int | None) -> PromiseType:
    if type_id is not None:
        named = await work.session.get(PromiseType, type_id)
        if named is None:
            raise BadPromise({"type_id": msg("Choose one of the list.")})
        return named
    standard = await work.session.scalar(select(PromiseType).where(PromiseType.key == STANDARD))
    # a house that has just been built has no directory yet
    return standard or PromiseType(grace_days=1, threshold_percent=Decimal(100), active=True)


def _tell(work: Work, actor: Actor, promise: Promise, new: NewPromise, *, at: datetime) -> None:
    add_event(
        work,
        promise.case_id,
        EventKind.PROMISE,
        at,
        actor=actor,
        call_id=new.call_id,
        party_id=new.party_id,
        promise_id=promise.id,
        data={
            "amount": str(promise.amount),
            "currency": promise.currency,
            "due_on": promise.due_on.isoformat(),
            "state": PromiseState.OPEN,
        },
    )
    changes = {"amount": (None, new.amount), "due_on": (None, new.due_on)}
    record(work, actor, "promise.taken", ("promise", promise.id), changes, at=at)


async def cancel_promise(
    work: Work, actor: Actor, promise_id: int, reason: str, *, at: datetime, sources: Sequence[PlannedWork] = ()
) -> None:
    """Withdraw an open promise. Raises ``PromiseSettled`` when it is open no longer."""
    promise = await work.session.get(Promise, promise_id)
    if promise is None:
        raise NotFound()
    await case_for(work.session, actor, promise.case_id, rights.PROMISE)
    await lock_cases(work, [promise.case_id])  # money that comes at this moment decides before or after
    await _cancel(work, actor, promise, reason, at=at)
    await replan(work, [promise.case_id], sources)


async def _cancel(work: Work, actor: Actor, promise: Promise, reason: str, *, at: datetime) -> None:
    ended = (
        update(Promise)
        .where(Promise.id == promise.id, Promise.state == PromiseState.OPEN)
        .values(state=PromiseState.CANCELLED, settled_at=at, settled_reason=reason)
        .returning(Promise.id)
    )
    if (await work.session.execute(ended)).scalar_one_or_none() is None:
        raise PromiseSettled()
    changes = {"state": (PromiseState.OPEN, PromiseState.CANCELLED), "reason": (None, reason)}
    record(work, actor, "promise.cancelled", ("promise", promise.id), changes, at=at)
    add_event(
        work,
        promise.case_id,
        EventKind.PROMISE,
        at,
        actor=actor,
        text="" if reason == SUPERSEDED else reason,
        promise_id=promise.id,
        data={"state": PromiseState.CANCELLED},
    )
