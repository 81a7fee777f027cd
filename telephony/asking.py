"""The dialplan asks where a caller goes, and is told at once.

It asks by a user event and waits a moment for a variable of the caller's channel. The clock is the dialplan's: whatever
happens to this program, the caller goes on, without an answer by the safe way. (An AGI request would wait for ever when
the program is stopped in the middle: Asterisk does not look at its time-outs while it waits for one.)
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from callcenter.calls.errors import OrderRefused, TelephonyUnavailable
from callcenter.queues.routing import Onward, Route
from telephony.ami.actions import SetVariable
from telephony.ami.client import AmiClient

EVENT = "CallcenterAsk"
VARIABLE = "CALLCENTER_ROUTE"
BETWEEN = "_"
MOST = 500
"""Callers who may wait for an answer at the same time; who comes on top of that goes the safe way."""
_HIDDEN = frozenset({"", "<unknown>", "unknown", "anonymous", "restricted", "unavailable", "private"})
_log = structlog.get_logger(__name__)


class Routing(Protocol):
    """Who decides."""

    async def arrived(self, number: str | None, dialled: str | None) -> Route: ...

    async def waited(self, code: str) -> Onward: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Whether the caller has ``arrived`` or ``waited`` in vain; ``subject`` is the number he dialled, or the queue."""

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


def answer(way: Route | Onward) -> str:
    """The variable: language, own collector, seconds he is rung, queue, priority, longest wait, what is closed. The
    dialplan cuts it into these pieces."""
    wait = "" if way.max_wait is None else str(way.max_wait)
    if isinstance(way, Route):
        own, seconds, closed = way.own or "", str(way.own_seconds), way.closed or ""
        pieces = (way.language or "", own, seconds, way.queue, str(way.priority), wait, closed)
    else:
        pieces = ("", "", "", way.queue or "", str(way.priority), wait, "voicemail" if way.voicemail else "")
    return BETWEEN.join(pieces)


class Asking:
    """Answers one exchange. The lifespan owns the task that runs :meth:`run`; ``within`` seconds an answer is of
    use."""

    def __init__(self, client: AmiClient, routing: Routing, within: float = 0.5) -> None:
        self._client = client
        self._routing = routing
        self._within = within
        self._questions: asyncio.Queue[Question] = asyncio.Queue(MOST)
        self._open = 0
        client.listener = self.heard

    def heard(self, headers: Mapping[str, str]) -> None:
        """Told every event as it comes, before it queues up for the fold: a caller is waiting."""
        asked = question(headers)
        if asked is not None and not self._questions.full():
            self._questions.put_nowait(asked)

    async def run(self) -> None:
        """Answer until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                asked = await self._questions.get()
                if self._open < MOST:
                    self._open += 1
                    group.create_task(self._answer(asked))

    async def _answer(self, asked: Question) -> None:
        try:
            async with asyncio.timeout(self._within):
                value = answer(await self._decided(asked))
                await self._client.send(SetVariable(channel=asked.channel, variable=VARIABLE, value=value))
        except (OrderRefused, TelephonyUnavailable, TimeoutError) as error:
            _log.warning("a caller goes the safe way", reason=type(error).__name__)
        except Exception:  # noqa: BLE001 - the next caller must be answered
            _log.exception("a caller goes the safe way")
        finally:
            self._open -= 1

    async def _decided(self, asked: Question) -> Route | Onward:
        if asked.about == "waited":
            return await self._routing.waited(asked.subject)
        return await self._routing.arrived(asked.number, asked.subject)
