"""Collectors' states as stretches of time without a gap."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from callcenter.agents.desks import Desks
from callcenter.agents.errors import BadState, NoSuchAgent
from callcenter.agents.model import AgentDesk, PauseReason
from callcenter.agents.ports import CallNews
from callcenter.agents.rights import STATE
from callcenter.agents.rules import CHOICES, State
from core.audit.service import record
from core.kernel.access import Actor
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
            desks = await Desks.load(work, {user_id})
            desk = desks[user_id]
            changes = {"state": (desk.choice, state), "reason": (desk.reason, reason)}
            record(work, actor, "agents.state", ("user", user_id), changes, at=now)
            desk.choice, desk.reason = State(state), reason if state == State.PAUSE else None
            desks.settle(user_id, now)
            await desks.write()

    async def screen_opened(self, user_id: int) -> None:
        """The first screen of a collector connected."""
        await self._seen(user_id, live=True)

    async def screen_closed(self, user_id: int) -> None:
        """His last screen is gone."""
        await self._seen(user_id, live=False)

    async def phones_registered(self, registered: Mapping[int, bool]) -> None:
        """Of each user: a phone of his is reachable, or none is any more."""
        async with self._uow.write(brief=True) as work:
            desks = await Desks.load(work, registered)
            for user_id, there in registered.items():
                if desks[user_id].registered != there:
                    desks[user_id].registered = there
                    desks.settle(user_id, self._clock.now())
            await desks.write()

    async def all_screens_closed(self) -> None:
        """The server has just started: nobody is connected yet."""
        async with self._uow.write() as work:
            users = (await work.session.scalars(select(AgentDesk.user_id).where(AgentDesk.live))).all()
            desks = await Desks.load(work, set(users))
            for user_id in users:
                desks[user_id].live = False
                desks.settle(user_id, self._clock.now())
            await desks.write()

    async def followed(self, work: Work, news: Sequence[CallNews]) -> None:
        """What collectors do for calls changed. Called by the call log in its own transaction."""
        users = {user_id for one in news for user_id in one.activities}
        if not users:
            return
        desks = await Desks.load(work, users)
        for one in news:
            for user_id, activity in sorted(one.activities.items()):
                desks.does(user_id, one.call_id, activity)
                desks.settle(user_id, one.at)
        await desks.write()

    async def _seen(self, user_id: int, *, live: bool) -> None:
        async with self._uow.write(brief=True) as work:
            desks = await Desks.load(work, {user_id})
            if desks[user_id].live != live:
                desks[user_id].live = live
                desks.settle(user_id, self._clock.now())
                await desks.write()

    async def _reach(self, work: Work, actor: Actor, user_id: int) -> None:
        reach = reaches(actor, STATE, owner=User.id)
        wanted = select(User.id).where(User.id == user_id, *([] if reach is None else [reach]))
        if await work.session.scalar(wanted) is None:
            raise NoSuchAgent

    async def _is_reason(self, work: Work, reason: str | None) -> bool:
        known = await work.session.get(PauseReason, reason) if reason else None
        return known is not None and known.active
