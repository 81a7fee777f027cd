"""A question made once finds what the same statement finds, and nothing that was not asked for; what stands in its way
is told as of any other statement."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, make_url, select, text
from sqlalchemy.exc import DBAPIError

from core.kernel.among import Among
from core.kernel.clock import ManualClock
from core.kernel.db import Database
from core.kernel.errors import DatabaseBusy
from core.kernel.glimpse import Glimpse, Look, Peephole
from core.kernel.sqlite import looker
from core.kernel.uow import UnitOfWork
from core.parties.model import Party, PartyKind
from tests.locking import locked

NAMED = (
    select(Party.id, Party.name).where(Among(Party.name, "names"), Party.kind == PartyKind.PERSON).order_by(Party.id)
)
MADE = Glimpse(NAMED)
SECRET = "Anna Example"
ASKED = {"names": [SECRET]}

Rows = Sequence[Sequence[Any]]


def by_glimpse(connection: Connection) -> Rows:
    return MADE.rows(connection, ASKED)


def by_statement(connection: Connection) -> Rows:
    return connection.execute(NAMED, ASKED).all()


def seen(look: Look) -> Rows:
    return look(MADE, ASKED)


WAYS = pytest.mark.parametrize("ask", [by_glimpse, by_statement])
Ask = Callable[[Connection], Rows]


async def test_it_answers_as_the_statement_does(uow: UnitOfWork, clock: ManualClock) -> None:
    kinds = {"Anna": PartyKind.PERSON, "Boris": PartyKind.PERSON, "Works": PartyKind.ORGANISATION}
    async with uow.write() as work:
        for name, kind in kinds.items():
            work.session.add(Party(kind=kind, name=name, name_key=name.lower(), created_at=clock.now()))
    for names in ((), ("Anna",), ("Boris", "Anna", "Works", "'; --"), tuple(kinds)):
        asked = {"names": names}
        found = await uow.database.glance(partial(MADE.rows, values=asked))
        seen = await uow.database.glimpse(lambda look, asked=asked: look(MADE, asked))  # type: ignore[misc]
        async with uow.read() as session:
            told = [tuple(row) for row in await session.execute(NAMED, asked)]
        assert list(map(tuple, found)) == list(map(tuple, seen)) == told


@pytest.fixture
async def impatient(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """A database whose readers wait a second for a lock, where a lock of somebody else's stops them at all."""
    monkeypatch.setattr("core.kernel.db.LONGEST", 1.0)
    monkeypatch.setattr("core.kernel.db._READER_LOCK_SECONDS", 1)
    if make_url(database_url).get_backend_name() == "sqlite":
        with closing(sqlite3.connect(make_url(database_url).database or "")) as file:
            file.execute("PRAGMA journal_mode=DELETE")
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.mark.slow
@WAYS
async def test_a_lock_is_told_as_a_busy_database(impatient: Database, database_url: str, ask: Ask) -> None:
    assert not await impatient.glance(ask)
    async with locked(database_url, Party.__tablename__):
        with pytest.raises(DatabaseBusy):
            await impatient.glance(ask)
    assert not await impatient.glance(ask)


@pytest.mark.slow
async def test_a_lock_in_the_way_of_a_glimpse_is_waited_for(impatient: Database, database_url: str) -> None:
    assert not await impatient.glimpse(seen)
    async with locked(database_url, Party.__tablename__):
        with pytest.raises(DatabaseBusy):
            await impatient.glimpse(seen)
    assert not await impatient.glimpse(seen)


async def lose_the_connection(database: Database, url: str) -> None:
    """The one that the next glance takes breaks, and nobody has noticed yet."""
    driver: Any = await database.glance(lambda connection: connection.connection.driver_connection)
    if database.dialect == "sqlite":
        driver._conn.close()
        return
    admin = await asyncpg.connect(url.replace("+asyncpg", ""))
    await admin.execute("SELECT pg_terminate_backend($1, 5000)", driver.get_server_pid())
    await admin.close()


@WAYS
async def test_a_lost_connection_is_told_and_replaced(database: Database, database_url: str, ask: Ask) -> None:
    assert not await database.glance(ask)
    await lose_the_connection(database, database_url)
    with pytest.raises(DBAPIError) as told:
        await database.glance(ask)
    assert told.value.connection_invalidated
    assert SECRET not in str(told.value)
    assert not await database.glance(ask)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_cancelled_question_leaves_nothing_behind(database: Database, database_url: str) -> None:
    """On SQLite a glance cannot be cancelled: it runs where it is asked."""
    async with locked(database_url, Party.__tablename__):
        asking = asyncio.create_task(database.glance(by_glimpse))
        async with database.read() as session:
            while not await session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                assert not asking.done()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert not await database.glance(by_glimpse)


async def test_a_peephole_only_looks_and_sees_what_was_committed(uow: UnitOfWork, clock: ManualClock) -> None:
    path = make_url(str(uow.database.writer_engine.url)).database
    if uow.database.dialect != "sqlite" or path is None:
        assert uow.database._peephole is None
        return
    opened = []

    def open_file() -> sqlite3.Connection:
        opened.append(looker(path)())
        return opened[-1]

    hole = Peephole(open_file, uow.database.writer_engine.dialect)
    assert not hole.look(MADE, ASKED)
    async with uow.write() as work:
        work.session.add(Party(kind=PartyKind.PERSON, name=SECRET, name_key=SECRET, created_at=clock.now()))
    assert len(hole.look(MADE, ASKED)) == 1
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        opened[0].execute("DELETE FROM parties")
    opened[0].close()
    with pytest.raises(sqlite3.ProgrammingError):
        hole.look(MADE, ASKED)
    assert len(hole.look(MADE, ASKED)) == 1  # opened anew
    hole.close()
