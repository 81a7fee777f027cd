"""The floor as the live board shows it, and what happens there as the board is told."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.events import AgentAlarmRaised, AgentStateChanged
from callcenter.agents.queries import list_agents
from callcenter.app.adapters.waits import QUEUED, TAKEN, TAKEN_AT
from callcenter.calls.facts import CallPhase
from callcenter.calls.model import Call
from callcenter.queues.model import Queue
from callcenter.supervision.feed import Feed
from callcenter.supervision.lines import AgentLine, CallLine, QueueLine
from core.kernel.access import PROGRAM
from core.kernel.bus import Bus
from core.kernel.types import UtcDateTime
from core.people.model import User
from core.planning.model import Company

_IN_QUEUE = (CallPhase.QUEUED, CallPhase.RINGING)
#: Whoever waits at midnight came before it.
_EVENING = timedelta(hours=6)


class FloorPicture:
    """Implements ``callcenter.supervision.ports.Picture``."""

    async def agents(self, session: AsyncSession) -> Sequence[AgentLine]:
        return [
            AgentLine(
                id=row.id,
                name=row.name,
                extension=row.extension or "",
                unit_id=row.unit_id,
                state=row.state,
                reason=row.reason,
                since=row.since,
                call_id=row.call_id,
                phone=row.registered,
                alarms=tuple(sorted(row.alarms)),
            )
            for row in await list_agents(session, PROGRAM)
        ]

    async def calls(self, session: AsyncSession) -> Sequence[CallLine]:
        wanted = (
            select(Call, User.unit_id)
            .outerjoin(User, User.id == Call.user_id)
            .where(Call.ended_at.is_(None), Call.merged_into.is_(None), Call.server != "")
            .order_by(Call.started_at, Call.id)
        )
        return [_call_line(call, unit_id) for call, unit_id in await session.execute(wanted)]

    async def queues(self, session: AsyncSession, now: datetime) -> Sequence[QueueLine]:
        sqlite = session.get_bind().dialect.name == "sqlite"
        figures = await session.execute(_today(await _midnight(session, now), sqlite=sqlite))
        return [QueueLine(**row) for row in figures.mappings()]


def _today(midnight: datetime, *, sqlite: bool) -> Select[*tuple[Any, ...]]:
    """The figures of every queue of those who came to it since midnight, by the words of reports (``waits``). Service
    level: of those who were taken or went, the share that was taken in time, by whole seconds."""
    today = QUEUED & (Call.started_at >= midnight)
    waits = QUEUED & Call.phase.in_(_IN_QUEUE) & Call.ended_at.is_(None)
    known_since = waits & (Call.answered_at.is_(None) | (Call.answered_at < Call.queued_at))  # his first queue's, else
    waited: ColumnElement[Any] = (
        func.round((func.julianday(TAKEN_AT) - func.julianday(Call.queued_at)) * 86400, 4)  # days are floats there
        if sqlite
        else func.extract("epoch", TAKEN_AT - Call.queued_at)
    )

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    return (
        select(
            Queue.code.label("id"),
            Queue.service_seconds,
            count(waits).label("waiting"),
            func.min(case((known_since, Call.queued_at)), type_=UtcDateTime).label("since"),
            count(today & TAKEN).label("answered"),
            count(today & (waited < Queue.service_seconds + 1)).label("in_time"),
            count(today & ~TAKEN & Call.ended_at.is_not(None)).label("abandoned"),
        )
        .outerjoin(
            Call, (Call.queue == Queue.code) & (Call.started_at >= midnight - _EVENING) & Call.merged_into.is_(None)
        )
        .where(Queue.active)
        .group_by(Queue.code, Queue.service_seconds)
        .order_by(Queue.code)
    )


def _call_line(call: Call, unit_id: int | None) -> CallLine:
    return CallLine(
        id=call.id,
        user_id=call.user_id,
        unit_id=unit_id,
        direction=call.direction,
        phase=call.phase,
        queue=call.queue,
        since=call.answered_at or call.queued_at or call.started_at,
    )


async def _midnight(session: AsyncSession, now: datetime) -> datetime:
    """When the agency's day began."""
    zone = ZoneInfo(await session.scalar(select(Company.timezone).order_by(Company.id).limit(1)) or "UTC")
    return datetime.combine(now.astimezone(zone).date(), time(), tzinfo=zone)


class BoardNews:
    """Tells the board what happens to collectors."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def subscribe(self, bus: Bus) -> None:
        bus.listen(AgentStateChanged, self._state)
        bus.listen(AgentAlarmRaised, self._alarm)

    def _state(self, event: AgentStateChanged) -> None:
        """With the stretch that was alarming its alarms are over."""
        new = {"state": event.state, "reason": event.reason, "since": event.since, "call_id": event.call_id}
        self._feed.agent_changed(event.user_id, **new, alarms=())

    def _alarm(self, event: AgentAlarmRaised) -> None:
        self._feed.alarm_raised(event.user_id, event.kind, event.since)
