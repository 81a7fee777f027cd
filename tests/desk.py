"""A desk of the running product as its owner's browser keeps it: a session, and the live link."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

_AS_A_SCRIPT = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json"}


class Desk:
    """Signed in as ``login``. ``post`` and ``get`` speak JSON like the scripts of a page."""

    def __init__(self, url: str, login: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self.login = login
        self.http = http
        self.heard: list[tuple[float, dict[str, Any]]] = []
        """What open screens were told, and when by the monotonic clock."""

    async def sign_in(self, password: str) -> None:
        """Type login and password; a session that has ended is so replaced."""
        answer = await self.http.post(f"{self.url}/login", data={"login": self.login, "password": password})
        assert answer.status_code == 303, answer.text

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        return await self.http.post(f"{self.url}{path}", json=fields)

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(f"{self.url}{path}")

    async def snapshot(self) -> dict[str, Any]:
        """What a screen that opens now is shown."""
        async with self._linked() as link:
            return await _next(link, "snapshot")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """A screen is open while the block runs: its owner is there. It comes back after the link breaks."""
        there = asyncio.Event()
        task = asyncio.create_task(self._stay(there))
        try:
            await asyncio.wait_for(there.wait(), 60)
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _stay(self, there: asyncio.Event) -> None:
        while True:
            with suppress(OSError, WebSocketException):
                async with self._linked() as link:
                    there.set()
                    async for text in link:
                        self.heard.append((time.monotonic(), json.loads(text)))
            await asyncio.sleep(0.2)

    def _linked(self) -> connect:
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        address = self.url.replace("http", "ws", 1)
        return connect(f"{address}/live", origin=self.url, additional_headers={"Cookie": cookies}, close_timeout=1)  # type: ignore[arg-type]


async def _next(link: ClientConnection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        async for text in link:
            message: dict[str, Any] = json.loads(text)
            if message["type"] == kind:
                return message
    raise AssertionError(f"the link ended without {kind}")


@asynccontextmanager
async def signed_in(url: str, login: str, password: str) -> AsyncIterator[Desk]:
    """A desk after its owner has typed login and password."""
    async with httpx.AsyncClient(headers=_AS_A_SCRIPT, timeout=30) as http:
        desk = Desk(url, login, http)
        await desk.sign_in(password)
        yield desk
