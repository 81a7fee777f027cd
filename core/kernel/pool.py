"""Where connections to the database wait to be used, and those who want one wait for them."""

import asyncio
import sqlite3
from typing import TypeVar

from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry
from sqlalchemy.util.concurrency import await_
from sqlalchemy.util.queue import AsyncAdaptedQueue, Empty

from core.kernel.patience import Movement

T = TypeVar("T", bound=ConnectionPoolEntry)

_LOCK_NOT_AVAILABLE = "55P03"
#: What a connection is marked with until it is given back.
REFUSED = "refused"


def is_busy(error: BaseException | None) -> bool:
    """Whether the driver says that others kept the database to themselves for too long."""
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(error, "sqlstate", None) == _LOCK_NOT_AVAILABLE


class Line(AsyncAdaptedQueue[T]):
    """Connections, handed out in the order in which they were asked for: the pool's own queue gives one to whoever asks
    in the moment it comes back. The line moves whenever somebody gives one back who was not refused by the database."""

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        super().__init__(maxsize, use_lifo)
        self._movement = Movement()
        self._waiting = 0
        self._first = asyncio.Lock()

    def put_nowait(self, item: T) -> None:
        super().put_nowait(item)
        if not item.info.pop(REFUSED, False):
            self._movement.moved()

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        """Raises ``Empty`` when there is none, or not for as long as the task is patient; the pool's own ``timeout``
        says nothing about that."""
        if not block or not (self.empty() or self._waiting):
            return self.get_nowait()
        return await_(self._in_line())

    async def _in_line(self) -> T:
        self._waiting += 1
        try:
            async with self._movement.waiting(), self._first:
                return await self._queue.get()
        except TimeoutError:
            raise Empty from None
        finally:
            self._waiting -= 1


class Pool(AsyncAdaptedQueuePool):
    _queue_class = Line[ConnectionPoolEntry]


def note_refusals(engine: Engine) -> None:
    """Whom the database refuses has not moved the line before the engine's connections."""

    @event.listens_for(engine, "handle_error")
    def refused(context: ExceptionContext) -> None:
        if context.connection is not None and is_busy(context.original_exception):
            context.connection.info[REFUSED] = True
