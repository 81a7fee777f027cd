"""Writing many rows at once: ids known before the rows, on both databases.

SQLAlchemy prepares the parameters of an ``executemany`` row by row and value by value, which takes as long as the
database needs to write them. Here a statement is compiled once and its values are prepared a column at a time.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Column, Date, Dialect, Insert, Table, Update, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault
from sqlalchemy.types import TypeEngine

from core.kernel.db import Base


async def reserve_ids(session: AsyncSession, table: type[Base], count: int) -> range | list[int]:
    """``count`` unused ids of ``table`` for the running write transaction, rising.

    On SQLite the transaction is the only writer, so the ids after the highest are its own; PostgreSQL's sequence gives
    each out once.
    """
    if session.get_bind().dialect.name == "sqlite":
        highest: int = await session.scalar(select(func.max(table.__table__.c.id))) or 0
        return range(highest + 1, highest + 1 + count)
    drawn = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
    return list((await session.scalars(drawn, {"name": table.__tablename__, "count": count})).all())


async def insert_many(session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns."""
    if rows:
        await _insert_all(session, _plain(table), rows, passing_over=False)


async def insert_missing(session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, passing over those that a unique constraint says are already there."""
    if rows:
        await _insert_all(session, _plain(table), rows, passing_over=True)


def insert_or_ignore(session: AsyncSession, table: type[Base]) -> Insert:
    """An insert that does nothing where a unique constraint is already satisfied."""
    return _passing_over(_plain(table), session.get_bind().dialect.name)


def _passing_over(table: Table, dialect: str) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


async def insert_or_raise(
    session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]], column: str
) -> None:
    """Insert rows; where one with the same primary key is there, its ``column`` becomes the greater of both values."""
    if rows:
        await session.execute(_raising(table, session.get_bind().dialect.name, column), rows)


@lru_cache(maxsize=64)
def _raising(table: type[Base], dialect: str, column: str) -> Insert:
    plain = _plain(table)
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    adding = make(plain)
    new = adding.excluded[column]
    return adding.on_conflict_do_update(
        index_elements=list(plain.primary_key), set_={column: new}, where=plain.c[column] < new
    )


async def reread(session: AsyncSession, table: type[Base], ids: Collection[int]) -> None:
    """Have the objects that the session holds of these rows say what the rows say now: after statements that went past
    them. The caller has flushed before those."""
    held = [key for kind, (key, *_), *_ in session.identity_map.keys() if kind is table and key in ids]  # noqa: SIM118
    if held:
        again = select(table).where(_plain(table).c.id.in_(held))
        await session.scalars(again, execution_options={"populate_existing": True})


async def execute_all(session: AsyncSession, statement: Update, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute a statement once for each row of values, all of which name its parameters.

    What the statement itself fixes is the same for all. The errors of the driver come as SQLAlchemy's.
    """
    if rows:
        connection = await session.connection()
        compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
        await _run(connection, compiled, rows, {name: bind.value for name, bind in compiled.binds.items()})


async def _insert_all(
    session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]], *, passing_over: bool
) -> None:
    """Insert rows, completed by the defaults of the columns they leave out."""
    missing = {column.name: _default(column) for column in table.columns if _fills_in(column, rows[0])}
    connection = await session.connection()
    columns = (*rows[0], *missing)
    await _run(connection, _insert(table, columns, connection.dialect, passing_over=passing_over), rows, missing)


@lru_cache(maxsize=256)
def _insert(table: Table, columns: tuple[str, ...], dialect: Dialect, *, passing_over: bool) -> SQLCompiler:
    statement = _passing_over(table, dialect.name) if passing_over else insert(table)
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    assert isinstance(compiled, SQLCompiler)
    return compiled


async def _run(
    connection: AsyncConnection, compiled: SQLCompiler, rows: Sequence[Mapping[str, Any]], fixed: Mapping[str, Any]
) -> None:
    """``fixed`` are the values of the parameters that the rows do not name."""
    parameters = [
        _prepared(
            compiled.binds[name].type,
            list(map(itemgetter(name), rows)) if name in rows[0] else [fixed[name]] * len(rows),
            connection.dialect,
        )
        for name in compiled.positiontup or ()
    ]
    prepared = list(zip(*parameters, strict=True))
    # its own method takes a driver that answers at once, as in a brief transaction, for one that cannot wait
    await connection.run_sync(lambda within: within.exec_driver_sql(str(compiled), prepared))


def _fills_in(column: Column[Any], row: Mapping[str, Any]) -> bool:
    return column.name not in row and column.default is not None


def _default(column: Column[Any]) -> Any:
    """The value of a column that is left out: one for all rows, which are not objects that could share it."""
    assert isinstance(column.default, ScalarElementColumnDefault | CallableColumnDefault), column.name
    return column.default.arg if column.default.is_scalar else column.default.arg(cast(Any, None))


def _prepared(kind: TypeEngine[Any], values: list[Any], dialect: Dialect) -> Iterable[Any]:
    """A column's values as the driver takes them. What is the same object in every row is prepared once, and so is
    each day: many rows share few of them."""
    prepare = kind.dialect_impl(dialect).bind_processor(dialect)
    if prepare is None:
        return values
    if len(set(map(id, values))) == 1:
        return [prepare(values[0])] * len(values)
    if isinstance(kind, Date):
        days = {day: prepare(day) for day in set(values)}
        return map(days.__getitem__, values)
    return map(prepare, values)


def _plain(table: type[Base]) -> Table:
    """The table itself: a bulk insert has no use for the unit-of-work's bookkeeping."""
    assert isinstance(table.__table__, Table)
    return table.__table__
