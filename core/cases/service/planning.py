"""When a case is to be worked on next."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.service import record
from core.cases.model import (
    Case,
    CaseState,
    Instalment,
    InstalmentState,
    PaymentPlan,
    Promise,
    PromiseState,
    Task,
    TaskState,
)
from core.cases.ports import PlannedWork
from core.cases.queries.zones import debtor_zones
from core.cases.service.access import open_case_for
from core.cases.service.agreements import RUNNING
from core.kernel.access import Actor
from core.kernel.uow import Work

#: A moment something is planned for, by case.
_Planned = Iterable[tuple[int, datetime]]


async def replan(
    work: Work, case_ids: Collection[int], sources: Sequence[PlannedWork] = (), *, worked_at: datetime | None = None
) -> None:
    """Write ``next_action_at`` anew: the earliest of the moment set by hand, the open tasks, the day after an open
    promise's grace, the day of the next instalment and what ``sources`` plan; None when nothing is planned, and on
    closed cases.

    Nobody else writes it. ``worked_at``: somebody works on the cases at that moment, which does what was set by hand
    for then or before.
    """
    session, wanted = work.session, set(case_ids)
    await session.flush()
    earliest: dict[int, datetime] = {}
    for planned in (
        await _tasks(session, wanted),
        await _promises(session, wanted),
        await _instalments(session, wanted),
        *[(await source.earliest(session, wanted)).items() for source in sources],
    ):
        for case_id, moment in planned:
            earliest[case_id] = min(moment, earliest.get(case_id, moment))
    for case in await session.scalars(select(Case).where(Case.id.in_(wanted)).order_by(Case.id)):
        if worked_at is not None and case.next_set_at is not None and case.next_set_at <= worked_at:
            case.next_set_at = None
        planned_ones = [moment for moment in (case.next_set_at, earliest.get(case.id)) if moment is not None]
        case.next_action_at = None if case.state == CaseState.CLOSED else min(planned_ones, default=None)
    await session.flush()


async def set_next_action(
    work: Work,
    actor: Actor,
    case_id: int,
    when: datetime | None,
    *,
    at: datetime,
    sources: Sequence[PlannedWork] = (),
) -> None:
    """Say by hand when an open case is to be worked on next; None takes back what was said. What is planned otherwise
    for an earlier moment still comes first."""
    case = await open_case_for(work.session, actor, case_id)
    record(work, actor, "case.planned", ("case", case_id), {"next_set_at": (case.next_set_at, when)}, at=at)
    case.next_set_at = when
    await replan(work, [case_id], sources)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a debtor's day."""
    return datetime.combine(day, time.min, zone)


async def _tasks(session: AsyncSession, case_ids: set[int]) -> _Planned:
    opened = select(Task.case_id, func.min(Task.due_at)).where(Task.case_id.in_(case_ids), Task.state == TaskState.OPEN)
    return [(case_id, due_at) for case_id, due_at in await session.execute(opened.group_by(Task.case_id))]


async def _promises(session: AsyncSession, case_ids: set[int]) -> _Planned:
    opened = select(Promise).where(Promise.case_id.in_(case_ids), Promise.state == PromiseState.OPEN)
    rows = (await session.scalars(opened)).all()
    zones = await debtor_zones(session, [row.party_id for row in rows])
    return [
        (row.case_id, start_of(row.due_on + timedelta(days=row.grace_days + 1), zones[row.party_id])) for row in rows
    ]


async def _instalments(session: AsyncSession, case_ids: set[int]) -> _Planned:
    waiting = (
        select(PaymentPlan.case_id, PaymentPlan.party_id, func.min(Instalment.due_on))
        .join(Instalment, Instalment.plan_id == PaymentPlan.id)
        .where(PaymentPlan.case_id.in_(case_ids), PaymentPlan.state.in_(RUNNING))
        .where(Instalment.state == InstalmentState.OPEN)
        .group_by(PaymentPlan.case_id, PaymentPlan.party_id)
    )
    rows = (await session.execute(waiting)).all()
    zones = await debtor_zones(session, [row.party_id for row in rows])
    return [(case_id, start_of(due_on, zones[party_id])) for case_id, party_id, due_on in rows]
