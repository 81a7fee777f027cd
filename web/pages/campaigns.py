"""Campaigns: which there are, how they do, what they may, and the cases on their lists."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from callcenter.campaigns import queries
from callcenter.campaigns.dialler import Dialler
from callcenter.campaigns.model import Campaign, CampaignState, Mode
from callcenter.campaigns.pacing import Verdict
from callcenter.campaigns.queries import EntryQuery, EntryRow, Figures
from callcenter.campaigns.rights import EDIT, EXPORT, RUN, VIEW
from callcenter.campaigns.service import CampaignData, CampaignService
from core.cases.service.mass import Mass
from core.kernel.errors import DomainError, Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.people import queries as people
from core.people.model import SavedView
from web.export import export
from web.forms import Form, is_position, parse, submitted, typed
from web.lists import PAGE_SIZE, ListSpec, asked, view
from web.page import go_to, page
from web.pages import campaign_words as words
from web.pages.listing import (
    Align,
    Column,
    EmptyState,
    Filter,
    FilterKind,
    Option,
    Row,
    StateCell,
    Text,
    TextCell,
    TimeCell,
)
from web.pages.mass import uploaded_numbers
from web.pages.worklists import query_by_name
from web.security import actor, right, route
from web.state import part, services

_EXPORT_BATCH = 500
_LISTS = "cases"
_Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-4]):[0-5]\d$")]

SPEC = ListSpec(
    key="campaigns",
    title=msg("Campaigns"),
    path="/campaigns",
    sort="id",
    columns=(
        Column(key="name", label=msg("Campaign")),
        Column(key="state", label=msg("State")),
        Column(key="mode", label=msg("Mode")),
        Column(key="priority", label=msg("Priority"), align=Align.END),
        Column(key="flying", label=msg("On the line"), align=Align.END),
        Column(key="answered", label=msg("Answered, last hour"), align=Align.END),
        Column(key="abandoned", label=msg("Abandoned, last hour"), align=Align.END),
        Column(key="left", label=msg("Left"), align=Align.END),
        Column(key="end", label=msg("Through at")),
    ),
    empty=EmptyState(
        title=msg("No campaigns yet"),
        hint=msg("A campaign rings the cases of a list by itself, as contact law and its own hours allow."),
        action=msg("Set up a campaign"),
        action_href="/campaigns/new",
        icon="speakerphone",
    ),
)
ENTRIES = ListSpec(
    key="campaign-entries",
    title=msg("Cases on the list"),
    path="/campaigns",
    sort="next",
    search_hint=msg("Case number or name"),
    export_right=EXPORT,
    columns=(
        Column(key="number", label=msg("Case no."), sortable=True),
        Column(key="debtor", label=msg("Debtor")),
        Column(key="state", label=msg("State")),
        Column(key="reason", label=msg("Last")),
        Column(key="attempts", label=msg("Attempts"), align=Align.END, sortable=True),
        Column(key="last", label=msg("Last rung")),
        Column(key="next", label=msg("Next"), sortable=True),
    ),
    filters=(
        Filter(
            key="state",
            label=msg("State"),
            kind=FilterKind.SELECT,
            options=tuple(Option(value=str(one), label=state.word) for one, state in words.ENTRY_STATES.items()),
        ),
    ),
    empty=EmptyState(
        title=msg("No cases on the list"),
        hint=msg("Choose a saved filter of the list of cases, or bring a file with case numbers."),
        icon="folders",
    ),
)


class CampaignForm(Form):
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    mode: Mode
    priority: int = 0
    opens: _Clock
    closes: _Clock
    weekday: list[Annotated[int, Field(ge=1, le=7)]] = []
    ceiling: float = 3
    most_per_agent: float = 3
    ring_seconds: int
    connect_seconds: int
    countdown_seconds: int = 0
    detect_machines: bool = False
    lines: int = 5
    most_a_day: int
    most_in_total: int
    message: Annotated[str, StringConstraints(max_length=80)] | None = None
    apology: Annotated[str, StringConstraints(max_length=80)]
    unit_id: int | None = None
    user: list[int] = []
    unit: list[int] = []

    def data(self, retries: Mapping[str, int]) -> CampaignData:
        """As the use case takes it; the ceiling is typed in per cent, hours as on a clock."""
        plain = self.model_dump(exclude={"opens", "closes", "weekday", "ceiling", "user", "unit"})
        return CampaignData(
            **plain,
            opens=_minutes(self.opens),
            closes=_minutes(self.closes),
            weekdays=tuple(self.weekday),
            ceiling=self.ceiling / 100,
            users=tuple(self.user),
            units=tuple(self.unit),
            retries=retries,
        )


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


async def show(request: Request) -> Response:
    """Every campaign in reach with its live figures."""
    now = services(request).clock.now()
    async with services(request).uow.read() as session:
        found = await queries.list_campaigns(session, actor(request))
        live = await queries.figures(session, [one.id for one in found], now)
    create = (msg("Set up a campaign"), "/campaigns/new") if actor(request).may(EDIT) else None
    rows = (_row(one, live[one.id]) for one in found)
    drawn = await view(request, asked(request, SPEC), rows, total=len(found), create=create)
    return await page(request, "list_page.html", {"view": drawn})


def _row(one: Campaign, now: Figures) -> Row:
    href = f"/campaigns/{one.id}"
    return Row(
        id=str(one.id),
        href=href,
        cells={
            "name": TextCell(one.name, href=href),
            "state": StateCell(words.STATES[one.state]),
            "mode": TextCell(words.SHORT_MODES[one.mode]),
            "priority": TextCell(one.priority),
            "flying": TextCell(now.in_flight),
            "answered": TextCell(now.answered),
            "abandoned": TextCell(_per_cent(now.share), note=msg("of at most {most}", most=_per_cent(one.ceiling))),
            "left": TextCell(now.left),
            "end": TimeCell(now.ends_at if one.state == CampaignState.RUNNING else None),
        },
    )


def _per_cent(share: float) -> str:
    return f"{share * 100:.1f} %"


async def one(request: Request) -> Response:
    """A campaign: its figures, its steps, where its cases come from, and the cases."""
    return await _one(request)


async def _one(request: Request, fault: Message | None = None) -> Response:
    campaign_id, me, now = request.path_params["id"], actor(request), services(request).clock.now()
    wanted = asked(request, replace(ENTRIES, path=f"/campaigns/{campaign_id}"))
    query = EntryQuery(
        state=wanted.value("state") or None,
        search=wanted.search,
        sort=wanted.sort,
        after=wanted.after,
        before=wanted.before,
        size=PAGE_SIZE,
    )
    async with services(request).uow.read() as session:
        row = await queries.campaign(session, me, campaign_id)
        live = (await queries.figures(session, [row.id], now))[row.id]
        found = await queries.entries(session, me, campaign_id, query)
        views = await _views(session, me.user_id)
    drawn = await view(
        request,
        wanted,
        map(_entry, found.rows),
        next_cursor=found.next,
        previous_cursor=found.previous,
        total=found.total,
    )
    context = {
        **_live(request, row, live),
        "state": words.STATES[row.state],
        "mode": words.MODES[row.mode],
        "view": drawn,
        "views": views,
        "fault": fault,
        "may_run": me.may(RUN),
        "may_edit": me.may(EDIT) and row.state != CampaignState.ENDED,
    }
    return await page(request, "campaigns/campaign.html", context, status=422 if fault else 200)


def _live(request: Request, row: Campaign, now: Figures) -> dict[str, Any]:
    dialled = row.mode == Mode.PREDICTIVE and row.state == CampaignState.RUNNING
    return {
        "campaign": row,
        "now": now,
        "share": _per_cent(now.share),
        "ceiling": _per_cent(row.ceiling),
        "promise": promise(part(request, Dialler).verdict(row.id)) if dialled else None,
    }


def promise(found: Verdict | None) -> Message:
    """Whether more lines than free collectors are dialled, and why not."""
    if found is None:
        return msg("Still learning: one line for each free collector.")
    if found.predictive:
        return msg("More lines than free collectors: the ceiling can be kept.")
    lowest = _per_cent(ceil(found.lowest * 1000) / 1000)
    return msg(
        "Refused, one line for each free collector: with so few calls an hour only a ceiling of {lowest} or more can"
        " be kept.",
        lowest=lowest,
    )


async def figures(request: Request) -> Response:
    """Only the figures, for the page that asks again and again."""
    async with services(request).uow.read() as session:
        row = await queries.campaign(session, actor(request), request.path_params["id"])
        now = (await queries.figures(session, [row.id], services(request).clock.now()))[row.id]
    return await page(request, "campaigns/_figures.html", _live(request, row, now))


async def _views(session: AsyncSession, user_id: int) -> tuple[Option, ...]:
    """Saved filters of the list of cases that the reader may use."""
    seen = select(SavedView).where(SavedView.list == _LISTS, or_(SavedView.user_id == user_id, SavedView.shared))
    rows = await session.scalars(seen.order_by(SavedView.name, SavedView.id))
    return tuple(Option(value=str(one.id), label=one.name) for one in rows)


def _entry(line: EntryRow) -> Row:
    case = f"/cases/{line.case_id}"
    reason: Text = words.REASONS.get(line.reason, line.reason)
    return Row(
        id=str(line.id),
        href=case,
        cells={
            "number": TextCell(line.number, href=case),
            "debtor": TextCell(line.debtor_name),
            "state": StateCell(words.ENTRY_STATES[line.state]),
            "reason": TextCell(reason),
            "attempts": TextCell(line.attempts),
            "last": TimeCell(line.last_at),
            "next": TimeCell(line.next_at),
        },
    )


async def export_list(request: Request) -> Response:
    """The campaign's list as a file."""
    wanted = asked(request, ENTRIES)
    async with services(request).uow.read() as session:
        await queries.campaign(session, actor(request), request.path_params["id"], EXPORT)
    shown = [column for column in wanted.columns if column.visible]
    query = EntryQuery(state=wanted.value("state") or None, search=wanted.search, sort=wanted.sort, size=_EXPORT_BATCH)
    return await export(request, f"campaign-{request.path_params['id']}", shown, _batches(request, query))


