"""The night's work: promises and instalments whose last day has passed are decided, each debtor by his own calendar."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Instalment, InstalmentState, PaymentPlan, Promise, PromiseState
from core.cases.ports import PlannedWork
from core.cases.queries.zones import debtor_zones
from core.cases.rules.promises import decide
from core.cases.service.agreements import RUNNING
from core.cases.service.ledger import lock_cases
from core.cases.service.outcomes import assess_plan, pledge_of, promise_becomes
from core.cases.service.planning import replan
from core.cases.service.plans import instalments_of
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work

#: Somewhere on earth it is this much later than in UTC.
_FURTHEST = timedelta(hours=14)
_BATCH = 200


class PromiseKeeper:
    """Decides what is past its day. Asked again and again by whoever owns it; what is decided is not decided twice, and
    a night nobody asked is caught up."""

    def __init__(self, uow: UnitOfWork, clock: Clock, sources: Sequence[PlannedWork] = ()) -> None:
        self._uow = uow
        self._clock = clock
        self._sources = tuple(sources)

    async def decide(self) -> int:
        """Decide everything that is due; how many promises and plans were looked at."""
        now = self._clock.now()
        async with self._uow.read() as session:
            promises = await _late_promises(session, now)
            plans = await _late_plans(session, now)
        for start in range(0, len(promises), _BATCH):
            await self._decide_promises(promises[start : start + _BATCH], now)
        for start in range(0, len(plans), _BATCH):
            await self._assess_plans(plans[start : start + _BATCH], now)
        return len(promises) + len(plans)

    async def _decide_promises(self, case_ids: Sequence[int], now: datetime) -> None:
        async with self._uow.write() as work:
            cases = {case.id: case for case in await lock_cases(work, case_ids)}
            opened = select(Promise).where(Promise.case_id.in_(cases), Promise.state == PromiseState.OPEN)
            rows = (await work.session.scalars(opened.order_by(Promise.id))).all()
            zones = await debtor_zones(work.session, {row.party_id for row in rows})
            for row in rows:
                today = _today(now, zones[row.party_id])
                state = decide(pledge_of(row), paid=row.paid_amount, today=today)
                await promise_becomes(work, cases[row.case_id], row, state, at=now)
            await self._plan_anew(work, [row.case_id for row in rows if row.state != PromiseState.OPEN])

    async def _assess_plans(self, case_ids: Sequence[int], now: datetime) -> None:
        async with self._uow.write() as work:
            cases = {case.id: case for case in await lock_cases(work, case_ids)}
            running = select(PaymentPlan).where(PaymentPlan.case_id.in_(cases), PaymentPlan.state.in_(RUNNING))
            plans = (await work.session.scalars(running.order_by(PaymentPlan.id))).all()
            zones = await debtor_zones(work.session, {plan.party_id for plan in plans})
            for plan in plans:
                lines = await instalments_of(work, plan.id)
                today = _today(now, zones[plan.party_id])
                await assess_plan(work, cases[plan.case_id], plan, lines, today=today, at=now)
            await self._plan_anew(work, [plan.case_id for plan in plans])

    async def _plan_anew(self, work: Work, case_ids: Sequence[int]) -> None:
        if case_ids:
            await replan(work, case_ids, self._sources)


def _today(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()


async def _late_promises(session: AsyncSession, now: datetime) -> Sequence[int]:
    """Cases with an open promise whose grace is over for its debtor."""
    opened = select(Promise.case_id, Promise.party_id, Promise.due_on, Promise.grace_days).where(
        Promise.state == PromiseState.OPEN, Promise.due_on < (now + _FURTHEST).date()
    )
    return await _past(
        session, [(case, party, day, grace) for case, party, day, grace in await session.execute(opened)], now
    )


async def _late_plans(session: AsyncSession, now: datetime) -> Sequence[int]:
    """Cases with a plan whose next instalment is late beyond its grace."""
    waiting = (
        select(PaymentPlan.case_id, PaymentPlan.party_id, func.min(Instalment.due_on), PaymentPlan.grace_days)
        .join(Instalment, Instalment.plan_id == PaymentPlan.id)
        .where(Instalment.state == InstalmentState.OPEN, Instalment.due_on < (now + _FURTHEST).date())
        .where(PaymentPlan.state.in_(RUNNING))
        .group_by(PaymentPlan.case_id, PaymentPlan.party_id, PaymentPlan.grace_days)
    )
    return await _past(
        session, [(case, party, day, grace) for case, party, day, grace in await session.execute(waiting)], now
    )


async def _past(session: AsyncSession, rows: Sequence[tuple[int, int, date, int]], now: datetime) -> Sequence[int]:
    """The cases (of case, party, day, days of grace) where that day with its grace is over for the party."""
    ended = [(case, party, day + timedelta(days=grace)) for case, party, day, grace in rows]
    late: set[int] = set()
    for start in range(0, len(ended), _BATCH):
        batch = ended[start : start + _BATCH]
        zones = await debtor_zones(session, {party for _, party, _ in batch})
        late |= {case for case, party, last in batch if last < _today(now, zones[party])}
    return sorted(late)
