"""The live board and the wall display. What they show comes over their own websockets (``web.live.board``)."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from callcenter.agents.queries import pause_reasons
from callcenter.supervision.rights import BOARD, WALL
from core.kernel.i18n import Message, Translator, msg, translator
from web.page import language_of, page
from web.pages.agent_badge import ALARMS, STATES
from web.pages.call_words import DIRECTIONS, PHASES
from web.pages.listing import State
from web.security import actor, right, route
from web.state import services

Words = Mapping[str, Mapping[str, object]]


async def board(request: Request) -> Response:
    """Collectors, calls and queues as they are now."""
    context = {"words": await _words(request), "may_wall": actor(request).may(WALL)}
    return await page(request, "supervision/board.html", context)


async def wall(request: Request) -> Response:
    """For a display on the wall: dark, large, without a menu."""
    return await page(request, "supervision/wall.html", {"words": await _words(request)})


async def _words(request: Request) -> Words:
    """What the codes of the board are called in the reader's language."""
    texts = translator(language_of(request))
    async with services(request).uow.read() as session:
        reasons = await pause_reasons(session, active_only=False)
    return {
        "states": _drawn(texts, STATES),
        "alarms": _drawn(texts, ALARMS),
        "directions": _drawn(texts, DIRECTIONS),
        "phases": _drawn(texts, PHASES),
        "reasons": {one.code: texts.render(msg(one.label)) if one.shipped else one.label for one in reasons},
    }


def _drawn(texts: Translator, states: Mapping[str, State]) -> dict[str, object]:
    return {key: {"word": _said(texts, one), "icon": one.icon, "tone": one.tone.value} for key, one in states.items()}


def _said(texts: Translator, state: State) -> str:
    return texts.render(state.word) if isinstance(state.word, Message) else state.word


routes = (
    route("/board", board, policy=right(BOARD), name="board"),
    route("/wall", wall, policy=right(WALL), name="wall"),
)
