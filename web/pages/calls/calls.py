"""The call log: the list with every filter, its file, and one call whole."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from callcenter.calls import queries
from callcenter.calls.recorded import Recordings, RecordingView
from callcenter.calls.rights import VIEW
from callcenter.calls.views import CallQuery, CallRow, Fate
from callcenter.campaigns import rights as campaign_rights
from callcenter.campaigns.queries import list_campaigns
from callcenter.productivity import drill
from callcenter.productivity.ports import RawFigures
from callcenter.supervision.messages import advice_in
from core.kernel.access import Actor
from core.kernel.clock import read_moment
from core.kernel.errors import Invalid
from core.kernel.i18n import msg
from core.people import queries as people
from web.export import export, without_sound
from web.lists import PAGE_SIZE, Asked, ListSpec, asked, listed
from web.page import page
from web.pages import options
from web.pages.calls import call_words as words
from web.pages.listing import (
    Align,
    Column,
    DurationCell,
    EmptyState,
    Filter,
    FilterKind,
    Option,
    PhoneCell,
    RecordingCell,
    Row,
    StateCell,
    TextCell,
    TimeCell,
)
from web.security import actor, right, route
from web.state import part, services

_VIEW = right(VIEW)
_HOUR = timedelta(hours=1)


SPEC = ListSpec(
    key="calls",
    title=msg("Call log"),
    path="/calls",
    sort="-started_at",
    search_hint=msg("Number, name, case or note"),
    export_right="calls.export",
    columns=(
        Column(key="started_at", label=msg("When"), sortable=True),
        Column(key="direction", label=msg("Direction")),
        Column(key="phone", label=msg("Number")),
        Column(key="party", label=msg("Person")),
        Column(key="case", label=msg("Case")),
        Column(key="user", label=msg("Collector")),
        Column(key="state", label=msg("State")),
        Column(key="result", label=msg("Result")),
        Column(key="talk_seconds", label=msg("Talk"), align=Align.END, sortable=True),
        Column(key="recording", label=msg("Recording")),
        Column(key="ring_seconds", label=msg("Ring"), align=Align.END, sortable=True, visible=False),
        Column(key="hold_seconds", label=msg("Hold"), align=Align.END, sortable=True, visible=False),
        Column(key="wrap_seconds", label=msg("Wrap-up"), align=Align.END, sortable=True, visible=False),
        Column(key="queue", label=msg("Queue"), visible=False),
        Column(key="campaign", label=msg("Campaign"), visible=False),
        Column(key="cause", label=msg("Hangup cause"), align=Align.END, visible=False),
        Column(key="note", label=msg("Note"), visible=False),
    ),
    filters=(
        Filter(key="started", label=msg("Day"), kind=FilterKind.DATE),
        Filter(key="hour", label=msg("Hour from")),
        Filter(key="owner", label=msg("Collector"), kind=FilterKind.SELECT),
        Filter(key="agent", label=msg("Taking part"), kind=FilterKind.SELECT),
        Filter(
            key="direction",
            label=msg("Direction"),
            kind=FilterKind.SELECT,
            options=options.of_words(words.DIRECTIONS),
        ),
        Filter(key="fate", label=msg("State"), kind=FilterKind.SELECT, options=options.of_words(words.FATES)),
        Filter(key="result", label=msg("Result"), kind=FilterKind.SELECT),
        Filter(key="queue", label=msg("Queue")),
        Filter(key="campaign", label=msg("Campaign"), kind=FilterKind.SELECT),
        Filter(key="behind", label=msg("Figure of a report")),
        Filter(key="phone", label=msg("Number")),
        Filter(key="case", label=msg("Case id")),
        Filter(key="party", label=msg("Person id")),
    ),
    empty=EmptyState(
        title=msg("No calls"),
        hint=msg("Calls appear here as soon as a phone rings. Widen the filters to see older ones."),
        icon="phone",
    ),
)


async def show(request: Request) -> Response:
    """The call log."""
    wanted = asked(request, await spec_of(request))
    query = _of_figure(request, wanted, call_query(wanted))
    async with services(request).uow.read() as session:
        found = await queries.list_calls(session, actor(request), query)
        names = await _campaigns(session, actor(request))
    recordings = await _recordings(request, [call.id for call in found.rows])
    drawn = await listed(request, wanted, found, lambda call: _row(call, names, recordings.get(call.id, ())))
    return await page(request, "list_page.html", {"view": drawn})


async def download(request: Request) -> Response:
    """The same calls as a file."""
    wanted = asked(request, await spec_of(request))
    shown = without_sound(wanted.shown)
    return await export(request, "calls", shown, _batches(request, _of_figure(request, wanted, call_query(wanted))))


async def _batches(request: Request, query: CallQuery) -> AsyncIterator[Sequence[Row]]:
    async with services(request).uow.read() as session:
        names = await _campaigns(session, actor(request))
        async for calls in queries.every_call(session, actor(request), query):
            yield [_row(call, names) for call in calls]


async def detail(request: Request) -> Response:
    """One call whole."""
    call_id = int(request.path_params["call"])
    async with services(request).uow.read() as session:
        found = await queries.call_detail(session, actor(request), call_id)
    await services(request).looks.looked(actor(request), ("call", call_id))
    recordings = (await _recordings(request, [call_id])).get(call_id, ())
    call = found.call
    async with services(request).uow.read() as session:
        advice = await advice_in(session, [call_id, *await queries.merged_into(session, call_id)])
    context = {
        "advice": advice,
        "detail": found,
        "call": call,
        "state": words.state_of(call),
        "direction": words.DIRECTIONS[call.direction],
        "result": words.result_label(call.result_code, call.result_label, shipped=call.result_shipped),
        "kinds": words.LEG_KINDS,
        "outcomes": words.OUTCOMES,
        "recordings": recordings,
    }
    return await page(request, "calls/call.html", context)


def call_query(wanted: Asked) -> CallQuery:
    """What the address asks of the call log."""
    since, until = wanted.since("started"), wanted.until("started")
    hour = _moment(wanted.value("hour"), wanted)
    if hour is not None:
        since = max(since, hour) if since else hour
        until = min(until, hour + _HOUR) if until else hour + _HOUR
    return CallQuery(
        since=since,
        until=until,
        owner_id=wanted.number("owner"),
        user_id=wanted.number("agent"),
        direction=wanted.value("direction") or None,
        fate=wanted.one_of("fate", {fate.value: fate for fate in Fate}),
        result=wanted.value("result") or None,
        queue=wanted.value("queue") or None,
        campaign_id=wanted.number("campaign"),
        number=wanted.value("phone") or None,
        case_id=wanted.number("case"),
        party_id=wanted.number("party"),
        search=wanted.search,
        sort=wanted.sort,
        after=wanted.after,
        before=wanted.before,
        size=PAGE_SIZE,
    )


def _of_figure(request: Request, wanted: Asked, query: CallQuery) -> CallQuery:
    """The same, only of the calls behind a figure when the address names one."""
    if not wanted.value("behind"):
        return query
    try:
        cell = drill.read(wanted.value("behind"))
    except ValueError as error:
        raise Invalid from error
    return replace(query, among=part(request, RawFigures).behind(actor(request), cell.behind()))


def _moment(text: str, wanted: Asked) -> datetime | None:
    try:
        moment = read_moment(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=wanted.zone)


async def spec_of(request: Request) -> ListSpec:
    """The list with the collectors, results and campaigns there are to filter by."""
    async with services(request).uow.read() as session:
        users = await people.colleagues(session, actor(request), VIEW)
        campaigns = await _campaigns(session, actor(request))
        codes = await queries.result_codes(session, active_only=False)
    names = options.of_people(users)
    results = tuple(
        Option(value=one.code, label=words.result_label(one.code, one.label, shipped=one.shipped) or one.code)
        for one in codes
    )
    dialled = tuple(Option(value=str(campaign), label=name) for campaign, name in campaigns.items())
    known = {"owner": names, "agent": names, "result": results, "campaign": dialled}
    return SPEC.with_options(known)


async def _campaigns(session: AsyncSession, me: Actor) -> Mapping[int, str]:
    """The names of the campaigns the reader may see."""
    if not me.may(campaign_rights.VIEW):
        return {}
    return {campaign.id: campaign.name for campaign in await list_campaigns(session, me)}


async def _recordings(request: Request, call_ids: Sequence[int]) -> Mapping[int, tuple[RecordingView, ...]]:
    if not actor(request).may("recordings.listen") or not call_ids:
        return {}
    room = part(request, Recordings)
    return await room.of_calls(actor(request), call_ids)


def _row(call: CallRow, campaigns: Mapping[int, str], recordings: Sequence[RecordingView] = ()) -> Row:
    playable = next((one.id for one in recordings if one.playable), None)
    case_href = f"/cases/{call.case_id}" if call.case_id is not None else None
    return Row(
        id=str(call.id),
        href=f"/calls/{call.id}",
        cells={
            "started_at": TimeCell(call.started_at),
            "direction": StateCell(words.DIRECTIONS[call.direction]),
            "phone": PhoneCell(call.phone, case_id=call.case_id),
            "party": TextCell(call.party),
            "case": TextCell(call.case_number, href=case_href),
            "user": TextCell(call.user),
            "state": StateCell(words.state_of(call)),
            "result": TextCell(words.result_label(call.result_code, call.result_label, shipped=call.result_shipped)),
            "talk_seconds": DurationCell(call.talk_seconds),
            "recording": RecordingCell(playable),
            "ring_seconds": DurationCell(call.ring_seconds),
            "hold_seconds": DurationCell(call.hold_seconds),
            "wrap_seconds": DurationCell(call.wrap_seconds),
            "queue": TextCell(call.queue),
            "campaign": TextCell(campaigns.get(call.campaign_id) if call.campaign_id is not None else None),
            "cause": TextCell(call.cause),
            "note": TextCell(call.note),
        },
    )


routes = [
    route("/calls", show, policy=_VIEW, name="calls"),
    route("/calls/export", download, policy=right("calls.export"), name="calls.export"),
    route("/calls/{call:int}", detail, policy=_VIEW, name="call"),
]
