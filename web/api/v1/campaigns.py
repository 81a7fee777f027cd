"""Campaigns: set up, run, filled, and what their attempts came to."""

from functools import partial
from typing import Annotated

from pydantic import Field
from starlette.requests import Request

from callcenter.campaigns import attempt_list, errors, queries
from callcenter.campaigns.attempt_list import AttemptQuery
from callcenter.campaigns.machines import Machines
from callcenter.campaigns.model import Campaign as Row
from callcenter.campaigns.model import CampaignAttempt, CampaignState, EntryState, Mode
from callcenter.campaigns.queries import EntryQuery, EntryRow
from callcenter.campaigns.rights import EDIT, RUN, VIEW
from callcenter.campaigns.service import CampaignData, CampaignService
from core.cases.service.mass import Mass
from core.kernel.access import Actor
from web.api.v1.operation import Operation, routes_of, step
from web.api.v1.reach import reader
from web.api.v1.shapes import E164, Id, Nothing, Page, Paged, Sent, Shape, Utc, Word
from web.security import actor, right
from web.state import part, services

Sound = Annotated[str, Field(pattern=r"^(own:)?[A-Za-z0-9_.-]{1,76}$")]
Key = Annotated[str, Field(pattern=r"^[0-9]$")]
Minute = Annotated[int, Field(ge=0, le=1440)]
Weekday = Annotated[int, Field(ge=1, le=7)]
_NEW = CampaignData(name="new")


class CampaignRules(Sent):
    """What a campaign may. ``opens`` and ``closes`` are minutes of the debtor's own day, ``weekdays`` ISO days (1 is
    Monday). ``ceiling`` is the share of answered calls that may be abandoned in any hour; a
    predictive campaign that ``withdraws`` hangs calls up that still ring when too few agents are free. ``retries`` maps
    a result to the minutes until the next attempt; a result that is not in it ends the case. ``machines`` says what
    becomes of a call that an answering machine takes. ``message`` (an agentless campaign plays it), ``machine_message``
    (left on machines), ``apology`` and ``opted_out`` are names of sounds at the exchange, or ``own:`` and the name of a
    recording of the house's. Whoever hears the message forbids further calls by ``opt_out_key``, which ``opted_out``
    confirms, and is put through by ``talk_key``. ``agents`` and ``units`` work in it."""

    name: Word
    mode: Mode
    priority: Annotated[int, Field(ge=-100, le=100)] = _NEW.priority
    opens: Minute = _NEW.opens
    closes: Minute = _NEW.closes
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)] = _NEW.weekdays
    ceiling: Annotated[float, Field(ge=0, le=0.2)] = _NEW.ceiling
    withdraws: bool = _NEW.withdraws
    most_per_agent: Annotated[float, Field(ge=1, le=10)] = _NEW.most_per_agent
    ring_seconds: Annotated[int, Field(ge=5, le=120)] = _NEW.ring_seconds
    connect_seconds: Annotated[int, Field(ge=1, le=30)] = _NEW.connect_seconds
    countdown_seconds: Annotated[int, Field(ge=0, le=120)] = _NEW.countdown_seconds
    machines: Machines = _NEW.machines
    lines: Annotated[int, Field(ge=1, le=200)] = _NEW.lines
    retries: dict[Annotated[str, Field(pattern=r"^[A-Z-]{1,20}$")], Annotated[int, Field(ge=0, le=43_200)]] = dict(
        _NEW.retries
    )
    most_a_day: Annotated[int, Field(ge=1, le=50)] = _NEW.most_a_day
    most_in_total: Annotated[int, Field(ge=1, le=500)] = _NEW.most_in_total
    show_number: E164 | None = None
    message: Sound | None = None
    machine_message: Sound | None = None
    apology: Sound = _NEW.apology
    opt_out_key: Key | None = None
    talk_key: Key | None = None
    opted_out: Sound = _NEW.opted_out
    unit: Id | None = None
    agents: tuple[Id, ...] = ()
    units: tuple[Id, ...] = ()

    def data(self) -> CampaignData:
        """As the use case takes it."""
        plain = self.model_dump(exclude={"unit", "agents", "units"})
        return CampaignData(**plain, unit_id=self.unit, users=self.agents, units=self.units)


class Campaign(Shape):
    """A campaign with its rules (as they are sent). ``filter`` is the name of the saved filter its list follows."""

    id: Id
    state: CampaignState
    rules: CampaignRules
    filter: str | None
    agent: int
    created_at: Utc
    started_at: Utc | None
    ended_at: Utc | None


class CampaignPage(Page[Campaign]):
    """Campaigns, the newest first."""


