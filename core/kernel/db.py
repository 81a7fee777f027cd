"""The database: a pool to read, a writer to write, the same code on SQLite and PostgreSQL."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar, cast

import msgspec
from sqlalchemy import Connection, MetaData, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry
from sqlalchemy.util.concurrency import await_, greenlet_spawn
from sqlalchemy.util.queue import AsyncAdaptedQueue, Empty

from core.kernel.errors import DatabaseBusy
from core.kernel.glimpse import Look, Peephole
from core.kernel.patience import LONGEST, Movement, patience
from core.kernel.sqlite import OneWriter, SteadyConnection, looker, opener
from core.kernel.sqlite_dialect import DRIVER

T = TypeVar("T")

_READERS = 4
_POSTGRES_POOL = 10
#: Kept apart for glances: four readers may all be held by lists when a phone rings.
_GLANCERS = 2
#: Pages of 4 KiB that the log may hold before they go into the file: scattered index pages are then written once for
#: many transactions. SQLite's own 1,000 made an import three times as slow (docs/decisions/0010).
_WAL_PAGES = 8000

_PRAGMAS = ("foreign_keys=ON", f"busy_timeout={LONGEST * 1000:.0f}", "temp_store=MEMORY", "cache_size=-65536")
_WRITER_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", f"wal_autocheckpoint={_WAL_PAGES}")

#: How long a question waits while somebody changes the very tables; it changes nothing and can be put again.
_READER_LOCK_SECONDS = 5
_LOCK_NOT_AVAILABLE = "55P03"

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
        self._one_writer: OneWriter | None = None
        self._peephole: Peephole | None = None
        if self.dialect == "sqlite":
            file = parsed.database or ""
            self._reader, self._glancer = (_sqlite_readers(parsed, size) for size in (_READERS, _GLANCERS))
            self._one_writer = OneWriter(opener(file, [*_PRAGMAS, *_WRITER_PRAGMAS]))
            self.writer_engine = _sqlite_engine(parsed, self._one_writer, pool_size=0)
            self._peephole = Peephole(looker(file), self._glancer.dialect)
        else:
            self._reader = _postgres_engine(parsed, writer=False)
            self._glancer = _postgres_engine(parsed, writer=False, size=_GLANCERS)
            self.writer_engine = _postgres_engine(parsed, writer=True)
        self._brief_glancer = self._glancer.execution_options(brief=True)
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

    async def glimpse(self, question: Callable[[Look], T]) -> T:
        """The same for a question of glimpses alone. On SQLite it is answered at once, unless somebody's lock is in the
        way: then it waits as others do."""
        if self._peephole is not None:
            with suppress(sqlite3.Error):
                return question(self._peephole.look)
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
        if self._one_writer is not None:
            await self._one_writer.close()


@contextmanager
def busy_told() -> Iterator[None]:
    """Says in the house's own words that the wait for a connection or a lock was too long: raises ``DatabaseBusy``."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if isinstance(error, PoolTimeout) or _is_busy(error.orig):
            raise DatabaseBusy from error
        raise


def _is_busy(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(error, "sqlstate", None) == _LOCK_NOT_AVAILABLE


class _Queue(AsyncAdaptedQueue[T]):
    """Where connections wait to be used, and in the order they came those who want one: newcomers do not go before."""

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        super().__init__(maxsize, use_lifo)
        self.movement = Movement()
        self._line = asyncio.Lock()

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        if not block or (self._queue.qsize() and not self._line.locked()):
            return self.get_nowait()
        return await_(self._in_line())

    async def _in_line(self) -> T:
        try:
            async with self.movement.waiting(), self._line:
                return await self._queue.get()
        except TimeoutError:
            raise Empty from None


class _Pool(AsyncAdaptedQueuePool):
    _queue_class = _Queue[ConnectionPoolEntry]


def _see_movement(engine: AsyncEngine) -> None:
    """Whoever ends a transaction well has moved the line before the engine's connections on."""

    @event.listens_for(engine.sync_engine, "commit")
    def moved(connection: Connection) -> None:
        queue = cast(_Pool, connection.engine.pool)._pool
        cast("_Queue[ConnectionPoolEntry]", queue).movement.moved()


def _sessions(engine: AsyncEngine) -> dict[bool, async_sessionmaker[AsyncSession]]:
    """Makers of sessions over one pool: ordinary ones, and those of brief transactions."""
    engines = {brief: engine.execution_options(brief=brief) for brief in (False, True)}
    return {brief: async_sessionmaker(one, expire_on_commit=False) for brief, one in engines.items()}


def _sqlite_readers(url: URL, size: int) -> AsyncEngine:
    engine = _sqlite_engine(url, opener(url.database or "", [*_PRAGMAS, "query_only=ON"]), pool_size=size)
    _see_movement(engine)
    return engine


def _sqlite_engine(url: URL, opened: Callable[[], Awaitable[SteadyConnection]], pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername=DRIVER),
        async_creator=opened,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        poolclass=_Pool,
        **_JSON,
    )

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        brief = connection.get_execution_options().get("brief", False)
        connection.connection.dbapi_connection.begin(brief=brief)

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
        poolclass=_Pool,
        connect_args={"server_settings": settings if writer else {**settings, "default_transaction_read_only": "on"}},
    )

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        if writer and patience() < LONGEST:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience() * 1000:.0f}ms'")

    _see_movement(engine)
    return engine
