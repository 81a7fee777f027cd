"""The web application over a test's database, and browsers that talk to it without a socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from callcenter.app.adapters.figures import FloorFigures
from callcenter.app.rights import KEYS, RIGHTS
from callcenter.app.services import services_of
from callcenter.app.settings import Settings
from callcenter.app.wiring import Ground, House, People
from callcenter.app.wiring import build as build_house
from callcenter.productivity.ports import RawFigures
from core.audit.service import Looks
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.idempotency import Idempotency
from core.kernel.uow import UnitOfWork
from core.people.service.keys import Keys
from core.people.service.logins import Logins
from core.people.service.own import OwnAccount
from core.people.service.profiles import Profiles
from core.people.service.roles import Roles
from core.people.service.units import Units
from core.people.service.users import Users
from core.people.service.views import Announcements, SavedViews
from core.people.vault import Vault
from tests.factories.people import PASSWORD, Cast, cheap_passwords, seat
from web.rendering import STATIC
from web.routes import ROUTES
from web.server import build
from web.state import Services
from web.throttle import Throttle

HOST = "http://desk.example"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]


@pytest.fixture
def vault() -> Vault:
    return Vault("a secret key for tests, long enough for it")


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """An installation without an exchange."""
    key = "a secret key for tests, long enough for it"
    return Settings(data_dir=tmp_path / "data", database_url=database_url, asterisk="none", secret_key=key)


@pytest.fixture
async def house(
    settings: Settings, uow: UnitOfWork, bus: Bus, clock: ManualClock, vault: Vault
) -> AsyncIterator[House]:
    """The house as it is wired, with cheap hashes and a clock that stands still; looks are written."""
    passwords = cheap_passwords()
    staff = People(
        logins=Logins(uow, clock, passwords, vault),
        own=OwnAccount(uow, clock, passwords, vault),
        users=Users(uow, clock, passwords, vault),
        units=Units(uow, clock),
        roles=Roles(uow, clock),
        profiles=Profiles(uow, clock, KEYS),
        keys=Keys(uow, clock, KEYS),
        views=SavedViews(uow),
        announcements=Announcements(uow, clock),
    )
    looks = Looks(uow, clock)
    ground = Ground(
        settings=settings, clock=clock, bus=bus, uow=uow, vault=vault, looks=looks, keys=Idempotency(uow, clock)
    )
    task = asyncio.create_task(looks.run(), name="looks")
    yield build_house(ground, staff, sites=())
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
def web_services(house: House) -> Services:
    """What endpoints are handed, with a door wide enough for a whole test."""
    built = services_of(house, RIGHTS)
    return replace(built, throttle=Throttle("10000/minute"), parts={**built.parts, RawFigures: FloorFigures()})


class WithState:
    """Gives an application the state its lifespan would have yielded."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self.app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"services": self._services}
        await self.app(scope, receive, send)


@asynccontextmanager
async def _no_lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
    yield {}


@pytest.fixture
def web_app(web_services: Services) -> WithState:
    if not (STATIC / "dist" / "app.css").exists():
        pytest.fail("The browser bundle is missing: run 'make setup'")
    return WithState(build(ROUTES, _no_lifespan), web_services)


@pytest.fixture
async def cast(uow: UnitOfWork, clock: ManualClock) -> Cast:
    return await seat(uow, clock)


def browser(app: ASGIApp, **headers: str) -> httpx.AsyncClient:
    """A client that keeps cookies and says where its requests come from, as browsers do."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=HOST, headers={**SAME_ORIGIN, **headers})


@pytest.fixture
async def stranger(web_app: WithState) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is not signed in."""
    async with browser(web_app) as client:
        yield client


@pytest.fixture
async def sign_in(web_app: WithState, cast: Cast) -> AsyncIterator[SignIn]:
    """``await sign_in("anna")`` is anna's browser."""
    opened: list[httpx.AsyncClient] = []

    async def enter(login: str) -> httpx.AsyncClient:
        client = browser(web_app)
        opened.append(client)
        answer = await client.post("/login", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    yield enter
    for client in opened:
        await client.aclose()
