"""Recordings in the browser: the sound by ranges, what the player draws, marks, archives, pause and resume."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from callcenter.calls.recorded import AudioAsked, MarkView, Recordings, Reply
from core.kernel.errors import NotFound
from web.forms import Form, parse
from web.security import actor, right, route
from web.state import part

_LISTEN = right("recordings.listen")
_ANNOTATE = "recordings.annotate"
_DOWNLOAD = "recordings.download"
_PAUSE = right("recordings.pause")


class MarkForm(Form):
    """A bookmark or comment at a place of the recording."""

    at_ms: int
    kind: str
    text: str


class PauseForm(Form):
    """For how long at most nothing is recorded."""

    seconds: Annotated[int, Field(ge=1, le=600)] = 120


def recordings(request: Request) -> Recordings:
    """The recordings room."""
    return part(request, Recordings)


async def audio(request: Request) -> Response:
    return await _sound(request, request.path_params["id"])


async def shared(request: Request) -> Response:
    """The sound by an expiring link: only for the user it was made for."""
    grant = recordings(request).open_link(request.path_params["word"])
    if grant.user_id != actor(request).user_id:
        raise NotFound
    return await _sound(request, grant.recording_id)


async def _sound(request: Request, recording_id: int) -> Response:
    asked = AudioAsked(
        range=request.headers.get("range"),
        if_range=request.headers.get("if-range"),
        head=request.method == "HEAD",
        download="download" in request.query_params,
    )
    return _answer(await recordings(request).audio(actor(request), recording_id, asked))


def _answer(reply: Reply) -> Response:
    return StreamingResponse(reply.body, reply.status, reply.headers)


async def peaks(request: Request) -> Response:
    return JSONResponse(await recordings(request).peaks(actor(request), request.path_params["id"]))


async def marks(request: Request) -> Response:
    """The marks, and what the reader may do beside listening."""
    who = actor(request)
    found = await recordings(request).marks(who, request.path_params["id"])
    may = {"may_mark": who.may(_ANNOTATE), "may_download": who.may(_DOWNLOAD)}
    return JSONResponse({"items": [_mark(mark) for mark in found], **may})


async def add_mark(request: Request) -> Response:
    form = await parse(request, MarkForm)
    room, who, recording_id = recordings(request), actor(request), request.path_params["id"]
    mark = await room.add_mark(who, recording_id, form.at_ms, form.kind, form.text)
    return JSONResponse(_mark(mark), 201)


async def delete_mark(request: Request) -> Response:
    await recordings(request).delete_mark(actor(request), request.path_params["mark"])
    return Response(status_code=204)


def _mark(mark: MarkView) -> dict[str, object]:
    return {
        "id": mark.id,
        "kind": mark.kind,
        "at_ms": mark.at_ms,
        "text": mark.text,
        "author_id": mark.author_id,
        "created_at": mark.created_at.isoformat(),
    }


async def link(request: Request) -> Response:
    word = await recordings(request).link(actor(request), request.path_params["id"])
    return JSONResponse({"path": str(request.url_for("recording_shared", word=word).path)}, 201)


async def pause(request: Request) -> Response:
    form = await parse(request, PauseForm)
    view = await recordings(request).pause(actor(request), request.path_params["call"], form.seconds)
    return JSONResponse({"call_id": view.call_id, "due_at": view.due_at.isoformat()}, 201)


async def resume(request: Request) -> Response:
    await recordings(request).resume(actor(request), request.path_params["call"])
    return Response(status_code=204)


routes = [
    route("/recordings/shared/{word}", shared, policy=_LISTEN, name="recording_shared"),
    route("/recordings/marks/{mark:int}/delete", delete_mark, policy=_LISTEN, methods=["POST"]),
    route("/recordings/{id:int}/audio", audio, policy=_LISTEN),
    route("/recordings/{id:int}/peaks", peaks, policy=_LISTEN),
    route("/recordings/{id:int}/marks", marks, policy=_LISTEN),
    route("/recordings/{id:int}/marks", add_mark, policy=right(_ANNOTATE), methods=["POST"]),
    route("/recordings/{id:int}/link", link, policy=_LISTEN, methods=["POST"]),
    route("/calls/{call:int}/recording/pause", pause, policy=_PAUSE, methods=["POST"]),
    route("/calls/{call:int}/recording/resume", resume, policy=_PAUSE, methods=["POST"]),
]
