"""Bringing a database to the schema of this version, and back."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from callcenter.app.models import metadata
from core.kernel.db import Database

#: Tables that a full-text index makes for itself, and the one Alembic keeps.
_NOT_OURS = ("_fts", "alembic_")
#: Indexes of full-text search, which the tables bring along by statements of their own.
_SEARCH_INDEX = "_search_text"
_SCRIPTS = Path(__file__).parent.parent / "migrations"


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration without a file: the scripts, and the connection to run on."""
    alembic = Config()
    alembic.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    alembic.attributes.update(connection=connection, metadata=metadata, include_name=ours)
    return alembic


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table or index found in the database is one the metadata should know."""
    if kind == "index":
        return not (name or "").endswith(_SEARCH_INDEX)
    return not (kind == "table" and name is not None and any(mark in name for mark in _NOT_OURS))


async def migrate(database: Database, revision: str = "head") -> None:
    """Upgrade to ``revision``; does nothing when the database is there already."""
    await _run(database, lambda settings: command.upgrade(settings, revision))


async def downgrade(database: Database, revision: str) -> None:
    """Take migrations back down to ``revision`` (``base`` for an empty database)."""
    await _run(database, lambda settings: command.downgrade(settings, revision))


async def _run(database: Database, action: Callable[[Config], None]) -> None:
    async with database.writer_engine.begin() as connection:
        await connection.run_sync(lambda sync: action(config(sync)))
