"""SQLite without waiting for its thread more often than needed.

A connection of aiosqlite lives in a thread of its own, and SQLAlchemy asks that thread four times for a statement:
for a cursor, to execute, to fetch, to close. Under load each question waits for the thread to be given its turn. Here a
statement, its rows and the ``BEGIN`` before it are one question.

A brief transaction does not ask the thread at all: its statements, each a matter of microseconds, run where they are.
Only what may have to wait goes to the thread: another process's lock, and the commit that waits for the disk.

Who reads has a connection of his own. Those who write share one, each in his turn (``core/kernel/turns.py``): what the
engine's pool holds for them is a way to that one.
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
from core.kernel.turns import Turns

T = TypeVar("T")

#: The driver part of the URL of an engine that works so.
DRIVER = "sqlite+whole"
#: How long a brief transaction may keep everybody else from their turn. What a ring asks takes less than a reader has.
WRITER_SECONDS, READER_SECONDS = 0.0003, 0.001
_MOST_TURNS = 20
_EMPTY_TURN_SECONDS = 0.00005
_READING = "BEGIN"
_MARK = "turn"


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
    __slots__ = ("_begin", "_brief", "_since")

    _cursor_cls = _Cursor  # type: ignore[assignment] # the base pins its own class
    _beginning = _READING
    _turn_seconds = READER_SECONDS

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._begin: str | None = None
        self._brief = False
        self._since: float | None = None

    def begin(self, *, brief: bool) -> None:
        """Begin a transaction with the next statement: a transaction that asks nothing is none."""
        self._begin, self._brief, self._since = self._beginning, brief, None

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
        elif now - self._since > self._turn_seconds:
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
        if brief:
            self._connection._conn.rollback()
        else:
            how()


class _Writer(_Connection):
    """A way to the one connection that writes. It has its turn from the first statement of a transaction to its end."""

    __slots__ = ("_mine",)

    _beginning = "BEGIN IMMEDIATE"
    _turn_seconds = WRITER_SECONDS

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._mine = False

    @property
    def _turns(self) -> Turns:
        turns: Turns = self._connection.turns
        return turns

    def create_function(self, name: str, *args: Any, **options: Any) -> None:
        """Once for the connection: while others use it, SQLite refuses to have it done again."""
        if name not in self._connection.functions:
            self._connection.functions.add(name)
            super().create_function(name, *args, **options)

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        if self._begin is not None:
            await_(self._turns.mine(brief=self._brief))
            self._mine = True
            if self._connection.in_transaction:
                self._begin = None  # others have begun it
            else:
                self._turns.begun()
            if self._brief:
                super().ask(_set_mark)
        return super().ask(question)

    def commit(self) -> None:
        """Brief: return when what was written is on disk, along with what others wrote."""
        if not self._mine:
            self._begin = None
            return
        if not self._brief:
            super().commit()
            self._turns.movement.moved()
            self._over()
            return
        self._release()
        self._brief, self._mine = False, False
        try:
            await_(self._turns.kept())
        except Exception as error:  # noqa: BLE001 - raised again as the driver's own
            self._handle_exception(error)

    def rollback(self) -> None:
        if not self._mine:
            self._begin = None
            return
        if self._brief:
            self._undo()
        else:
            super().rollback()
        self._over()

    def close(self) -> None:
        """The way is closed, and the connection stays for the others. A transaction left half done is undone; it lasts
        no longer than a statement under way, for which whoever is cancelled has waited."""
        if self._mine:
            self._undo()
            self._over()

    def terminate(self) -> None:
        self.close()

    def _undo(self) -> None:
        raw: sqlite3.Connection = self._connection._conn
        if not raw.in_transaction:
            return
        if self._brief:
            raw.execute(f"ROLLBACK TO {_MARK}")
            self._release()
        else:
            raw.rollback()

    def _release(self) -> None:
        raw: sqlite3.Connection = self._connection._conn
        if raw.in_transaction:
            raw.execute(f"RELEASE {_MARK}")

    def _over(self) -> None:
        self._begin, self._brief, self._mine = None, False, False
        self._turns.over()


def _set_mark(raw: sqlite3.Connection) -> None:
    raw.execute(f"SAVEPOINT {_MARK}")


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
        steady = super().connect(*arg, **kw)._connection
        return (_Connection if steady.turns is None else _Writer)(self, steady)


class WholeStatements(SQLiteDialect_aiosqlite):
    """aiosqlite's dialect over connections that answer a statement as a whole."""

    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> _Driver:
        return _Driver(__import__("aiosqlite"), sqlite3)


registry.register("sqlite.whole", __name__, WholeStatements.__name__)