class CampaignFigures(Shape):
    """How it does now: ``in_flight`` attempts ring or talk, ``waiting`` debtors answered and hear nobody yet; attempts,
    answered, connected, abandoned, ``machines``, those of the answered that are ``unsure``, and attempts ``withdrawn``
    while they rang are of the last hour, ``abandoned_share`` is of those answered. ``cases`` counts its list by state;
    ``ends_at`` is when those ``left`` are through at the pace of the last hour."""

    in_flight: int
    waiting: int
    attempts: int
    answered: int
    connected: int
    abandoned: int
    machines: int
    unsure: int
    withdrawn: int
    abandoned_share: float
    left: int
    cases: dict[EntryState, int]
    ends_at: Utc | None


class CaseOfCampaign(Shape):
    """A case on the list. ``reason`` is the last result, or one word for why it stands where it stands."""

    id: Id
    case_id: Id
    number: str
    debtor_name: str
    state: EntryState
    reason: str
    attempts: int
    last_at: Utc | None
    last_phone: str | None
    next_at: Utc | None


class CaseOfCampaignPage(Page[CaseOfCampaign]):
    """Cases on the list that may be seen, the next to be rung first."""


class CasesOfCampaignAsked(Paged):
    """Which cases of the list."""

    state: EntryState | None = None


class CasesGiven(Sent):
    """Cases by id. Those out of reach, closed or on the list already are left out."""

    cases: Annotated[list[Id], Field(min_length=1, max_length=1000)]


class CasesAdded(Shape):
    """How many came to the list."""

    added: int


class CampaignAttemptMade(Shape):
    """One attempt. ``result`` is null while it is under way; ``agent`` is whom it was dialled for, or who took it;
    ``answered_by`` person, machine or unsure, where the exchange was to tell; ``wish`` is what he asked for by a key:
    no_calls, or to talk."""

    id: Id
    call_id: Id
    case_id: Id
    phone: str
    agent: int | None
    at: Utc
    picked_up_at: Utc | None
    connected_at: Utc | None
    ended_at: Utc | None
    withdrawn_at: Utc | None
    answered_by: str | None
    wish: str | None
    result: str | None


class CampaignAttemptPage(Page[CampaignAttemptMade]):
    """Attempts on cases that may be seen, the newest first."""


class AttemptsAsked(Paged):
    """Which attempts."""

    case: Id | None = None
    result: Word | None = None


async def index(request: Request, asked: Paged) -> CampaignPage:
    async with services(request).uow.read() as session:
        rows, following = await queries.page_of_campaigns(session, actor(request), asked.after, asked.limit)
        items = [_campaign(row, *await queries.staff(session, row.id)) for row in rows]
    return CampaignPage(items=items, next=following)


async def one(request: Request, _given: Nothing) -> Campaign:
    return await _answer(request, actor(request), _id(request))


async def create(request: Request, given: CampaignRules) -> Campaign:
    made = await part(request, CampaignService).create(actor(request), given.data())
    return await _answer(request, reader(request, EDIT, VIEW), made)


async def start(request: Request, _given: Nothing) -> Campaign:
    await part(request, CampaignService).start(actor(request), _id(request))
    return await _answer(request, reader(request, RUN, VIEW), _id(request))


async def pause(request: Request, _given: Nothing) -> Campaign:
    await part(request, CampaignService).pause(actor(request), _id(request))
    return await _answer(request, reader(request, RUN, VIEW), _id(request))


async def end(request: Request, _given: Nothing) -> Campaign:
    await part(request, CampaignService).end(actor(request), _id(request))
    return await _answer(request, reader(request, RUN, VIEW), _id(request))


async def figures(request: Request, _given: Nothing) -> CampaignFigures:
    campaign_id = _id(request)
    async with services(request).uow.read() as session:
        await queries.campaign(session, actor(request), campaign_id)
        now = (await queries.figures(session, [campaign_id], services(request).clock.now()))[campaign_id]
    return CampaignFigures(
        in_flight=now.in_flight,
        waiting=now.waiting,
        attempts=now.attempts,
        answered=now.answered,
        connected=now.connected,
        abandoned=now.abandoned,
        machines=now.machines,
        unsure=now.unsure,
        withdrawn=now.withdrawn,
        abandoned_share=now.share,
        left=now.left,
        cases={EntryState(state): count for state, count in now.entries.items()},
        ends_at=now.ends_at,
    )


async def listed(request: Request, asked: CasesOfCampaignAsked) -> CaseOfCampaignPage:
    query = EntryQuery(state=asked.state, after=asked.after, size=asked.limit)
    async with services(request).uow.read() as session:
        found = await queries.entries(session, actor(request), _id(request), query)
    return CaseOfCampaignPage(items=[_case(row) for row in found.rows], next=found.next)


async def add(request: Request, given: CasesGiven) -> CasesAdded:
    me, campaigns = actor(request), part(request, CampaignService)
    async with services(request).uow.read() as session:
        await queries.campaign(session, me, _id(request), EDIT)
    run_id = await part(request, Mass).choose(me, given.cases)
    return CasesAdded(added=await campaigns.add_cases(me, _id(request), run_id))


