"""The database: a pool to read, a writer to write, the same code on SQLite and PostgreSQL."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, MetaData, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.util.concurrency import greenlet_spawn

from core.kernel.errors import DatabaseBusy
from core.kernel.glimpse import Look, Peephole
from core.kernel.patience import LONGEST, patience
from core.kernel.pool import Pool, is_busy, note_refusals
from core.kernel.sqlite import looker, opener
from core.kernel.sqlite_dialect import DRIVER

T = TypeVar("T")

_READERS = 4
_POSTGRES_POOL = 10
#: Kept apart for glances: four readers may all be held by lists when a phone rings.
_GLANCERS = 2
#: Pages of 4 KiB that the log may hold before they go into the file: scattered index pages are then written once for
#: many transactions. SQLite's own 1,000 made an import three times as slow (docs/decisions/0010).
_WAL_PAGES = 8000

#: How long a question waits while somebody changes the very tables; it changes nothing and can be put again.
_READER_LOCK_SECONDS = 5

#: A cached generic plan once turned a 6 ms trigram search into 811 ms, so plans are made for the values at hand.
_POSTGRES_SETTINGS = {"plan_cache_mode": "force_custom_plan", "timezone": "UTC"}


def _plain(value: object) -> str:
    """What is a text, whatever its class. Anything else that JSON does not know is a fault of the program."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")


_encode = msgspec.json.Encoder(enc_hook=_plain).encode

#: What is kept as JSON is written and read several times as fast as by the standard library.
_JSON: dict[str, Any] = {
    "json_serializer": lambda value: _encode(value).decode(),
    "json_deserializer": msgspec.json.Decoder().decode,
}


class Base(DeclarativeBase):
    """The base of every table. Constraint names are fixed so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database:
    """Engines on one database: readers that cannot write, a few of them kept for glances, and a writer.

    On SQLite the writer is a single connection whose transactions take ``BEGIN IMMEDIATE``: the default deferred
    ``BEGIN`` loses updates or fails with "database is locked". Every commit is synced to disk (``synchronous=FULL``).
    On PostgreSQL readers ask ``REPEATABLE READ``, so that a list and its count speak of the same moment there too.
    Errors never quote the values of a statement: they are personal data, and errors are logged.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.dialect = parsed.get_backend_name()
        make = _sqlite_engine if self.dialect == "sqlite" else _postgres_engine
        self._reader = make(parsed, writer=False)
        self._glancer = make(parsed, writer=False, size=_GLANCERS)
        self.writer_engine = make(parsed, writer=True)
        self._brief_glancer = self._glancer.execution_options(brief=True)
        self._peephole = _peephole(parsed, self._glancer)
        self._read = _sessions(self._reader)
        self._write = _sessions(self.writer_engine)

    @asynccontextmanager
    async def read(self, *, brief: bool = False) -> AsyncIterator[AsyncSession]:
        """A session for questions: one consistent snapshot, no writing. ``brief``: see ``UnitOfWork``."""
        with busy_told():
            async with self._read[brief]() as session, session.begin():
                yield session

    async def glance(self, question: Callable[[Connection], T]) -> T:
        """Have a brief question answered whose every statement finds its rows by an index; it reads through the plain
        connection it is given. For what cannot wait: sessions cost more than such a question itself, and what others
        read does not stand in its way."""

        def ask() -> T:
            with self._brief_glancer.sync_engine.connect() as connection:
                return question(connection)

        with busy_told():
            return await greenlet_spawn(ask)

    def peek(self, question: Callable[[Look], T]) -> T | None:
        """The same for a question of glimpses alone, in the very moment. None: it must be waited for, because the
        database is no file of this machine, or somebody's lock is in the way."""
        if self._peephole is not None:
            with suppress(sqlite3.Error):
                return question(self._peephole.look)
        return None

    async def glimpse(self, question: Callable[[Look], T]) -> T:
        """The same, waited for as others wait where it must be."""
        seen = self.peek(question)
        if seen is not None:
            return seen
        return await self.glance(lambda connection: question(lambda made, values: made.rows(connection, values)))

    def writing(self, *, brief: bool = False) -> AsyncSession:
        """A session of the writer; the unit of work owns its transaction."""
        return self._write[brief]()

    async def close(self) -> None:
        if self._peephole is not None:
            self._peephole.close()
        await self._reader.dispose()
        await self._glancer.dispose()
        await self.writer_engine.dispose()


def _peephole(url: URL, engine: AsyncEngine) -> Peephole | None:
    return Peephole(looker(url.database or ""), engine.dialect) if url.get_backend_name() == "sqlite" else None


@contextmanager
def busy_told() -> Iterator[None]:
    """Says in the house's own words that the wait for a connection or a lock was too long: raises ``DatabaseBusy``."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if isinstance(error, PoolTimeout) or is_busy(error.orig):
            raise DatabaseBusy from error
        raise


def _sessions(engine: AsyncEngine) -> dict[bool, async_sessionmaker[AsyncSession]]:
    """Makers of sessions over one pool: ordinary ones, and those of brief transactions."""
    engines = {brief: engine.execution_options(brief=brief) for brief in (False, True)}
    return {brief: async_sessionmaker(one, expire_on_commit=False) for brief, one in engines.items()}


def _sqlite_engine(url: URL, *, writer: bool, size: int = _READERS) -> AsyncEngine:
    pool = {"pool_size": 1 if writer else size, "max_overflow": 0, "poolclass": Pool}
    engine = create_async_engine(
        url.set(drivername=DRIVER), async_creator=opener(url.database or ""), hide_parameters=True, **_JSON, **pool
    )
    pragmas = ["foreign_keys=ON", f"busy_timeout={LONGEST * 1000:.0f}", "temp_store=MEMORY", "cache_size=-65536"]
    pragmas += (
        ["journal_mode=WAL", "synchronous=FULL", f"wal_autocheckpoint={_WAL_PAGES}"] if writer else ["query_only=ON"]
    )

    note_refusals(engine.sync_engine)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not open transactions of its own
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        brief = connection.get_execution_options().get("brief", False)
        connection.connection.dbapi_connection.begin(writer=writer, brief=brief)

    return engine


def _postgres_engine(url: URL, *, writer: bool, size: int = _POSTGRES_POOL) -> AsyncEngine:
    waits = LONGEST if writer else _READER_LOCK_SECONDS
    settings = {**_POSTGRES_SETTINGS, "lock_timeout": f"{waits:.0f}s"}
    engine = create_async_engine(
        url,
        hide_parameters=True,
        **_JSON,
        isolation_level="READ COMMITTED" if writer else "REPEATABLE READ",
        pool_size=size,
        max_overflow=0,
        poolclass=Pool,
        connect_args={"server_settings": settings if writer else {**settings, "default_transaction_read_only": "on"}},
    )
    note_refusals(engine.sync_engine)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        if writer and patience() < LONGEST:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience() * 1000:.0f}ms'")

    return engine
