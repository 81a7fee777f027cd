"""The websocket of the live board and of the wall: one snapshot, then what changed, a few messages a second at most.

Messages of one connection are numbered from 0; who finds a number missing connects anew.
"""

import asyncio
from contextlib import suppress

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from callcenter.supervision.board import News, Viewer
from callcenter.supervision.feed import Feed
from callcenter.supervision.rights import BOARD, WALL
from core.kernel.clock import Clock
from web.live.endpoint import HEARTBEAT_SECONDS, SEND_SECONDS, still_valid
from web.security import identity, right, ws_route
from web.state import part, services

#: The least time between two messages to one screen.
PACE_SECONDS = 0.25
_POLICY = 1008


async def board(websocket: WebSocket) -> None:
    """What a supervisor sees: his right decides how far."""
    await _show(websocket, BOARD)


async def wall(websocket: WebSocket) -> None:
    """The same for a display on the wall, by a right of its own."""
    await _show(websocket, WALL)


async def _show(websocket: WebSocket, needed: str) -> None:
    feed = part(websocket, Feed)
    viewer = Viewer(identity(websocket).actor, needed)
    await websocket.accept()
    reader = asyncio.create_task(_until_gone(websocket, viewer), name="board-reader")
    try:
        await _Screen(websocket, services(websocket).clock).follow(feed, viewer, reader)
    except (WebSocketDisconnect, TimeoutError, RuntimeError):
        pass  # gone; it takes a new snapshot when it comes back
    finally:
        feed.board.leave(viewer)
        reader.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect):
            await reader


async def _until_gone(websocket: WebSocket, viewer: Viewer) -> None:
    """Screens say nothing; reading is how one learns that they left."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
    viewer.wake()


class _Screen:
    """One connection, with the number of its next message."""

    def __init__(self, websocket: WebSocket, clock: Clock) -> None:
        self._websocket = websocket
        self._clock = clock
        self._seq = 0

    async def follow(self, feed: Feed, viewer: Viewer, reader: "asyncio.Task[None]") -> None:
        await self._send("snapshot", await feed.join(viewer))
        now = asyncio.get_running_loop().time
        look_again = now() + HEARTBEAT_SECONDS
        while not reader.done():
            with suppress(TimeoutError):
                async with asyncio.timeout_at(look_again):
                    await viewer.wait()
            if reader.done():
                return
            if now() >= look_again:
                if not await still_valid(self._websocket, viewer.actor):
                    await self._websocket.close(_POLICY)
                    return
                look_again = now() + HEARTBEAT_SECONDS
            await self._send("delta", feed.board.news(viewer))
            await asyncio.sleep(PACE_SECONDS)

    async def _send(self, kind: str, news: News) -> None:
        head = {"type": kind, "seq": self._seq, "at": self._clock.now()}
        text = msgspec.json.encode({**head, "put": news.put, "gone": news.gone}).decode()
        self._seq += 1
        await asyncio.wait_for(self._websocket.send_text(text), SEND_SECONDS)


routes = [
    ws_route("/board/live", board, policy=right(BOARD), name="board.live"),
    ws_route("/wall/live", wall, policy=right(WALL), name="wall.live"),
]
