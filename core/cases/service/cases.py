"""The life of a case: opened, given to a collector, moved on, suspended, closed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select, update

from core.audit.service import record
from core.cases import rights
from core.cases.errors import CaseNotOpen, CaseNumberTaken
from core.cases.model import (
    COMPONENTS,
    LIABLE,
    Case,
    CaseParty,
    CaseState,
    Claim,
    ClaimNature,
    CloseReason,
    Creditor,
    EventKind,
    Jurisdiction,
    Liability,
    Order,
    PartyRole,
    Stage,
    Task,
    TaskState,
)
from core.cases.ports import PlannedWork
from core.cases.rules.cases import main_debtor
from core.cases.rules.limitation import limitation_of
from core.cases.service.access import case_for, open_case_for
from core.cases.service.balances import refresh_balances
from core.cases.service.openings import Opening, handover_of, post_openings, stated
from core.cases.service.planning import replan
from core.cases.service.timeline import add_event
from core.kernel.access import PROGRAM, Actor
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import Work
from core.parties.folding import fold
from core.parties.model import Party
from core.parties.service import NewParty, add_party
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class NewClaim:
    """A claim with its components in the case's currency. ``limitation_on`` None: as the law has it;
    ``interest_group_id`` None: the creditor's; ``interest_from`` None:
    :func:`~core.cases.rules.interest.starts_after_handover`."""

    number: str
    principal: Decimal = Decimal(0)
    contractual_interest: Decimal = Decimal(0)
    statutory_interest: Decimal = Decimal(0)
    penalty: Decimal = Decimal(0)
    creditor_fees: Decimal = Decimal(0)
    court_costs: Decimal = Decimal(0)
    agency_fees: Decimal = Decimal(0)
    contract_no: str | None = None
    contract_on: date | None = None
    due_on: date | None = None
    limitation_on: date | None = None
    limitation_restarted_on: date | None = None
    nature: ClaimNature = ClaimNature.BUSINESS
    interest_group_id: int | None = None
    interest_from: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPerson:
    """Somebody on a new case: a party already known by id, or one to record."""

    party: int | NewParty
    role: PartyRole = PartyRole.DEBTOR
    liability: Liability | None = None
    liability_amount: Decimal | None = None
    relation: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewCase:
    order_id: int
    number: str
    people: Sequence[NewPerson]
    claims: Sequence[NewClaim]
    currency: str | None = None
    jurisdiction: Jurisdiction | None = None
    stage_id: int | None = None
    collector_id: int | None = None
    unit_id: int | None = None
    priority: int = 0
    next_action_at: datetime | None = None


async def open_case(work: Work, actor: Actor, new: NewCase, *, at: datetime) -> Case:
    """Open a case of an order with its people and claims. Raises ``NotFound``, ``CaseNumberTaken`` or ``Invalid``."""
    actor.require(rights.ORDERS)
    order = await work.session.get(Order, new.order_id)
    if order is None:
        raise NotFound()
    if not new.people or not new.claims:
        raise Invalid({"people": msg("A case needs a debtor and at least one claim.")})
    creditor = await work.session.get_one(Creditor, order.creditor_id)
    taken = select(Case.id).where(Case.creditor_id == creditor.id, Case.number == new.number)
    if await work.session.scalar(taken) is not None:
        raise CaseNumberTaken(number=new.number)
    case = Case(
        creditor_id=creditor.id,
        order_id=order.id,
        number=new.number,
        currency=new.currency or creditor.currency,
        jurisdiction=new.jurisdiction,
        stage_id=new.stage_id,
        collector_id=new.collector_id,
        unit_id=new.unit_id or await _unit_of(work, new.collector_id),
        priority=new.priority,
        next_action_at=new.next_action_at or at,
        next_set_at=new.next_action_at or at,
        opened_at=at,
    )
    work.session.add(case)
    await work.session.flush()
    for person in new.people:
        await link_person(work, case.id, person, at=at)
    await add_claims(work, actor, case, creditor, new.claims, at=at)
    await refresh_cases(work, [case.id], at=at)
    add_event(work, case.id, EventKind.OPENED, at, actor=actor)
    record(work, actor, "case.opened", ("case", case.id), {"number": (None, new.number)}, at=at)
    return case


_CLAIM_FIELDS = tuple(NewClaim.__dataclass_fields__)


async def add_claims(
    work: Work, actor: Actor, case: Case, creditor: Creditor, new: Sequence[NewClaim], *, at: datetime
) -> Sequence[Claim]:
    """Insert claims and post their openings; the caller refreshes the case."""
    handover = await handover_of(work, creditor, at=at)
    claims = [Claim(case_id=case.id, **{name: getattr(claim, name) for name in _CLAIM_FIELDS}) for claim in new]
    for claim in claims:
        amounts = {name: getattr(claim, name) for name in COMPONENTS}
        claim.stated = stated(amounts)
        set_limitation(claim, case.jurisdiction or creditor.jurisdiction, claim.limitation_on)
        if claim.interest_group_id is None:
            claim.interest_group_id = creditor.interest_group_id
            claim.interest_from = claim.interest_from or handover.interest_from(amounts, claim.due_on)
    work.session.add_all(claims)
    await work.session.flush()
    openings = [
        Opening(
            case_id=case.id,
            claim_id=claim.id,
            currency=case.currency,
            due_on=claim.due_on,
            amounts={name: getattr(claim, name) for name in COMPONENTS},
        )
        for claim in claims
    ]
    await post_openings(work, actor, handover, openings)
    return claims


def set_limitation(claim: Claim, jurisdiction: str, stated_on: date | None) -> None:
    """Write from when the claim is time-barred: as stated, else as the law has it."""
    found = limitation_of(
        jurisdiction,
        ClaimNature(claim.nature),
        due_on=claim.due_on,
        stated=stated_on,
        restarted_on=claim.limitation_restarted_on,
    )
    claim.limitation_on, claim.limitation_by = found.on, found.by


async def link_person(work: Work, case_id: int, person: NewPerson, *, at: datetime) -> Party:
    """Put a party on a case; the caller refreshes the case."""
    if isinstance(person.party, NewParty):
        party = await add_party(work, person.party, at)
    else:
        party = await work.session.get_one(Party, person.party)
    liability = person.liability or (Liability.FULL if person.role in LIABLE else Liability.NONE)
    work.session.add(
        CaseParty(
            case_id=case_id,
            party_id=party.id,
            role=person.role,
            liability=liability,
            liability_amount=person.liability_amount,
            relation=person.relation,
        )
    )
    return party


async def refresh_cases(work: Work, case_ids: Iterable[int], *, at: datetime) -> None:
    """Write anew what cases copy from their people (debtor, search text) and claims (see ``refresh_balances``)."""
    session, wanted = work.session, list(case_ids)
    await session.flush()
    for case_id in wanted:
        case = await session.get_one(Case, case_id)
        claims = (await session.scalars(select(Claim).where(Claim.case_id == case_id))).all()
        linked = select(CaseParty.party_id, CaseParty.role, Party.name, Party.search_text).join(
            Party, Party.id == CaseParty.party_id
        )
        people = (await session.execute(linked.where(CaseParty.case_id == case_id).order_by(CaseParty.id))).all()
        case.debtor_id = main_debtor([(row.party_id, row.role) for row in people])
        case.debtor_name = next((row.name for row in people if row.party_id == case.debtor_id), "")
        case.search_text = case_search_text(
            case.number, claims, {row.party_id: row.search_text for row in people}.values()
        )
    await refresh_balances(work, wanted, at=at)


def case_search_text(number: str, claims: Iterable[Claim], people: Iterable[str]) -> str:
    """What a case is found by, folded."""
    numbers = {text: None for claim in claims for text in (claim.number, claim.contract_no) if text}
    return " ".join((fold(" ".join((number, *numbers))), *people))


async def cases_of(work: Work, party_id: int) -> list[int]:
    """The cases a party stands on."""
    found = await work.session.scalars(select(CaseParty.case_id).where(CaseParty.party_id == party_id).distinct())
    return list(found.all())


async def assign(
    work: Work, actor: Actor, case_ids: Iterable[int], collector_id: int | None, *, at: datetime
) -> list[int]:
    """Give cases to a collector, or take them away (None); the ids of those that were in reach and changed."""
    actor.require(rights.ASSIGN)
    if collector_id is not None and await work.session.get(User, collector_id) is None:
        raise NotFound()
    unit_id = await _unit_of(work, collector_id)
    changed = []
    for case_id in case_ids:
        try:
            case = await case_for(work.session, actor, case_id, rights.ASSIGN)
        except NotFound:
            continue
        if case.collector_id == collector_id:
            continue
        record(
            work, actor, "case.assigned", ("case", case_id), {"collector_id": (case.collector_id, collector_id)}, at=at
        )
        add_event(work, case_id, EventKind.ASSIGNED, at, actor=actor, data={"collector_id": collector_id})
        await _hand_tasks_over(work, case_id, case.collector_id)
        case.collector_id, case.unit_id = collector_id, unit_id or case.unit_id
        changed.append(case_id)
    return changed


async def _hand_tasks_over(work: Work, case_id: int, leaves: int | None) -> None:
    """What the one who leaves the case still had to do on it is for whoever holds it now."""
    if leaves is not None:
        his = (Task.case_id == case_id, Task.assignee_id == leaves, Task.state == TaskState.OPEN)
        await work.session.execute(update(Task).where(*his).values(assignee_id=None))


async def _unit_of(work: Work, user_id: int | None) -> int | None:
    if user_id is None:
        return None
    return await work.session.scalar(select(User.unit_id).where(User.id == user_id))


async def set_stage(work: Work, actor: Actor, case_id: int, stage_id: int, *, at: datetime) -> None:
    """Move a case to another stage."""
    case = await open_case_for(work.session, actor, case_id)
    stage = await work.session.get(Stage, stage_id)
    if stage is None or not stage.active:
        raise NotFound()
    record(work, actor, "case.stage", ("case", case_id), {"stage_id": (case.stage_id, stage_id)}, at=at)
    add_event(work, case_id, EventKind.STAGE, at, actor=actor, data={"stage": stage.name, "key": stage.key})
    case.stage_id = stage_id


async def add_note(
    work: Work, actor: Actor, case_id: int, text: str, *, at: datetime, call_id: int | None = None
) -> None:
    """Write a note on the time line, with the call it was taken in if there is one."""
    await case_for(work.session, actor, case_id, rights.EDIT)
    if not text.strip():
        raise Invalid({"text": msg("Write something.")})
    add_event(work, case_id, EventKind.NOTE, at, actor=actor, text=text.strip(), call_id=call_id)


async def suspend(work: Work, actor: Actor, case_id: int, until: date | None, reason: str, *, at: datetime) -> None:
    """Stop work on a case by law or agreement, until a day or until it is resumed."""
    case = await open_case_for(work.session, actor, case_id, rights.CLOSE)
    case.state, case.suspended_until, case.suspended_reason = CaseState.SUSPENDED, until, reason
    _state_changed(work, actor, case, CaseState.OPEN, at=at, reason=reason)


async def reopen(work: Work, actor: Actor, case_id: int, *, at: datetime, sources: Sequence[PlannedWork] = ()) -> None:
    """Take up a suspended or closed case again."""
    case = await case_for(work.session, actor, case_id, rights.CLOSE)
    before = case.state
    case.state, case.close_reason, case.closed_at = CaseState.OPEN, None, None
    case.suspended_until = case.suspended_reason = None
    await refresh_balances(work, [case_id], at=at)
    await replan(work, [case_id], sources)
    _state_changed(work, actor, case, before, at=at)


async def close(work: Work, actor: Actor, case_id: int, reason: CloseReason, *, at: datetime) -> None:
    """End work on a case. Raises ``CaseNotOpen`` when it has ended already."""
    case = await case_for(work.session, actor, case_id, rights.CLOSE)
    if case.state == CaseState.CLOSED:
        raise CaseNotOpen()
    before = case.state
    case.state, case.close_reason, case.closed_at, case.next_set_at = CaseState.CLOSED, reason, at, None
    await replan(work, [case_id])
    _state_changed(work, actor, case, before, at=at, reason=reason)


def _state_changed(work: Work, actor: Actor, case: Case, before: str, *, at: datetime, reason: str = "") -> None:
    record(work, actor, f"case.{case.state}", ("case", case.id), {"state": (before, case.state)}, at=at)
    author = None if actor is PROGRAM else actor
    add_event(work, case.id, EventKind.STATE, at, actor=author, data={"state": case.state, "reason": reason})
