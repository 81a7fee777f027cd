"""The unit of work on both databases: nothing lost, nothing out of order."""

import asyncio
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.bus import DROPPED, Bus
from core.kernel.clock import ManualClock
from core.kernel.events import Event
from core.kernel.jobs import Job, JobQueued, JobRunner, JobState, Retry, enqueue
from core.kernel.journal import GroupCommit
from core.kernel.uow import UnitOfWork, Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted(Event):
    value: int


async def _job(work: Work, clock: ManualClock, **values: object) -> None:
    row = {"kind": "k", "payload": {}, "run_at": clock.now(), "created_at": clock.now(), **values}
    await work.session.execute(insert(Job).values(row))


async def test_concurrent_read_modify_write_loses_no_update(uow: UnitOfWork, clock: ManualClock) -> None:
    async with uow.write() as work:
        await _job(work, clock)

    async def add_one() -> None:
        async with uow.write() as work:
            await work.session.execute(update(Job).values(attempts=Job.attempts + 1))

    await asyncio.gather(*(add_one() for _ in range(50)))
    async with uow.read() as session:
        assert await session.scalar(select(Job.attempts)) == 50


async def test_events_follow_the_commits_and_a_rollback_tells_nobody(
    uow: UnitOfWork, bus: Bus, clock: ManualClock
) -> None:
    heard: list[int] = []

    async def hear(event: Counted) -> None:
        heard.append(event.value)

    bus.subscribe(Counted, hear)
    order: list[int] = []

    async def count(value: int) -> None:
        async with uow.write() as work:
            await work.session.execute(
                insert(Job).values(kind="k", payload={}, run_at=clock.now(), created_at=clock.now())
            )
            order.append(value)
            work.emit(Counted(at=clock.now(), value=value))

    await asyncio.gather(*(count(value) for value in range(30)))

    async def fail() -> None:
        async with uow.write() as work:
            work.emit(Counted(at=clock.now(), value=99))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await bus.drained()
    assert sorted(heard) == list(range(30))
    if uow.database.dialect == "sqlite":  # one writer: the order inside is the order of the commits
        assert heard == order


async def test_a_savepoint_publishes_nothing(uow: UnitOfWork, bus: Bus, clock: ManualClock) -> None:
    heard: list[int] = []

    async def hear(event: Counted) -> None:
        heard.append(event.value)

    bus.subscribe(Counted, hear)
    async with uow.write() as work:
        work.emit(Counted(at=clock.now(), value=1))
        async with work.session.begin_nested():
            await _job(work, clock)
        await bus.drained()
        assert heard == []
    await bus.drained()
    assert heard == [1]


async def test_a_savepoint_that_is_rolled_back_takes_its_events_with_it(
    uow: UnitOfWork, bus: Bus, clock: ManualClock
) -> None:
    heard: list[int] = []

    async def hear(event: Counted) -> None:
        heard.append(event.value)

    bus.subscribe(Counted, hear)

    async def emit_within(work: Work, *values: int, fail: bool) -> None:
        async with work.session.begin_nested():
            await _job(work, clock)
            for value in values:
                work.emit(Counted(at=clock.now(), value=value))
            if fail:
                raise RuntimeError

    async with uow.write() as work:
        await emit_within(work, 1, fail=False)
        with suppress(RuntimeError):
            await emit_within(work, 2, 3, fail=True)
        await emit_within(work, 4, fail=False)
        with suppress(RuntimeError):
            async with work.session.begin_nested():
                await emit_within(work, 5, fail=False)
                raise RuntimeError
        work.emit(Counted(at=clock.now(), value=6))
    await bus.drained()
    assert heard == [1, 4, 6]


async def test_what_nobody_fetches_does_not_fill_the_memory(clock: ManualClock) -> None:
    heard: list[int] = []

    async def hear(event: Counted) -> None:
        heard.append(event.value)

    bus, before = Bus(most_waiting=3), DROPPED._value.get()
    bus.subscribe(Counted, hear)
    bus.publish(Counted(at=clock.now(), value=value) for value in range(10))
    delivering = asyncio.create_task(bus.run())
    await asyncio.wait_for(bus.drained(), 60)
    assert heard == [7, 8, 9]
    assert DROPPED._value.get() - before == 7
    delivering.cancel()


async def test_a_broken_subscriber_does_not_stop_the_others(bus: Bus, clock: ManualClock) -> None:
    heard: list[int] = []

    async def break_down(_event: Counted) -> None:
        raise RuntimeError("broken")

    async def hear(event: Counted) -> None:
        heard.append(event.value)

    bus.subscribe(Counted, break_down)
    bus.subscribe(Counted, hear)
    bus.publish([Counted(at=clock.now(), value=1), Counted(at=clock.now(), value=2)])
    await bus.drained()
    assert heard == [1, 2]


async def test_readers_cannot_write(uow: UnitOfWork) -> None:
    with pytest.raises(DBAPIError):
        async with uow.read() as session:
            await session.execute(update(Job).values(attempts=1))


