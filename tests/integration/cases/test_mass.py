"""Acting on many cases on both databases: foreseen, done row by row, stopped, taken back, and in a race."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.audit.model import AuditEntry
from core.cases import rights
from core.cases.errors import MassBusy
from core.cases.model import (
    Case,
    CaseEvent,
    CaseState,
    CaseTag,
    CloseReason,
    Jurisdiction,
    MassItem,
    MassOutcome,
    MassRun,
    MassState,
    Stage,
    Tag,
    Task,
    TaskState,
)
from core.cases.queries.lists import ListQuery
from core.cases.rules.mass import AMBIGUOUS, NOT_THERE, TWICE, MassAction
from core.cases.service.cases import assign, close, set_stage
from core.cases.service.creditors import CreditorData, add_creditor
from core.cases.service.mass import Mass, outcome_counts
from core.cases.service.mass_actions import Deed, Params
from core.cases.service.tasks import finish_task
from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.jobs import JobRunner
from core.kernel.uow import UnitOfWork
from core.people.access import actor_of
from core.people.model import Profile, ProfileRight, RoleProfile, User
from tests.integration.cases.conftest import Floor, debtor_case

EVERY = (rights.VIEW, rights.EDIT, rights.ASSIGN, rights.CLOSE, rights.TASKS, rights.MASS)


@pytest.fixture
def mass(uow: UnitOfWork, clock: ManualClock) -> Mass:
    return Mass(uow, clock)


@pytest.fixture
def jobs(uow: UnitOfWork, clock: ManualClock, mass: Mass) -> JobRunner:
    return JobRunner(uow, clock, mass.handlers)


async def enabled(uow: UnitOfWork, user: User, scope: Scope = Scope.ALL, keys: Sequence[str] = EVERY) -> Actor:
    """The user with these rights, as the job will find him too."""
    async with uow.write() as work:
        profile = Profile(name="Mass")
        work.session.add(profile)
        await work.session.flush()
        work.session.add_all(ProfileRight(profile_id=profile.id, right=key, scope=scope) for key in keys)
        work.session.add(RoleProfile(role_id=user.role_id, profile_id=profile.id))
    async with uow.read() as session:
        return await actor_of(session, user)


async def seen(uow: UnitOfWork, run_id: int) -> tuple[str, dict[str, int]]:
    async with uow.read() as session:
        run = await session.get_one(MassRun, run_id)
        return run.state, await outcome_counts(session, run_id)


async def one(uow: UnitOfWork, case_id: int) -> Case:
    async with uow.read() as session:
        return await session.get_one(Case, case_id)


async def named(uow: UnitOfWork) -> tuple[int, int]:
    """A stage and a tag."""
    async with uow.write() as work:
        stage, tag = Stage(key="court", name="Court", position=1), Tag(name="VIP")
        work.session.add_all([stage, tag])
        await work.session.flush()
        return stage.id, tag.id


async def test_every_action_is_done_told_and_taken_back(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, mass: Mass, jobs: JobRunner
) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov", owner=floor.anna)
    chief = await enabled(uow, floor.boris)
    stage_id, tag_id = await named(uow)
    when = clock.now() + timedelta(days=3)
    deeds = {
        MassAction.ASSIGN: Params(user_id=floor.boris.id),
        MassAction.STAGE: Params(stage_id=stage_id),
        MassAction.TASK: Params(title="Look at it", due_at=when),
        MassAction.NEXT: Params(due_at=when),
        MassAction.TAG: Params(tag_id=tag_id),
        MassAction.SUSPEND: Params(reason="a stay", until=when.date()),
        MassAction.CLOSE: Params(close_reason=CloseReason.WITHDRAWN),
    }
    fields = ("collector_id", "unit_id", "stage_id", "next_action_at", "state", "suspended_until", "close_reason")
    for action, params in deeds.items():
        before = {name: getattr(await one(uow, case.id), name) for name in fields}
        run = await mass.choose(chief, [case.id])
        told = await mass.foresee(chief, run, Deed(action, params))
        assert (told.done, list(told.skipped)) == (1, []), action
        await mass.start(chief, run, Deed(action, params))
        await jobs.run_due()
        assert await seen(uow, run) == (MassState.DONE, {MassOutcome.DONE: 1}), action
        async with uow.read() as session:
            told_of = await session.scalar(select(func.count()).where(CaseEvent.case_id == case.id))
            tags = await session.scalar(select(func.count()).select_from(CaseTag))
            tasks = await session.scalar(select(func.count()).where(Task.state == TaskState.OPEN))
        assert told_of, action
        assert (tags, tasks) == (int(action is MassAction.TAG), int(action is MassAction.TASK)), action
        await mass.undo(chief, run)
        await jobs.run_due()
        assert await seen(uow, run) == (MassState.UNDONE, {MassOutcome.UNDONE: 1}), action
        after = {name: getattr(await one(uow, case.id), name) for name in fields}
        if action is not MassAction.TASK:  # an ended task leaves the plan to what else is planned
            assert after == before, action
    async with uow.read() as session:
        assert await session.scalar(select(func.count()).select_from(CaseTag)) == 0
        assert await session.scalar(select(func.count()).where(Task.state == TaskState.OPEN)) == 0
        summaries = select(func.count()).where(AuditEntry.action == "mass.done")
        assert await session.scalar(summaries) == len(deeds)


async def test_resumed_and_untagged(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, mass: Mass, jobs: JobRunner
) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov")
    chief = await enabled(uow, floor.boris)
    _, tag_id = await named(uow)
    for there, back in (
        (Deed(MassAction.SUSPEND, Params(reason="a stay")), Deed(MassAction.RESUME, Params())),
        (Deed(MassAction.TAG, Params(tag_id=tag_id)), Deed(MassAction.UNTAG, Params(tag_id=tag_id))),
    ):
        for deed in (there, back):
            run = await mass.choose(chief, [case.id])
            await mass.start(chief, run, deed)
            await jobs.run_due()
            assert (await seen(uow, run))[1] == {MassOutcome.DONE: 1}
    assert (await one(uow, case.id)).state == CaseState.OPEN


async def test_rows_that_cannot_be_done_say_why(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, mass: Mass, jobs: JobRunner
) -> None:
    mine = await debtor_case(uow, clock, floor, "A-1", "Petrov", owner=floor.anna)
    shut = await debtor_case(uow, clock, floor, "A-2", "Ivanov", owner=floor.anna)
    await debtor_case(uow, clock, floor, "B-1", "Sidorov", owner=floor.boris)
    async with uow.write() as work:
        await close(work, PROGRAM, shut.id, CloseReason.WITHDRAWN, at=clock.now())
    anna = await enabled(uow, floor.anna, Scope.TEAM)
    run = await mass.choose_numbers(anna, ["A-1", "A-2", "B-1", "A-1", "X-9"], "cases.xlsx")
    deed = Deed(MassAction.NEXT, Params(due_at=clock.now()))
    told = await mass.foresee(anna, run, deed)
    assert told.done == 0 and sum(count for _, count in told.skipped) == 2  # noqa: PT018
    deed = Deed(MassAction.TASK, Params(title="Write", due_at=clock.now()))
    await mass.start(anna, run, deed)
    await jobs.run_due()
    async with uow.read() as session:
        rows = (await session.scalars(select(MassItem).where(MassItem.run_id == run).order_by(MassItem.n))).all()
    assert [row.outcome for row in rows] == [MassOutcome.DONE, *[MassOutcome.SKIPPED] * 4]
    assert [row.error.get("text") for row in rows] == [
        None,
        "The case is not open.",
        NOT_THERE.msgid,
        TWICE.msgid,
        NOT_THERE.msgid,
    ]
    assert rows[0].case_id == mine.id


async def test_a_number_of_several_creditors_needs_to_be_told_apart(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, mass: Mass
) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov")
    async with uow.write() as work:
        twin = await work.session.get_one(Case, case.id)
        other = Case(
            **{column.key: getattr(twin, column.key) for column in Case.__table__.columns if column.key != "id"}
        )

        data = CreditorData(name="Southern Loans", jurisdiction=Jurisdiction.NONE, region="PL", currency="PLN")
        other.creditor_id = (await add_creditor(work, PROGRAM, data, at=clock.now())).id
        work.session.add(other)
    chief = await enabled(uow, floor.boris)
    both = await mass.choose_numbers(chief, ["A-1"], "list.txt")
    just = await mass.choose_numbers(chief, ["A-1"], "list.txt", creditor_id=floor.creditor.id)
    async with uow.read() as session:
        found = {row.run_id: row for row in await session.scalars(select(MassItem))}
    assert found[both].error["text"] == AMBIGUOUS.msgid
    assert found[just].case_id == case.id


async def test_everything_the_filter_finds(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, mass: Mass, jobs: JobRunner
) -> None:
    for n in range(30):
        await debtor_case(uow, clock, floor, f"A-{n}", "Petrov", owner=floor.anna if n % 2 else floor.boris)
    chief = await enabled(uow, floor.boris, Scope.TEAM)
    run = await mass.choose_all(chief, ListQuery())
    await mass.start(chief, run, Deed(MassAction.ASSIGN, Params()))
    await jobs.run_due()
    assert await seen(uow, run) == (MassState.DONE, {MassOutcome.DONE: 15})
    with pytest.raises(MassBusy):
        await mass.start(chief, run, Deed(MassAction.ASSIGN, Params()))


async def test_only_rows_still_as_they_were_left_are_taken_back(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, mass: Mass, jobs: JobRunner
) -> None:
    cases = [await debtor_case(uow, clock, floor, f"A-{n}", "Petrov", owner=floor.anna) for n in range(4)]
    chief = await enabled(uow, floor.boris)
    stage_id, _ = await named(uow)
    run = await mass.choose(chief, [case.id for case in cases])
    await mass.start(chief, run, Deed(MassAction.ASSIGN, Params(user_id=floor.boris.id)))
    await jobs.run_due()
    async with uow.write() as work:
        await assign(work, chief, [cases[0].id], None, at=clock.now())
        await set_stage(work, chief, cases[1].id, stage_id, at=clock.now())  # something else: no obstacle
    await mass.undo(chief, run)
    await jobs.run_due()
    assert await seen(uow, run) == (MassState.UNDONE, {MassOutcome.KEPT: 1, MassOutcome.UNDONE: 3})
    owners = [(await one(uow, case.id)).collector_id for case in cases]
    assert owners == [None, *[floor.anna.id] * 3]


async def test_a_finished_task_is_not_taken_back(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, mass: Mass, jobs: JobRunner
) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov")
    chief = await enabled(uow, floor.boris)
    run = await mass.choose(chief, [case.id])
    await mass.start(chief, run, Deed(MassAction.TASK, Params(title="Call", due_at=clock.now())))
    await jobs.run_due()
    async with uow.write() as work:
        task = (await work.session.scalars(select(Task))).one()
        await finish_task(work, chief, task.id, "called", at=clock.now())
    await mass.undo(chief, run)
    await jobs.run_due()
    assert (await seen(uow, run))[1] == {MassOutcome.KEPT: 1}


@pytest.mark.slow
async def test_two_runs_over_the_same_cases(uow: UnitOfWork, clock: ManualClock, floor: Floor, mass: Mass) -> None:
    """Each case goes to one of the two, whichever came last, and every row tells the truth; nothing hangs."""
    ids = [(await debtor_case(uow, clock, floor, f"A-{n}", "Petrov")).id for n in range(40)]
    chief = await enabled(uow, floor.boris)
    runs = [await mass.choose(chief, ids), await mass.choose(chief, list(reversed(ids)))]
    for run, user in zip(runs, (floor.anna, floor.boris), strict=True):
        await mass.start(chief, run, Deed(MassAction.ASSIGN, Params(user_id=user.id)))
    runners = [JobRunner(uow, clock, mass.handlers) for _ in runs]
    await asyncio.wait_for(asyncio.gather(*(runner.run_due() for runner in runners)), 60)
    assert [await seen(uow, run) for run in runs] == [(MassState.DONE, {MassOutcome.DONE: 40})] * 2
    owners = {(await one(uow, case_id)).collector_id for case_id in ids}
    assert owners <= {floor.anna.id, floor.boris.id}
    await mass.undo(chief, runs[0])
    await mass.undo(chief, runs[1])
    await asyncio.wait_for(asyncio.gather(*(runner.run_due() for runner in runners)), 60)
    states = [await seen(uow, run) for run in runs]
    assert all(state == MassState.UNDONE for state, _ in states)


async def test_one_job_started_twice_does_each_row_once(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, mass: Mass
) -> None:
    """A lease that ran out lets a second runner at the same run."""
    ids = [(await debtor_case(uow, clock, floor, f"A-{n}", "Petrov")).id for n in range(30)]
    chief = await enabled(uow, floor.boris)
    run = await mass.choose(chief, ids)
    await mass.start(chief, run, Deed(MassAction.TASK, Params(title="Call", due_at=clock.now())))
    work = mass.handlers["mass.run"]
    await asyncio.gather(work({"run": run}), work({"run": run}))
    assert await seen(uow, run) == (MassState.DONE, {MassOutcome.DONE: 30})
    async with uow.read() as session:
        assert await session.scalar(select(func.count()).select_from(Task)) == 30


async def test_stopped_where_it_is(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, mass: Mass, jobs: JobRunner
) -> None:
    ids = [(await debtor_case(uow, clock, floor, f"A-{n}", "Petrov")).id for n in range(3)]
    chief = await enabled(uow, floor.boris)
    run = await mass.choose(chief, ids)
    await mass.start(chief, run, Deed(MassAction.ASSIGN, Params(user_id=floor.anna.id)))
    await mass.stop(chief, run)
    await jobs.run_due()
    assert await seen(uow, run) == (MassState.STOPPED, {MassOutcome.WAITING: 3})
    with pytest.raises(MassBusy):
        await mass.stop(chief, run)


async def test_the_door_is_the_right(uow: UnitOfWork, clock: ManualClock, floor: Floor, mass: Mass) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov", owner=floor.anna)
    plain = floor.actor(floor.anna)
    with pytest.raises(Forbidden):
        await mass.choose(plain, [case.id])
    chief = await enabled(uow, floor.boris)
    run = await mass.choose(chief, [case.id])
    with pytest.raises(Invalid):
        await mass.start(chief, run, Deed(MassAction.TASK, Params()))
    with pytest.raises(Invalid):
        await mass.start(chief, run, Deed(MassAction.STAGE, Params(stage_id=999_999)))
    stranger = floor.actor(floor.anna, Scope.OWN, rights.MASS)
    with pytest.raises(NotFound):
        await mass.foresee(stranger, run, Deed(MassAction.NEXT, Params()))
