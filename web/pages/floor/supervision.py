"""The live board, the wall display, and what supervisors do from there. What they show comes over websockets of their
own (``web.live.board``)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import StringConstraints
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from callcenter.agents.queries import pause_reasons
from callcenter.queues.model import Queue
from callcenter.supervision.messages import LENGTH, Messages, readers_of, sent_lately
from callcenter.supervision.ports import WatchMode
from callcenter.supervision.rights import BARGE, BOARD, COACH, LISTEN, MESSAGE, TAKE_OVER, WALL, WHISPER
from callcenter.supervision.watching import RIGHT_OF, Watching, watch_of
from core.kernel.i18n import Message, Translator, msg, translator
from web.forms import Form, parse
from web.live.messages import watch_body
from web.once import fresh_key, once
from web.page import language_of, page
from web.pages import options
from web.pages.calls.call_words import DIRECTIONS, PHASES
from web.pages.floor.agent_badge import ALARMS, STATES, words_of
from web.pages.listing import Option, State
from web.security import actor, right, route, signed_in
from web.state import part, services

Words = Mapping[str, Mapping[str, object]]


async def board(request: Request) -> Response:
    """Collectors, calls and queues as they are now."""
    me = actor(request)
    async with services(request).uow.read() as session:
        watch = await watch_of(session, me.user_id)
        sent = await sent_lately(session, me) if me.may(MESSAGE) else ()
        readers = await readers_of(session, me) if me.may(MESSAGE) else ()
    context = {
        "words": await _words(request),
        "my_id": me.user_id,
        "may_wall": me.may(WALL),
        "modes": [mode.value for mode, needed in RIGHT_OF.items() if me.may(needed)],
        "may_take_over": me.may(TAKE_OVER),
        "may_coach": me.may(COACH),
        "may_message": me.may(MESSAGE),
        "sent": sent,
        "readers": [Option(value="everybody", label=msg("Everybody within my reach")), *options.of_people(readers)],
        "once": fresh_key(),
        "watch": watch_body(watch) if watch else None,
    }
    return await page(request, "supervision/board.html", context)


async def wall(request: Request) -> Response:
    """For a display on the wall: dark, large, without a menu."""
    return await page(request, "supervision/wall.html", {"words": await _words(request)})


_Reason = Annotated[str, StringConstraints(max_length=500)]


class WatchForm(Form):
    mode: WatchMode
    reason: _Reason = ""
    collector: int | None = None


class ModeForm(Form):
    mode: WatchMode
    reason: _Reason = ""


class TakeOverForm(Form):
    reason: _Reason = ""


async def watch(request: Request) -> Response:
    """Ring my phone into a collector's call."""
    form = await parse(request, WatchForm)
    call_id: int = request.path_params["call"]
    watching = part(request, Watching)
    watch_id = await watching.begin(actor(request), call_id, form.mode, form.reason, collector=form.collector)
    return JSONResponse({"watch_id": watch_id}, 201)


async def switch(request: Request) -> Response:
    """Whisper, barge in, or only listen from now on."""
    form = await parse(request, ModeForm)
    await part(request, Watching).switch(actor(request), request.path_params["id"], form.mode, form.reason)
    return Response(status_code=204)


async def leave(request: Request) -> Response:
    await part(request, Watching).leave(actor(request), request.path_params["id"])
    return Response(status_code=204)


async def take_over(request: Request) -> Response:
    """The debtor comes to my phone."""
    form = await parse(request, TakeOverForm)
    await part(request, Watching).take_over(actor(request), request.path_params["call"], form.reason)
    return Response(status_code=204)


_Words = Annotated[str, StringConstraints(max_length=LENGTH)]


class MessageForm(Form):
    text: _Words = ""


class MessageToForm(MessageForm):
    to: Literal["everybody"] | int


async def message(request: Request) -> Response:
    """Say something to one collector, or to all within reach."""
    form = await parse(request, MessageToForm)
    chosen = None if form.to == "everybody" else [form.to]
    return await once(request, lambda: part(request, Messages).send(actor(request), form.text, chosen), "/board")


async def read(request: Request) -> Response:
    """I have read a message."""
    await part(request, Messages).read(actor(request), request.path_params["id"])
    return Response(status_code=204)


async def advise(request: Request) -> Response:
    """Advice in a call that goes on."""
    form = await parse(request, MessageForm)
    await part(request, Messages).advise(actor(request), request.path_params["call"], form.text)
    return Response(status_code=204)


async def _words(request: Request) -> Words:
    """What the codes of the board are called in the reader's language."""
    texts = translator(language_of(request))
    async with services(request).uow.read() as session:
        reasons = await pause_reasons(session, active_only=False)
        queues = (await session.scalars(select(Queue))).all()
    return {
        "states": _drawn(texts, STATES),
        "alarms": _drawn(texts, ALARMS),
        "directions": _drawn(texts, DIRECTIONS),
        "phases": _drawn(texts, PHASES),
        "queues": {one.code: texts.render(msg(one.name)) if one.shipped else one.name for one in queues},
        "reasons": {
            code: word if isinstance(word, str) else texts.render(word) for code, word in words_of(reasons).items()
        },
    }


def _drawn(texts: Translator, states: Mapping[str, State]) -> dict[str, object]:
    return {key: {"word": _said(texts, one), "icon": one.icon, "tone": one.tone.value} for key, one in states.items()}


def _said(texts: Translator, state: State) -> str:
    return texts.render(state.word) if isinstance(state.word, Message) else state.word


_WATCH = right(LISTEN, WHISPER, BARGE)
routes = (
    route("/board", board, policy=right(BOARD), name="board"),
    route("/wall", wall, policy=right(WALL), name="wall"),
    route("/calls/{call:int}/watch", watch, policy=_WATCH, methods=["POST"], name="call.watch"),
    route("/calls/{call:int}/take-over", take_over, policy=right(TAKE_OVER), methods=["POST"], name="call.take_over"),
    route("/calls/{call:int}/advice", advise, policy=right(COACH), methods=["POST"], name="call.advice"),
    route("/messages", message, policy=right(MESSAGE), methods=["POST"], name="messages.send"),
    route("/messages/{id:int}/read", read, policy=signed_in, methods=["POST"], name="message.read"),
    route("/watches/{id:int}/mode", switch, policy=_WATCH, methods=["POST"], name="watch.mode"),
    route("/watches/{id:int}/leave", leave, policy=_WATCH, methods=["POST"], name="watch.leave"),
)
