"""The static part of the next case's score: kept when a case is refreshed, brought up to the day every night."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.service import record
from core.cases import rights
from core.cases.model import Case, CaseState, WorkSettings
from core.cases.queries.agency import agency_day
from core.cases.rules.score import Factor, StaticFacts, static_score, weights_of
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work

_BATCH = 2000
_ID = 1


def static_facts(case: Any) -> StaticFacts:
    """What the score asks of a case, or of a row with the same columns."""
    return StaticFacts(
        amount=case.open_amount,
        due_since=case.due_since,
        priority=case.priority,
        broken_promises=case.broken_promises,
    )


async def weights(session: AsyncSession) -> dict[Factor, int]:
    """The house's weights."""
    stored = await session.scalar(select(WorkSettings.weights).where(WorkSettings.id == _ID))
    return weights_of(stored or {})


async def settings_for(work: Work, *, at: datetime) -> WorkSettings:
    """The house's settings of worklists, locked; made when they are not there yet."""
    found = await work.session.get(WorkSettings, _ID, with_for_update=True)
    if found is None:
        found = WorkSettings(id=_ID, weights={}, updated_at=at)
        work.session.add(found)
        await work.session.flush()
    return found


async def set_weights(work: Work, actor: Actor, chosen: dict[Factor, int], *, at: datetime) -> None:
    """Weigh the factors differently; the scores of all cases follow within the hour."""
    actor.require(rights.WORKLISTS)
    held = await settings_for(work, at=at)
    before, after = weights_of(held.weights), weights_of({str(factor): weight for factor, weight in chosen.items()})
    held.weights = {str(factor): weight for factor, weight in after.items()}
    held.updated_by_id, held.updated_at, held.scored_on = actor.user_id or None, at, None
    changes = {str(factor): (before[factor], after[factor]) for factor in after}
    record(work, actor, "worklists.weights", ("work_settings", _ID), changes, at=at)


class Scorer:
    """Brings the scores of all open cases up to the agency's today, once a day and after the weights have changed.

    An interruption costs nothing but reading: only scores that differ are written.
    """

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def run(self) -> int:
        """Score everything that is behind; how many scores have changed."""
        async with self._uow.read() as session:
            today = await agency_day(session, self._clock.now())
            held = await session.get(WorkSettings, _ID)
            weighed = weights_of(held.weights if held else {})
        if held is not None and held.scored_on == today:
            return 0
        changed, after = 0, 0
        while rows := await self._batch(after):
            changed, after = changed + await self._score(rows, weighed, today), rows[-1].id
        await self._scored(weighed, today)
        return changed

    async def _batch(self, after: int) -> Sequence[Any]:
        columns = (Case.id, Case.score, Case.open_amount, Case.due_since, Case.priority, Case.broken_promises)
        opened = select(*columns).where(Case.id > after, Case.state == CaseState.OPEN)
        async with self._uow.read() as session:
            return (await session.execute(opened.order_by(Case.id).limit(_BATCH))).all()

    async def _score(self, rows: Sequence[Any], weighed: dict[Factor, int], today: date) -> int:
        scores = [{"id": row.id, "score": static_score(static_facts(row), weighed, today)} for row in rows]
        news = [new for row, new in zip(rows, scores, strict=True) if row.score != new["score"]]
        if news:
            async with self._uow.write() as work:
                await work.session.execute(update(Case), news)
        return len(news)

    async def _scored(self, weighed: dict[Factor, int], today: date) -> None:
        """Remember the day, unless somebody has weighed differently meanwhile."""
        async with self._uow.write() as work:
            held = await settings_for(work, at=self._clock.now())
            if weights_of(held.weights) == weighed:
                held.scored_on = today
