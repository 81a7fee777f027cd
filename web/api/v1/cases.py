"""Cases and the people on them."""

from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from starlette.requests import Request

from core.cases import rights
from core.cases.card import CaseCard, Person, case_card
from core.cases.fields import Asked
from core.cases.model import CaseState, CloseReason, Liability, PartyRole
from core.cases.ports import PlannedCalls
from core.cases.queries.lists import CaseRow, DebtorRow, ListQuery, list_cases, list_debtors
from core.cases.queries.worklists import Moment, Worklist, within
from core.kernel.errors import NotFound
from core.parties.model import Consent, PartyKind, PhoneKind, PhoneQuality
from core.parties.model import Phone as PhoneRow
from web.api.v1.claims import ClaimOnCase, Components, on_case, sums
from web.api.v1.operation import Operation, routes_of
from web.api.v1.promises import PaymentPlan, Promise, plan_of, promise_of
from web.api.v1.shapes import E164, Id, Money, Nothing, Page, Paged, Shape, Utc, Word, money
from web.security import actor, right
from web.state import part, services

_VIEW = right(rights.VIEW)


class CaseLine(Shape):
    """A case in a list. ``agent`` is the collector who has it, ``open_amount`` what is owed now."""

    id: Id
    number: str
    state: CaseState
    close_reason: CloseReason | None
    debtor_id: int | None
    debtor_name: str
    creditor_id: int
    creditor: str
    order: str
    stage: str | None
    agent: int | None
    priority: int
    open_amount: Money
    due_since: date | None
    opened_at: Utc
    next_action_at: Utc | None
    last_contact_at: Utc | None


class CasePage(Page[CaseLine]):
    """Cases, by what has to be done next unless asked otherwise."""


class Phone(Shape):
    """A number with what calls to it have shown."""

    id: Id
    phone: str
    kind: PhoneKind
    quality: PhoneQuality
    consent: Consent
    timezone: str | None
    last_contact_at: Utc | None


class PersonOnCase(Shape):
    """Somebody on a case, and how to reach them."""

    party_id: Id
    name: str
    kind: PartyKind
    role: PartyRole
    liability: Liability
    birth_date: date | None
    language: str | None
    timezone: str | None
    phones: list[Phone]


class Balance(Components):
    """What is owed on all open claims."""

    total: Money


class CaseWhole(Shape):
    """A case with everything that decides about work on it."""

    id: Id
    number: str
    state: CaseState
    close_reason: CloseReason | None
    suspended_until: date | None
    debtor_id: int | None
    creditor_id: int
    creditor: str
    order: str
    stage: str | None
    agent: int | None
    priority: int
    jurisdiction: str
    opened_at: Utc
    closed_at: Utc | None
    next_action_at: Utc | None
    last_contact_at: Utc | None
    balance: Balance
    people: list[PersonOnCase]
    claims: list[ClaimOnCase]
    promises: list[Promise]
    plans: list[PaymentPlan]


class Party(Shape):
    """Somebody on a case in reach; ``cases`` and ``phones`` are numbers of them."""

    id: Id
    name: str
    kind: PartyKind
    birth_date: date | None
    timezone: str | None
    language: str | None
    cases: int
    phones: int


class PartyPage(Page[Party]):
    """People and organisations, by name."""


class CaseSort(StrEnum):
    """What decides the order; a minus turns it round."""

    NEXT = "next"
    NUMBER = "number"
    DEBTOR = "debtor"
    AMOUNT = "amount"
    DUE = "due"
    NEXT_FALLING = "-next"
    NUMBER_FALLING = "-number"
    DEBTOR_FALLING = "-debtor"
    AMOUNT_FALLING = "-amount"
    DUE_FALLING = "-due"


class CasesAsked(Paged):
    """Which cases. ``search`` looks through numbers, names, phones, contracts and identifiers; ``worklist`` are those
    that stand on it today."""

    search: Word | None = None
    number: Word | None = None
    state: CaseState | None = None
    creditor: Id | None = None
    order: Id | None = None
    stage: Id | None = None
    agent: Id | None = None
    phone: E164 | None = None
    worklist: Worklist | None = None
    sort: CaseSort = CaseSort.NEXT


class PartiesAsked(Paged):
    """Who. ``search`` looks through names, identifiers, phones and e-mails."""

    search: Word | None = None


async def index(request: Request, asked: CasesAsked) -> CasePage:
    filters = {
        "number": asked.number,
        "state": asked.state,
        "creditor": asked.creditor,
        "order": asked.order,
        "stage": asked.stage,
        "collector": asked.agent,
        "phone": asked.phone,
    }
    query = ListQuery(
        search=asked.search or "",
        filters={key: Asked(values=(str(value),)) for key, value in filters.items() if value is not None},
        within=_within(request, asked.worklist),
        sort=asked.sort,
        after=asked.after,
        size=asked.limit,
    )
    async with services(request).uow.read() as session:
        found = await list_cases(session, actor(request), query)
    return CasePage(items=[_line(row) for row in found.rows], next=found.next)


