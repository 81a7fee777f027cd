"""Migrations lead from nothing to exactly the schema of the code, and back, on both databases."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from callcenter.app.models import metadata
from callcenter.app.schema import downgrade, migrate, ours
from core.kernel.db import Database
from tests.conftest import admin


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a single table."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    server, name = request.getfixturevalue("postgres_server"), f"empty_{secrets.token_hex(6)}"
    asyncio.run(admin(server, f"CREATE DATABASE {name}"))
    yield f"{server}/{name}"
    asyncio.run(admin(server, f"DROP DATABASE {name} WITH (FORCE)"))


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": ours})
    return list(compare_metadata(context, metadata))


@pytest.mark.slow
async def test_up_to_the_code_and_down_to_nothing(empty_database: str) -> None:
    database = Database(empty_database)
    await migrate(database)
    await migrate(database)  # a second start has nothing to do
    async with database.writer_engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await downgrade(database, "base")
    async with database.writer_engine.connect() as connection:
        left = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await database.close()
    assert left == ["alembic_version"]
