"""Messages callers left: the list, one of them with its sound, heard or not."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from callcenter.callbacks.queries import debtor_zone, is_open
from callcenter.callbacks.rights import EDIT as PLAN
from callcenter.calls.recorded import AudioAsked, Recordings
from callcenter.queues.queries import inbound_queues
from callcenter.voicemail import queries
from callcenter.voicemail.queries import MessageQuery, MessageRow
from callcenter.voicemail.rights import LISTEN, listener
from callcenter.voicemail.service import hear
from core.kernel.i18n import msg
from core.people import queries as people
from web.export import export_list
from web.forms import Form, parse
from web.lists import Asked, ListSpec, asked, listed
from web.page import go_to, page
from web.pages import options
from web.pages.floor.queues import names_of
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
    State,
    StateCell,
    Text,
    TextCell,
    TimeCell,
    Tone,
)
from web.security import actor, right, route
from web.state import part, services

UNHEARD = State(word=msg("not heard yet"), icon="mail", tone=Tone.ACT)
HEARD = State(word=msg("heard"), icon="mail-opened")
_HEARD = {"no": False, "yes": True}
SPEC = ListSpec(
    key="voicemail",
    title=msg("Messages of callers"),
    path="/voicemail",
    sort="-received_at",
    search_hint=msg("Number, name or case"),
    export_right=LISTEN,
    columns=(
        Column(key="received_at", label=msg("When"), sortable=True),
        Column(key="play", label=msg("Play")),
        Column(key="state", label=msg("State")),
        Column(key="duration", label=msg("Length"), align=Align.END, sortable=True),
        Column(key="phone", label=msg("Number")),
        Column(key="party", label=msg("Person")),
        Column(key="case", label=msg("Case")),
        Column(key="queue", label=msg("Queue")),
        Column(key="user", label=msg("Whose debtor")),
        Column(key="callback", label=msg("Callback")),
    ),
    filters=(
        Filter(
            key="heard",
            label=msg("State"),
            kind=FilterKind.SELECT,
            options=(Option(value="no", label=UNHEARD.word), Option(value="yes", label=HEARD.word)),
        ),
        Filter(key="queue", label=msg("Queue"), kind=FilterKind.SELECT),
        Filter(key="owner", label=msg("Whose debtor"), kind=FilterKind.SELECT),
        Filter(key="day", label=msg("Day"), kind=FilterKind.DATE),
    ),
    empty=EmptyState(
        title=msg("No messages"),
        hint=msg("What callers leave after hours, or choose in a menu, appears here and becomes a callback."),
        icon="mail",
    ),
)


class HeardForm(Form):
    heard: bool = False


async def show(request: Request) -> Response:
    """The messages in reach."""
    wanted, draw = await _drawing(request)
    async with services(request).uow.read() as session:
        found = await queries.list_messages(session, actor(request), _query(wanted))
    if actor(request).may(PLAN):
        draw = partial(_planned, draw)
    drawn = await listed(request, wanted, found, draw)
    return await page(request, "list_page.html", {"view": drawn})


async def download(request: Request) -> Response:
    """The same list as a file, without what can be heard."""
    wanted, draw = await _drawing(request)
    return await export_list(request, wanted, _query(wanted), queries.list_messages, draw)


def _query(wanted: Asked) -> MessageQuery:
    return wanted.wish(
        MessageQuery,
        heard=_HEARD.get(wanted.value("heard")),
        queue=wanted.value("queue") or None,
        user_id=wanted.number("owner"),
        since=wanted.since("day"),
        until=wanted.until("day"),
    )


async def _drawing(request: Request) -> tuple[Asked, Callable[[MessageRow], Row]]:
    """What is asked of the list, with the queues and people there are to filter by, and how a message is drawn."""
    async with services(request).uow.read() as session:
        names = names_of(await inbound_queues(session))
        users = await people.colleagues(session, actor(request), LISTEN)
    waiting = tuple(Option(value=code, label=name) for code, name in names.items())
    spec = SPEC.with_options({"queue": waiting, "owner": options.of_people(users)})
    return asked(request, spec), partial(_row, names)


def _row(queues: Mapping[str, Text], message: MessageRow) -> Row:
    href = f"/voicemail/{message.id}"
    callback = msg("the callback") if message.callback_id is not None else None
    return Row(
        id=str(message.id),
        href=href,
        cells={
            "received_at": TimeCell(message.received_at),
            "play": RecordingCell(message.recording_id, base=href),
            "state": StateCell(HEARD if message.heard_at else UNHEARD),
            "duration": DurationCell(message.duration_ms / 1000),
            "phone": PhoneCell(message.phone, case_id=message.case_id),
            "party": TextCell(message.party),
            "case": TextCell(message.case_number, href=f"/cases/{message.case_id}" if message.case_id else None),
            "queue": TextCell(queues.get(message.queue or "", message.queue)),
            "user": TextCell(message.user),
            "callback": TextCell(callback, href=f"/callbacks/{message.callback_id}" if callback else None),
        },
    )


def _planned(draw: Callable[[MessageRow], Row], message: MessageRow) -> Row:
    """The line on screen: who is owed no callback yet can be given one."""
    row = draw(message)
    if message.callback_id is not None or message.phone is None:
        return row
    plan = TextCell(msg("Plan a callback"), href=f"/voicemail/{message.id}?plan=1")
    return replace(row, cells={**row.cells, "callback": plan})


async def detail(request: Request) -> Response:
    """One message with its sound, and the ways to answer it."""
    async with services(request).uow.read() as session:
        message = await queries.one_message(session, actor(request), request.path_params["id"])
        zone = await debtor_zone(session, message.party_id, message.phone or "")
        names = names_of(await inbound_queues(session))
        owed = await is_open(session, message.callback_id)
    context = {
        "message": message,
        "queue": names.get(message.queue or "", message.queue),
        "state": HEARD if message.heard_at else UNHEARD,
        "plans": message.phone is not None and not owed and actor(request).may(PLAN),
        "planning": "plan" in request.query_params,
        "zone_there": zone,
    }
    return await page(request, "voicemail/message.html", context)


async def mark(request: Request) -> Response:
    """Heard, or to be heard by somebody yet."""
    form, held, message_id = await parse(request, HeardForm), services(request), request.path_params["id"]
    async with held.uow.write() as work:
        await hear(work, actor(request), message_id, heard=form.heard, at=held.clock.now())
    return go_to(f"/voicemail/{message_id}")


async def audio(request: Request) -> Response:
    """The sound; whoever begins to listen has heard it."""
    message, held = await _message(request), services(request)
    fields = AudioAsked(
        range=request.headers.get("range"),
        if_range=request.headers.get("if-range"),
        head=request.method == "HEAD",
    )
    reply = await _room(request).audio(listener(actor(request)), message.recording_id, fields)
    if message.heard_at is None and not fields.head:
        async with held.uow.write() as work:
            await hear(work, actor(request), message.id, at=held.clock.now())
    return StreamingResponse(reply.body, reply.status, reply.headers)


async def peaks(request: Request) -> Response:
    message = await _message(request)
    return JSONResponse(await _room(request).peaks(listener(actor(request)), message.recording_id))


async def marks(request: Request) -> Response:
    """A message has no marks: nobody talked with the caller."""
    await _message(request)
    return JSONResponse({"items": [], "may_mark": False, "may_download": False})


async def _message(request: Request) -> MessageRow:
    async with services(request).uow.read() as session:
        return await queries.one_message(session, actor(request), request.path_params["id"])


def _room(request: Request) -> Recordings:
    return part(request, Recordings)


_LISTEN = right(LISTEN)
routes = (
    route("/voicemail", show, policy=_LISTEN, name="voicemail"),
    route("/voicemail/export", download, policy=_LISTEN, name="voicemail.export"),
    route("/voicemail/{id:int}", detail, policy=_LISTEN, name="voicemail.message"),
    route("/voicemail/{id:int}/heard", mark, policy=_LISTEN, methods=["POST"], name="voicemail.heard"),
    route("/voicemail/{id:int}/audio", audio, policy=_LISTEN, name="voicemail.audio"),
    route("/voicemail/{id:int}/peaks", peaks, policy=_LISTEN, name="voicemail.peaks"),
    route("/voicemail/{id:int}/marks", marks, policy=_LISTEN, name="voicemail.marks"),
)
