"""What a case's interest depends on: the terms of each claim, and the days nothing accrues."""

from datetime import date, datetime, timedelta

from core.audit.service import record
from core.cases import rights
from core.cases.model import AccrualBlock, Claim, EventKind, InterestGroup
from core.cases.queries.agency import agency_day
from core.cases.rules.interest import Days
from core.cases.service.access import case_for
from core.cases.service.balances import refresh_balances
from core.cases.service.ledger import lock_cases
from core.cases.service.timeline import add_event
from core.kernel.access import Actor
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.kernel.uow import Work


async def block_accrual(
    work: Work, actor: Actor, case_id: int, days: Days, reason: str, *, at: datetime
) -> AccrualBlock:
    """Let nothing accrue on a case on these days (without end: until it is lifted). Raises ``NotFound`` or
    ``Invalid``."""
    from_on, until_on = days.since, days.until
    await case_for(work.session, actor, case_id, rights.INTEREST)
    faults: dict[str, Message] = {}
    if until_on is not None and until_on < from_on:
        faults["until_on"] = msg("The last day is before the first.")
    if not reason.strip():
        faults["reason"] = msg("Say why.")
    if faults:
        raise Invalid(faults)
    await lock_cases(work, [case_id])
    block = AccrualBlock(
        case_id=case_id,
        from_on=from_on,
        until_on=until_on,
        reason=reason,
        created_by_id=actor.user_id or None,
        created_at=at,
    )
    work.session.add(block)
    await refresh_balances(work, [case_id], at=at)
    told = {"change": "blocked", "from": from_on.isoformat(), "until": until_on.isoformat() if until_on else None}
    add_event(work, case_id, EventKind.INTEREST, at, actor=actor, text=reason, data=told)
    changes = {"from_on": (None, from_on), "until_on": (None, until_on), "reason": (None, reason)}
    record(work, actor, "accrual.blocked", ("case", case_id), changes, at=at)
    return block


async def lift_block(work: Work, actor: Actor, case_id: int, block_id: int, *, at: datetime) -> None:
    """Let interest accrue again from the agency's today on; what was blocked before stays blocked.

    Raises ``NotFound``, also for a block that is over.
    """
    await case_for(work.session, actor, case_id, rights.INTEREST)
    await lock_cases(work, [case_id])
    block = await work.session.get(AccrualBlock, block_id)
    yesterday = await agency_day(work.session, at) - timedelta(days=1)
    if block is None or block.case_id != case_id or (block.until_on is not None and block.until_on <= yesterday):
        raise NotFound
    changes = {"until_on": (block.until_on, yesterday)}
    if block.from_on > yesterday:
        await work.session.delete(block)
    else:
        block.until_on = yesterday
    await refresh_balances(work, [case_id], at=at)
    add_event(work, case_id, EventKind.INTEREST, at, actor=actor, data={"change": "unblocked"})
    record(work, actor, "accrual.unblocked", ("case", case_id), changes, at=at)


async def set_terms(
    work: Work,
    actor: Actor,
    case_id: int,
    claim_id: int,
    *,
    group_id: int | None,
    interest_from: date | None,
    at: datetime,
) -> None:
    """Say how a claim bears interest and from when (``group_id`` None: not at all; ``interest_from`` None: from the
    day after it was due). Raises ``NotFound`` or ``Invalid``."""
    await case_for(work.session, actor, case_id, rights.INTEREST)
    await lock_cases(work, [case_id])
    claim = await work.session.get(Claim, claim_id)
    group = await work.session.get(InterestGroup, group_id) if group_id else None
    if claim is None or claim.case_id != case_id:
        raise NotFound
    if group_id and (group is None or not (group.active or group.id == claim.interest_group_id)):
        raise Invalid({"group_id": msg("Choose one of the list.")})
    if group is not None and not (interest_from or claim.due_on):
        raise Invalid({"interest_from": msg("The claim has no due date: say from when it bears interest.")})
    changes = {
        "interest_group_id": (claim.interest_group_id, group_id),
        "interest_from": (claim.interest_from, interest_from),
    }
    claim.interest_group_id, claim.interest_from = group_id, interest_from
    await refresh_balances(work, [case_id], at=at)
    told = {"change": "terms", "claim": claim.number, "group": group.name if group else None}
    add_event(work, case_id, EventKind.INTEREST, at, actor=actor, data=told)
    record(work, actor, "claim.interest", ("claim", claim_id), changes, at=at)
