"""One case, whole: what the case screen shows, read in a fixed number of questions however much is on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.model import (
    Case,
    CaseEvent,
    CaseParty,
    Claim,
    Creditor,
    Instalment,
    Order,
    PaymentPlan,
    Promise,
    Stage,
)
from core.cases.queries.balance import CaseBalance, case_balance
from core.cases.service.access import case_for
from core.kernel.access import Actor
from core.parties.model import Address, Email, Party, PartyId, Phone
from core.people.model import User

EVENTS_PAGE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody on the case with everything known to reach them."""

    party: Party
    link: CaseParty
    ids: tuple[PartyId, ...]
    phones: tuple[Phone, ...]
    addresses: tuple[Address, ...]
    emails: tuple[Email, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelinePage:
    """Entries, the newest first. ``before`` is where the next page begins, None at the end."""

    events: tuple[CaseEvent, ...]
    before: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """An instalment plan with its instalments in their order."""

    row: PaymentPlan
    instalments: tuple[Instalment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseCard:
    """``people`` come in the order they were linked, the main debtor first; ``users`` are the names behind ids.

    ``balance`` is as of ``Case.balance_on``, so that it says the same as every list does.
    """

    case: Case
    creditor: Creditor
    order: Order
    stage: Stage | None
    collector: User | None
    people: tuple[Person, ...]
    claims: tuple[Claim, ...]
    balance: CaseBalance
    promises: tuple[Promise, ...]
    plans: tuple[Plan, ...]
    timeline: TimelinePage
    users: Mapping[int, str]

    @property
    def debtor(self) -> Person | None:
        return next((person for person in self.people if person.party.id == self.case.debtor_id), None)


async def case_card(session: AsyncSession, actor: Actor, case_id: int) -> CaseCard:
    """The case with all that is on it. Raises ``NotFound`` for a foreign one; the caller audits the look."""
    case = await case_for(session, actor, case_id, rights.VIEW)
    claims = await session.scalars(
        select(Claim).where(Claim.case_id == case_id).order_by(Claim.due_on.is_(None), Claim.due_on, Claim.id)
    )
    promises = await session.scalars(select(Promise).where(Promise.case_id == case_id).order_by(Promise.id.desc()))
    opened = tuple(claims)
    timeline = await case_timeline(session, actor, case_id)
    taken = tuple(promises)
    return CaseCard(
        case=case,
        creditor=await session.get_one(Creditor, case.creditor_id),
        order=await session.get_one(Order, case.order_id),
        stage=await session.get(Stage, case.stage_id) if case.stage_id else None,
        collector=await session.get(User, case.collector_id) if case.collector_id else None,
        people=await _people(session, case),
        claims=opened,
        balance=await case_balance(session, case_id, case.balance_on or case.opened_at.date()),
        promises=taken,
        plans=await plans_of(session, case_id),
        timeline=timeline,
        users=await _names(session, {event.actor_id for event in timeline.events} | {one.taken_by_id for one in taken}),
    )


async def plans_of(session: AsyncSession, case_id: int) -> tuple[Plan, ...]:
    """The plans of a case, the newest first."""
    plans = select(PaymentPlan).where(PaymentPlan.case_id == case_id).order_by(PaymentPlan.id.desc())
    rows = (await session.scalars(plans)).all()
    lines = select(Instalment).where(Instalment.plan_id.in_([row.id for row in rows])).order_by(Instalment.n)
    instalments = (await session.scalars(lines)).all()
    return tuple(
        Plan(row=row, instalments=tuple(line for line in instalments if line.plan_id == row.id)) for row in rows
    )


async def case_timeline(
    session: AsyncSession,
    actor: Actor,
    case_id: int,
    *,
    before: int | None = None,
    kinds: Sequence[str] = (),
    size: int = EVENTS_PAGE,
) -> TimelinePage:
    """Entries of the time line, the newest first, from behind the entry ``before``. Raises ``NotFound``."""
    await case_for(session, actor, case_id, rights.VIEW)
    statement = select(CaseEvent).where(CaseEvent.case_id == case_id)
    if kinds:
        statement = statement.where(CaseEvent.kind.in_(kinds))
    last = await session.get(CaseEvent, before) if before is not None else None
    if last is not None:
        statement = statement.where((CaseEvent.at < last.at) | ((CaseEvent.at == last.at) & (CaseEvent.id < last.id)))
    newest = statement.order_by(CaseEvent.at.desc(), CaseEvent.id.desc()).limit(size + 1)
    events = tuple(await session.scalars(newest))
    return TimelinePage(events=events[:size], before=events[size - 1].id if len(events) > size else None)


async def _people(session: AsyncSession, case: Case) -> tuple[Person, ...]:
    statement = select(CaseParty, Party).join(Party, Party.id == CaseParty.party_id)
    linked = (await session.execute(statement.where(CaseParty.case_id == case.id).order_by(CaseParty.id))).all()
    wanted = {party.id for _, party in linked}
    ids = (await session.scalars(select(PartyId).where(PartyId.party_id.in_(wanted)).order_by(PartyId.id))).all()
    phones = (await session.scalars(select(Phone).where(Phone.party_id.in_(wanted)).order_by(Phone.id))).all()
    addresses = (await session.scalars(select(Address).where(Address.party_id.in_(wanted)).order_by(Address.id))).all()
    emails = (await session.scalars(select(Email).where(Email.party_id.in_(wanted)).order_by(Email.id))).all()
    people = [
        Person(
            party=party,
            link=link,
            ids=tuple(one for one in ids if one.party_id == party.id),
            phones=tuple(one for one in phones if one.party_id == party.id),
            addresses=tuple(one for one in addresses if one.party_id == party.id),
            emails=tuple(one for one in emails if one.party_id == party.id),
        )
        for link, party in linked
    ]
    return tuple(sorted(people, key=lambda person: person.party.id != case.debtor_id))


async def _names(session: AsyncSession, user_ids: set[int | None]) -> dict[int, str]:
    users = await session.scalars(select(User).where(User.id.in_(user_ids - {None})))
    return {user.id: user.full_name for user in users}


async def last_call_ids(
    session: AsyncSession, actor: Actor, case_id: int, limit: int = 3
) -> Sequence[tuple[int, datetime]]:
    """The calls the time line told of last, with their time: what was said last is asked of the call log by these
    ids."""
    await case_for(session, actor, case_id, rights.VIEW)
    statement = (
        select(CaseEvent.call_id, CaseEvent.at)
        .where(CaseEvent.case_id == case_id, CaseEvent.call_id.is_not(None), CaseEvent.kind == "call")
        .order_by(CaseEvent.at.desc(), CaseEvent.id.desc())
        .limit(limit)
    )
    return [(row.call_id, row.at) for row in await session.execute(statement) if row.call_id is not None]
