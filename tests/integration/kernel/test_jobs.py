"""Jobs that are asked for while they run, and those a dead process has left, on both databases."""

import asyncio
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

import core
from core.kernel.clock import ManualClock
from core.kernel.jobs import Job, JobRunner, JobState, Retry, enqueue
from core.kernel.jobs.process import dead, identity
from core.kernel.uow import UnitOfWork

PATIENCE_SECONDS = 20


async def ask(uow: UnitOfWork, clock: ManualClock, *, later: timedelta = timedelta(0)) -> bool:
    now = clock.now()
    async with uow.write() as work:
        return await enqueue(work, "look", {}, at=now, run_at=now + later, key="look:1")


async def states(uow: UnitOfWork) -> list[str]:
    async with uow.read() as session:
        return list((await session.scalars(select(Job.state).order_by(Job.id))).all())


async def test_what_is_asked_for_while_it_runs_runs_once_more(uow: UnitOfWork, clock: ManualClock) -> None:
    answers: list[bool] = []

    async def look(_payload: Mapping[str, Any]) -> None:
        if not answers:  # asked again after it has looked, twice, and before it is settled
            answers.extend([await ask(uow, clock), await ask(uow, clock)])
        else:
            answers.append(True)

    runner = JobRunner(uow, clock, {"look": look})
    assert await ask(uow, clock)
    assert not await ask(uow, clock)
    assert await runner.run_due() == 2
    assert answers == [True, True, True]
    assert await states(uow) == [JobState.DONE]
    assert await ask(uow, clock)
    assert await states(uow) == [JobState.DONE, JobState.QUEUED]


async def test_asked_for_later_it_runs_again_then(uow: UnitOfWork, clock: ManualClock) -> None:
    runs = []

    async def look(_payload: Mapping[str, Any]) -> None:
        runs.append(clock.now())
        if len(runs) == 1:
            await ask(uow, clock, later=timedelta(minutes=5))

    runner = JobRunner(uow, clock, {"look": look})
    await ask(uow, clock)
    assert await runner.run_due() == 1
    assert await states(uow) == [JobState.QUEUED]
    clock.advance(timedelta(minutes=5))
    assert await runner.run_due() == 1
    assert await states(uow) == [JobState.DONE]


async def test_another_try_serves_who_asked_meanwhile(uow: UnitOfWork, clock: ManualClock) -> None:
    runs = []

    async def look(_payload: Mapping[str, Any]) -> None:
        runs.append(clock.now())
        if len(runs) == 1:
            await ask(uow, clock)
            raise Retry(timedelta(minutes=1))

    runner = JobRunner(uow, clock, {"look": look})
    await ask(uow, clock)
    assert await runner.run_due() == 1
    clock.advance(timedelta(minutes=1))
    assert await runner.run_due() == 1
    assert await states(uow) == [JobState.DONE]


async def test_what_a_dead_process_held_is_taken_over_at_once(uow: UnitOfWork, clock: ManualClock) -> None:
    ran: asyncio.Queue[str] = asyncio.Queue()

    async def look(payload: Mapping[str, Any]) -> None:
        ran.put_nowait(payload["of"])

    holders = {"dead": await gone(), "alive": identity(), "elsewhere": "0123456789ab:1:1:aaaaaa"}
    async with uow.write() as work:
        for of in holders:
            await enqueue(work, "look", {"of": of}, at=clock.now())
        for number, owner in enumerate(holders.values(), start=1):
            lease = {"state": JobState.RUNNING, "lease_owner": owner, "lease_until": clock.now() + timedelta(minutes=1)}
            await work.session.execute(update(Job).where(Job.id == number).values(lease))
    running = asyncio.create_task(JobRunner(uow, clock, {"look": look}).run())
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await ran.get() == "dead"
    running.cancel()
    await asyncio.wait([running])
    assert ran.empty()
    async with uow.read() as session:
        held = (await session.scalars(select(Job.payload).where(Job.state == JobState.RUNNING))).all()
    assert {one["of"] for one in held} == {"alive", "elsewhere"}


async def test_who_lives_is_not_called_dead_and_who_is_unknown_neither() -> None:
    assert not dead(identity())
    assert dead(await gone())
    assert not dead("")
    assert not dead("1234-abcdef")
    assert len(identity()) <= 40


async def gone() -> str:
    """The name of a process that has ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from core.kernel.jobs.process import identity; print(identity())",
        cwd=Path(core.__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    return told.decode().strip()