async def _batches(request: Request, query: EntryQuery) -> AsyncIterator[Sequence[Row]]:
    after: str | None = None
    while True:
        async with services(request).uow.read() as session:
            found = await queries.export_entries(
                session, actor(request), request.path_params["id"], replace(query, after=after)
            )
        yield [_entry(line) for line in found.rows]
        after = found.next
        if after is None:
            return


async def new(request: Request) -> Response:
    """The form of a new campaign."""
    return await _form(request, None, _values_of(CampaignData(name="")))


async def setup(request: Request) -> Response:
    """A campaign's rules, to change them."""
    me = actor(request)
    async with services(request).uow.read() as session:
        row = await queries.campaign(session, me, request.path_params["id"], EDIT)
        users, units = await queries.staff(session, row.id)
    plain = {name: getattr(row, name) for name in CampaignForm.model_fields if hasattr(row, name)}
    plain |= {"opens": _clock(row.hours[0]), "closes": _clock(row.hours[1]), "weekday": row.weekdays}
    plain |= {"ceiling": round(row.ceiling * 100, 2), "user": users, "unit": units, "retries": row.retries}
    return await _form(request, row, plain)


def _values_of(data: CampaignData) -> dict[str, Any]:
    plain = {name: getattr(data, name) for name in CampaignForm.model_fields if hasattr(data, name)}
    plain |= {"opens": _clock(data.opens), "closes": _clock(data.closes), "weekday": list(data.weekdays)}
    return plain | {"ceiling": round(data.ceiling * 100, 2), "user": [], "unit": [], "retries": data.retries}


