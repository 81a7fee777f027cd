"""Events are heard of at once by those who listen, in order and one by one by those who subscribe."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from core.kernel.bus import Bus
from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted(Event):
    value: int


def _counted(*values: int) -> Iterator[Counted]:
    return (Counted(at=datetime.now(UTC), value=value) for value in values)


async def test_a_listener_hears_while_a_subscriber_is_slow() -> None:
    bus, gate = Bus(), asyncio.Event()
    slow: list[int] = []
    quick: list[int] = []

    async def dawdle(event: Counted) -> None:
        await gate.wait()
        slow.append(event.value)

    bus.subscribe(Counted, dawdle)
    bus.listen(Counted, lambda event: quick.append(event.value))
    running = asyncio.create_task(bus.run())
    bus.publish(_counted(*range(10)))
    assert (quick, slow) == (list(range(10)), [])
    gate.set()
    await bus.drained()
    assert slow == list(range(10))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_broken_listener_stops_neither_the_others_nor_the_commit() -> None:
    bus = Bus()
    heard: list[int] = []

    def breaks(_event: Event) -> None:
        raise ValueError

    bus.listen(Event, breaks)
    bus.listen(Event, lambda event: heard.append(1))
    with structlog.testing.capture_logs() as logs:
        bus.publish(_counted(1, 2))
    assert heard == [1, 1]
    assert [log["event_type"] for log in logs] == ["Counted", "Counted"]
