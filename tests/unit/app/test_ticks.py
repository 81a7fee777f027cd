"""What is done again and again goes on after a failure."""

import asyncio
from contextlib import suppress

from callcenter.app.wiring.ticks import every


async def test_a_step_that_fails_is_taken_again() -> None:
    rounds = 0
    thrice = asyncio.Event()

    async def step() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            thrice.set()
        raise OSError("the database is away")

    task = asyncio.create_task(every(0, step)())
    await asyncio.wait_for(thrice.wait(), 60)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
