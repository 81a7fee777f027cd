"""One ordered stream of events within the process.

Publishing never waits and never fails: it is called in the moment of a commit. One consumer hands events to
subscribers in the order of the commits. An event only says "look again", so when a subscriber is broken the error is
logged and the stream goes on.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import structlog

from core.kernel.events import Event

E = TypeVar("E", bound=Event)
Handler = Callable[[Any], Awaitable[None]]
_log = structlog.get_logger(__name__)


class Bus:
    """In-process fan-out of committed events."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        self._handlers: dict[type[Event], list[Handler]] = defaultdict(list)

    def subscribe(self, kind: type[E], handler: Callable[[E], Awaitable[None]]) -> None:
        """Call ``handler`` for every event of ``kind`` or of a class derived from it."""
        self._handlers[kind].append(handler)

    def publish(self, events: Iterable[Event]) -> None:
        """Queue events for delivery; returns at once."""
        for event in events:
            self._queue.put_nowait(event)

    async def run(self) -> None:
        """Deliver until cancelled. The lifespan owns the task that runs this."""
        while True:
            event = await self._queue.get()
            try:
                await self._deliver(event)
            finally:
                self._queue.task_done()

    async def drained(self) -> None:
        """Wait until everything published so far has been delivered."""
        await self._queue.join()

    async def _deliver(self, event: Event) -> None:
        for kind in type(event).__mro__:
            for handler in self._handlers.get(kind, ()):
                await self._call(handler, event)

    async def _call(self, handler: Handler, event: Event) -> None:
        try:
            await handler(event)
        except Exception:  # noqa: BLE001 - a broken subscriber must not stop the others
            _log.exception("subscriber failed", event_type=type(event).__name__, handler=handler.__qualname__)
