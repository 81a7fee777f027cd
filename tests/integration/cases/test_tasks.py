"""Tasks on both databases: planned once for one reason, moved, given, finished; the agenda they stand on."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.app.adapters.worklists import FloorCallbacks
from callcenter.callbacks.model import Callback, CallbackState, Origin
from callcenter.callbacks.rights import VIEW as CALLBACKS
from core.cases import rights
from core.cases.card import case_timeline
from core.cases.errors import CaseNotOpen, TaskEnded
from core.cases.model import Case, CloseReason, EventKind, Task, TaskKind, TaskState
from core.cases.queries.agenda import CALLBACK, AgendaQuery, agenda, count_waiting
from core.cases.service.cases import assign, close
from core.cases.service.tasks import NewTask, add_task, cancel_task, finish_task, move_task, reassign_task
from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Invalid, NotFound
from core.kernel.uow import UnitOfWork
from core.people.model import Profile, ProfileRight, RoleProfile
from tests.integration.cases.conftest import Floor, debtor_case


def worker(floor: Floor, who: str = "anna", scope: Scope = Scope.OWN) -> Actor:
    user = floor.anna if who == "anna" else floor.boris
    return floor.actor(user, scope, rights.TASKS, rights.ASSIGN, CALLBACKS)


async def seeing(uow: UnitOfWork, floor: Floor) -> None:
    """Everybody of the role may see and do all."""
    async with uow.write() as work:
        profile = Profile(name="All")
        work.session.add(profile)
        await work.session.flush()
        for key in (rights.VIEW, rights.TASKS):
            work.session.add(ProfileRight(profile_id=profile.id, right=key, scope=Scope.ALL))
        work.session.add(RoleProfile(role_id=floor.anna.role_id, profile_id=profile.id))


async def plan(uow: UnitOfWork, clock: ManualClock, actor: Actor, case: Case, days: int = 1, **more: object) -> Task:
    new = NewTask(case_id=case.id, kind=TaskKind.CALL, title="Call", due_at=clock.now() + timedelta(days=days), **more)  # type: ignore[arg-type]
    async with uow.write() as work:
        return await add_task(work, actor, new, at=clock.now())


async def next_action(uow: UnitOfWork, case: Case) -> object:
    async with uow.read() as session:
        return await session.scalar(select(Case.next_action_at).where(Case.id == case.id))


async def test_a_life(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov", owner=floor.anna)
    anna, now = worker(floor), clock.now()
    later = await plan(uow, clock, anna, case, 5)
    sooner = await plan(uow, clock, anna, case, 2)
    assert await next_action(uow, case) == sooner.due_at
    async with uow.write() as work:
        await move_task(work, anna, sooner.id, now + timedelta(days=9), at=now)
    assert await next_action(uow, case) == later.due_at
    async with uow.write() as work:
        ended = await finish_task(work, anna, later.id, "reached", at=now)
    assert (ended.state, ended.result, ended.ended_by_id) == (TaskState.DONE, "reached", floor.anna.id)
    assert await next_action(uow, case) == now + timedelta(days=9)
    async with uow.write() as work:
        await cancel_task(work, anna, sooner.id, "not needed", at=now)
    assert await next_action(uow, case) is None
    with pytest.raises(TaskEnded):
        async with uow.write() as work:
            await finish_task(work, anna, sooner.id, "", at=now)
    async with uow.read() as session:
        told = await case_timeline(session, anna, case.id, kinds=[EventKind.TASK])
    assert [event.data["state"] for event in told.events] == ["cancelled", "done", "moved", "planned", "planned"]


async def test_one_reason_makes_one_task(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov")
    made = await asyncio.gather(*(plan(uow, clock, PROGRAM, case, key="broken:1") for _ in range(5)))
    assert len({task.id for task in made}) == 1
    async with uow.write() as work:
        await finish_task(work, PROGRAM, made[0].id, "done", at=clock.now())
    assert (await plan(uow, clock, PROGRAM, case, key="broken:1")).state == TaskState.DONE


async def test_two_who_finish_at_once(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov", owner=floor.anna)
    task = await plan(uow, clock, worker(floor), case)

    async def finish() -> bool:
        try:
            async with uow.write() as work:
                await finish_task(work, worker(floor), task.id, "", at=clock.now())
        except TaskEnded:
            return False
        return True

    assert sorted(await asyncio.gather(finish(), finish())) == [False, True]


async def test_what_cannot_be_planned(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov", owner=floor.anna)
    with pytest.raises(NotFound):
        await plan(uow, clock, worker(floor, "boris"), case)
    with pytest.raises(Invalid):  # boris cannot see it
        await plan(uow, clock, worker(floor), case, assignee_id=floor.boris.id)
    async with uow.write() as work:
        await close(work, PROGRAM, case.id, CloseReason.WITHDRAWN, at=clock.now())
    with pytest.raises(CaseNotOpen):
        await plan(uow, clock, worker(floor), case)


async def test_the_agenda_holds_tasks_calls_and_instructions(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    await seeing(uow, floor)
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov", owner=floor.anna)
    anna, boris, now = worker(floor), worker(floor, "boris", Scope.ALL), clock.now()
    held = await plan(uow, clock, anna, case, 3)
    told = await plan(uow, clock, boris, case, 1, assignee_id=floor.anna.id)
    async with uow.write() as work:
        work.session.add(
            Callback(
                state=CallbackState.PLANNED,
                origin=Origin.AGREED,
                user_id=floor.anna.id,
                case_id=case.id,
                phone="+79000000101",
                zone="UTC",
                window_start=now + timedelta(days=2),
                window_end=now + timedelta(days=2, hours=1),
                reason="after pay day",
                created_by=floor.anna.id,
                created_at=now,
            )
        )
    mine = AgendaQuery(user_id=floor.anna.id)
    async with uow.read() as session:
        found = await agenda(session, anna, mine, FloorCallbacks())
        ordered = await agenda(session, anna, AgendaQuery(user_id=floor.anna.id, ordered=True), FloorCallbacks())
        calls = await agenda(session, anna, AgendaQuery(kind=CALLBACK), FloorCallbacks())
        tasks = await agenda(session, anna, AgendaQuery(kind="call", until=now + timedelta(days=2)), FloorCallbacks())
        paged = await agenda(session, anna, AgendaQuery(size=1), FloorCallbacks())
        further = await agenda(session, anna, AgendaQuery(size=5, after=paged.next), FloorCallbacks())
        waiting = await count_waiting(session, anna, now + timedelta(days=2))
    assert [(line.id, line.kind) for line in found.rows][::2] == [(told.id, "call"), (held.id, "call")]
    assert (found.rows[1].kind, found.rows[1].title, found.total) == (CALLBACK, "after pay day", 3)
    assert [line.id for line in ordered.rows] == [told.id]
    assert [line.kind for line in calls.rows] == [CALLBACK]
    assert [line.id for line in tasks.rows] == [told.id]
    assert (len(paged.rows), len(further.rows), waiting) == (1, 2, 1)


async def test_the_case_takes_its_tasks_along(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    await seeing(uow, floor)
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov", owner=floor.anna)
    task = await plan(uow, clock, PROGRAM, case, assignee_id=floor.anna.id)
    async with uow.write() as work:
        await assign(work, PROGRAM, [case.id], floor.boris.id, at=clock.now())
        assert (await work.session.get_one(Task, task.id, populate_existing=True)).assignee_id is None
        given = await reassign_task(work, PROGRAM, task.id, floor.boris.id, at=clock.now())
    assert given.assignee_id == floor.boris.id
