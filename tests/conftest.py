"""What every test may ask for: both databases, a unit of work, a clock that stands still."""

import asyncio
import secrets
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from hypothesis import settings
from sqlalchemy import make_url

from callcenter.app.demo.registry import PLACES
from callcenter.app.models import metadata
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork

#: How long an example takes says more about the machine than about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

pytest_plugins = [
    "tests.plugins.asterisk",
    "tests.plugins.chromium",
    "tests.plugins.compiled",
    "tests.plugins.figures",
    "tests.plugins.logs",
    "tests.plugins.memory",
    "tests.plugins.postgres",
    "tests.plugins.product",
    "tests.plugins.web",
]


async def _create_schema(url: str) -> None:
    database = Database(url)
    async with database.writer_engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the whole schema, to be copied for each test."""
    path = tmp_path_factory.mktemp("schema") / "template.db"
    asyncio.run(_create_schema(f"sqlite+aiosqlite:///{path}"))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


async def admin(server: str, *statements: str) -> None:
    connection = await asyncpg.connect(f"{server.replace('+asyncpg', '')}/postgres")
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a PostgreSQL database with the whole schema, to be copied for each test."""
    asyncio.run(admin(postgres_server, "CREATE DATABASE template_cc"))
    asyncio.run(_create_schema(f"{postgres_server}/template_cc"))
    return "template_cc"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, memory: Path) -> Iterator[str]:
    """The address of a fresh database with the whole schema, once on SQLite and once on PostgreSQL."""
    name = f"test_{secrets.token_hex(6)}"
    if request.param == "sqlite":
        (memory / name).mkdir()
        copy = shutil.copy(request.getfixturevalue("sqlite_template"), memory / name / "test.db")
        yield f"sqlite+aiosqlite:///{copy}"
        shutil.rmtree(memory / name)
        return
    template = request.getfixturevalue("postgres_template")
    server = request.getfixturevalue("postgres_server")
    asyncio.run(admin(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
    try:
        yield f"{server}/{name}"
    finally:
        asyncio.run(admin(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database; ``database.dialect`` tells which."""
    assert make_url(database_url).get_backend_name() in {"sqlite", "postgresql"}
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> ManualClock:
    """Wednesday 2026-03-11 at noon UTC, until a test moves it."""
    return ManualClock(datetime(2026, 3, 11, 12, tzinfo=UTC))


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    """A bus that delivers; ``await bus.drained()`` waits for what was published."""
    bus = Bus()
    task = asyncio.create_task(bus.run(), name="bus")
    yield bus
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
def uow(database: Database, bus: Bus) -> UnitOfWork:
    return UnitOfWork(database, bus)


@pytest.fixture
def one_city(monkeypatch: pytest.MonkeyPatch) -> None:
    """The invented registry has the debtors of one city only, which most tests have enough of."""
    monkeypatch.setattr("callcenter.app.demo.cases.PLACES", PLACES[:1])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PostgreSQL's half of every test belongs to the slow part: while one works, SQLite answers for both. What may take
    longest begins first, so that in the end nobody waits for one."""
    for item in items:
        if "[postgresql" in item.nodeid:
            item.add_marker(pytest.mark.slow)
    together = Counter(item.path for item in items if _shares_its_loop(item))
    items.sort(key=lambda item: _seconds_at_most(item) * max(1, together[item.path]), reverse=True)


def _shares_its_loop(item: pytest.Item) -> bool:
    """Whether what the test works on is its whole file's, so that one follows the other."""
    marker = item.get_closest_marker("asyncio")
    return marker is not None and marker.kwargs.get("loop_scope") == "module"


def _seconds_at_most(item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    return marker.args[0] if marker is not None else float(item.config.getini("timeout"))
