from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.integration.telephony.exchange import PrivateExchange


@pytest_asyncio.fixture
async def pbx(tmp_path: Path) -> AsyncIterator[PrivateExchange]:
    exchange = PrivateExchange(tmp_path)
    await exchange.open()
    yield exchange
    exchange.close()
