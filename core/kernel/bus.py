"""One ordered stream of events within the process.

Publishing never waits and never fails: it is called in the moment of a commit. One consumer hands events to
subscribers in the order of the commits. An event only says "look again", so when a subscriber is broken the error is
logged and the stream goes on; and when subscribers fall hopelessly behind, the oldest events are let go and counted.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import structlog
from prometheus_client import Counter

from core.kernel.events import Event

E = TypeVar("E", bound=Event)
Handler = Callable[[Any], Awaitable[None]]
#: Minutes of a busy floor. Whoever is further behind shows the past.
MOST_WAITING = 100_000
DROPPED = Counter("callcenter_bus_dropped", "Events that were let go because subscribers were too far behind")
_log = structlog.get_logger(__name__)


class Bus:
    """In-process fan-out of committed events."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._queue: asyncio.Queue[Event] = asyncio.Queue(most_waiting)
        self._overflowing = False
        self._handlers: dict[type[Event], list[Handler]] = defaultdict(list)

    def subscribe(self, kind: type[E], handler: Callable[[E], Awaitable[None]]) -> None:
        """Call ``handler`` for every event of ``kind`` or of a class derived from it."""
        self._handlers[kind].append(handler)

    def publish(self, events: Iterable[Event]) -> None:
        """Queue events for delivery; returns at once."""
        for event in events:
            if self._queue.full():
                self._drop_oldest()
            self._queue.put_nowait(event)

    def _drop_oldest(self) -> None:
        self._queue.get_nowait()
        self._queue.task_done()
        DROPPED.inc()
        if not self._overflowing:  # told once, until the stream has been caught up with
            self._overflowing = True
            _log.error("subscribers are too far behind, the oldest events are let go", waiting=self._queue.qsize())

    async def run(self) -> None:
        """Deliver until cancelled. The lifespan owns the task that runs this."""
        while True:
            event = await self._queue.get()
            self._overflowing = self._overflowing and not self._queue.empty()
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
