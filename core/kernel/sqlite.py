"""A SQLite connection that being cancelled cannot break.

The driver runs statements in a thread. When the task that awaits one is cancelled, the statement goes on without it:
its cursor stays open, an open cursor keeps its transaction alive even after the connection was closed, and every other
writer waits for a lock that nobody will give back. So a cancelled task here waits for the few milliseconds its
statement still takes, closes the cursor, and only then is cancelled.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import aiosqlite

from core.kernel.turns import Turns

_CHUNK = 64
#: Lists of every length make statements of their own, and a prepared one costs half.
_STATEMENTS = 512
_LOOK_SECONDS = 0.5


class SteadyConnection(aiosqlite.Connection):
    """What the engine's pool holds. Those who write share one, in ``turns``."""

    _stopped: "asyncio.Future[Any] | None" = None
    turns: Turns | None = None

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, _CHUNK)
        self._thread.daemon = True  # a forgotten connection must not keep the process alive
        self.functions: set[str] = set()

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


def opener(path: str, pragmas: Sequence[str]) -> Callable[[], Awaitable[SteadyConnection]]:
    """What the engine calls for a new connection to the file at ``path``."""

    def connect() -> sqlite3.Connection:
        raw = sqlite3.connect(
            path,
            check_same_thread=False,
            cached_statements=_STATEMENTS,
            isolation_level=None,  # the driver must not open transactions of its own
        )
        with contextlib.ExitStack() as unready:
            unready.callback(raw.close)
            for pragma in pragmas:
                raw.execute(f"PRAGMA {pragma}")
            unready.pop_all()
        return raw

    async def open_connection() -> SteadyConnection:
        connection = SteadyConnection(connect)
        await connection
        return connection

    return open_connection


class OneWriter:
    """The one connection that everybody writes through, opened by whoever comes first."""

    def __init__(self, opened: Callable[[], Awaitable[SteadyConnection]]) -> None:
        self._open = opened
        self._opening = asyncio.Lock()
        self._held: SteadyConnection | None = None

    async def __call__(self) -> SteadyConnection:
        async with self._opening:
            if self._held is None:
                self._held = await self._open()
                self._held.turns = Turns(self._held)
            return self._held

    async def close(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            await held.close()
