"""Where a caller goes, decided while he waits: at once, from a handful of rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.queues.calendars import hours_of
from callcenter.queues.events import QueuesChanged
from callcenter.queues.hours import Hours, is_open
from callcenter.queues.model import MAIN, Closed, Overflow, Queue, QueueNumber, QueueStage
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork

AVAILABLE = "available"
FRESH = timedelta(seconds=30)
"""How long what was read of queues is believed when nobody tells of a change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known of a caller: his language, his case's stage and collector with extension and state."""

    language: str | None = None
    stage_id: int | None = None
    extension: str | None = None
    state: str | None = None


class Debtors(Protocol):
    """Who a caller is."""

    async def known(self, session: AsyncSession, number: str) -> Known:
        """What is known of whoever rings from that number, as it came; nothing for a stranger."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Where a caller goes: first to his own collector's phones (``own``, rung ``own_seconds``), then to ``queue``,
    where he waits ``max_wait`` seconds (None: as the exchange is set up). ``closed``: nobody is there, and he leaves a
    message or is told goodbye."""

    queue: str
    language: str | None = None
    own: str | None = None
    own_seconds: int = 0
    priority: int = 0
    max_wait: int | None = None
    closed: Closed | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Onward:
    """What becomes of a caller nobody took in time: another queue, a message, or goodbye."""

    queue: str | None = None
    max_wait: int | None = None
    priority: int = 0
    voicemail: bool = False


def queue_for(
    known: Known,
    dialled: str | None,
    queues: Mapping[int, Queue],
    numbers: Mapping[str, int],
    stages: Mapping[int, int],
) -> Queue:
    """The queue a caller belongs to: that of his case's stage, else that of the number he dialled, else the main
    one."""
    wished = (stages.get(known.stage_id or 0, 0), numbers.get(dialled or "", 0))
    found = (queues[queue_id] for queue_id in wished if queue_id in queues)
    return next(found, None) or next(queue for queue in queues.values() if queue.code == MAIN)


def route(known: Known, queue: Queue, hours: Hours | None, now: datetime) -> Route:
    """The way of a caller into his queue. A known debtor's own collector is rung first if he waits for a call."""
    if hours is not None and not is_open(hours, now):
        return Route(queue=queue.code, language=known.language, closed=Closed(queue.closed))
    own = known.extension if queue.own_first and known.state == AVAILABLE else None
    return Route(
        queue=queue.code,
        language=known.language,
        own=own,
        own_seconds=queue.own_seconds if own else 0,
        priority=queue.priority,
        max_wait=queue.max_wait_seconds,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Everything about queues that routing needs, by their ids; ``hours`` by the calendar's."""

    queues: Mapping[int, Queue]
    numbers: Mapping[str, int]
    stages: Mapping[int, int]
    hours: Mapping[int, Hours]
    read_at: datetime


class Router:
    """Asked by the exchange for every caller. What queues are like is read when it changes, and now and then."""

    def __init__(self, uow: UnitOfWork, clock: Clock, debtors: Debtors) -> None:
        self._uow = uow
        self._clock = clock
        self._debtors = debtors
        self._plan: Plan | None = None
        self._changes = 0

    async def on_queues(self, _event: QueuesChanged) -> None:
        """Queues or hours are not what they were; nor is what is just being read of them."""
        self._plan = None
        self._changes += 1

    async def arrived(self, number: str | None, dialled: str | None) -> Route:
        """Where whoever rings from ``number`` (None: hidden) goes."""
        now = self._clock.now()
        async with self._uow.read(brief=True) as session:
            plan = await self._current(session, now)
            known = await self._debtors.known(session, number) if number else Known()
        queue = queue_for(known, dialled, plan.queues, plan.numbers, plan.stages)
        return route(known, queue, plan.hours.get(queue.calendar_id or 0), now)

    async def into(self, number: str | None, dialled: str | None, code: str) -> Route:
        """The way of a caller into the queue of that code; one that is gone is the one he belongs to."""
        now = self._clock.now()
        async with self._uow.read(brief=True) as session:
            plan = await self._current(session, now)
            known = await self._debtors.known(session, number) if number else Known()
        named = next((queue for queue in plan.queues.values() if queue.code == code), None)
        queue = named or queue_for(known, dialled, plan.queues, plan.numbers, plan.stages)
        return route(known, queue, plan.hours.get(queue.calendar_id or 0), now)

    async def waited(self, code: str) -> Onward:
        """What becomes of a caller who waited in vain in the queue of that code. From one that is gone, or leads to one
        that is, he goes on to the main queue."""
        now = self._clock.now()
        async with self._uow.read(brief=True) as session:
            plan = await self._current(session, now)
        by_code = {one.code: one for one in plan.queues.values()}
        queue = by_code.get(code)
        if queue is None:
            return _onward(plan, by_code[MAIN], now)
        if queue.overflow != Overflow.QUEUE:
            return Onward(voicemail=queue.overflow == Overflow.VOICEMAIL)
        other = plan.queues.get(queue.overflow_queue_id or 0, by_code[MAIN])
        return Onward() if other is queue else _onward(plan, other, now)

    async def _current(self, session: AsyncSession, now: datetime) -> Plan:
        plan = self._plan
        if plan is None or now - plan.read_at > FRESH:
            changes, plan = self._changes, await _read(session, now)
            if changes == self._changes:
                self._plan = plan
        return plan


def _onward(plan: Plan, queue: Queue, now: datetime) -> Onward:
    """The way into another queue, or what there is instead outside its hours."""
    hours = plan.hours.get(queue.calendar_id or 0)
    if hours is not None and not is_open(hours, now):
        return Onward(voicemail=queue.closed == Closed.VOICEMAIL)
    return Onward(queue=queue.code, max_wait=queue.max_wait_seconds, priority=queue.priority)


async def _read(session: AsyncSession, now: datetime) -> Plan:
    queues = {row.id: row for row in await session.scalars(select(Queue).where(Queue.active))}
    wanted = {row.calendar_id for row in queues.values() if row.calendar_id is not None}
    hours = {calendar_id: await hours_of(session, calendar_id) for calendar_id in wanted}
    return Plan(
        queues=queues,
        numbers={row.number: row.queue_id for row in await session.scalars(select(QueueNumber))},
        stages={row.stage_id: row.queue_id for row in await session.scalars(select(QueueStage))},
        hours={calendar_id: one for calendar_id, one in hours.items() if one is not None},
        read_at=now,
    )
