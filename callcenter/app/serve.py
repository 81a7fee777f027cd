"""Running the house: every task has an owner, every start has its end."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog
import uvicorn
from sqlalchemy import select
from starlette.applications import Starlette

from callcenter.app import collector, wiring
from callcenter.app.exchanges import opened
from callcenter.app.patience import BoundedProtocol
from callcenter.app.phones import phones_of
from callcenter.app.rights import RIGHTS
from callcenter.app.schema import migrate
from callcenter.app.services import services_of
from callcenter.app.settings import BadSettings, Settings
from callcenter.app.tls import local_certificate
from core.kernel.db import Database
from core.parties.model import Phone
from core.parties.zones import zones_of_country
from web import rendering
from web.routes import ROUTES
from web.server import build

#: The parts a process may run; one process runs them all unless told otherwise.
ROLES = ("web", "bridge", "worker")
#: Who rings when the database knows no debtor.
NOBODY = "+79000000100"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SEND_BUFFER = 64 * 1024
_UNACKNOWLEDGED_MS = 5000
_BACKLOG = 2048
_GRACE_SECONDS = 3
_log = structlog.get_logger(__name__)


async def serve(settings: Settings, roles: frozenset[str] = frozenset(ROLES)) -> None:
    """Bring everything up, say where, run until told to stop, and take down what was brought up."""
    if "web" not in roles:
        async with _standing(settings, roles):
            await asyncio.Event().wait()
    async with _standing(settings, roles) as house, _listening(settings) as listener:
        secure = settings.host not in _LOOPBACK
        app = _application(house)
        server = uvicorn.Server(_configuration(settings, app, secure=secure))
        await _announce(settings, house, listener, secure=secure)
        await server.serve(sockets=[listener])


@asynccontextmanager
async def _standing(settings: Settings, roles: frozenset[str]) -> AsyncIterator[wiring.House]:
    """The house with all its tasks running."""
    for folder in (settings.data_dir, settings.scratch, settings.watermarks):
        folder.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        await migrate(database)
        base = wiring.ground(settings, database)
        staff = wiring.people(base)
        async with opened(settings, await phones_of(base.uow, staff.users)) as sites:
            house = wiring.build(base, staff, sites)
            await _after_a_crash(house, roles)
            collector.begin()
            async with _running(house, roles):
                yield house
    finally:
        await database.close()


async def _after_a_crash(house: wiring.House, roles: frozenset[str]) -> None:
    """Put away what an earlier process of the same role left: others may be at work with theirs."""
    if "web" in roles:
        await house.floor.agents.all_screens_closed(await house.floor.downtimes.beat())
    if "bridge" in roles:
        await asyncio.to_thread(house.archive.storage.sweep_parts)


@asynccontextmanager
async def _running(house: wiring.House, roles: frozenset[str]) -> AsyncIterator[None]:
    """Run what the house owns. A task that fails ends everything: a half-alive server is worse than none."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run(), name=name) for name, run in house.owned(roles)]
        tasks.append(group.create_task(collector.run(), name="collector"))
        if "web" in roles:
            tasks.append(group.create_task(asyncio.to_thread(_warm, house.ground.settings.region), name="warming"))
        try:
            yield
        finally:
            await house.live.presence.close()
            for task in tasks:
                task.cancel()


def _warm(region: str) -> None:
    """What the first reader of each page would wait for, and everybody with him."""
    rendering.warm()
    zones_of_country(region)


def _application(house: wiring.House) -> Starlette:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        yield {"services": services_of(house, RIGHTS)}

    return build(ROUTES, lifespan)


@asynccontextmanager
async def _listening(settings: Settings) -> AsyncIterator[socket.socket]:
    """The listening socket. A peer that stops reading is let go after five seconds, and little is kept for it."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with contextlib.closing(listener):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)
        try:
            listener.bind((settings.host, settings.port))
        except OSError:
            if "port" in settings.model_fields_set:
                raise BadSettings(problems=f"CALLCENTER_PORT: {settings.port} on {settings.host} is not free") from None
            listener.bind((settings.host, 0))  # another copy has the usual port
        listener.listen(_BACKLOG)  # who reads the address may come at once: he waits in line, and is not turned away
        yield listener


def _configuration(settings: Settings, app: Starlette, *, secure: bool) -> uvicorn.Config:
    pair = local_certificate(settings.data_dir) if secure else None
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        backlog=_BACKLOG,
        ssl_certfile=str(pair.certificate) if pair else None,
        ssl_keyfile=str(pair.key) if pair else None,
    )


async def _announce(settings: Settings, house: wiring.House, listener: socket.socket, *, secure: bool) -> None:
    """Tell the person at the terminal where to go, and how to be rung."""
    host = socket.gethostname() if settings.host == "0.0.0.0" else settings.host  # noqa: S104
    url = f"{'https' if secure else 'http'}://{host}:{listener.getsockname()[1]}/"
    await asyncio.to_thread((settings.data_dir / "server.url").write_text, url)
    print(f"Call centre at {url}", flush=True)
    if not house.sites:
        print("Telephony is off: no exchange is connected. Everything else works.", flush=True)
    elif settings.asterisk == "lab":
        async with house.ground.uow.read() as session:
            caller = await session.scalar(select(Phone.e164).order_by(Phone.id).limit(1))
        print(f"Be rung, from a second terminal: .venv/bin/callcenter lab call --from {caller or NOBODY}", flush=True)
