"""Times in which the server was away. What nobody saw of collectors then counts for no work."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select

from callcenter.agents.desks import Desks
from callcenter.agents.events import AgentStateChanged
from callcenter.agents.model import AgentState, Downtime, ServerPulse
from callcenter.agents.rules import ASSUMED, UNSEEN_SECONDS, State, Stretch, parts_of
from core.kernel.bulk import insert_missing
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work

_ONLY = 1


class Downtimes:
    """Knows them by a pulse that stops, and puts states right once the calls of that time are in the log.

    While the server is away nothing is heard of screens and phones, so whoever was available seems to have been so all
    night. Calls are known all the same: exchanges log them, and what collectors did for them stays.
    """

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock
        self._tried_at: datetime | None = None

    async def beat(self) -> datetime:
        """The server is alive. When it was so before: now, if this is the first time ever. While nothing can be written
        it is alive all the same."""
        now = self._clock.now()
        tried_at, self._tried_at = self._tried_at, now
        async with self._uow.write(brief=True) as work:
            await insert_missing(work.session, ServerPulse, [{"id": _ONLY, "at": now}])
            pulse = await work.session.get_one(ServerPulse, _ONLY, with_for_update=True)
            before, pulse.at = max(pulse.at, tried_at or pulse.at), now
            if now - before > timedelta(seconds=UNSEEN_SECONDS):
                work.session.add(Downtime(since=before, until=now))
        return min(before, now)

    async def settle(self) -> int:
        """Put states right for every downtime, now that all calls of it are in the log; how many."""
        async with self._uow.read(brief=True) as session:
            ready = (await session.scalars(select(Downtime.id))).all()
        for one in ready:
            async with self._uow.write() as work:
                await self._settle(work, one)
        return len(ready)

    async def _settle(self, work: Work, downtime_id: int) -> None:
        taken = delete(Downtime).where(Downtime.id == downtime_id).returning(Downtime.since, Downtime.until)
        gap = (await work.session.execute(taken)).one_or_none()
        if gap is None:
            return  # another process was first
        assumed = _assumed(gap.since, gap.until)
        users = (await work.session.scalars(select(AgentState.user_id).where(*assumed))).all()
        await Desks.load(work, set(users))  # nobody's state changes meanwhile
        ordered = select(AgentState).where(*assumed).order_by(AgentState.user_id, AgentState.id)
        for one in (await work.session.scalars(ordered)).all():
            await self._away(work, one, *parts_of(Stretch(one.started_at, one.ended_at), gap.since, gap.until))

    async def _away(
        self, work: Work, one: AgentState, before: Stretch | None, within: Stretch, after: Stretch | None
    ) -> None:
        """Have the collector be offline for a part of a stretch."""
        state, reason = one.state, one.reason
        if before is None:
            one.state, one.reason, one.ended_at = State.OFFLINE, None, within.end
        else:
            one.ended_at = before.end
            work.session.add(_stretch_of(one, State.OFFLINE, None, within))
        await work.session.flush()  # one of each collector's is open, never two
        if after is not None:
            work.session.add(_stretch_of(one, state, reason, after))
        if after is not None and after.end is None:
            work.emit(
                AgentStateChanged(
                    at=self._clock.now(),
                    user_id=one.user_id,
                    unit_id=one.unit_id,
                    state=state,
                    reason=reason,
                    call_id=None,
                    since=after.start,
                )
            )


def _stretch_of(one: AgentState, state: str, reason: str | None, when: Stretch) -> AgentState:
    return AgentState(
        user_id=one.user_id,
        unit_id=one.unit_id,
        state=state,
        reason=reason,
        started_at=when.start,
        ended_at=when.end,
    )


def _assumed(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """What holds for stretches that reach into this time and were not seen to go on in it."""
    over = or_(AgentState.ended_at.is_(None), AgentState.ended_at > since)
    return AgentState.state.in_(ASSUMED), AgentState.started_at < until, over