def _within(request: Request, worklist: Worklist | None) -> tuple[ColumnElement[bool], ...]:
    if worklist is None:
        return ()
    moment = Moment(now=services(request).clock.now(), zone=ZoneInfo(actor(request).timezone))
    return within(worklist, moment, part(request, PlannedCalls))


async def one(request: Request, _sent: Nothing) -> CaseWhole:
    case_id: int = request.path_params["id"]
    async with services(request).uow.read() as session:
        card = await case_card(session, actor(request), case_id)
    await services(request).looks.looked(actor(request), ("case", case_id))
    return _whole(card)


async def parties(request: Request, asked: PartiesAsked) -> PartyPage:
    query = ListQuery(search=asked.search or "", sort="name", after=asked.after, size=asked.limit)
    async with services(request).uow.read() as session:
        found = await list_debtors(session, actor(request), query)
    return PartyPage(items=[_party(row) for row in found.rows], next=found.next)


def _line(row: CaseRow) -> CaseLine:
    return CaseLine(
        id=row.id,
        number=row.number,
        state=CaseState(row.state),
        close_reason=CloseReason(row.close_reason) if row.close_reason else None,
        debtor_id=row.debtor_id,
        debtor_name=row.debtor_name,
        creditor_id=row.creditor_id,
        creditor=row.creditor,
        order=row.order,
        stage=row.stage,
        agent=row.collector_id,
        priority=row.priority,
        open_amount=money(row.open_amount, row.currency),
        due_since=row.due_since,
        opened_at=row.opened_at,
        next_action_at=row.next_action_at,
        last_contact_at=row.last_contact_at,
    )


def _whole(card: CaseCard) -> CaseWhole:
    case = card.case
    return CaseWhole(
        id=case.id,
        number=case.number,
        state=CaseState(case.state),
        close_reason=CloseReason(case.close_reason) if case.close_reason else None,
        suspended_until=case.suspended_until,
        debtor_id=case.debtor_id,
        creditor_id=case.creditor_id,
        creditor=card.creditor.name,
        order=card.order.number,
        stage=card.stage.name if card.stage else None,
        agent=case.collector_id,
        priority=case.priority,
        jurisdiction=case.jurisdiction or card.creditor.jurisdiction,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        next_action_at=case.next_action_at,
        last_contact_at=case.last_contact_at,
        balance=_balance(card),
        people=[_person(person) for person in card.people],
        claims=[on_case(claim, case.currency) for claim in card.claims],
        promises=[promise_of(promise) for promise in card.promises],
        plans=[plan_of(plan) for plan in card.plans],
    )


def _balance(card: CaseCard) -> Balance:
    currency, parts = card.case.currency, {part.value: amount for part, amount in card.balance.parts.items()}
    return Balance(total=money(card.balance.total, currency), **sums(parts, currency))


def _person(person: Person) -> PersonOnCase:
    party = person.party
    return PersonOnCase(
        party_id=party.id,
        name=party.name,
        kind=PartyKind(party.kind),
        role=PartyRole(person.link.role),
        liability=Liability(person.link.liability),
        birth_date=party.birth_date,
        language=party.language,
        timezone=party.timezone,
        phones=[_phone(phone) for phone in person.phones],
    )


def _phone(phone: PhoneRow) -> Phone:
    return Phone(
        id=phone.id,
        phone=phone.e164,
        kind=PhoneKind(phone.kind),
        quality=PhoneQuality(phone.quality),
        consent=Consent(phone.consent),
        timezone=phone.timezone,
        last_contact_at=phone.last_contact_at,
    )


def _party(row: DebtorRow) -> Party:
    return Party(
        id=row.id,
        name=row.name,
        kind=PartyKind(row.kind),
        birth_date=row.birth_date,
        timezone=row.timezone,
        language=row.language,
        cases=row.cases,
        phones=row.phones,
    )


OPERATIONS = (
    Operation(
        name="cases.list",
        method="GET",
        path="/cases",
        summary="Cases in reach",
        policy=_VIEW,
        takes=CasesAsked,
        gives=CasePage,
        handler=index,
    ),
    Operation(
        name="cases.get",
        method="GET",
        path="/cases/{id:int}",
        summary="One case whole; the look is audited",
        policy=_VIEW,
        takes=Nothing,
        gives=CaseWhole,
        errors=(NotFound,),
        handler=one,
    ),
    Operation(
        name="parties.list",
        method="GET",
        path="/parties",
        summary="People and organisations on cases in reach",
        policy=_VIEW,
        takes=PartiesAsked,
        gives=PartyPage,
        handler=parties,
    ),
)

routes = routes_of(OPERATIONS)
