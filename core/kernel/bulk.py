"""Writing many rows at once: ids known before the rows, on both databases."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Insert, Table, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

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
        await session.execute(insert(_plain(table)), rows)


async def insert_missing(session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, passing over those that a unique constraint says are already there."""
    if rows:
        await session.execute(insert_or_ignore(session, table), rows)


def insert_or_ignore(session: AsyncSession, table: type[Base]) -> Insert:
    """An insert that does nothing where a unique constraint is already satisfied."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(_plain(table)).on_conflict_do_nothing()
    return postgresql.insert(_plain(table)).on_conflict_do_nothing()


async def insert_or_raise(
    session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]], column: str
) -> None:
    """Insert rows; where one with the same primary key is there, its ``column`` becomes the greater of both values."""
    if not rows:
        return
    plain = _plain(table)
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    adding = make(plain)
    new = adding.excluded[column]
    raising = adding.on_conflict_do_update(
        index_elements=list(plain.primary_key), set_={column: new}, where=plain.c[column] < new
    )
    await session.execute(raising, rows)


def _plain(table: type[Base]) -> Table:
    """The table itself: a bulk insert has no use for the unit-of-work's bookkeeping."""
    assert isinstance(table.__table__, Table)
    return table.__table__
