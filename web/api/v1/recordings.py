"""Recordings: what there is, the sound by ranges, what a player draws."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, PlainSerializer
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from callcenter.calls.recorded import AudioAsked, RecordingQuery, Recordings, RecordingView
from core.kernel.errors import Conflict, NotFound, Unavailable
from web.api.v1.operation import Operation, routes_of
from web.api.v1.shapes import Id, Nothing, Page, Paged, Sent, Shape, Utc, When
from web.security import actor, right
from web.state import part

_LISTEN = right("recordings.listen")
_Share = Annotated[float, Field(ge=0, le=1), PlainSerializer(lambda value: round(value, 4), return_type=float)]


class RecordingState(StrEnum):
    """``cut_off`` lost its end to a crash and can be played; ``failed`` could not be read."""

    PROCESSING = "processing"
    READY = "ready"
    CUT_OFF = "cut_off"
    FAILED = "failed"


class Speech(Shape):
    """For which share of the time each side spoke, both did at once, and nobody did."""

    debtor: _Share
    collector: _Share
    both: _Share
    nobody: _Share


class Recording(Shape):
    """The sound of one call: two channels, the debtor left and the collector right. ``speech`` is null in lists."""

    id: Id
    call_id: int | None
    state: RecordingState
    started_at: Utc | None
    duration_ms: int | None
    bytes: int | None
    sha256: str | None
    speech: Speech | None


class RecordingPage(Page[Recording]):
    """Recordings, the newest first."""


class Peaks(Shape):
    """``channels`` are the columns of the debtor and of the collector, 0 to 255; ``silences`` and ``pauses`` are
    [start, stop] in ms."""

    duration_ms: int | None
    channels: list[list[int]]
    silences: list[list[int]]
    pauses: list[list[int]]


class RecordingsAsked(Paged):
    """Which recordings. ``from`` and ``to`` (not included) bound the beginning."""

    model_config = ConfigDict(populate_by_name=True)

    since: When | None = Field(None, alias="from")
    to: When | None = None
    call: Id | None = None


class AudioWanted(Sent):
    """``download`` names the file and needs ``recordings.download``."""

    download: bool = False


async def index(request: Request, asked: RecordingsAsked) -> RecordingPage:
    query = RecordingQuery(call_id=asked.call, since=asked.since, until=asked.to, after=asked.after, size=asked.limit)
    found = await _room(request).page(actor(request), query)
    return RecordingPage(items=[_recording(one) for one in found.rows], next=found.next)


async def one(request: Request, _sent: Nothing) -> Recording:
    return _recording(await _room(request).get(actor(request), request.path_params["id"]))


async def peaks(request: Request, _sent: Nothing) -> Peaks:
    return Peaks.model_validate(await _room(request).peaks(actor(request), request.path_params["id"]))


async def audio(request: Request, wanted: AudioWanted) -> Response:
    asked = AudioAsked(
        range=request.headers.get("range"),
        if_range=request.headers.get("if-range"),
        head=request.method == "HEAD",
        download=wanted.download,
    )
    reply = await _room(request).audio(actor(request), request.path_params["id"], asked)
    return StreamingResponse(reply.body, reply.status, reply.headers)


def _room(request: Request) -> Recordings:
    return part(request, Recordings)


def _recording(found: RecordingView) -> Recording:
    speech = found.speech
    return Recording(
        id=found.id,
        call_id=found.call_id,
        state=RecordingState(found.state),
        started_at=found.started_at,
        duration_ms=found.duration_ms,
        bytes=found.bytes,
        sha256=found.sha256,
        speech=Speech(debtor=speech.debtor, collector=speech.collector, both=speech.both, nobody=speech.nobody)
        if speech
        else None,
    )


OPERATIONS = (
    Operation(
        name="recordings.list",
        method="GET",
        path="/recordings",
        summary="Recordings, the newest first",
        policy=_LISTEN,
        takes=RecordingsAsked,
        gives=RecordingPage,
        handler=index,
    ),
    Operation(
        name="recordings.get",
        method="GET",
        path="/recordings/{id:int}",
        summary="One recording",
        policy=_LISTEN,
        takes=Nothing,
        gives=Recording,
        errors=(NotFound,),
        handler=one,
    ),
    Operation(
        name="recordings.audio",
        method="GET",
        path="/recordings/{id:int}/audio",
        summary="The sound, whole or a range of bytes",
        policy=_LISTEN,
        takes=AudioWanted,
        media="audio/ogg",
        other=(206, 416),
        errors=(NotFound, Conflict, Unavailable),
        handler=audio,
    ),
    Operation(
        name="recordings.peaks",
        method="GET",
        path="/recordings/{id:int}/peaks",
        summary="What a player draws",
        policy=_LISTEN,
        takes=Nothing,
        gives=Peaks,
        errors=(NotFound, Conflict),
        handler=peaks,
    ),
)

routes = routes_of(OPERATIONS)
