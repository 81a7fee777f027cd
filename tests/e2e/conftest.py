"""What the browser tests share."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.stage import Stage, raised


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with raised() as stage:
        yield stage
