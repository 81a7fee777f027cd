"""The line before the connections, in all orders of coming, giving back, being refused and being cancelled: whoever
waits is served in his order, nobody is refused while it moves, and no connection is lost."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.util.concurrency import greenlet_spawn
from sqlalchemy.util.queue import Empty

from core.kernel.patience import Movement, at_most
from core.kernel.pool import REFUSED, Line

_A_MOMENT = 1e-6


class _Ready(selectors.SelectSelector):
    """Waits for nothing: what would be waited for is how far the clock may jump."""

    jump: Callable[[float], None]

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everybody waits, and for nothing that will come"
            self.jump(timeout)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    """An event loop whose time passes at once."""

    def __init__(self) -> None:
        selector, self._now = _Ready(), 1000.0
        selector.jump = self._pass
        super().__init__(selector)

    def time(self) -> float:
        return self._now

    def _pass(self, seconds: float) -> None:
        self._now += seconds


def _at_once(what: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await what()

    with asyncio.Runner(loop_factory=_Loop) as runner, patch("core.kernel.patience.monotonic", runner.get_loop().time):
        runner.run(main())


@dataclass(kw_only=True, frozen=True)
class Visit:
    """Somebody who comes, is so patient, keeps the connection so long and then has done his work or was refused by the
    database; ``cut`` is when he is cancelled. In the same second, what has more ``steps`` comes later."""

    came: int
    still: int
    moving: int
    keeps: int
    refused: bool
    steps: int
    cut: int | None


@dataclass
class Seen:
    """What happened, and when: the order of coming and of being served, the ends of work that moved the line."""

    came: list[int] = field(default_factory=list)
    served: list[int] = field(default_factory=list)
    ends: dict[int, tuple[str, float]] = field(default_factory=dict)
    moves: list[float] = field(default_factory=list)

    def moves_at(self, moment: float) -> list[float]:
        return [move for move in self.moves if abs(move - moment) <= _A_MOMENT]


VISITS = st.lists(
    st.builds(
        Visit,
        came=st.integers(0, 12),
        still=st.integers(1, 6),
        moving=st.integers(6, 20),
        keeps=st.integers(0, 5),
        refused=st.booleans(),
        steps=st.integers(0, 5),
        cut=st.none() | st.integers(0, 12),
    ),
    min_size=1,
    max_size=12,
)


async def _visited(line: "Line[Any]", visits: Sequence[Visit]) -> Seen:
    seen, loop = Seen(), asyncio.get_running_loop()
    began = loop.time()

    async def visit(number: int, one: Visit) -> None:
        await _then(began + one.came, one.steps)
        seen.came.append(number)
        with at_most(one.still, in_line=one.moving):
            try:
                connection = await greenlet_spawn(line.get)
            except Empty:
                seen.ends[number] = ("told", loop.time())
                return
        seen.served.append(number)
        seen.ends[number] = ("served", loop.time())
        try:
            await asyncio.sleep(one.keeps)
            if one.refused:
                connection.info[REFUSED] = True
            else:
                seen.moves.append(loop.time())
        except asyncio.CancelledError:
            seen.moves.append(loop.time())
            raise
        finally:
            line.put_nowait(connection)

    async def cut(task: "asyncio.Task[None]", one: Visit) -> None:
        if one.cut is not None:
            await _then(began + one.came + one.cut, one.steps)
            task.cancel()

    tasks = [asyncio.create_task(visit(number, one)) for number, one in enumerate(visits)]
    cuts = [asyncio.create_task(cut(task, one)) for task, one in zip(tasks, visits, strict=True)]
    await asyncio.gather(*tasks, *cuts, return_exceptions=True)
    return seen


async def _then(at: float, steps: int) -> None:
    await asyncio.sleep(at - asyncio.get_running_loop().time())
    for _ in range(steps):
        await asyncio.sleep(0)


def _patient_until(came: float, one: Visit, moves: Sequence[float]) -> float:
    """When somebody has waited for too long whom nobody serves, after these ``moves`` of the line."""
    return min(max([came, *moves]) + one.still, came + one.moving)


@given(VISITS, st.integers(1, 3))
def test_in_order_and_told_only_when_nothing_moves(visits: list[Visit], connections: int) -> None:
    async def story() -> None:
        line: Line[Any] = Line(connections)
        for _ in range(connections):
            line.put_nowait(SimpleNamespace(info={}))
        began = asyncio.get_running_loop().time()
        seen = await _visited(line, visits)
        assert line._queue.qsize() == connections  # none lost, none twice
        assert seen.served == [number for number in seen.came if number in set(seen.served)]
        for number, (end, at) in seen.ends.items():
            came, one = began + visits[number].came, visits[number]
            before = [move for move in seen.moves if came < move < at - _A_MOMENT]
            assert at <= _patient_until(came, one, [*before, *seen.moves_at(at)]) + _A_MOMENT
            assert end == "served" or at >= _patient_until(came, one, before) - _A_MOMENT
        free = await greenlet_spawn(line.get)
        assert free.info == {}

    _at_once(story)


def test_who_comes_in_the_moment_it_is_given_back_does_not_go_before() -> None:
    async def story() -> None:
        line: Line[Any] = Line(1)
        order = []

        async def ask(name: str) -> None:
            connection = await greenlet_spawn(line.get)
            order.append(name)
            line.put_nowait(connection)

        waits = [asyncio.create_task(ask("first")), asyncio.create_task(ask("second"))]
        await asyncio.sleep(0)
        late = asyncio.create_task(ask("late"))
        line.put_nowait(SimpleNamespace(info={}))
        await asyncio.gather(*waits, late)
        assert order == ["first", "second", "late"]

    _at_once(story)


def test_who_stands_in_a_line_that_moves_waits_and_no_longer_than_he_would() -> None:
    async def story() -> None:
        movement, loop = Movement(), asyncio.get_running_loop()

        async def move() -> None:
            for _ in range(50):
                movement.moved()
                await asyncio.sleep(1)

        moving, began = asyncio.create_task(move()), loop.time()
        with at_most(4, in_line=30), suppress(TimeoutError):
            async with movement.waiting():
                await asyncio.Event().wait()
        assert round(loop.time() - began) == 30
        moving.cancel()
        began = loop.time()
        with at_most(4, in_line=30), suppress(TimeoutError):
            async with movement.waiting():
                await asyncio.Event().wait()
        assert round(loop.time() - began) == 4

    _at_once(story)


def test_a_cancellation_of_ones_own_is_not_taken_for_the_lines() -> None:
    async def story() -> None:
        movement = Movement()

        async def wait() -> None:
            with at_most(4):
                async with movement.waiting():
                    await asyncio.Event().wait()

        waiting = asyncio.create_task(wait())
        await asyncio.sleep(3)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()

    _at_once(story)
