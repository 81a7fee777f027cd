"""Programs that talk to the API, and the desk they talk about."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from callcenter.app.rights import KEYS
from callcenter.app.wiring import House
from core.kernel.clock import ManualClock
from tests.factories.desk import Desk, lay
from tests.factories.people import Cast
from tests.plugins.web import HOST, WithState, _no_lifespan
from web.routes import ROUTES
from web.server import build
from web.state import Services

Program = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def desk(house: House, web_services: Services, clock: ManualClock, cast: Cast) -> Desk:
    return await lay(house, web_services, clock, cast)


@pytest.fixture
def api_app(desk: Desk) -> WithState:
    return WithState(build(ROUTES, _no_lifespan), desk.services)


@pytest.fixture
async def program(api_app: WithState, desk: Desk) -> AsyncIterator[Program]:
    """``await program("anna")`` acts as anna by a token; rights narrow it."""
    opened: list[httpx.AsyncClient] = []

    async def enter(login: str, *rights: str) -> httpx.AsyncClient:
        token = await desk.token(login, rights or sorted(KEYS))
        transport = httpx.ASGITransport(app=api_app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {token}"}
        client = httpx.AsyncClient(transport=transport, base_url=f"{HOST}/api/v1", headers=headers)
        opened.append(client)
        return client

    yield enter
    for client in opened:
        await client.aclose()


def key() -> dict[str, str]:
    """The header of a request that nobody has made before."""
    return {"Idempotency-Key": secrets.token_urlsafe(12)}
