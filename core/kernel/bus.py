"""An ordered stream of events within the process, and whoever hears of them at once.

Publishing never waits and never fails: it is called in the moment of a commit. Listeners are called there and then:
what somebody waits for while a phone rings takes no turn of its own among everything else. One consumer hands the
events to the subscribers in the order of the commits. An event only says "look again", so when one of either is broken
the error is logged and the rest goes on; and when subscribers fall hopelessly behind, the oldest events are let go and
counted.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import structlog
from prometheus_client import Counter

from core.kernel.events import Event

E = TypeVar("E", bound=Event)
H = TypeVar("H")
#: Minutes of a busy floor. Whoever is further behind shows the past.
MOST_WAITING = 100_000
DROPPED = Counter("callcenter_bus_dropped", "Events that were let go because subscribers were too far behind")
_log = structlog.get_logger(__name__)


class Bus:
    """In-process fan-out of committed events."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._queue: asyncio.Queue[Event] = asyncio.Queue(most_waiting)
        self._listeners: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)
        self._subscribers: dict[type[Event], list[Callable[[Any], Awaitable[None]]]] = defaultdict(list)
        self._overflowing = False

    def listen(self, kind: type[E], listener: Callable[[E], None]) -> None:
        """Call ``listener`` for every event of ``kind`` or of a class derived from it, while it is published. Whoever
        publishes waits for it, so it must be quick."""
        self._listeners[kind].append(listener)

    def subscribe(self, kind: type[E], subscriber: Callable[[E], Awaitable[None]]) -> None:
        """Await ``subscriber`` for every event of ``kind`` or of a class derived from it, one event after another."""
        self._subscribers[kind].append(subscriber)

    def publish(self, events: Iterable[Event]) -> None:
        """Tell the listeners and queue the events for the subscribers."""
        for event in events:
            for listener in _of(self._listeners, event):
                try:
                    listener(event)
                except Exception:  # noqa: BLE001 - what is committed stays so, whoever cannot hear of it
                    _failed(event, listener)
            self._put(event)

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

    def _put(self, event: Event) -> None:
        if self._subscribers.keys().isdisjoint(type(event).__mro__):
            return
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

    async def _deliver(self, event: Event) -> None:
        for subscriber in _of(self._subscribers, event):
            try:
                await subscriber(event)
            except Exception:  # noqa: BLE001 - a broken subscriber must not stop the others
                _failed(event, subscriber)


def _of(handlers: Mapping[type[Event], list[H]], event: Event) -> Iterator[H]:
    for kind in type(event).__mro__:
        yield from handlers.get(kind, ())


def _failed(event: Event, handler: Callable[[Any], object]) -> None:
    _log.exception("subscriber failed", event_type=type(event).__name__, handler=handler.__qualname__)
