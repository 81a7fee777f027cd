"""Whether a collector is at his screen, with patience for reloads."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol

#: A page that is loaded anew is back within this.
GRACE_SECONDS = 5.0


class Screens(Protocol):
    """Who wants to know (``callcenter.agents.service.AgentService``)."""

    async def screen_opened(self, user_id: int) -> None: ...
    async def screen_closed(self, user_id: int) -> None: ...


class ScreenPresence:
    """Turns connections into presence. The lifespan closes it."""

    def __init__(self, screens: Screens, grace: float = GRACE_SECONDS) -> None:
        self._screens = screens
        self._grace = grace
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def opened(self, user_id: int) -> None:
        """A screen connected."""
        self._replace(user_id, self._screens.screen_opened(user_id))

    def closed(self, user_id: int, left: int) -> None:
        """A screen is gone; ``left`` are still there."""
        if left == 0:
            self._replace(user_id, self._after_grace(user_id))

    async def close(self) -> None:
        """Stop waiting."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    def _replace(self, user_id: int, work: Coroutine[Any, Any, None]) -> None:
        before = self._tasks.pop(user_id, None)
        if before is not None:
            before.cancel()
        task = asyncio.create_task(work, name=f"presence-{user_id}")
        self._tasks[user_id] = task
        task.add_done_callback(
            lambda done: self._tasks.pop(user_id, None) if self._tasks.get(user_id) is done else None
        )

    async def _after_grace(self, user_id: int) -> None:
        await asyncio.sleep(self._grace)
        await self._screens.screen_closed(user_id)
