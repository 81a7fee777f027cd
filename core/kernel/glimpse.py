"""A statement that is made once and asked often, for what cannot wait.

SQLAlchemy prepares every execution anew: parameters, context, result. That takes longer than a look-up by index, and a
telephone rings meanwhile. Here only the values go with the statement, and the driver's rows come back. On SQLite they
need no pool and no transaction either: code that is seldom run finds the processor's caches full of other things, and
costs five times what it costs when it is repeated.
"""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, SelectBase
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

Rows = list[tuple[Any, ...]]


class _Made(NamedTuple):
    text: str
    constants: Mapping[str, Any]
    names: tuple[str, ...]
    processors: Mapping[str, Any]


class Glimpse:
    """A question whose columns need no conversion (numbers and texts), and whose lists are
    :class:`~core.kernel.among.Among`."""

    def __init__(self, statement: SelectBase) -> None:
        self._statement = statement
        self._made: dict[str, _Made] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Rows:
        """The rows for ``values``, by the names of the parameters, in the order of the columns. Raises what the same
        statement would, and gives up a connection that is lost, as SQLAlchemy does around what it executes itself."""
        text, sent = self.ready(connection.dialect, values)
        if not connection.in_transaction():
            connection.begin()
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text, sent)
            return list(cursor.fetchall())
        except BaseException as error:  # noqa: BLE001 - raised again: a cancelled question leaves a broken connection too
            connection._handle_dbapi_exception(error, text, sent, cursor, None)
        finally:
            cursor.close()

    def ready(self, dialect: Dialect, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """What the driver is given: the statement, and its parameters in their order."""
        made = self._made.get(dialect.name) or self._make(dialect)
        given = {**made.constants, **values}
        processors = made.processors
        return made.text, tuple(
            processors[name](given[name]) if name in processors else given[name] for name in made.names
        )

    def _make(self, dialect: Dialect) -> _Made:
        compiled = self._statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        made = self._made[dialect.name] = _Made(
            text=str(compiled),
            constants=compiled.construct_params(_check=False),
            names=tuple(compiled.positiontup or ()),
            processors=compiled._bind_processors,
        )
        return made


#: How a glimpse is taken: the question and its values in, the rows out.
Look = Callable[[Glimpse, Mapping[str, Any]], Rows]


class Peephole:
    """A connection to a SQLite file that only looks, for glimpses alone, in the thread that asks. It waits for nobody:
    raises the driver's own error where others would wait, and is opened anew after any."""

    def __init__(self, open_file: Callable[[], sqlite3.Connection], dialect: Dialect) -> None:
        self._open_file = open_file
        self._dialect = dialect
        self._opened: sqlite3.Connection | None = None

    def look(self, made: Glimpse, values: Mapping[str, Any]) -> Rows:
        """See ``Look``. Every glimpse sees what was last committed."""
        try:
            if self._opened is None:
                self._opened = self._open_file()
            return self._opened.execute(*made.ready(self._dialect, values)).fetchall()
        except sqlite3.Error:
            self.close()
            raise

    def close(self) -> None:
        """Until the next look."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
