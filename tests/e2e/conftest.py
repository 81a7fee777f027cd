"""What the browser tests share."""

from collections.abc import AsyncIterator

import pytest

from core.kernel.db import Database
from tests.e2e.stage import Stage, raised
from tests.plugins.product import Product


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with raised() as stage:
        yield stage


@pytest.fixture
async def product_database(product: Product) -> AsyncIterator[Database]:
    """What the running product keeps, to be looked into."""
    opened = Database(f"sqlite+aiosqlite:///{product.folder / 'callcenter.db'}")
    yield opened
    await opened.close()
