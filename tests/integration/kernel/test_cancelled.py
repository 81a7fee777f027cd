"""Whoever is cancelled at any moment gives the database back: the next writer never waits for a lock, the next readers
never for a connection."""

import asyncio
import random
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from core.kernel.clock import ManualClock
from core.kernel.jobs import Job
from core.kernel.sqlite import opener
from core.kernel.uow import UnitOfWork

ROUNDS = 40
PATIENCE_SECONDS = 10


@pytest.mark.parametrize("seed", [1, 2])
async def test_cancelled_anywhere_the_next_writer_writes(uow: UnitOfWork, clock: ManualClock, seed: int) -> None:
    chance = random.Random(seed)

    async def write(kind: str) -> None:
        async with uow.write() as work:
            row = {"kind": kind, "payload": {}, "run_at": clock.now(), "created_at": clock.now()}
            await work.session.scalar(insert(Job).values(row).returning(Job.id))
            await work.session.scalars(select(Job))
            await work.session.scalar(update(Job).values(attempts=Job.attempts + 1).returning(Job.id))

    async def read() -> int | None:
        async with uow.read() as session:
            return await session.scalar(select(func.count()).where(Job.kind == "whole"))

    for _ in range(ROUNDS):
        cut = [asyncio.create_task(chance.choice((read, lambda: write("cut")))()) for _ in range(chance.randint(1, 6))]
        for task in cut:
            for _ in range(chance.randint(0, 25)):
                await asyncio.sleep(0)
            for _ in range(chance.randint(1, 2)):
                task.cancel()
                await asyncio.sleep(0)
        await asyncio.gather(*cut, return_exceptions=True)
        await asyncio.wait_for(write("whole"), PATIENCE_SECONDS)
        assert await asyncio.wait_for(asyncio.gather(*(read() for _ in range(8))), PATIENCE_SECONDS)
    assert await read() == ROUNDS


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
async def test_in_a_crowd_of_all_kinds_what_was_acknowledged_is_there_and_nothing_else(
    uow: UnitOfWork, clock: ManualClock, seed: int
) -> None:
    """Hundreds who write at once, briefly or not, slow ones, some that fail at any step or are cancelled at any."""
    chance = random.Random(seed)
    acknowledged: set[str] = set()

    async def write(kind: str, fails_at: int, *, brief: bool) -> None:
        row = {"kind": kind, "payload": {}, "run_at": clock.now(), "created_at": clock.now()}
        async with uow.write(brief=brief) as work:
            for step in range(3):
                if step == fails_at:
                    raise ZeroDivisionError
                await work.session.execute(insert(Job).values(row))
                await asyncio.sleep(chance.choice((0, 0, 0.002)))  # how long his work takes
        acknowledged.add(kind)

    async def cut(tasks: Sequence["asyncio.Task[None]"]) -> None:
        for task in chance.sample(tasks, len(tasks) // 4):
            task.cancel()
            await asyncio.sleep(chance.choice((0, 0.001)))  # the next one is elsewhere in his work

    writes = [
        asyncio.create_task(write(str(number), chance.randint(0, 8), brief=chance.random() < 0.5))
        for number in range(300)
    ]
    await cut(writes)
    async with asyncio.timeout(6 * PATIENCE_SECONDS):
        told = await asyncio.gather(*writes, return_exceptions=True)
    assert {type(one) for one in told} <= {type(None), ZeroDivisionError, asyncio.CancelledError}
    async with uow.read() as session:
        kept = (await session.execute(select(Job.kind, func.count().label("rows")).group_by(Job.kind))).all()
    whole = {row.kind for row in kept if row.rows == 3}
    assert len(kept) == len(whole)
    assert acknowledged <= whole  # who is cancelled while he is told may have written
    refused = {str(number) for number, one in enumerate(told) if isinstance(one, ZeroDivisionError)}
    assert not refused & whole


async def test_cancelled_while_a_connection_is_opened_its_thread_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would answer a loop that may be closed by then."""
    asked, may_open = threading.Event(), threading.Event()

    def slowly(*args: Any, **options: Any) -> sqlite3.Connection:
        asked.set()
        may_open.wait(PATIENCE_SECONDS)
        return connect(*args, **options)

    connect, before = sqlite3.connect, set(threading.enumerate())
    monkeypatch.setattr("sqlite3.connect", slowly)
    opening = asyncio.ensure_future(opener(str(tmp_path / "a.db"))())
    await asyncio.to_thread(asked.wait, PATIENCE_SECONDS)
    opening.cancel()
    await asyncio.wait([opening], timeout=0.05)
    assert not opening.done()
    may_open.set()
    with pytest.raises(asyncio.CancelledError):
        await opening
    for thread in set(threading.enumerate()) - before:
        if "_connection_worker_thread" in thread.name:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()
