"""Collectors' states as stretches of time without a gap."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from callcenter.agents.errors import BadState, NoSuchAgent
from callcenter.agents.events import AgentStateChanged
from callcenter.agents.model import AgentCall, AgentDesk, AgentState, PauseReason
from callcenter.agents.ports import CallNews
from callcenter.agents.rights import STATE
from callcenter.agents.rules import CHOICES, Desk, Standing, State, standing
from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.bulk import insert_or_ignore
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work
from core.people.access import reaches
from core.people.model import User


class AgentService:
    """Keeps every collector's present state and its history. Follows the call log within its transactions."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def choose(self, actor: Actor, user_id: int, state: str, reason: str | None = None) -> None:
        """Be available, offline, or on pause for a reason; for somebody else, when the right reaches him.

        A call under way goes on and decides the state until it is over. Raises ``BadState``, ``NoSuchAgent``.
        """
        if state not in CHOICES:
            raise BadState
        async with self._uow.write() as work:
            await self._reach(work, actor, user_id)
            if state == State.PAUSE and not await self._is_reason(work, reason):
                raise BadState
            now = self._clock.now()
            desk = await self._desk(work, user_id)
            changes = {"state": (desk.choice, state), "reason": (desk.reason, reason)}
            record(work, actor, "agents.state", ("user", user_id), changes, at=now)
            desk.choice, desk.reason = State(state), reason if state == State.PAUSE else None
            await self._settle(work, desk, now)

    async def screen_opened(self, user_id: int) -> None:
        """The first screen of a collector connected."""
        await self._seen(user_id, live=True)

    async def screen_closed(self, user_id: int) -> None:
        """His last screen is gone."""
        await self._seen(user_id, live=False)

    async def phone_registered(self, user_id: int, registered: bool) -> None:
        """A phone of his is reachable, or none is any more."""
        async with self._uow.write() as work:
            desk = await self._desk(work, user_id)
            if desk.registered != registered:
                desk.registered = registered
                await self._settle(work, desk, self._clock.now())

    async def all_screens_closed(self) -> None:
        """The server has just started: nobody is connected yet."""
        async with self._uow.write() as work:
            for desk in (await work.session.scalars(select(AgentDesk).where(AgentDesk.live))).all():
                desk.live = False
                await self._settle(work, desk, self._clock.now())

    async def followed(self, work: Work, news: Sequence[CallNews]) -> None:
        """What collectors do for calls changed. Called by the call log in its own transaction."""
        for one in news:
            for user_id, activity in sorted(one.activities.items()):
                desk = await self._desk(work, user_id)
                await work.session.execute(
                    delete(AgentCall).where(AgentCall.user_id == user_id, AgentCall.call_id == one.call_id)
                )
                if activity != "idle":
                    work.session.add(AgentCall(user_id=user_id, call_id=one.call_id, activity=activity))
                await self._settle(work, desk, one.at)

    async def _seen(self, user_id: int, *, live: bool) -> None:
        async with self._uow.write() as work:
            desk = await self._desk(work, user_id)
            if desk.live != live:
                desk.live = live
                await self._settle(work, desk, self._clock.now())

    async def _reach(self, work: Work, actor: Actor, user_id: int) -> None:
        reach = reaches(actor, STATE, owner=User.id)
        wanted = select(User.id).where(User.id == user_id, *([] if reach is None else [reach]))
        if await work.session.scalar(wanted) is None:
            raise NoSuchAgent

    async def _is_reason(self, work: Work, reason: str | None) -> bool:
        known = await work.session.get(PauseReason, reason) if reason else None
        return known is not None and known.active

    async def _desk(self, work: Work, user_id: int) -> AgentDesk:
        """The collector's desk, locked: changes of one collector's state come one after the other."""
        wanted = select(AgentDesk).where(AgentDesk.user_id == user_id).with_for_update()
        desk = await work.session.scalar(wanted)
        if desk is not None:
            return desk
        fresh = {"user_id": user_id, "live": False, "registered": False, "choice": State.AVAILABLE, "reason": None}
        await work.session.execute(insert_or_ignore(work.session, AgentDesk), [fresh])
        return (await work.session.scalars(wanted)).one()

    async def _settle(self, work: Work, desk: AgentDesk, now: datetime) -> None:
        """Close the open stretch and begin the next one at the same instant, if the state is another."""
        await work.session.flush()
        calls = await work.session.execute(
            select(AgentCall.call_id, AgentCall.activity).where(AgentCall.user_id == desk.user_id)
        )
        new = standing(
            Desk(
                live=desk.live,
                registered=desk.registered,
                choice=State(desk.choice),
                reason=desk.reason,
                calls={row.call_id: row.activity for row in calls},
            )
        )
        open_now = select(AgentState).where(AgentState.user_id == desk.user_id, AgentState.ended_at.is_(None))
        current = await work.session.scalar(open_now)
        if current is not None and _same(current, new):
            return
        at = max(now, current.started_at) if current is not None else now
        if current is not None:
            await work.session.execute(update(AgentState).where(AgentState.id == current.id).values(ended_at=at))
        work.session.add(
            AgentState(user_id=desk.user_id, state=new.state, reason=new.reason, call_id=new.call_id, started_at=at)
        )
        await work.session.flush()
        work.emit(
            AgentStateChanged(
                at=now, user_id=desk.user_id, state=new.state, reason=new.reason, call_id=new.call_id, since=at
            )
        )


def _same(current: AgentState, new: Standing) -> bool:
    return (current.state, current.reason, current.call_id) == (new.state, new.reason, new.call_id)
