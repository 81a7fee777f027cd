"""Waiting for what tells nobody when it changes: files, consoles, other processes' databases."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[object]], *, within: float = 60, every: float = 0.05) -> None:
    """Return once ``condition`` holds; ``TimeoutError`` after ``within`` seconds. Looks each ``every`` seconds."""
    async with asyncio.timeout(within):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(every)
