"""Watching how long collectors' states last: a limit that is passed becomes an alarm, once for each stretch."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.events import AgentAlarmRaised
from callcenter.agents.model import AgentAlarm, AgentDesk, AgentState, PauseReason
from callcenter.agents.rules import NO_PHONE_SECONDS, Alarm, Limits, State, Stretch, day_began, pause_alarms
from core.kernel.bulk import insert_or_ignore
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork
from core.people.model import User


@dataclass(frozen=True, slots=True)
class _Due:
    """An alarm that is due for an open stretch."""

    user: User
    state: AgentState
    kind: Alarm
    allowed: int
    since: datetime


class AgentWatch:
    """Looks every second; what was raised stays raised over restarts, since each alarm is a row."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def look(self) -> int:
        """Raise what is due; how many alarms."""
        now = self._clock.now()
        async with self._uow.read(brief=True) as session:
            raised = await _raised(session)
            due = [*await _pauses(session, now), *await _without_phone(session, now)]
        fresh = [one for one in due if (one.state.id, one.kind, one.since) not in raised]
        for one in fresh:
            await self._raise(one, now)
        return len(fresh)

    async def _raise(self, due: _Due, now: datetime) -> None:
        """Write the alarm unless another process was first. The stretch may have ended meanwhile: it was too long."""
        row = {
            "user_id": due.user.id,
            "stretch_id": due.state.id,
            "kind": due.kind,
            "reason": due.state.reason,
            "allowed_seconds": due.allowed,
            "since": due.since,
            "raised_at": now,
        }
        async with self._uow.write(brief=True) as work:
            add = insert_or_ignore(work.session, AgentAlarm).values(row).returning(AgentAlarm.id)
            if (await work.session.execute(add)).one_or_none() is None:
                return
            work.emit(
                AgentAlarmRaised(
                    at=now,
                    user_id=due.user.id,
                    unit_id=due.user.unit_id,
                    kind=due.kind,
                    reason=due.state.reason,
                    allowed_seconds=due.allowed,
                    since=due.state.started_at,
                )
            )


async def _raised(session: AsyncSession) -> set[tuple[int, str, datetime]]:
    """The alarms of stretches that still last."""
    on = (
        select(AgentAlarm).join(AgentState, AgentState.id == AgentAlarm.stretch_id).where(AgentState.ended_at.is_(None))
    )
    return {(alarm.stretch_id, alarm.kind, alarm.since) for alarm in await session.scalars(on)}


async def _pauses(session: AsyncSession, now: datetime) -> list[_Due]:
    paused = (
        select(AgentState, PauseReason, User)
        .join(PauseReason, PauseReason.code == AgentState.reason)
        .join(User, User.id == AgentState.user_id)
        .where(AgentState.ended_at.is_(None), AgentState.state == State.PAUSE)
        .where(or_(PauseReason.limit_seconds.is_not(None), PauseReason.day_seconds.is_not(None)))
    )
    rows = (await session.execute(paused)).all()
    metered = [user.id for _, reason, user in rows if reason.day_seconds is not None]
    today = await _today(session, metered, now) if metered else {}
    found = []
    for state, reason, user in rows:
        limits = Limits(once=reason.limit_seconds, day=reason.day_seconds)
        current, midnight = Stretch(state.started_at), day_began(now, user.timezone)
        same = today.get((user.id, reason.code), [])
        for kind in pause_alarms(current, same, limits, midnight=midnight, now=now):
            allowed = limits.once if kind is Alarm.LIMIT else limits.day
            found.append(_Due(user, state, kind, allowed or 0, state.started_at))
    return found


async def _today(
    session: AsyncSession, user_ids: Sequence[int], now: datetime
) -> dict[tuple[int, str | None], list[Stretch]]:
    """The pauses of these collectors that may lie in the present day of some zone, by collector and reason."""
    wanted = select(AgentState).where(
        AgentState.user_id.in_(user_ids),
        AgentState.state == State.PAUSE,
        or_(AgentState.ended_at.is_(None), AgentState.ended_at > now - timedelta(days=2)),
    )
    found = defaultdict(list)
    for state in await session.scalars(wanted):
        found[state.user_id, state.reason].append(Stretch(state.started_at, state.ended_at))
    return found


async def _without_phone(session: AsyncSession, now: datetime) -> list[_Due]:
    """Collectors who wait for calls that cannot ring anywhere, for as long as both are so."""
    late = now - timedelta(seconds=NO_PHONE_SECONDS)
    waiting = (
        select(AgentState, User, AgentDesk.phone_since)
        .join(AgentDesk, AgentDesk.user_id == AgentState.user_id)
        .join(User, User.id == AgentState.user_id)
        .where(AgentState.ended_at.is_(None), AgentState.state == State.AVAILABLE, AgentState.started_at <= late)
        .where(AgentDesk.registered.is_(False), func.coalesce(AgentDesk.phone_since, late) <= late)
        .where(User.extension.is_not(None))
    )
    return [
        _Due(user, state, Alarm.NO_PHONE, NO_PHONE_SECONDS, max(state.started_at, gone or state.started_at))
        for state, user, gone in await session.execute(waiting)
    ]