async def attempts(request: Request, asked: AttemptsAsked) -> CampaignAttemptPage:
    query = AttemptQuery(case_id=asked.case, outcome=asked.result, after=asked.after, size=asked.limit)
    async with services(request).uow.read() as session:
        found = await attempt_list.attempts(session, actor(request), _id(request), query)
    return CampaignAttemptPage(items=[_attempt(row.attempt, row.case_id) for row in found.rows], next=found.next)


def _id(request: Request) -> int:
    return int(request.path_params["id"])


async def _answer(request: Request, who: Actor, campaign_id: int) -> Campaign:
    async with services(request).uow.read() as session:
        row = await queries.campaign(session, who, campaign_id)
        return _campaign(row, *await queries.staff(session, row.id))


def _campaign(row: Row, users: list[int], units: list[int]) -> Campaign:
    opens, closes = row.hours
    named = {name: getattr(row, name) for name in CampaignRules.model_fields if hasattr(row, name)}
    named |= {"mode": Mode(row.mode), "opens": opens, "closes": closes, "weekdays": tuple(row.weekdays)}
    return Campaign(
        id=row.id,
        state=CampaignState(row.state),
        rules=CampaignRules(**named, unit=row.unit_id, agents=tuple(users), units=tuple(units)),
        filter=row.filter_name if row.filter else None,
        agent=row.owner_id,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _case(row: EntryRow) -> CaseOfCampaign:
    return CaseOfCampaign(
        id=row.id,
        case_id=row.case_id,
        number=row.number,
        debtor_name=row.debtor_name,
        state=EntryState(row.state),
        reason=row.reason,
        attempts=row.attempts,
        last_at=row.last_at,
        last_phone=row.last_phone,
        next_at=row.next_at,
    )


def _attempt(row: CampaignAttempt, case_id: int) -> CampaignAttemptMade:
    return CampaignAttemptMade(
        id=row.id,
        call_id=row.call_id,
        case_id=case_id,
        phone=row.phone,
        agent=row.user_id,
        at=row.at,
        picked_up_at=row.picked_up_at,
        connected_at=row.connected_at,
        ended_at=row.ended_at,
        withdrawn_at=row.withdrawn_at,
        answered_by=row.answered_by,
        wish=row.wish,
        result=row.outcome,
    )


_VIEW, _GONE = right(VIEW), (errors.CampaignNotFound,)
_run = partial(step, "/campaigns", gives=Campaign, takes=Nothing, policy=right(RUN))
OPERATIONS = (
    Operation(
        name="campaigns.list",
        method="GET",
        path="/campaigns",
        summary="Campaigns in reach, the newest first",
        policy=_VIEW,
        takes=Paged,
        gives=CampaignPage,
        handler=index,
    ),
    Operation(
        name="campaigns.get",
        method="GET",
        path="/campaigns/{id:int}",
        summary="One campaign with its rules",
        policy=_VIEW,
        takes=Nothing,
        gives=Campaign,
        errors=_GONE,
        handler=one,
    ),
    Operation(
        name="campaigns.create",
        method="POST",
        path="/campaigns",
        summary="Set a campaign up; nothing is dialled until it is started",
        policy=right(EDIT),
        takes=CampaignRules,
        gives=Campaign,
        status=201,
        acts=True,
        handler=create,
    ),
    _run("start", "Start or go on", start, errors=(*_GONE, errors.CampaignMoves, errors.NothingToDial)),
    _run("pause", "Begin no attempt from now on", pause, errors=(*_GONE, errors.CampaignMoves)),
    _run("end", "End for good", end, errors=(*_GONE, errors.CampaignMoves)),
    step(
        "/campaigns",
        "cases",
        "Put cases on its list",
        add,
        takes=CasesGiven,
        gives=CasesAdded,
        policy=right(EDIT),
        errors=(*_GONE, errors.CampaignMoves),
    ),
    Operation(
        name="campaigns.listed",
        method="GET",
        path="/campaigns/{id:int}/cases",
        summary="The cases on its list",
        policy=_VIEW,
        takes=CasesOfCampaignAsked,
        gives=CaseOfCampaignPage,
        errors=_GONE,
        handler=listed,
    ),
    Operation(
        name="campaigns.attempts",
        method="GET",
        path="/campaigns/{id:int}/attempts",
        summary="What its attempts came to",
        policy=_VIEW,
        takes=AttemptsAsked,
        gives=CampaignAttemptPage,
        errors=_GONE,
        handler=attempts,
    ),
    Operation(
        name="campaigns.figures",
        method="GET",
        path="/campaigns/{id:int}/figures",
        summary="How it does now",
        policy=_VIEW,
        takes=Nothing,
        gives=CampaignFigures,
        errors=_GONE,
        handler=figures,
    ),
)

routes = routes_of(OPERATIONS)
