"""The dialplan asks where a caller goes, and is told at once.

It asks by a user event and waits a moment for a variable of the caller's channel. The clock is the dialplan's: whatever
happens to this program, the caller goes on, without an answer by the safe way. (An AGI request would wait for ever when
the program is stopped in the middle: Asterisk does not look at its time-outs while it waits for one.)
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from callcenter.calls.errors import OrderRefused, TelephonyUnavailable
from callcenter.ivr.attendant import Told
from callcenter.ivr.ports import Caller
from callcenter.ivr.walk import Exit
from callcenter.queues.routing import Onward, Route
from telephony.ami.actions import SetVariable
from telephony.ami.client import AmiClient

EVENT = "CallcenterAsk"
VARIABLE, STEP = "CALLCENTER_ROUTE", "CALLCENTER_STEP"
BETWEEN, BETWEEN_SOUNDS = "_", "-"
MENU, LOST = "menu", "lost"
STEP_SECONDS = 2.5
"""How long the server may take for a step of a menu: sums are read out by a program. The dialplan waits longer."""
MOST = 500
"""Callers who may wait for an answer at the same time; who comes on top of that goes the safe way."""
_HIDDEN = frozenset({"", "<unknown>", "unknown", "anonymous", "restricted", "unavailable", "private"})
_log = structlog.get_logger(__name__)


class Routing(Protocol):
    """Who decides."""

    async def arrived(self, number: str | None, dialled: str | None) -> Route: ...

    async def waited(self, code: str) -> Onward: ...

    async def into(self, number: str | None, dialled: str | None, code: str) -> Route: ...


class Menus(Protocol):
    """What callers hear before they are put through."""

    async def entered(self, caller: Caller, queue: str, language: str | None) -> bool: ...

    async def step(self, channel: str, keys: str) -> tuple[Caller, Told] | None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Whether the caller has ``arrived``, ``waited`` in vain or takes a ``step`` of a menu; ``subject`` is the number
    he dialled, the queue, or the keys he pressed."""

    about: str
    subject: str
    channel: str
    number: str | None


def question(headers: Mapping[str, str]) -> Question | None:
    """The question an event puts; None for every other event."""
    if headers.get("event") != "UserEvent" or headers.get("userevent") != EVENT or not headers.get("uniqueid"):
        return None
    number = headers.get("calleridnum", "")
    return Question(
        about=headers.get("about", ""),
        subject=headers.get("subject", ""),
        channel=headers["uniqueid"],
        number=None if number.lower() in _HIDDEN else number,
    )


def answer(way: Route | Onward, *, menu: bool = False) -> str:
    """The variable: language, own collector, seconds he is rung, queue, priority, longest wait, what is closed, and
    whether a menu comes first. The dialplan cuts it into these pieces."""
    wait = "" if way.max_wait is None else str(way.max_wait)
    if isinstance(way, Route):
        own, seconds, closed = way.own or "", str(way.own_seconds), way.closed or ""
        pieces = (way.language or "", own, seconds, way.queue, str(way.priority), wait, closed)
    else:
        pieces = ("", "", "", way.queue or "", str(way.priority), wait, "voicemail" if way.voicemail else "")
    return BETWEEN.join((*pieces, MENU if menu else ""))


def step_answer(told: Told, way: Route | None) -> str:
    """The variable of a step: what to do, the sounds, how many keys, seconds, and the way of a caller who leaves; a
    message and the end of the call are told as what is closed."""
    sounds = BETWEEN_SOUNDS.join(told.sounds)
    if told.exit is None:
        return BETWEEN.join(("read", sounds, str(told.most), str(told.seconds)))
    closed = {Exit.VOICEMAIL: "message", Exit.HANG_UP: "end"}.get(told.exit, "")
    pieces = (told.language, "", "", "", "", "", closed, "")
    onward = answer(replace(way, language=told.language)) if way is not None else BETWEEN.join(pieces)
    return BETWEEN.join(("leave", sounds, "", "", onward))


class Asking:
    """Answers one exchange. The lifespan owns the task that runs :meth:`run`; ``within`` seconds an answer is of
    use."""

    def __init__(self, client: AmiClient, routing: Routing, menus: Menus, within: float = 0.5) -> None:
        self._client = client
        self._routing = routing
        self._menus = menus
        self._within = within
        self._questions: asyncio.Queue[Question] = asyncio.Queue()  # never more than MOST are open
        self._open = 0
        client.listener = self.heard

    def heard(self, headers: Mapping[str, str]) -> None:
        """Told every event as it comes, before it queues up for the fold: a caller is waiting."""
        asked = question(headers)
        if asked is None:
            return
        if self._open < MOST:
            self._open += 1
            self._questions.put_nowait(asked)
        else:
            _log.warning("a caller goes the safe way", reason="too many ask", open=self._open)

    async def run(self) -> None:
        """Answer until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._answer(await self._questions.get()))

    async def _answer(self, asked: Question) -> None:
        step = asked.about == "step"
        try:
            async with asyncio.timeout(STEP_SECONDS if step else self._within):
                value = await (self._step(asked) if step else self._decided(asked))
                variable = STEP if step else VARIABLE
                await self._client.send(SetVariable(channel=asked.channel, variable=variable, value=value))
        except (OrderRefused, TelephonyUnavailable, TimeoutError) as error:
            _log.warning("a caller goes the safe way", reason=type(error).__name__)
        except Exception:  # noqa: BLE001 - the next caller must be answered
            _log.exception("a caller goes the safe way")
        finally:
            self._open -= 1

    async def _decided(self, asked: Question) -> str:
        if asked.about == "waited":
            return answer(await self._routing.waited(asked.subject))
        way = await self._routing.arrived(asked.number, asked.subject)
        caller = Caller(channel=asked.channel, number=asked.number, dialled=asked.subject)
        return answer(way, menu=await self._menus.entered(caller, way.queue, way.language))

    async def _step(self, asked: Question) -> str:
        """Who is in no menu any more goes where he belonged when he came: the dialplan knows."""
        found = await self._menus.step(asked.channel, asked.subject)
        if found is None:
            return LOST
        caller, told = found
        return step_answer(told, await self._way(caller, told))

    async def _way(self, caller: Caller, told: Told) -> Route | None:
        if told.exit is Exit.OWN:
            return await self._routing.arrived(caller.number, caller.dialled)
        if told.exit is Exit.QUEUE:
            return await self._routing.into(caller.number, caller.dialled, told.queue)
        return None
