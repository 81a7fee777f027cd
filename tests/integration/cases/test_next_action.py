"""When a case is to be worked on next has one keeper: what was set by hand stands until somebody has worked on it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.cases import rights
from core.cases.model import Case, CloseReason, TaskKind
from core.cases.service.cases import close, reopen
from core.cases.service.planning import replan, set_next_action
from core.cases.service.tasks import NewTask, add_task, cancel_task, reassign_task
from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork, Work
from tests.integration.cases.conftest import Floor, debtor_case


@pytest.fixture
async def case(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> Case:
    return await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", owner=floor.anna)


@pytest.fixture
def anna(floor: Floor) -> Actor:
    return floor.actor(floor.anna, Scope.ALL, rights.EDIT, rights.TASKS, rights.CLOSE)


async def stands(work: Work, case: Case) -> datetime | None:
    return await work.session.scalar(select(Case.next_action_at).where(Case.id == case.id))


def task(case: Case, due_at: datetime) -> NewTask:
    return NewTask(case_id=case.id, kind=TaskKind.CALL, title="Call", due_at=due_at)


async def test_a_moment_set_by_hand_outlives_what_else_is_planned(
    uow: UnitOfWork, clock: ManualClock, anna: Actor, case: Case
) -> None:
    now = clock.now()
    by_hand, sooner = now + timedelta(days=3), now + timedelta(days=1)
    async with uow.write() as work:
        await set_next_action(work, anna, case.id, by_hand, at=now)
        assert await stands(work, case) == by_hand
        other = await add_task(work, anna, task(case, now + timedelta(days=9)), at=now)
        first = await add_task(work, anna, task(case, sooner), at=now)
        assert await stands(work, case) == sooner
        await cancel_task(work, anna, first.id, "", at=now)
        assert await stands(work, case) == by_hand
        await replan(work, [case.id])  # money came, a promise fell due
        assert await stands(work, case) == by_hand
        await set_next_action(work, anna, case.id, None, at=now)
        assert await stands(work, case) == other.due_at


async def test_it_is_done_by_whoever_works_on_the_case_then(
    uow: UnitOfWork, clock: ManualClock, anna: Actor, case: Case
) -> None:
    now = clock.now()
    by_hand, after = now + timedelta(hours=1), now + timedelta(hours=2)
    async with uow.write() as work:
        await set_next_action(work, anna, case.id, by_hand, at=now)
        await replan(work, [case.id], worked_at=by_hand - timedelta(seconds=1))
        assert await stands(work, case) == by_hand
        await replan(work, [case.id])
        later = await add_task(work, PROGRAM, task(case, now + timedelta(days=2)), at=after)
        await reassign_task(work, anna, later.id, None, at=after)
        assert await stands(work, case) == by_hand  # nobody has worked on it yet
        last = await add_task(work, anna, task(case, now + timedelta(days=1)), at=after)
        assert await stands(work, case) == last.due_at


async def test_a_new_case_asks_at_once_until_something_is_planned(
    uow: UnitOfWork, clock: ManualClock, anna: Actor, case: Case
) -> None:
    now = clock.now()
    async with uow.write() as work:
        assert await stands(work, case) == case.opened_at
        await replan(work, [case.id])
        assert await stands(work, case) == case.opened_at
        planned = await add_task(work, anna, task(case, now + timedelta(days=2)), at=now)
        assert await stands(work, case) == planned.due_at


async def test_a_closed_case_asks_for_nothing_and_a_reopened_one_for_what_is_planned(
    uow: UnitOfWork, clock: ManualClock, anna: Actor, case: Case
) -> None:
    now = clock.now()
    async with uow.write() as work:
        planned = await add_task(work, anna, task(case, now + timedelta(days=2)), at=now)
        await set_next_action(work, anna, case.id, now + timedelta(days=1), at=now)
        await close(work, anna, case.id, CloseReason.EXHAUSTED, at=now)
        assert await stands(work, case) is None
        await reopen(work, anna, case.id, at=now)
        assert await stands(work, case) == planned.due_at
