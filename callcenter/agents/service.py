"""Collectors' states as stretches of time without a gap."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.desks import Desks
from callcenter.agents.errors import BadState, NoReasonGiven, NoSuchAgent
from callcenter.agents.events import AgentSent
from callcenter.agents.model import AgentCall, AgentDesk, PauseReason
from callcenter.agents.ports import CallNews, CallsUnderWay
from callcenter.agents.rights import LOG_OUT, STATE
from callcenter.agents.rules import CHOICES, State, Wish
from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork, Work
from core.people.access import reaches
from core.people.model import User
from core.people.service.logins import end_sessions


class AgentService:
    """Keeps every collector's present state and its history. Follows the call log within its transactions."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def choose(self, actor: Actor, state: str, reason: str | None = None) -> None:
        """Be available, offline, or on pause for a reason.

        A call under way goes on and decides the state until it is over. Raises ``BadState``, ``NoSuchAgent``.
        """
        async with self._uow.write(brief=True) as work:
            await self._choose(work, actor, {actor.user_id}, Wish(state, reason))

    async def send(self, actor: Actor, user_ids: Collection[int], wish: Wish) -> None:
        """Choose for others, all or none of them, and tell them why.

        Raises ``NoReasonGiven``, ``BadState``, and ``NoSuchAgent`` when the right does not reach every one.
        """
        async with self._uow.write() as work:
            await self._choose(work, actor, user_ids, wish)

    async def sign_out(self, actor: Actor, user_id: int, why: str) -> None:
        """End all sessions of a collector: his screens are signed out at once and he is offline. His call goes on.

        Raises ``NoReasonGiven``, ``NoSuchAgent``.
        """
        async with self._uow.write() as work:
            await self._reach(work, actor, {user_id}, LOG_OUT)
            if not why.strip():
                raise _no_reason()
            now = self._clock.now()
            desks = await Desks.load(work, {user_id})
            desk = desks[user_id]
            changes = {"state": (desk.choice, State.OFFLINE), "why": ("", why.strip())}
            record(work, actor, "agents.sign_out", ("user", user_id), changes, at=now)
            desk.choice, desk.reason, desk.live = State.OFFLINE, None, False
            desks.settle(user_id, now)
            await desks.write()
            wish = Wish(State.OFFLINE, why=why.strip())
            work.emit(AgentSent(at=now, user_id=user_id, wish=wish, by=await _name(work, actor), signed_out=True))
            await end_sessions(work, user_id, now)

    async def _choose(self, work: Work, actor: Actor, user_ids: Collection[int], wish: Wish) -> None:
        if wish.state not in CHOICES:
            raise BadState
        await self._reach(work, actor, user_ids, STATE)
        if set(user_ids) - {actor.user_id} and not wish.why.strip():
            raise _no_reason()
        if wish.state == State.PAUSE and not await self._is_reason(work, wish.reason):
            raise BadState
        now, by = self._clock.now(), await _name(work, actor)
        reason = wish.reason if wish.state == State.PAUSE else None
        desks = await Desks.load(work, user_ids)
        for user_id in sorted(user_ids):
            desk = desks[user_id]
            changes = {"state": (desk.choice, wish.state), "reason": (desk.reason, reason), "why": ("", wish.why)}
            record(work, actor, "agents.state", ("user", user_id), changes, at=now)
            desk.choice, desk.reason = State(wish.state), reason
            desks.settle(user_id, now)
            if user_id != actor.user_id:
                work.emit(AgentSent(at=now, user_id=user_id, wish=replace(wish, reason=reason), by=by))
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
                    now = self._clock.now()
                    desks[user_id].registered, desks[user_id].phone_since = there, now
                    desks.settle(user_id, now)
            await desks.write()

    async def all_screens_closed(self, at: datetime) -> None:
        """The server has just started: nobody is connected yet, nor was since ``at``, when it was last alive."""
        async with self._uow.write() as work:
            users = (await work.session.scalars(select(AgentDesk.user_id).where(AgentDesk.live))).all()
            desks = await Desks.load(work, set(users))
            for user_id in users:
                desks[user_id].live = False
                desks.settle(user_id, at)
            await desks.write()

    async def agree_with_calls(self, calls: CallsUnderWay) -> int:
        """Make what collectors do for calls what the call log says they do; how many of their calls that changed.

        States follow the call log within its own transactions, so there is nothing to do unless a row was left behind
        or put back from an older copy. A row that is missing comes with the next change of its call.
        """
        async with self._uow.read() as session:
            believed = await _believed(session)
            if not believed - await calls.activities(session, {call_id for _, call_id, _ in believed}):
                return 0
        async with self._uow.write() as work:
            desks = await Desks.load(work, {user_id for user_id, _, _ in believed})
            believed = {one for one in await _believed(work.session) if one[0] in desks}
            true = await calls.activities(work.session, {call_id for _, call_id, _ in believed})
            wrong = {(user_id, call_id) for user_id, call_id, _ in believed - true}
            right = {(user_id, call_id): activity for user_id, call_id, activity in true}
            for user_id, call_id in sorted(wrong):
                desks.does(user_id, call_id, right.get((user_id, call_id), "idle"))
                desks.settle(user_id, self._clock.now())
            await desks.write()
        return len(wrong)

    async def followed(self, work: Work, news: Sequence[CallNews]) -> None:
        """What collectors do for calls changed. Called by the call log in its own transaction."""
        steps = [
            (at, one.call_id, user_id, activity)
            for one in news
            for at, activities in (*one.passed, (one.since, one.activities))
            for user_id, activity in sorted(activities.items())
        ]
        if not steps:
            return
        desks = await Desks.load(work, {user_id for _, _, user_id, _ in steps})
        for at, call_id, user_id, activity in sorted(
            steps, key=itemgetter(0)
        ):  # who had two calls had one after the other
            desks.does(user_id, call_id, activity)
            desks.settle(user_id, at)
        await desks.write()

    async def _seen(self, user_id: int, *, live: bool) -> None:
        async with self._uow.write(brief=True) as work:
            desks = await Desks.load(work, {user_id})
            if desks[user_id].live != live:
                desks[user_id].live = live
                desks.settle(user_id, self._clock.now())
                await desks.write()

    async def _reach(self, work: Work, actor: Actor, user_ids: Collection[int], right: str) -> None:
        reach = reaches(actor, right, owner=User.id)
        wanted = select(User.id).where(User.id.in_(user_ids), *([] if reach is None else [reach]))
        if set((await work.session.scalars(wanted)).all()) != set(user_ids):
            raise NoSuchAgent

    async def _is_reason(self, work: Work, reason: str | None) -> bool:
        known = await work.session.get(PauseReason, reason) if reason else None
        return known is not None and known.active


async def _believed(session: AsyncSession) -> set[tuple[int, int, str]]:
    """Who is taken to do what for which call."""
    found = await session.execute(select(AgentCall.user_id, AgentCall.call_id, AgentCall.activity))
    return {(row.user_id, row.call_id, row.activity) for row in found}


async def _name(work: Work, actor: Actor) -> str:
    user = await work.session.get(User, actor.user_id)
    return user.full_name if user is not None else actor.login


def _no_reason() -> NoReasonGiven:
    return NoReasonGiven({"why": msg(NoReasonGiven.text)})
