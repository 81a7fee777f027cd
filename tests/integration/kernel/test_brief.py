"""Brief transactions: as true as the others, and never in the way of the loop."""

import asyncio
import sqlite3
from contextlib import suppress
from threading import Event as Signal
from threading import Thread

import pytest
from sqlalchemy import func, insert, make_url, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.kernel.clock import ManualClock
from core.kernel.jobs import Job
from core.kernel.uow import UnitOfWork, Work


async def _job(work: Work, clock: ManualClock, **values: object) -> None:
    row = {"kind": "k", "payload": {}, "run_at": clock.now(), "created_at": clock.now(), **values}
    await work.session.execute(insert(Job).values(row))


async def _count(uow: UnitOfWork, *, brief: bool) -> int:
    async with uow.read(brief=brief) as session:
        return await session.scalar(select(func.count()).select_from(Job)) or 0


async def test_it_commits_rolls_back_and_is_seen_by_the_others(uow: UnitOfWork, clock: ManualClock) -> None:
    async with uow.write(brief=True) as work:
        await _job(work, clock)
    with suppress(ZeroDivisionError):
        async with uow.write(brief=True) as work:
            await _job(work, clock)
            raise ZeroDivisionError
    assert [await _count(uow, brief=brief) for brief in (False, True)] == [1, 1]


async def test_a_refused_statement_raises_as_ever_and_leaves_the_writer_usable(
    uow: UnitOfWork, clock: ManualClock
) -> None:
    async def twins() -> None:
        async with uow.write(brief=True) as work:
            await _job(work, clock, key="same")
            await _job(work, clock, key="same")

    async def change_as_a_reader() -> None:
        async with uow.read(brief=True) as session:
            await session.execute(update(Job).values(attempts=1))

    with pytest.raises(IntegrityError):
        await twins()
    with pytest.raises(DBAPIError):
        await change_as_a_reader()
    async with uow.write(brief=True) as work:
        await _job(work, clock)
    assert await _count(uow, brief=True) == 1


async def test_brief_and_ordinary_writers_lose_no_update(uow: UnitOfWork, clock: ManualClock) -> None:
    async with uow.write() as work:
        await _job(work, clock)

    async def add_one(number: int) -> None:
        async with uow.write(brief=number % 2 == 0) as work:
            await work.session.execute(update(Job).values(attempts=Job.attempts + 1))

    await asyncio.gather(*(add_one(number) for number in range(50)))
    async with uow.read(brief=True) as session:
        assert await session.scalar(select(Job.attempts)) == 50


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_while_another_process_has_the_lock_the_loop_goes_on(
    uow: UnitOfWork, clock: ManualClock, database_url: str
) -> None:
    taken, enough = Signal(), Signal()

    def hold() -> None:
        other = sqlite3.connect(make_url(database_url).database or "", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        taken.set()
        enough.wait(5)
        other.execute("COMMIT")
        other.close()

    holder = Thread(target=hold)
    holder.start()
    await asyncio.to_thread(taken.wait, 5)

    async def write() -> None:
        async with uow.write(brief=True) as work:
            await _job(work, clock)

    writing = asyncio.create_task(write())
    for _ in range(10):
        await asyncio.sleep(0.01)  # the loop turns while the writer waits
    assert not writing.done()
    enough.set()
    await asyncio.wait_for(writing, 60)
    await asyncio.to_thread(holder.join, 5)
    assert await _count(uow, brief=True) == 1
