"""Named locks between transactions, held until they end."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

#: Who posts shares the books; who closes a month owns them for a moment.
BOOKS: Final = 0x426F6F6B


async def share(session: AsyncSession, name: int) -> None:
    """Keep others from owning ``name`` until this transaction ends. Take it before any row is locked.

    SQLite's one writer needs no such lock.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock_shared(:name)"), {"name": name})


async def own(session: AsyncSession, name: int) -> None:
    """Wait until nobody shares ``name``, and keep everybody from it until this transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": name})
