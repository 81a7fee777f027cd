"""Ordered streams of events within the process.

Publishing never waits and never fails: it is called in the moment of a commit. One consumer hands events to
subscribers in the order of the commits; those that somebody waits for while a phone rings have a second stream of
their own, which no slow subscriber holds up. An event only says "look again", so when a subscriber is broken the error
is logged and the stream goes on; and when subscribers fall hopelessly behind, the oldest events are let go and counted.
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
        self._ordinary = _Stream(most_waiting)
        self._urgent = _Stream(most_waiting)

    def subscribe(self, kind: type[E], handler: Callable[[E], Awaitable[None]], *, urgent: bool = False) -> None:
        """Call ``handler`` for every event of ``kind`` or of a class derived from it. ``urgent`` ones keep their order
        among themselves and must be quick."""
        stream = self._urgent if urgent else self._ordinary
        stream.handlers[kind].append(handler)

    def publish(self, events: Iterable[Event]) -> None:
        """Queue events for delivery; returns at once."""
        for event in events:
            self._urgent.put(event)
            self._ordinary.put(event)

    async def run(self) -> None:
        """Deliver until cancelled. The lifespan owns the task that runs this."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._urgent.run())
            group.create_task(self._ordinary.run())

    async def drained(self) -> None:
        """Wait until everything published so far has been delivered."""
        await self._urgent.queue.join()
        await self._ordinary.queue.join()


class _Stream:
    """Events on their way to some of the subscribers."""

    def __init__(self, most_waiting: int) -> None:
        self.queue: asyncio.Queue[Event] = asyncio.Queue(most_waiting)
        self.handlers: dict[type[Event], list[Handler]] = defaultdict(list)
        self._overflowing = False

    def put(self, event: Event) -> None:
        if self.handlers.keys().isdisjoint(type(event).__mro__):
            return
        if self.queue.full():
            self._drop_oldest()
        self.queue.put_nowait(event)

    def _drop_oldest(self) -> None:
        self.queue.get_nowait()
        self.queue.task_done()
        DROPPED.inc()
        if not self._overflowing:  # told once, until the stream has been caught up with
            self._overflowing = True
            _log.error("subscribers are too far behind, the oldest events are let go", waiting=self.queue.qsize())

    async def run(self) -> None:
        while True:
            event = await self.queue.get()
            self._overflowing = self._overflowing and not self.queue.empty()
            try:
                await self._deliver(event)
            finally:
                self.queue.task_done()

    async def _deliver(self, event: Event) -> None:
        for kind in type(event).__mro__:
            for handler in self.handlers.get(kind, ()):
                await self._call(handler, event)

    async def _call(self, handler: Handler, event: Event) -> None:
        try:
            await handler(event)
        except Exception:  # noqa: BLE001 - a broken subscriber must not stop the others
            _log.exception("subscriber failed", event_type=type(event).__name__, handler=handler.__qualname__)
