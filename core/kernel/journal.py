"""Group commit: many small facts, few transactions.

A session per fact manages some hundreds a second; one writer that commits whatever has gathered manages tens of
thousands. Every caller waits until its own fact is durable.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from core.kernel.errors import DatabaseBusy
from core.kernel.patience import Movement
from core.kernel.uow import UnitOfWork, Work

T = TypeVar("T")
_BATCH = 256
_WAITING = 10_000


class GroupCommit(Generic[T]):
    """Gathers items and writes up to 256 of them in one transaction, in the order of :meth:`append`.

    ``write`` puts a batch into the work's session. When a batch fails, each of its items is tried alone, so that a bad
    one fails its own caller only; that the database is busy is nobody's fault, and told to all.
    """

    def __init__(self, uow: UnitOfWork, write: Callable[[Work, Sequence[T]], Awaitable[None]]) -> None:
        self._uow = uow
        self._write = write
        self._movement = Movement()
        self._queue: asyncio.Queue[tuple[T, asyncio.Future[None]]] = asyncio.Queue(_WAITING)

    async def append(self, item: T) -> None:
        """Return once ``item`` is on disk; raises what its write raised, and ``DatabaseBusy`` for whoever waits no
        longer, because nothing is written or for too long: his item may still be written."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            async with self._movement.waiting():
                await self._queue.put((item, done))
                await done
        except TimeoutError:
            raise DatabaseBusy from None

    async def run(self) -> None:
        """Write until cancelled. The lifespan owns the task that runs this."""
        while True:
            batch = [await self._queue.get()]
            while len(batch) < _BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._settle(batch)

    async def _settle(self, batch: list[tuple[T, "asyncio.Future[None]"]]) -> None:
        try:
            await self._commit([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - handed to the callers
            if len(batch) > 1 and not isinstance(error, DatabaseBusy):
                for entry in batch:
                    await self._settle([entry])
                return
            for _, done in batch:
                _finish(done, error)
        else:
            for _, done in batch:
                _finish(done, None)

    async def _commit(self, items: Sequence[T]) -> None:
        async with self._uow.write(brief=True) as work:
            await self._write(work, items)
        self._movement.moved()


def _finish(done: "asyncio.Future[None]", error: Exception | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
