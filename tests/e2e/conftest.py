"""What the browser tests share."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from core.kernel.db import Database
from tests.e2e.stage import Stage, raised
from tests.plugins.product import Product

#: Milliseconds. Nothing is proven by giving up sooner on a machine that has much to do.
expect.set_options(timeout=60_000)


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


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Where a story's screenshots go: a folder of the test, or the one that ``CALLCENTER_ALBUM`` names."""
    folder = Path(os.environ.get("CALLCENTER_ALBUM", tmp_path / "album"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
