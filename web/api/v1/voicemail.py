"""Messages callers left: the list, the sound of one, heard or not."""

from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from callcenter.calls.recorded import AudioAsked, Recordings
from callcenter.voicemail import queries
from callcenter.voicemail.errors import NoSuchMessage
from callcenter.voicemail.queries import MessageQuery, MessageRow
from callcenter.voicemail.rights import LISTEN, listener
from callcenter.voicemail.service import hear
from core.kernel.errors import Conflict, Unavailable
from web.api.v1.operation import Operation, routes_of, step
from web.api.v1.shapes import Id, Nothing, Page, Paged, Sent, Shape, Utc, When, Word
from web.security import actor, right
from web.state import part, services


class Message(Shape):
    """A message. ``agent`` is whose debtor the caller is (null: anybody's), ``callback_id`` the callback it became,
    ``heard_at`` when it was first listened to."""

    id: Id
    call_id: Id
    recording_id: Id
    callback_id: int | None
    received_at: Utc
    duration_ms: int
    phone: str | None
    queue: str | None
    party_id: int | None
    case_id: int | None
    agent: int | None
    heard_at: Utc | None


class MessagePage(Page[Message]):
    """Messages in reach, the newest first."""


class MessagesAsked(Paged):
    """Which messages. ``from`` and ``to`` (not included) bound when they were left."""

    model_config = ConfigDict(populate_by_name=True)

    since: When | None = Field(None, alias="from")
    to: When | None = None
    heard: bool | None = None
    queue: Word | None = None
    agent: Id | None = None


class HeardSaid(Sent):
    """``heard`` false: somebody has still to listen to it."""

    heard: bool = True


async def index(request: Request, asked: MessagesAsked) -> MessagePage:
    query = MessageQuery(
        heard=asked.heard,
        queue=asked.queue,
        user_id=asked.agent,
        since=asked.since,
        until=asked.to,
        after=asked.after,
        size=asked.limit,
    )
    async with services(request).uow.read() as session:
        found = await queries.list_messages(session, actor(request), query)
    return MessagePage(items=[_message(row) for row in found.rows], next=found.next)


async def one(request: Request, _sent: Nothing) -> Message:
    return _message(await _found(request))


async def audio(request: Request, _sent: Nothing) -> Response:
    wanted = AudioAsked(
        range=request.headers.get("range"),
        if_range=request.headers.get("if-range"),
        head=request.method == "HEAD",
    )
    row = await _found(request)
    reply = await part(request, Recordings).audio(listener(actor(request)), row.recording_id, wanted)
    return StreamingResponse(reply.body, reply.status, reply.headers)


async def heard(request: Request, said: HeardSaid) -> Message:
    held = services(request)
    async with held.uow.write() as work:
        await hear(work, actor(request), request.path_params["id"], heard=said.heard, at=held.clock.now())
    return _message(await _found(request))


async def _found(request: Request) -> MessageRow:
    async with services(request).uow.read() as session:
        return await queries.one_message(session, actor(request), request.path_params["id"])


def _message(row: MessageRow) -> Message:
    return Message(
        id=row.id,
        call_id=row.call_id,
        recording_id=row.recording_id,
        callback_id=row.callback_id,
        received_at=row.received_at,
        duration_ms=row.duration_ms,
        phone=row.phone,
        queue=row.queue,
        party_id=row.party_id,
        case_id=row.case_id,
        agent=row.user_id,
        heard_at=row.heard_at,
    )


_LISTEN = right(LISTEN)
OPERATIONS = (
    Operation(
        name="voicemail.list",
        method="GET",
        path="/voicemail",
        summary="Messages callers left, the newest first",
        policy=_LISTEN,
        takes=MessagesAsked,
        gives=MessagePage,
        handler=index,
    ),
    Operation(
        name="voicemail.get",
        method="GET",
        path="/voicemail/{id:int}",
        summary="One message",
        policy=_LISTEN,
        takes=Nothing,
        gives=Message,
        errors=(NoSuchMessage,),
        handler=one,
    ),
    Operation(
        name="voicemail.audio",
        method="GET",
        path="/voicemail/{id:int}/audio",
        summary="The sound, whole or a range of bytes; it counts as heard only once that is said",
        policy=_LISTEN,
        takes=Nothing,
        media="audio/ogg",
        other=(206, 416),
        errors=(NoSuchMessage, Conflict, Unavailable),
        handler=audio,
    ),
    step(
        "/voicemail",
        "heard",
        "Say that it was listened to, or is still to be",
        heard,
        takes=HeardSaid,
        gives=Message,
        policy=_LISTEN,
        errors=(NoSuchMessage,),
    ),
)

routes = routes_of(OPERATIONS)