async def test_group_commit_isolates_a_bad_item(uow: UnitOfWork, clock: ManualClock) -> None:
    async def write(work: Work, items: object) -> None:
        for item in items:  # type: ignore[attr-defined]
            await _job(work, clock, kind=item, key=f"key-{item}" if item == "bad" else None)

    async with uow.write() as work:
        await _job(work, clock, kind="bad", key="key-bad", state=JobState.QUEUED)
    journal: GroupCommit[str] = GroupCommit(uow, write)
    task = asyncio.create_task(journal.run())
    outcomes = await asyncio.gather(*(journal.append(k) for k in ["a", "bad", "b", "c"]), return_exceptions=True)
    task.cancel()
    assert [isinstance(o, Exception) for o in outcomes] == [False, True, False, False]
    async with uow.read() as session:
        assert await session.scalar(select(func.count()).where(Job.kind.in_(["a", "b", "c"]))) == 3


async def test_a_key_queues_one_open_job_and_may_be_used_again_afterwards(uow: UnitOfWork, clock: ManualClock) -> None:
    ran: list[int] = []

    async def handle(payload: object) -> None:
        ran.append(payload["n"])  # type: ignore[index]

    runner = JobRunner(uow, clock, {"greet": handle})
    async with uow.write() as work:
        assert await enqueue(work, "greet", {"n": 1}, at=clock.now(), key="once")
        assert not await enqueue(work, "greet", {"n": 2}, at=clock.now(), key="once")
    assert await runner.run_due() == 1
    async with uow.write() as work:
        assert await enqueue(work, "greet", {"n": 3}, at=clock.now(), key="once")
    await runner.run_due()
    assert ran == [1, 3]


async def test_two_runners_never_run_a_job_twice(uow: UnitOfWork, clock: ManualClock) -> None:
    ran: list[int] = []

    async def handle(payload: object) -> None:
        ran.append(payload["n"])  # type: ignore[index]

    async with uow.write() as work:
        for n in range(40):
            await enqueue(work, "greet", {"n": n}, at=clock.now())
    runners = [JobRunner(uow, clock, {"greet": handle}) for _ in range(4)]
    await asyncio.gather(*(runner.run_due() for runner in runners))
    assert sorted(ran) == list(range(40))


async def test_failures_back_off_and_a_dead_process_loses_its_lease(uow: UnitOfWork, clock: ManualClock) -> None:
    tries = 0

    async def fail_twice(_payload: object) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError("not yet")
        if tries == 2:
            raise Retry(timedelta(seconds=5))

    runner = JobRunner(uow, clock, {"greet": fail_twice})
    async with uow.write() as work:
        await enqueue(work, "greet", {}, at=clock.now())
        await _job(work, clock, kind="greet", state=JobState.RUNNING, lease_until=clock.now(), lease_owner="dead")
    assert await runner.run_due() == 1
    clock.advance(timedelta(seconds=2))
    assert await runner.run_due() == 2  # the retry and the job of the dead process
    clock.advance(timedelta(seconds=5))
    await runner.run_due()
    async with uow.read() as session:
        assert set(await session.scalars(select(Job.state))) == {JobState.DONE}


async def test_a_job_that_kills_its_process_is_given_up(uow: UnitOfWork, clock: ManualClock) -> None:
    ran = 0

    async def handle(_payload: object) -> None:
        nonlocal ran
        ran += 1

    dead = {"state": JobState.RUNNING, "lease_until": clock.now(), "lease_owner": "dead"}
    async with uow.write() as work:
        await _job(work, clock, kind="greet", attempts=8, **dead)
    clock.advance(timedelta(seconds=1))
    assert await JobRunner(uow, clock, {"greet": handle}).run_due() == 1
    async with uow.read() as session:
        job = (await session.scalars(select(Job))).one()
    assert (ran, job.state, job.lease_owner) == (0, JobState.FAILED, None)


class _Restarting(UnitOfWork):
    """A database that goes away for a moment and says when it was asked in vain."""

    def __init__(self, within: UnitOfWork) -> None:
        super().__init__(within.database, Bus())
        self.away = False
        self.refused = asyncio.Event()

    def read(self, *, brief: bool = False) -> AbstractAsyncContextManager[AsyncSession]:
        if self.away:
            self.refused.set()
            raise OSError("the database is away")
        return super().read(brief=brief)


async def test_the_runner_outlives_a_restart_of_the_database(uow: UnitOfWork, clock: ManualClock) -> None:
    done = asyncio.Event()

    async def handle(_payload: object) -> None:
        done.set()

    away = _Restarting(uow)
    away.away = True
    runner = JobRunner(away, clock, {"greet": handle})
    task = asyncio.create_task(runner.run())
    async with asyncio.timeout(60):
        await away.refused.wait()
        away.away = False
        async with uow.write() as work:
            await enqueue(work, "greet", {}, at=clock.now())
        await runner.on_queued(JobQueued(at=clock.now(), kind="greet"))
        await done.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_reader_sees_one_moment(uow: UnitOfWork, clock: ManualClock) -> None:
    async with uow.read() as session:
        assert await session.scalar(select(func.count(Job.id))) == 0
        async with uow.write() as work:
            await _job(work, clock)
        assert await session.scalar(select(func.count(Job.id))) == 0


async def test_errors_do_not_quote_what_was_written(uow: UnitOfWork, clock: ManualClock) -> None:
    with pytest.raises(DBAPIError) as failure:
        async with uow.write() as work:
            await _job(work, clock, kind="79000000001", payload=None, created_at=None)
    assert "79000000001" not in str(failure.value).split("DETAIL")[0]
