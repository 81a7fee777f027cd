"""Whoever is cancelled at any moment gives the database back: the next writer never waits for a lock, the next readers
never for a connection."""

import asyncio
import random

import pytest
from sqlalchemy import func, insert, select, update

from core.kernel.clock import ManualClock
from core.kernel.jobs import Job
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
