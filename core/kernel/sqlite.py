"""A SQLite connection that being cancelled cannot break.

The driver runs statements in a thread. When the task that awaits one is cancelled, the statement goes on without it:
its cursor stays open, an open cursor keeps its transaction alive even after the connection was closed, and every other
writer waits for a lock that nobody will give back. So a cancelled task here waits for the few milliseconds its
statement still takes, closes the cursor, and only then is cancelled.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import aiosqlite

_CHUNK = 64
#: Lists of every length make statements of their own, and a prepared one costs half.
_STATEMENTS = 512
_LOOK_SECONDS = 0.5


class SteadyConnection(aiosqlite.Connection):
    """What the engine's pool holds."""

    _stopped: "asyncio.Future[Any] | None" = None

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._running or not self._connection:
            raise ValueError("Connection closed")
        done = self._queue(partial(fn, *args, **kwargs))
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            await self._whatever_comes(done)
            cursor = getattr(fn, "__self__", None)
            if isinstance(cursor, sqlite3.Cursor):
                await self._whatever_comes(self._queue(cursor.close))
            raise

    def stop(self) -> "asyncio.Future[Any] | None":
        """End the thread. The pool asks for it a second time while the first is under way; the thread answers once."""
        if self._stopped is None:
            self._stopped = super().stop()
        return self._stopped

    async def ended(self) -> None:
        """Once the thread that was told to end has nothing more to say to the loop."""
        if self._stopped is not None:
            await self._whatever_comes(self._stopped)

    def _queue(self, step: Callable[[], Any]) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((future, step))
        return future

    async def _whatever_comes(self, done: "asyncio.Future[Any]") -> None:
        """Wait for the end of a step, however often the waiting is interrupted and whatever the step raises, as long as
        there is a thread to take it."""
        while not done.done() and self._thread.is_alive():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([done], timeout=_LOOK_SECONDS)
        if done.done() and not done.cancelled():
            done.exception()


def looker(path: str) -> Callable[[], sqlite3.Connection]:
    """What opens a plain connection that only reads, and waits for no lock."""

    def open_connection() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, timeout=0, cached_statements=_STATEMENTS)
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA cache_size=-65536")
        return connection

    return open_connection


def _connected(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, cached_statements=_STATEMENTS)
    connection.create_function("lower", 1, _lower, deterministic=True)  # its own knows no letters but English ones
    return connection


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def opener(path: str) -> Callable[[], Awaitable[aiosqlite.Connection]]:
    """What the engine calls for a new connection to the file at ``path``."""

    async def open_connection() -> aiosqlite.Connection:
        connection = SteadyConnection(lambda: _connected(path), _CHUNK)
        connection._thread.daemon = True  # a forgotten connection must not keep the process alive
        try:
            return await connection
        except asyncio.CancelledError:
            await connection.ended()
            raise

    return open_connection
