"""Promises to pay (domain 2.2)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError

from core.audit.service import record
from core.cases import rights
from core.cases.errors import BadPromise, PromiseOpen, PromiseSettled
from core.cases.model import LIABLE, CaseParty, EventKind, Promise, PromiseState
from core.cases.rules.cases import promise_faults
from core.cases.service.access import case_for, open_case_for
from core.cases.service.timeline import add_event
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.i18n import msg
from core.kernel.uow import Work


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPromise:
    """Who promised what for when, and where it can be heard."""

    party_id: int
    amount: Decimal
    due_on: date
    grace_days: int = 0
    phone: str | None = None
    call_id: int | None = None
    recording_id: int | None = None


async def take_promise(
    work: Work, actor: Actor, case_id: int, new: NewPromise, *, today: date, at: datetime
) -> Promise:
    """Record a promise by somebody who owes. ``today`` is the debtor's.

    Raises ``BadPromise`` with the faulty fields, or ``PromiseOpen`` while another is open.
    """
    case = await open_case_for(work.session, actor, case_id, rights.PROMISE)
    faults = promise_faults(new.amount, new.due_on, owed=case.open_amount, today=today)
    owes = exists().where(CaseParty.case_id == case_id, CaseParty.party_id == new.party_id, CaseParty.role.in_(LIABLE))
    if not await work.session.scalar(select(owes)):
        faults["party_id"] = msg("Only somebody who owes can promise to pay.")
    if faults:
        raise BadPromise(faults)
    promise = Promise(
        case_id=case_id,
        party_id=new.party_id,
        amount=new.amount,
        currency=case.currency,
        due_on=new.due_on,
        grace_days=new.grace_days,
        phone=new.phone,
        call_id=new.call_id,
        recording_id=new.recording_id,
        taken_by_id=actor.user_id or None,
        created_at=at,
    )
    try:
        async with work.session.begin_nested():
            work.session.add(promise)
    except IntegrityError as error:  # the partial unique index decides the race
        raise PromiseOpen() from error
    told = {"amount": str(new.amount), "currency": case.currency, "due_on": new.due_on.isoformat(), "state": "open"}
    add_event(
        work,
        case_id,
        EventKind.PROMISE,
        at,
        actor=actor,
        call_id=new.call_id,
        party_id=new.party_id,
        promise_id=promise.id,
        data=told,
    )
    changes = {"amount": (None, new.amount), "due_on": (None, new.due_on)}
    record(work, actor, "promise.taken", ("promise", promise.id), changes, at=at)
    return promise


async def cancel_promise(work: Work, actor: Actor, promise_id: int, reason: str, *, at: datetime) -> None:
    """Withdraw an open promise. Raises ``PromiseSettled`` when it is open no longer."""
    promise = await work.session.get(Promise, promise_id)
    if promise is None:
        raise NotFound()
    await case_for(work.session, actor, promise.case_id, rights.PROMISE)
    ended = (
        update(Promise)
        .where(Promise.id == promise_id, Promise.state == PromiseState.OPEN)
        .values(state=PromiseState.CANCELLED, settled_at=at, settled_reason=reason)
        .returning(Promise.id)
    )
    if (await work.session.execute(ended)).scalar_one_or_none() is None:
        raise PromiseSettled()
    changes = {"state": (PromiseState.OPEN, PromiseState.CANCELLED), "reason": (None, reason)}
    record(work, actor, "promise.cancelled", ("promise", promise_id), changes, at=at)
    add_event(
        work,
        promise.case_id,
        EventKind.PROMISE,
        at,
        actor=actor,
        text=reason,
        promise_id=promise_id,
        data={"state": PromiseState.CANCELLED},
    )
