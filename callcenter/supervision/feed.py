"""Keeps the live board true while somebody looks at it: states as they change, calls and queues every second."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from callcenter.supervision.board import Board, News, Viewer
from callcenter.supervision.lines import AgentLine, Kind
from callcenter.supervision.ports import Picture
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork

#: How often calls and queues are read anew.
PULSE_SECONDS = 1.0
#: After how many pulses collectors are read anew: names, departments, phones; states come by themselves.
_AGENTS_EVERY = 10
_QUEUES_EVERY = 3
_log = structlog.get_logger(__name__)


class Feed:
    """The board's only writer. The lifespan owns the task that runs :meth:`run`."""

    def __init__(self, uow: UnitOfWork, clock: Clock, picture: Picture, pulse: float = PULSE_SECONDS) -> None:
        self.board = Board()
        self._uow = uow
        self._clock = clock
        self._picture = picture
        self._pulse = pulse
        self._reading = asyncio.Lock()

    async def join(self, viewer: Viewer) -> News:
        """Everything the viewer sees; from now on he is owed what changes. The first one wakes the board up."""
        async with self._reading:
            if not self.board.watched:
                await self._read(frozenset(Kind))
            return self.board.join(viewer)

    async def run(self) -> None:
        """Read until cancelled; nothing is read while nobody looks."""
        beat = 0
        while True:
            await asyncio.sleep(self._pulse)
            beat += 1
            kinds = {Kind.CALLS}
            kinds |= {Kind.QUEUES} if beat % _QUEUES_EVERY == 0 else set()
            kinds |= {Kind.AGENTS} if beat % _AGENTS_EVERY == 0 else set()
            try:
                async with self._reading:
                    if self.board.watched:
                        await self._read(frozenset(kinds))
            except Exception:  # noqa: BLE001 - the next pulse tries again
                _log.exception("the live board could not be read")

    async def _read(self, kinds: frozenset[Kind]) -> None:
        async with self._uow.read() as session:
            if Kind.AGENTS in kinds:
                self.board.replace(Kind.AGENTS, map(self._newest, await self._picture.agents(session)))
            if Kind.CALLS in kinds:
                self.board.replace(Kind.CALLS, await self._picture.calls(session))
            if Kind.QUEUES in kinds:
                self.board.replace(Kind.QUEUES, await self._picture.queues(session, self._clock.now()))

    def _newest(self, read: AgentLine) -> AgentLine:
        """What was read, unless a change of state came by itself while it was being read."""
        shown = self.board.line((Kind.AGENTS, read.id))
        if not isinstance(shown, AgentLine) or not _later(shown.since, read.since):
            return read
        state = {name: getattr(shown, name) for name in ("state", "reason", "since", "call_id", "alarms")}
        return replace(read, **state)

    def agent_changed(self, user_id: int, **state: Any) -> None:
        """A collector is in another state or has another alarm, also while nobody looks: somebody may be about to."""
        shown = self.board.line((Kind.AGENTS, user_id))
        if isinstance(shown, AgentLine):
            self.board.put(replace(shown, **state))

    def alarm_raised(self, user_id: int, kind: str, since: datetime) -> None:
        """An alarm about the stretch that began at ``since``; one about a stretch that is over already is no news."""
        shown = self.board.line((Kind.AGENTS, user_id))
        if isinstance(shown, AgentLine) and shown.since == since:
            self.agent_changed(user_id, alarms=tuple(sorted({*shown.alarms, kind})))


def _later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)
