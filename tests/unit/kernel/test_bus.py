"""Two streams of events: each in order, neither in the other's way."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from core.kernel.bus import Bus
from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted(Event):
    value: int


async def test_an_urgent_subscriber_does_not_wait_for_a_slow_one() -> None:
    bus, gate = Bus(), asyncio.Event()
    slow: list[int] = []
    quick: list[int] = []
    done = asyncio.Event()

    async def dawdle(event: Counted) -> None:
        await gate.wait()
        slow.append(event.value)

    async def hurry(event: Counted) -> None:
        quick.append(event.value)
        if event.value == 9:
            done.set()

    bus.subscribe(Counted, dawdle)
    bus.subscribe(Counted, hurry, urgent=True)
    running = asyncio.create_task(bus.run())
    bus.publish(Counted(at=datetime.now(UTC), value=value) for value in range(10))
    await asyncio.wait_for(done.wait(), 5)
    assert (quick, slow) == (list(range(10)), [])
    gate.set()
    await bus.drained()
    assert slow == list(range(10))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
