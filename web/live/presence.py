"""Whether a collector is at his screen, with patience for reloads."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

#: A page that is loaded anew is back within this.
GRACE_SECONDS = 5.0
RETRY_SECONDS = 1.0
_log = structlog.get_logger(__name__)

Say = Callable[[int], Awaitable[None]]


class Screens(Protocol):
    """Who wants to know (``callcenter.agents.service.AgentService``)."""

    async def screen_opened(self, user_id: int) -> None: ...
    async def screen_closed(self, user_id: int) -> None: ...


class ScreenPresence:
    """Turns connections into presence. The lifespan closes it."""

    def __init__(self, screens: Screens, grace: float = GRACE_SECONDS) -> None:
        self._screens = screens
        self._grace = grace
        self._latest: dict[int, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def opened(self, user_id: int) -> None:
        """A screen connected."""
        self._instead(user_id, 0, self._screens.screen_opened)

    def closed(self, user_id: int, left: int) -> None:
        """A screen is gone; ``left`` are still there."""
        if left == 0:
            self._instead(user_id, self._grace, self._screens.screen_closed)

    async def close(self) -> None:
        """Stop waiting, and wait for what is being written."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _instead(self, user_id: int, seconds: float, say: Say) -> None:
        """Say this and no longer what was going to be said of the user."""
        before = self._latest.get(user_id)
        if before is not None:
            before.cancel()
        task = asyncio.create_task(self._in_turn(user_id, seconds, say), name=f"presence-{user_id}")
        self._latest[user_id] = task
        self._running.add(task)
        task.add_done_callback(lambda done: self._done(user_id, done))

    def _done(self, user_id: int, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        if self._latest.get(user_id) is task:
            del self._latest[user_id]

    async def _in_turn(self, user_id: int, seconds: float, say: Say) -> None:
        """One at a time for each user: what is being written when it is cancelled may still come true, but not later
        than what follows it."""
        await asyncio.sleep(seconds)
        async with self._turns.setdefault(user_id, asyncio.Lock()):
            while True:
                try:
                    return await say(user_id)
                except Exception:  # noqa: BLE001 - said again, unless a screen that comes or goes says otherwise
                    _log.exception("presence could not be written", user_id=user_id)
                await asyncio.sleep(RETRY_SECONDS)
