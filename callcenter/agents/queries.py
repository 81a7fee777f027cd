"""Reading collectors' states."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.model import AgentAlarm, AgentDesk, AgentState, PauseReason
from callcenter.agents.rights import VIEW
from callcenter.agents.rules import Alarm, State, Stretch
from core.kernel.access import Actor
from core.people.access import reaches
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentRow:
    """A collector and what he does now. ``since`` is None for one who was never here."""

    id: int
    name: str
    extension: str | None
    state: State
    reason: str | None
    call_id: int | None
    since: datetime | None
    registered: bool
    unit_id: int | None
    alarms: frozenset[Alarm] = frozenset()


async def list_agents(session: AsyncSession, actor: Actor, right: str = VIEW) -> list[AgentRow]:
    """Everybody with a phone whom the right reaches, by name."""
    reach = reaches(actor, right, owner=User.id)
    statement = (
        select(User, AgentState, AgentDesk.registered)
        .outerjoin(AgentState, (AgentState.user_id == User.id) & AgentState.ended_at.is_(None))
        .outerjoin(AgentDesk, AgentDesk.user_id == User.id)
        .where(User.active, User.extension.is_not(None), *([] if reach is None else [reach]))
        .order_by(User.surname, User.first_name, User.id)
    )
    rows = (await session.execute(statement)).all()
    raised = await _alarms(session)
    return [_row(user, state, bool(registered), frozenset(raised.get(user.id, ()))) for user, state, registered in rows]


async def _alarms(session: AsyncSession) -> dict[int, set[Alarm]]:
    """The alarms that are on, by collector: one about a phone is over when it is there, and begins anew when it goes
    once more."""
    this_time = AgentAlarm.since >= func.coalesce(AgentDesk.phone_since, AgentAlarm.since)
    gone = and_(AgentDesk.registered.is_(False), this_time)
    on = (
        select(AgentAlarm.user_id, AgentAlarm.kind)
        .join(AgentState, AgentState.id == AgentAlarm.stretch_id)
        .join(AgentDesk, AgentDesk.user_id == AgentAlarm.user_id)
        .where(AgentState.ended_at.is_(None), or_(AgentAlarm.kind != Alarm.NO_PHONE, gone))
    )
    found = defaultdict(set)
    for user_id, kind in await session.execute(on):
        found[user_id].add(Alarm(kind))
    return found


async def seconds_today(
    session: AsyncSession, user_ids: Collection[int], since: datetime, now: datetime
) -> Mapping[int, Mapping[State, float]]:
    """How long each collector was in which state within ``[since, now)``."""
    sums: dict[int, dict[State, float]] = {user_id: dict.fromkeys(State, 0.0) for user_id in user_ids}
    wanted = select(AgentState.user_id, AgentState.state, AgentState.started_at, AgentState.ended_at).where(
        AgentState.user_id.in_(user_ids), or_(AgentState.ended_at.is_(None), AgentState.ended_at > since)
    )
    for user_id, state, start, end in await session.execute(wanted):
        sums[user_id][State(state)] += Stretch(start, end).seconds(since, now)
    return sums


async def state_of(session: AsyncSession, user_id: int) -> AgentState | None:
    """A collector's present stretch; None for one who was never here."""
    wanted = select(AgentState).where(AgentState.user_id == user_id, AgentState.ended_at.is_(None))
    return await session.scalar(wanted)


def never_here(user_id: int, now: datetime) -> AgentState:
    """The stretch of somebody who has no history yet: offline, as of now. It is not stored."""
    return AgentState(user_id=user_id, state=State.OFFLINE, started_at=now)


async def present_states(session: AsyncSession) -> dict[int, str]:
    """What everybody does now, by user id; who was never here is not named."""
    wanted = select(AgentState.user_id, AgentState.state).where(AgentState.ended_at.is_(None))
    return {row.user_id: row.state for row in await session.execute(wanted)}


async def free_agents(session: AsyncSession, user_ids: Sequence[int]) -> set[int]:
    """Those of the users who wait for a call right now."""
    wanted = select(AgentState.user_id).where(
        AgentState.user_id.in_(user_ids), AgentState.ended_at.is_(None), AgentState.state == State.AVAILABLE
    )
    return set((await session.scalars(wanted)).all())


async def pause_reasons(session: AsyncSession, *, active_only: bool = True) -> Sequence[PauseReason]:
    """The reasons one may pause for, in their order."""
    wanted = select(PauseReason).order_by(PauseReason.position, PauseReason.code)
    return (await session.scalars(wanted.where(PauseReason.active) if active_only else wanted)).all()


def _row(user: User, state: AgentState | None, registered: bool, alarms: frozenset[Alarm]) -> AgentRow:
    return AgentRow(
        id=user.id,
        name=user.full_name,
        extension=user.extension,
        state=State(state.state) if state is not None else State.OFFLINE,
        reason=state.reason if state is not None else None,
        call_id=state.call_id if state is not None else None,
        since=state.started_at if state is not None else None,
        registered=registered,
        unit_id=user.unit_id,
        alarms=alarms,
    )
