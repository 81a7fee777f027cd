"""The live board over its websocket: a team head's view, one snapshot, then numbered deltas."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from callcenter.app.wiring import House
from core.kernel.uow import UnitOfWork
from core.people.model import User
from tests.factories.people import Cast
from tests.plugins.web import HOST, SignIn, WithState

COOKIE = "callcenter_session"
EXTENSIONS = {"anna": "701", "bella": "702", "clara": "703", "diego": "704"}


class Screen:
    """A browser's websocket without a browser."""

    def __init__(self, client: httpx.AsyncClient, path: str) -> None:
        cookie = f"{COOKIE}={client.cookies[COOKIE]}".encode()
        headers = [(b"host", HOST.removeprefix("http://").encode()), (b"origin", HOST.encode()), (b"cookie", cookie)]
        self._scope = {"type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b""}
        self._scope |= {"headers": headers, "scheme": "ws", "server": ("desk.example", 80), "root_path": ""}
        self._scope |= {"client": ("192.0.2.1", 5000), "subprotocols": []}
        self._app: WithState = client._transport.app  # type: ignore[attr-defined]
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __aenter__(self) -> "Screen":
        await self._in.put({"type": "websocket.connect"})
        self._task = asyncio.create_task(self._app(self._scope, self._in.get, self._out.put))
        assert (await self._out.get())["type"] == "websocket.accept"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._in.put({"type": "websocket.disconnect", "code": 1001})
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(self._task, 60)

    async def next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads((await asyncio.wait_for(self._out.get(), 60))["text"])
        return message


@pytest.fixture
async def phones(uow: UnitOfWork, cast: Cast) -> None:
    async with uow.write() as work:
        for name, extension in EXTENSIONS.items():
            await work.session.execute(update(User).where(User.id == cast.users[name]).values(extension=extension))


def states(message: dict[str, Any], cast: Cast) -> dict[str, str]:
    names = {cast.users[name]: name for name in EXTENSIONS}
    lines = (line for line in message["put"].get("agents", ()) if line["id"] in names)
    return {names[line["id"]]: line["state"] for line in lines}


@pytest.mark.parametrize("path", ["/board/live", "/wall/live"])
async def test_a_team_head_sees_his_team_as_it_changes(
    house: House, sign_in: SignIn, cast: Cast, phones: None, path: str
) -> None:
    agents = house.floor.agents
    await agents.screen_opened(cast.users["anna"])
    async with Screen(await sign_in("sofia"), path) as sofia, Screen(await sign_in("admin"), path) as admin:
        first, all_of_it = await sofia.next(), await admin.next()
        assert (first["type"], first["seq"]) == ("snapshot", 0)
        assert states(first, cast) == {"anna": "available", "bella": "offline"}
        assert states(all_of_it, cast).keys() == EXTENSIONS.keys()
        await agents.screen_opened(cast.users["diego"])
        await agents.screen_opened(cast.users["bella"])
        news = await sofia.next()
        assert (news["type"], news["seq"], states(news, cast)) == ("delta", 1, {"bella": "available"})


async def test_changes_in_a_row_come_as_one_message(house: House, sign_in: SignIn, cast: Cast, phones: None) -> None:
    async with Screen(await sign_in("sofia"), "/board/live") as sofia:
        await sofia.next()
        for _ in range(20):
            await house.floor.agents.screen_opened(cast.users["anna"])
            await house.floor.agents.screen_closed(cast.users["anna"])
        await house.floor.agents.screen_opened(cast.users["anna"])
        seen = [await sofia.next()]
        while states(seen[-1], cast) != {"anna": "available"}:
            seen.append(await sofia.next())
        assert len(seen) <= 20
        assert [one["seq"] for one in seen] == list(range(1, len(seen) + 1))
