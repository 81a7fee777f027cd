"""How long somebody waits for a database that others hold.

A person waits a few seconds and is told; what works in the background waits for as long as a backup or another
program may keep the database to itself, because nobody would repeat what it has to write. A line of one's own
colleagues is another thing: as long as it moves, the database works, and whoever stands in it gets his turn.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import NamedTuple

#: Seconds that whoever says nothing else waits.
LONGEST = 60.0


class _Seconds(NamedTuple):
    still: float
    moving: float


_AS_EVER = _Seconds(LONGEST, LONGEST)
_seconds: ContextVar[_Seconds] = ContextVar("patience", default=_AS_EVER)


def patience() -> float:
    """Seconds that the present task waits in a line that stands still, and as long again for the lock."""
    return _seconds.get().still


@contextmanager
def at_most(seconds: float, *, in_line: float | None = None) -> Iterator[None]:
    """Within the block, and in tasks begun there, nobody waits longer; in a line that moves ``in_line`` seconds, and
    without it no longer either."""
    before = _seconds.set(_Seconds(seconds, seconds if in_line is None else max(seconds, in_line)))
    try:
        yield
    finally:
        _seconds.reset(before)


class Movement:
    """When those who stand in a line last saw it move."""

    def __init__(self) -> None:
        self._at = 0.0

    def moved(self) -> None:
        """Somebody has done what he stood in the line for."""
        self._at = monotonic()

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Stand in the line. Raises ``TimeoutError`` when it has stood still for as long as the task is patient, and in
        any case when the task has waited for as long as it would in a line that moves."""
        began, most, loop = monotonic(), _seconds.get(), asyncio.get_running_loop()
        looking: asyncio.TimerHandle

        def look() -> None:
            """The wait may have been too long: end it, or look again when it may be the next time."""
            nonlocal looking
            left = min(max(self._at, began) + most.still, began + most.moving) - monotonic()
            if left > 0:
                looking = loop.call_later(left, look)
            else:
                limit.reschedule(loop.time())

        looking = loop.call_later(most.still, look)
        try:
            async with asyncio.timeout(None) as limit:
                yield
        finally:
            looking.cancel()
