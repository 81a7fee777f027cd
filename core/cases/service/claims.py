"""Claims that come later, and what is corrected of one: always by entries of their own, each with its reason."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from core.audit.service import record
from core.cases import rights
from core.cases.errors import CaseNotOpen
from core.cases.model import (
    COMPONENTS,
    Account,
    Case,
    CaseState,
    Claim,
    ClaimNature,
    ClaimState,
    Component,
    Creditor,
    EventKind,
    LedgerEntry,
    LedgerTransaction,
    Posting,
)
from core.cases.queries.agency import agency_day
from core.cases.rules.limitation import STATED
from core.cases.service.access import case_for
from core.cases.service.cases import NewClaim, add_claims, refresh_cases, set_limitation
from core.cases.service.ledger import Line, lock_cases, post
from core.cases.service.timeline import add_event
from core.kernel.access import Actor
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.kernel.money import CENT
from core.kernel.uow import Work

_ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimFacts:
    """What a claim is to say of itself beside its sums, and the ``reason`` why. ``limitation_on`` None: as the law has
    it from the due date or from ``limitation_restarted_on``, the day the period began anew."""

    number: str
    contract_no: str | None = None
    contract_on: date | None = None
    due_on: date | None = None
    nature: ClaimNature = ClaimNature.BUSINESS
    limitation_on: date | None = None
    limitation_restarted_on: date | None = None
    reason: str = ""


async def add_claim(work: Work, actor: Actor, case_id: int, new: NewClaim, reason: str, *, at: datetime) -> Claim:
    """Put a further claim on a case that is not closed; its sums are an opening of today's books.

    Raises ``NotFound``, ``CaseNotOpen``, or ``Invalid`` with the faulty fields.
    """
    case = await _held(work, actor, case_id)
    today = await agency_day(work.session, at)
    faults = sum_faults(new) | _fact_faults(_facts(new, reason), today) | await _taken(work, case_id, new.number)
    if faults:
        raise Invalid(faults)
    creditor = await work.session.get_one(Creditor, case.creditor_id)
    (claim,) = await add_claims(work, actor, case, creditor, [replace(new, number=new.number.strip())], at=at)
    await refresh_cases(work, [case_id], at=at)
    owed = sum((getattr(new, name) for name in COMPONENTS), _ZERO)
    data = {"change": "added", "claim": claim.number, "amount": str(owed), "currency": case.currency}
    add_event(work, case_id, EventKind.CLAIM, at, actor=actor, text=reason.strip(), data=data)
    changes: dict[str, tuple[object, object]] = {
        name: (None, value) for name in (*COMPONENTS, *_PLAIN, "limitation_on") if (value := getattr(new, name))
    }
    record(work, actor, "claim.added", ("case", case_id), {**changes, "reason": (None, reason.strip())}, at=at)
    return claim


async def edit_claim(
    work: Work, actor: Actor, case_id: int, claim_id: int, facts: ClaimFacts, *, at: datetime
) -> Claim:
    """Correct what a claim says of itself. Sums are corrected by :mod:`~core.cases.service.debts`.

    With another due date what was handed over takes effect on another day: it is taken back on the old one and entered
    on the new one, so that interest and every balance follow. Raises ``NotFound``, ``CaseNotOpen`` or ``Invalid``.
    """
    case = await _held(work, actor, case_id)
    claim = await work.session.get(Claim, claim_id)
    if claim is None or claim.case_id != case_id or claim.state == ClaimState.WITHDRAWN:
        raise NotFound
    reason, today = facts.reason.strip(), await agency_day(work.session, at)
    faults = _fact_faults(facts, today)
    if facts.number.strip() != claim.number:
        faults |= await _taken(work, case_id, facts.number)
    if faults:
        raise Invalid(faults)
    wanted = {**{name: getattr(facts, name) for name in _PLAIN}, "number": facts.number.strip()}
    changes = {name: (getattr(claim, name), value) for name, value in wanted.items() if getattr(claim, name) != value}
    barred = claim.limitation_on
    if "due_on" in changes:
        await _move_opening(work, actor, claim, facts.due_on, case.currency, reason=reason, at=at)
    for name, (_, value) in changes.items():
        setattr(claim, name, value)
    creditor = await work.session.get_one(Creditor, case.creditor_id)
    set_limitation(claim, case.jurisdiction or creditor.jurisdiction, facts.limitation_on)
    if claim.limitation_on != barred:
        changes["limitation_on"] = (barred, claim.limitation_on)
    if not changes:
        return claim
    await refresh_cases(work, [case_id], at=at)
    data = {"change": "edited", "claim": claim.number, "fields": sorted(changes)}
    add_event(work, case_id, EventKind.CLAIM, at, actor=actor, text=reason, data=data)
    record(work, actor, "claim.edited", ("case", case_id), {**changes, "reason": (None, reason)}, at=at)
    return claim


_PLAIN = ("number", "contract_no", "contract_on", "due_on", "nature", "limitation_restarted_on")


def _facts(new: NewClaim, reason: str) -> ClaimFacts:
    return ClaimFacts(**{name: getattr(new, name) for name in (*_PLAIN, "limitation_on")}, reason=reason)


def facts_of(claim: Claim, reason: str, **other: Any) -> ClaimFacts:
    """What the claim says of itself now, but for ``other`` facts; a day that follows from the law is left to it."""
    standing = {name: getattr(claim, name) for name in _PLAIN}
    standing["limitation_on"] = claim.limitation_on if claim.limitation_by == STATED else None
    return ClaimFacts(**{**standing, **other}, reason=reason)


def sum_faults(new: NewClaim) -> dict[str, Message]:
    """What is wrong with the sums of a new claim, by component."""
    sums: dict[str, Decimal] = {name: getattr(new, name) for name in COMPONENTS}
    faults = {name: msg("Enter a sum of zero or more.") for name, value in sums.items() if value < 0}
    faults |= {name: msg("Use at most two decimals.") for name, value in sums.items() if value != value.quantize(CENT)}
    if not faults and not any(sums.values()):
        faults = {"principal": msg("Nothing is owed: enter at least one sum.")}
    return faults


def _fact_faults(facts: ClaimFacts, today: date) -> dict[str, Message]:
    faults: dict[str, Message] = {}
    if not facts.number.strip():
        faults["number"] = msg("This is needed.")
    if facts.limitation_restarted_on is not None and facts.limitation_restarted_on > today:
        faults["limitation_restarted_on"] = msg("This day is yet to come.")
    if not facts.reason.strip():
        faults["reason"] = msg("Say why.")
    return faults


async def _taken(work: Work, case_id: int, number: str) -> dict[str, Message]:
    same = select(Claim.id).where(Claim.case_id == case_id, Claim.number == number.strip())
    if await work.session.scalar(same) is None:
        return {}
    return {"number": msg("The case has a claim with this number already.")}


async def _held(work: Work, actor: Actor, case_id: int) -> Case:
    await case_for(work.session, actor, case_id, rights.LEDGER)
    (case,) = await lock_cases(work, [case_id])
    if case.state == CaseState.CLOSED:
        raise CaseNotOpen()
    return case


async def _move_opening(
    work: Work, actor: Actor, claim: Claim, due_on: date | None, currency: str, *, reason: str, at: datetime
) -> None:
    """What was handed over, with the corrections of that day, from the day it takes effect to another."""
    today, handed_on = await agency_day(work.session, at), await _handed_on(work, claim.id)
    if handed_on is None:
        return
    before, after = (min(day or handed_on, handed_on) for day in (claim.due_on, due_on))
    parts = await _standing_on(work, claim.id, before)
    if before == after or not parts:
        return
    for day, sign in ((before, -1), (after, 1)):
        lines = _lines(claim, currency, {part: sign * amount for part, amount in parts.items()})
        await post(work, actor, Posting.ADJUSTMENT, lines, value_on=day, booked_on=today, at=at, reason=reason)


async def _handed_on(work: Work, claim_id: int) -> date | None:
    opened = select(LedgerTransaction.booked_on).join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
    return await work.session.scalar(
        opened.where(LedgerEntry.claim_id == claim_id, LedgerTransaction.kind == Posting.OPENING).limit(1)
    )


async def _standing_on(work: Work, claim_id: int, day: date) -> dict[Component, Decimal]:
    summed = (
        select(LedgerEntry.component, func.sum(LedgerEntry.amount))
        .join(LedgerTransaction, LedgerTransaction.id == LedgerEntry.transaction_id)
        .where(LedgerEntry.claim_id == claim_id, LedgerEntry.account == Account.DEBT, LedgerEntry.value_on == day)
        .where(LedgerTransaction.kind.in_((Posting.OPENING, Posting.ADJUSTMENT)))
        .group_by(LedgerEntry.component)
    )
    sums: dict[Component, Decimal] = defaultdict(Decimal)
    for component, amount in await work.session.execute(summed):
        sums[Component(component or "")] += Decimal(amount)
    return {component: amount for component, amount in sums.items() if amount}


def _lines(claim: Claim, currency: str, parts: dict[Component, Decimal]) -> Sequence[Line]:
    lines = [
        Line(
            account=Account.DEBT,
            amount=amount,
            currency=currency,
            case_id=claim.case_id,
            claim_id=claim.id,
            component=component,
        )
        for component, amount in parts.items()
    ]
    total = sum((line.amount for line in lines), _ZERO)
    if total:
        lines.append(Line(account=Account.PLACEMENT, amount=-total, currency=currency))
    return lines
