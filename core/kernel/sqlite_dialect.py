"""SQLite without waiting for its thread more often than needed.

A connection of aiosqlite lives in a thread of its own, and SQLAlchemy asks that thread four times for a statement:
for a cursor, to execute, to fetch, to close. Under load each question waits for the thread to be given its turn. Here a
statement, its rows and the ``BEGIN`` before it are one question.

A brief transaction does not ask the thread at all: its statements, each a matter of microseconds, run where they are.
Only what may have to wait goes to the thread: another process's lock, and the commit that waits for the disk.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, TypeVar

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util.concurrency import await_

from core.kernel.patience import patience

T = TypeVar("T")

#: The driver part of the URL of an engine that works so.
DRIVER = "sqlite+whole"
#: How long a brief transaction may keep everybody else from their turn. What a ring asks takes less than a reader has.
WRITER_SECONDS, READER_SECONDS = 0.0003, 0.001
_MOST_TURNS = 20
_EMPTY_TURN_SECONDS = 0.00005
_READING = "BEGIN"


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor whose statement has been run, read and closed by the time it is seen from this side."""

    __slots__ = ("_described", "_last_row", "_touched")

    _adapt_connection: "_Connection"

    def __init__(self, adapt_connection: "_Connection") -> None:
        self._adapt_connection = adapt_connection
        self._rows = deque()
        self._described: Any = None
        self._touched = -1
        self._last_row = 0

    @property
    def description(self) -> Any:
        return self._described

    @property
    def rowcount(self) -> int:
        return self._touched

    @property
    def lastrowid(self) -> int:
        return self._last_row

    async def _async_soft_close(self) -> None:
        """Nothing is open."""

    def close(self) -> None:
        self._rows.clear()

    def execute(self, operation: Any, parameters: Any = None) -> Any:
        self._ask(lambda cursor: cursor.execute(operation, () if parameters is None else parameters))

    def executemany(self, operation: Any, seq_of_parameters: Any) -> Any:
        self._ask(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    def _ask(self, run: Callable[[sqlite3.Cursor], object]) -> None:
        def whole(connection: sqlite3.Connection) -> tuple[Sequence[Any], Any, int, int | None]:
            cursor = connection.cursor()
            try:
                run(cursor)
                rows = cursor.fetchall() if cursor.description else ()
                return rows, cursor.description, cursor.rowcount, cursor.lastrowid
            finally:
                cursor.close()

        rows, self._described, self._touched, last_row = self._adapt_connection.ask(whole)
        self._rows = deque(rows)
        self._last_row = last_row or 0


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("_begin", "_brief", "_reads", "_since")

    _cursor_cls = _Cursor  # type: ignore[assignment] # the base pins its own class

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._begin: str | None = None
        self._brief = self._reads = False
        self._since: float | None = None

    def begin(self, *, writer: bool, brief: bool) -> None:
        """Begin a transaction with the next statement: a transaction that asks nothing is none."""
        self._begin = "BEGIN IMMEDIATE" if writer else _READING
        self._brief, self._reads, self._since = brief, not writer, None

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Have the question answered: here when the transaction is brief and nobody else has the lock, else by the
        connection's thread. Raises what the driver raises."""
        begin, self._begin = self._begin, None
        if self._brief:
            raw: sqlite3.Connection = self._connection._conn
            try:
                if begin is None or _begun_at_once(raw, begin):
                    return self._answered(raw, question)
            except sqlite3.Error as error:
                self._handle_exception(error)
        return self._ask_thread(begin, question)

    def _answered(self, raw: sqlite3.Connection, question: Callable[[sqlite3.Connection], T]) -> T:
        """Who has been at it for a while gives way to what waits: a whole unit of work is not brief, nor a page."""
        now = perf_counter()
        if self._since is None:
            self._since = now
        elif now - self._since > (READER_SECONDS if self._reads else WRITER_SECONDS):
            await_(_give_way())
            self._since = perf_counter()
        return question(raw)

    def _ask_thread(self, begin: str | None, question: Callable[[sqlite3.Connection], T]) -> T:
        waits = patience()

        def answer() -> T:
            raw: sqlite3.Connection = self._connection._conn
            if begin is not None:
                raw.execute(f"PRAGMA busy_timeout={waits * 1000:.0f}")
                raw.execute(begin)
            return question(raw)

        try:
            told: T = await_(self._connection._execute(answer))
            return told
        except Exception as error:  # noqa: BLE001 - raised again as the driver's own
            self._handle_exception(error)

    def commit(self) -> None:
        self._end(super().commit)

    def rollback(self) -> None:
        self._end(super().rollback)

    def _end(self, how: Callable[[], None]) -> None:
        """A transaction that wrote nothing has no disk to wait for."""
        brief, self._begin, self._brief = self._brief, None, False
        if not self._connection._connection or not self._connection.in_transaction:
            return
        if brief and self._reads:
            self._connection._conn.rollback()
        else:
            how()


async def _give_way() -> None:
    """Let others have the event loop until a turn of it comes back at once: then nobody was waiting. What is on its way
    from one socket to another needs several turns."""
    for _ in range(_MOST_TURNS):
        before = perf_counter()
        await asyncio.sleep(0)
        if perf_counter() - before < _EMPTY_TURN_SECONDS:
            return


def _begun_at_once(raw: sqlite3.Connection, begin: str) -> bool:
    """Begin unless that would mean waiting for another process; who only reads waits for nobody."""
    if begin == _READING:
        raw.execute(begin)
        return True
    (patience,) = raw.execute("PRAGMA busy_timeout").fetchone()
    raw.execute("PRAGMA busy_timeout=0")
    try:
        raw.execute(begin)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    finally:
        raw.execute(f"PRAGMA busy_timeout={patience}")
    return True


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *arg: Any, **kw: Any) -> _Connection:
        connected = super().connect(*arg, **kw)
        return _Connection(self, connected._connection)


class WholeStatements(SQLiteDialect_aiosqlite):
    """aiosqlite's dialect over connections that answer a statement as a whole."""

    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> _Driver:
        return _Driver(__import__("aiosqlite"), sqlite3)


registry.register("sqlite.whole", __name__, WholeStatements.__name__)