async def _form(
    request: Request, known: Campaign | None, values: Mapping[str, Any], faults: Invalid | None = None
) -> Response:
    me = actor(request)
    async with services(request).uow.read() as session:
        staff = [one for one in await people.colleagues(session, me, EDIT) if one.extension is not None]
        units = await people.unit_lines(session)
    context = {
        "known": known,
        "values": values,
        "faults": faults.fields if faults else {},
        "modes": words.options(words.MODES),
        "weekdays": words.WEEKDAYS,
        "retried": tuple((code, words.REASONS[code]) for code in words.RETRIED),
        "staff": tuple((user.id, user.full_name) for user in staff),
        "units": tuple((line.unit.id, line.unit.name) for line in units),
        "unit_options": tuple(Option(value=str(line.unit.id), label=line.unit.name) for line in units),
    }
    return await page(request, "campaigns/form.html", context, status=422 if faults else 200)


async def _sent(request: Request) -> CampaignData:
    """What the form says, with the minutes of each result."""
    data = await submitted(request)
    retries = {}
    for code in words.RETRIED:
        minutes = str(data.get(f"retry-{code}") or "")
        if minutes and not minutes.isdecimal():
            raise Invalid({"retries": msg("Give whole minutes, or nothing.")})
        if minutes:
            retries[code] = int(minutes[:6])
    return typed(data, CampaignForm).data(retries)


async def _as_typed(request: Request) -> dict[str, Any]:
    """What was sent, to show it again."""
    data = await submitted(request)
    values: dict[str, Any] = dict(data)
    values |= {
        name: [int(str(v)) for v in data.getlist(name) if is_position(str(v))] for name in ("weekday", "user", "unit")
    }
    values["retries"] = {code: data.get(f"retry-{code}") for code in words.RETRIED}
    return values


