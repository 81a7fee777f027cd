"""The websocket of a screen: a snapshot or what was missed, then everything as it happens."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from core.kernel.access import Actor
from web.forms import is_position
from web.live.hub import Hub, Screen
from web.live.presence import ScreenPresence
from web.live.recheck import Recheck
from web.security import find_identity, identity, session_token, signed_in, ws_route
from web.state import part

log = logging.getLogger(__name__)

#: A screen that cannot take a message for so long is gone.
SEND_SECONDS = 5.0
#: Browsers take a link for dead after 45 s of silence. The session or token is looked at again just as often, however
#: much there is to tell meanwhile.
HEARTBEAT_SECONDS = 20.0

_POLICY = 1008


class Snapshots(Protocol):
    """What a screen shows when it starts from nothing."""

    async def snapshot(self, actor: Actor) -> Mapping[str, Any]: ...


class LiveDesk:
    """What the endpoint works with, built by wiring."""

    def __init__(self, hub: Hub, snapshots: Snapshots, presence: ScreenPresence) -> None:
        self.hub = hub
        self.snapshots = snapshots
        self.presence = presence


async def live(websocket: WebSocket) -> None:
    """``/live?after=SEQ`` and ``/api/v1/live``."""
    desk = part(websocket, LiveDesk)
    screen = Screen(identity(websocket).actor)
    await websocket.accept()
    after = websocket.query_params.get("after", "")
    resumed = desk.hub.connect(screen, int(after) if is_position(after) else None)
    desk.presence.opened(screen.actor.user_id)
    try:
        if not resumed:
            seq = desk.hub.seq
            body = await desk.snapshots.snapshot(screen.actor)
            await _send(websocket, desk.hub.encode("snapshot", seq, body))
        await _serve(websocket, screen, desk.hub, lambda: still_valid(websocket, screen.actor))
    except (WebSocketDisconnect, TimeoutError, RuntimeError):
        pass  # gone; what it missed it gets when it comes back
    finally:
        desk.hub.disconnect(screen)
        desk.presence.closed(screen.actor.user_id, desk.hub.screens_of(screen.actor.user_id))


async def _serve(websocket: WebSocket, screen: Screen, hub: Hub, valid: Callable[[], Awaitable[bool]]) -> None:
    """Send until one side has had enough."""
    gone = asyncio.create_task(_until_gone(websocket, screen), name="live-reader")
    looking: asyncio.Task[None] | None = None
    clock = asyncio.get_running_loop().time
    look_again = clock() + HEARTBEAT_SECONDS
    try:
        while True:
            try:
                async with asyncio.timeout_at(look_again):
                    text = await screen.next()
            except TimeoutError:
                text = hub.encode("ping", hub.seq, {})
            if clock() >= look_again:
                look_again = clock() + HEARTBEAT_SECONDS
                if looking is None or looking.done():
                    looking = asyncio.create_task(_look(screen, valid), name="live-look")
            if text is None:
                with contextlib.suppress(RuntimeError, TimeoutError):
                    await asyncio.wait_for(websocket.close(screen.code), SEND_SECONDS)
                return
            await _send(websocket, text)
    finally:
        gone.cancel()
        if looking is not None:
            looking.cancel()


async def _look(screen: Screen, valid: Callable[[], Awaitable[bool]]) -> None:
    """Show the door to whose session has ended. Beside the sending: a phone may ring while others are looked up."""
    try:
        if not await valid():
            screen.drop(_POLICY)
    except Exception as error:  # noqa: BLE001 - whatever it is, the screen may ask for itself when it comes back
        log.warning("who holds a screen could not be looked up: %s", type(error).__name__)
        screen.drop()


async def _until_gone(websocket: WebSocket, screen: Screen) -> None:
    """Screens say nothing; reading is how one learns that they left."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
    screen.drop()


async def _send(websocket: WebSocket, text: str) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await websocket.send_text(text)


async def still_valid(websocket: WebSocket, actor: Actor) -> bool:
    """Whether the session or token is still alive and the rights are the same: else the screen reconnects or is shown
    the door."""
    token = session_token(websocket) if identity(websocket).session_id is not None else None
    found = await (find_identity(websocket) if token is None else part(websocket, Recheck).identify(token))
    return found is not None and found.actor == actor


routes = [
    ws_route("/live", live, policy=signed_in, name="live"),
    ws_route("/api/v1/live", live, policy=signed_in, name="api_live"),
]
