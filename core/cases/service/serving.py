"""The next case: the best of the lawful ones, to one collector at a time."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.model import Case, CaseLease, CaseState
from core.cases.ports import ContactLaw, Leave
from core.cases.queries.nextcase import candidates, facts_of, lines_of, worth_of
from core.cases.rules.score import Factor, Facts, Line
from core.cases.service.access import case_for, let_in
from core.cases.service.scoring import weights
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork

#: For so long nobody else is given a case without a collector that somebody was served.
LEASE = timedelta(minutes=30)
#: So many of the best are asked about at law before it is said that nobody may be called.
MOST_ASKED = 40
_Known = Mapping[int, tuple[Facts, ZoneInfo]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """The case to work on. ``case_id`` None: there is none; then ``forbidden`` of the best may not be called now, and
    ``next_at`` is when the first of them may."""

    case_id: int | None
    forbidden: int = 0
    next_at: datetime | None = None


class NextCase:
    """Serves the case with the best score among those that may lawfully be called."""

    def __init__(self, uow: UnitOfWork, clock: Clock, law: ContactLaw) -> None:
        self._uow = uow
        self._clock = clock
        self._law = law

    async def serve(self, actor: Actor, *, after: int | None = None) -> Served:
        """The best case other than ``after``. One that belongs to nobody is the actor's for the time of its lease."""
        actor.require(rights.EDIT)
        passed: set[int] = set()
        while True:
            found, free = await self._best(actor, after, passed)
            if found.case_id is None or not free or await self._lease(actor, found.case_id):
                return found
            passed.add(found.case_id)  # somebody else was served it this very moment

    async def look(self, actor: Actor) -> Served:
        """What would be served now; it is kept for nobody."""
        actor.require(rights.EDIT)
        return (await self._best(actor, None, set()))[0]

    async def why(
        self,
        actor: Actor,
        case_id: int,
        weighed: Mapping[Factor, int] | None = None,
        *,
        leave: Leave | None = None,
    ) -> tuple[Line, ...]:
        """What the score of a case is made of now, by the house's weights or others; ``leave`` where the law has been
        asked already. Raises ``NotFound``."""
        now = self._clock.now()
        async with self._uow.read() as session:
            case = await case_for(session, actor, case_id, rights.VIEW)
            facts, zone = (await facts_of(session, [case], now))[case_id]
            leave = leave or (await self._law.leave(session, [case_id]))[case_id]
            return lines_of(facts, zone, weighed or await weights(session), now, leave)

    async def _best(self, actor: Actor, after: int | None, passed: set[int]) -> tuple[Served, bool]:
        """The best lawful case and whether it belongs to nobody."""
        now = self._clock.now()
        async with self._uow.read() as session:
            cases = [one for one in await candidates(session, actor.user_id, now, but=after) if one.id not in passed]
        async with self._uow.read(brief=True) as session:  # a score of questions, each about these few cases
            known, weighed = await facts_of(session, cases, now), await weights(session)
            case_id, refused = await self._choose(session, known, weighed, now)
        free = {case.id for case in cases if case.collector_id is None}
        moments = [leave.next_at for leave in refused if leave.next_at is not None]
        return Served(case_id=case_id, forbidden=len(refused), next_at=min(moments, default=None)), case_id in free

    async def _choose(
        self, session: AsyncSession, known: _Known, weighed: Mapping[Factor, int], now: datetime
    ) -> tuple[int | None, Sequence[Leave]]:
        """Ask the law in the order of the most each case can be worth, until what is left cannot be better."""
        waiting = [(-worth_of(facts, zone, weighed, now), -one) for one, (facts, zone) in known.items()]
        heapq.heapify(waiting)
        best: tuple[int, int] | None = None
        refused: list[Leave] = []
        for _ in range(MOST_ASKED):
            if not waiting or (best is not None and -waiting[0][0] <= best[0]):
                break
            case_id = -heapq.heappop(waiting)[1]
            leave = (await self._law.leave(session, [case_id]))[case_id]
            if leave.allowed:
                best = max(best or (-1, 0), (worth_of(*known[case_id], weighed, now, leave), case_id))
            else:
                refused.append(leave)
        return (None if best is None else best[1]), refused

    async def _lease(self, actor: Actor, case_id: int) -> bool:
        """Take the case for a while, unless somebody was quicker: of two who ask at once one gets it."""
        now = self._clock.now()
        async with self._uow.write() as work:
            insert = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
            taking = insert(CaseLease).values(case_id=case_id, user_id=actor.user_id, until=now + LEASE)
            expired = or_(CaseLease.until <= now, CaseLease.user_id == actor.user_id)
            taken = taking.on_conflict_do_update(
                index_elements=["case_id"],
                set_={"user_id": actor.user_id, "until": now + LEASE},
                where=expired,
            ).returning(CaseLease.case_id)
            if (await work.session.execute(taken)).scalar_one_or_none() is None:
                return False
            free = select(Case.id).where(Case.id == case_id, Case.collector_id.is_(None), Case.state == CaseState.OPEN)
            if await work.session.scalar(free) is None:
                return False
            await let_in(work, {(case_id, actor.user_id): now + LEASE})
        return True
