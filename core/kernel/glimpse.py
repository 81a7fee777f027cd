"""A statement that is made once and asked often, for what cannot wait.

SQLAlchemy prepares every execution anew: parameters, context, result. That takes longer than a look-up by index, and a
telephone rings meanwhile. Here only the values go with the statement, and the driver's rows come back.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler


class _Made(NamedTuple):
    text: str
    constants: Mapping[str, Any]
    names: tuple[str, ...]
    processors: Mapping[str, Any]


class Glimpse:
    """A question whose columns need no conversion (numbers and texts), and whose lists are
    :class:`~core.kernel.among.Among`."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._made: dict[str, _Made] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows for ``values``, by the names of the parameters, in the order of the columns. Raises what the same
        statement would, and gives up a connection that is lost, as SQLAlchemy does around what it executes itself."""
        made = self._made.get(connection.dialect.name) or self._make(connection.dialect)
        given = {**made.constants, **values}
        processors = made.processors
        sent = tuple(processors[name](given[name]) if name in processors else given[name] for name in made.names)
        if not connection.in_transaction():
            connection.begin()
        cursor = connection.connection.cursor()
        try:
            cursor.execute(made.text, sent)
            return list(cursor.fetchall())
        except BaseException as error:  # noqa: BLE001 - raised again: a cancelled question leaves a broken connection too
            connection._handle_dbapi_exception(error, made.text, sent, cursor, None)
        finally:
            cursor.close()

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
