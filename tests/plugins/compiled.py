"""Statements are compiled once for a whole run: each test opens its own database, the product one for its whole life.

SQLAlchemy keeps what it compiled by engine and by dialect, so that every test, and in each of them readers, glances and
the writer, would compile all anew: a third of a test's time.
"""

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import LRUCache

from core.kernel.sqlite_dialect import WholeStatements

_SIZE = 5000


def _same(one: Dialect, other: object) -> bool:
    return type(one) is type(other)


def _hashed(dialect: Dialect) -> int:
    return hash(type(dialect))


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """All engines of a process look into one cache, where dialects of a kind are equal; so are their types."""
    cache: LRUCache[Any, Any] = LRUCache(_SIZE)

    def make(*args: Any, **options: Any) -> AsyncEngine:
        engine = create_async_engine(*args, **options)
        engine.sync_engine._compiled_cache = cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.kernel.db.create_async_engine", make)
        for kind in (PGDialect_asyncpg, WholeStatements):
            patch.setattr(kind, "__eq__", _same)
            patch.setattr(kind, "__hash__", _hashed)
            patch.setattr(kind, "_type_memos", WeakKeyDictionary())
        yield
