"""Clients who begin and do not go on: the server lets them go and serves the others meanwhile."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from callcenter.app.patience import BoundedProtocol

PATIENCE = 0.3
WHOLE = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"


class Hurried(BoundedProtocol):
    head_seconds = body_seconds = PATIENCE


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body, or greets a websocket and waits until it goes."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "text": "still here"})
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(
        echo, http=Hurried, ws="websockets-sansio", lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


async def _told(port: int, *pieces: bytes, every: float = PATIENCE / 2) -> bytes:
    """What the server says until it closes, while ``pieces`` arrive one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.wait([asyncio.create_task(reader.read(0))], timeout=1)
            if piece is not pieces[-1]:
                await asyncio.sleep(every)  # the slowness itself is what is tested
        return await asyncio.wait_for(reader.read(), 20 * PATIENCE)
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "pieces",
    [
        (b"",),
        (b"GET / HTT",),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", *[b"X-A: b\r\n"] * 20),
        (WHOLE[:-2],),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",),
    ],
    ids=["silence", "half a line", "a header now and then", "half a body", "half a chunk"],
)
async def test_half_requests_are_let_go(port: int, pieces: tuple[bytes, ...]) -> None:
    idle = [asyncio.create_task(_told(port, *pieces)) for _ in range(20)]
    assert b"200" in await _told(port, WHOLE.replace(b"Host: x", b"Host: x\r\nConnection: close"))
    assert set(await asyncio.gather(*idle)) == {b""}


async def test_a_body_that_goes_on_may_take_its_time(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 6\r\n\r\n"
    assert (await _told(port, head, *[b"x"] * 6)).count(b"xxxxxx")


@pytest.mark.slow
async def test_websockets_may_be_silent(port: int) -> None:
    async with connect(f"ws://127.0.0.1:{port}/") as link:
        await asyncio.sleep(3 * PATIENCE)  # the silence itself is what is tested
        await link.send("are you there")
        assert await link.recv() == "still here"


async def test_two_lengths_are_one_request_at_most(port: int) -> None:
    """What one side could take for a second request is refused or is body, never a request of its own."""
    smuggled = (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 30\r\n\r\nbodyGET /two HTTP/1.1\r\n\r\n"
    )
    assert (await _told(port, smuggled)).startswith(b"HTTP/1.1 400")
    both = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: identity\r\n\r\nbody"
    assert not (await _told(port, both)).startswith(b"HTTP/1.1 200")