async def add(request: Request) -> Response:
    """Set a campaign up; its cases are chosen next."""
    try:
        added = await part(request, CampaignService).create(actor(request), await _sent(request))
    except Invalid as faults:
        return await _form(request, None, await _as_typed(request), faults)
    return go_to(f"/campaigns/{added}")


async def change(request: Request) -> Response:
    """Save a campaign's rules."""
    campaign_id = request.path_params["id"]
    async with services(request).uow.read() as session:
        known = await queries.campaign(session, actor(request), campaign_id, EDIT)
    try:
        await part(request, CampaignService).edit(actor(request), campaign_id, await _sent(request))
    except Invalid as faults:
        return await _form(request, known, await _as_typed(request), faults)
    return go_to(f"/campaigns/{campaign_id}")


async def start(request: Request) -> Response:
    """Start or go on."""
    return await _step(request, "start")


async def pause(request: Request) -> Response:
    """Begin no attempt from now on."""
    return await _step(request, "pause")


async def end(request: Request) -> Response:
    """End for good."""
    return await _step(request, "end")


async def _step(request: Request, name: str) -> Response:
    campaign_id, campaigns = request.path_params["id"], part(request, CampaignService)
    steps = {"start": campaigns.start, "pause": campaigns.pause, "end": campaigns.end}
    try:
        await steps[name](actor(request), campaign_id)
    except NotFound:
        raise
    except DomainError as error:
        return await _one(request, error.message)
    return go_to(f"/campaigns/{campaign_id}")


class FilterForm(Form):
    view_id: int


async def follow(request: Request) -> Response:
    """Keep the list what a saved filter means."""
    campaign_id, me = request.path_params["id"], actor(request)
    form = await parse(request, FilterForm)
    async with services(request).uow.read() as session:
        saved = await session.get(SavedView, form.view_id)
    if saved is None or saved.list != _LISTS or not (saved.shared or saved.user_id == me.user_id):
        return await _one(request, msg("Choose a saved filter of the list of cases."))
    query = await query_by_name(request, "", QueryParams(saved.query))
    await part(request, CampaignService).follow_filter(me, campaign_id, query, saved.name)
    return go_to(f"/campaigns/{campaign_id}")


async def cases(request: Request) -> Response:
    """Add the cases of a file of numbers."""
    campaign_id, me = request.path_params["id"], actor(request)
    async with services(request).uow.read() as session:
        await queries.campaign(session, me, campaign_id, EDIT)
    async with request.form(max_files=1, max_fields=10) as form:
        try:
            name, numbers = await uploaded_numbers(form)
        except DomainError as error:
            return await _one(request, error.message)
    run_id = await part(request, Mass).choose_numbers(me, numbers, name)
    await part(request, CampaignService).add_cases(me, campaign_id, run_id)
    return go_to(f"/campaigns/{campaign_id}")


_VIEW, _EDIT, _RUN = right(VIEW), right(EDIT), right(RUN)
routes = (
    route("/campaigns", show, policy=_VIEW, name="campaigns"),
    route("/campaigns/new", new, policy=_EDIT, name="campaign.new"),
    route("/campaigns", add, policy=_EDIT, methods=["POST"], name="campaign.add"),
    route("/campaigns/{id:int}", one, policy=_VIEW, name="campaign"),
    route("/campaigns/{id:int}/figures", figures, policy=_VIEW, name="campaign.figures"),
    route("/campaigns/{id:int}/export", export_list, policy=right(EXPORT), name="campaign.export"),
    route("/campaigns/{id:int}/setup", setup, policy=_EDIT, name="campaign.setup"),
    route("/campaigns/{id:int}", change, policy=_EDIT, methods=["POST"], name="campaign.change"),
    route("/campaigns/{id:int}/start", start, policy=_RUN, methods=["POST"], name="campaign.start"),
    route("/campaigns/{id:int}/pause", pause, policy=_RUN, methods=["POST"], name="campaign.pause"),
    route("/campaigns/{id:int}/end", end, policy=_RUN, methods=["POST"], name="campaign.end"),
    route("/campaigns/{id:int}/filter", follow, policy=_EDIT, methods=["POST"], name="campaign.filter"),
    route("/campaigns/{id:int}/cases", cases, policy=_EDIT, methods=["POST"], name="campaign.cases"),
)
