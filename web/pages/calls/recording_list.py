"""The recordings of the call log: searched by everything the log knows, played in place, taken away as an archive."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from callcenter.calls import queries
from callcenter.calls.recorded import EXPORT_LIMIT, Recordings, RecordingView
from callcenter.calls.rights import EXPORT
from callcenter.calls.views import CallQuery, CallRow
from core.kernel.i18n import msg
from web.export import export, without_sound
from web.forms import Form, submitted, typed
from web.lists import Asked, ListSpec, asked, view
from web.page import page
from web.pages.calls import call_words as words
from web.pages.calls import calls
from web.pages.listing import (
    Align,
    Column,
    DurationCell,
    EmptyState,
    MassAction,
    PhoneCell,
    RecordingCell,
    Row,
    StateCell,
    TextCell,
    TimeCell,
)
from web.security import actor, right, route
from web.state import part, services

_DOWNLOAD = "recordings.download"
#: So many calls are asked for at a time while everything that matches is put together.
_BATCH = 500

SPEC = replace(
    calls.SPEC,
    key="recordings",
    title=msg("Recordings"),
    path="/recordings",
    columns=(
        Column(key="started_at", label=msg("When"), sortable=True),
        Column(key="recording", label=msg("Play")),
        Column(key="length", label=msg("Length"), align=Align.END),
        Column(key="direction", label=msg("Direction")),
        Column(key="party", label=msg("Person")),
        Column(key="phone", label=msg("Number")),
        Column(key="case", label=msg("Case")),
        Column(key="user", label=msg("Collector")),
        Column(key="result", label=msg("Result")),
        Column(key="queue", label=msg("Queue"), visible=False),
        Column(key="note", label=msg("Note"), visible=False),
    ),
    empty=EmptyState(
        title=msg("No recordings"),
        hint=msg("A recording appears here a few seconds after a talk has ended."),
        icon="microphone",
    ),
)


class ExportForm(Form):
    """Which recordings go into the archive: those named, or with ``all`` everything that matches the list's query."""

    id: list[int] = []
    all: bool = False


async def show(request: Request) -> Response:
    """The calls that can be heard."""
    room, me = _room(request), actor(request)
    wanted = asked(request, await _spec(request))
    query = replace(calls.call_query(wanted), among=room.recorded_calls(me))
    async with services(request).uow.read() as session:
        found = await queries.list_calls(session, me, query)
    sound = await room.of_calls(me, [call.id for call in found.rows])
    archive = MassAction(label=msg("Download as an archive"), href="/recordings/export", icon="file-zip", download=True)
    drawn = await view(
        request,
        wanted,
        _rows(found.rows, sound),
        next_cursor=found.next,
        previous_cursor=found.previous,
        total=found.total,
        total_is_at_least=found.at_least,
        actions=(archive,) if me.may(_DOWNLOAD) else (),
    )
    return await page(request, "list_page.html", {"view": drawn})


async def download(request: Request) -> Response:
    """The same list as a file: what is known of the recordings, without their sound."""
    wanted, room, me = asked(request, await _spec(request)), _room(request), actor(request)
    query = replace(calls.call_query(wanted), among=room.recorded_calls(me))
    rows = (list(_rows(found, sound)) async for found, sound in _pages(request, query))
    return await export(request, "recordings", without_sound(wanted.shown), rows)


async def pack(request: Request) -> Response:
    """The chosen recordings as one archive, made while it is sent."""
    data = await submitted(request)
    form = typed(data, ExportForm)
    chosen: Sequence[int] = form.id
    if form.all:
        pairs = [(name, str(value)) for name, value in data.multi_items()]
        chosen = await _matching(request, asked(request, await _spec(request), QueryParams(pairs)))
    reply = await _room(request).export(actor(request), chosen)
    return StreamingResponse(reply.body, reply.status, reply.headers)


async def _matching(request: Request, wanted: Asked) -> list[int]:
    """The recordings of every call that matches, page by page; one more than may be had at once tells that there are
    too many."""
    found = list[int]()
    query = replace(calls.call_query(wanted), among=_room(request).recorded_calls(actor(request)))
    async for _, sound in _pages(request, query):
        found += [one.id for views in sound.values() for one in views if one.playable]
        if len(found) > EXPORT_LIMIT:
            break
    return found


async def _pages(
    request: Request, query: CallQuery
) -> AsyncIterator[tuple[Sequence[CallRow], Mapping[int, tuple[RecordingView, ...]]]]:
    """Everything that matches, page by page: the calls, and their recordings by call."""
    room, me = _room(request), actor(request)
    query = replace(query, after=None, before=None, size=_BATCH)
    while True:
        async with services(request).uow.read() as session:
            batch = await queries.list_calls(session, me, query)
        yield batch.rows, await room.of_calls(me, [call.id for call in batch.rows])
        if batch.next is None:
            return
        query = replace(query, after=batch.next)


async def _spec(request: Request) -> ListSpec:
    return replace(SPEC, filters=(await calls.spec_of(request)).filters)


def _room(request: Request) -> Recordings:
    return part(request, Recordings)


def _rows(found: Sequence[CallRow], sound: Mapping[int, tuple[RecordingView, ...]]) -> Iterator[Row]:
    for call in found:
        for recording in sound.get(call.id, ()):
            if recording.playable:
                yield _row(call, recording)


def _row(call: CallRow, recording: RecordingView) -> Row:
    seconds = None if recording.duration_ms is None else recording.duration_ms / 1000
    return Row(
        id=str(recording.id),
        href=f"/calls/{call.id}",
        cells={
            "started_at": TimeCell(call.started_at),
            "recording": RecordingCell(recording.id),
            "length": DurationCell(seconds),
            "direction": StateCell(words.DIRECTIONS[call.direction]),
            "party": TextCell(call.party),
            "phone": PhoneCell(call.phone, case_id=call.case_id),
            "case": TextCell(call.case_number, href=f"/cases/{call.case_id}" if call.case_id is not None else None),
            "user": TextCell(call.user),
            "result": TextCell(words.result_label(call.result_code, call.result_label, shipped=call.result_shipped)),
            "queue": TextCell(call.queue),
            "note": TextCell(call.note),
        },
    )


routes = (
    route("/recordings", show, policy=right("recordings.listen"), name="recordings"),
    route("/recordings/export", download, policy=right(EXPORT), name="recordings.list"),
    route("/recordings/export", pack, policy=right(_DOWNLOAD), methods=["POST"], name="recordings.export"),
)
