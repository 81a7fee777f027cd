"""Whose turn it is to write: in the order they came, brief ones together, and nobody is told before it is on disk."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from core.kernel.errors import DatabaseBusy
from core.kernel.patience import Movement, at_most
from core.kernel.turns import Turns


class Disk:
    """A connection whose commits last until ``free`` is set; ``commits`` says what was in each."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.commits: list[list[str]] = []
        self.in_transaction = False
        self.free = asyncio.Event()
        self.fault: Exception | None = None

    async def commit(self) -> None:
        await self.free.wait()
        if self.fault is not None:
            raise self.fault
        self.commits.append(self.written)
        self.written, self.in_transaction = [], False

    async def rollback(self) -> None:
        self.written, self.in_transaction = [], False

    def write(self, turns: Turns, name: str) -> None:
        if not self.in_transaction:
            self.in_transaction = True
            turns.begun()
        self.written.append(name)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def turns(disk: Disk) -> Turns:
    return Turns(disk, shared_seconds=60)


async def brief(turns: Turns, disk: Disk, name: str) -> str:
    await turns.mine(brief=True)
    disk.write(turns, name)
    await turns.kept()
    return name


@asynccontextmanager
async def alone(turns: Turns) -> AsyncIterator[None]:
    await turns.mine(brief=False)
    yield
    turns.over()


async def settled() -> None:
    """Everybody has gone as far as he gets."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_those_who_queue_while_the_disk_is_waited_for_share_the_next_commit(turns: Turns, disk: Disk) -> None:
    tasks = [asyncio.create_task(brief(turns, disk, name)) for name in "abcd"]
    await settled()
    late = asyncio.create_task(brief(turns, disk, "late"))
    await settled()
    assert not any(task.done() for task in (*tasks, late))
    disk.free.set()
    assert await asyncio.gather(*tasks, late) == ["a", "b", "c", "d", "late"]
    assert disk.commits == [["a"], ["b", "c", "d", "late"]]


async def test_who_has_to_be_alone_is_not_joined_and_keeps_his_place(turns: Turns, disk: Disk) -> None:
    disk.free.set()
    order = []

    async def by_himself() -> None:
        async with alone(turns):
            order.append("alone")
            assert not disk.in_transaction

    async def one(name: str) -> None:
        order.append(await brief(turns, disk, name))

    async with alone(turns):
        tasks = [asyncio.create_task(what) for what in (one("a"), one("b"), by_himself(), one("c"))]
        await settled()
    await asyncio.gather(*tasks)
    assert order == ["a", "b", "alone", "c"]
    assert disk.commits == [["a", "b"], ["c"]]


async def test_a_commit_that_fails_is_told_to_all_of_it_and_to_nobody_else(turns: Turns, disk: Disk) -> None:
    disk.fault = sqlite3.OperationalError("disk is full")
    tasks = [asyncio.create_task(brief(turns, disk, name)) for name in "ab"]
    await settled()
    disk.free.set()
    assert {type(told) for told in await asyncio.gather(*tasks, return_exceptions=True)} == {sqlite3.OperationalError}
    disk.fault = None
    assert await brief(turns, disk, "c") == "c"
    assert disk.commits == [["c"]]


async def test_a_transaction_that_the_database_undid_is_told_as_lost(turns: Turns, disk: Disk) -> None:
    async def breaks() -> None:
        await turns.mine(brief=True)
        await disk.rollback()
        turns.over()

    async with alone(turns):
        tasks = [asyncio.create_task(what) for what in (brief(turns, disk, "a"), breaks(), brief(turns, disk, "b"))]
        await settled()
    disk.free.set()
    lost, _, kept = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(lost, sqlite3.OperationalError)
    assert kept == "b"
    assert disk.commits == [["b"]]


async def test_who_leaves_the_line_holds_nobody_up(turns: Turns, disk: Disk) -> None:
    disk.free.set()
    async with alone(turns):
        tasks = [asyncio.create_task(brief(turns, disk, str(n))) for n in range(6)]
        await settled()
        for task in tasks[::2]:
            task.cancel()
    with suppress(asyncio.CancelledError):
        tasks[1].cancel()  # given his turn this very moment
        await tasks[1]
    assert [await task for task in (tasks[3], tasks[5])] == ["3", "5"]
    assert disk.commits == [["3", "5"]]


async def test_who_stands_in_a_line_that_does_not_move_is_told(turns: Turns) -> None:
    async with alone(turns):
        with at_most(0.05), pytest.raises(DatabaseBusy):
            await turns.mine(brief=True)
    async with alone(turns):
        pass


async def test_as_long_as_a_line_moves_one_waits_and_no_longer_than_one_would() -> None:
    movement, moves = Movement(), asyncio.Event()

    async def move() -> None:
        while not moves.is_set():
            movement.moved()
            await asyncio.sleep(0.01)  # the pace of the line

    loop = asyncio.get_running_loop()
    moving = asyncio.create_task(move())
    began = loop.time()
    with at_most(0.2, in_line=0.6), pytest.raises(TimeoutError):
        async with movement.waiting():
            await asyncio.Event().wait()
    assert loop.time() - began >= 0.6
    moves.set()
    await moving
    with at_most(0.05, in_line=30), pytest.raises(TimeoutError):
        async with movement.waiting():
            await asyncio.Event().wait()
