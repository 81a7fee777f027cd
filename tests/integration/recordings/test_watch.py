"""The watcher as the lifespan runs it: files appear, recordings become ready; what is alive is left alone."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.calls.recorded import RecordingReady
from core.kernel.bus import Bus
from core.kernel.uow import UnitOfWork
from recordings.intake import Intake
from recordings.model import Recording
from recordings.spool import OrphanRule, Place
from recordings.watch import Pace, Watcher
from tests.integration.recordings.conftest import FakeCalls, Recorded

FAST = Pace(sweep=0.02, orphans=0.02, links=0.02, partner=0.3, first_retry=0.05)
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class FakeChannels:
    """``live`` None: the exchange cannot be asked."""

    live: frozenset[str] | None = frozenset()

    async def live_uniqueids(self, server: str) -> frozenset[str] | None:
        return self.live


class Announced:
    """Waits for announcements instead of for time."""

    def __init__(self, bus: Bus) -> None:
        self._events: asyncio.Queue[RecordingReady] = asyncio.Queue()
        bus.subscribe(RecordingReady, self._events.put)

    async def next(self, within: float = 60) -> RecordingReady:
        return await asyncio.wait_for(self._events.get(), within)

    @property
    def waiting(self) -> int:
        return self._events.qsize()


@pytest.fixture
def announced(bus: Bus) -> Announced:
    return Announced(bus)


@pytest.fixture
def channels() -> FakeChannels:
    return FakeChannels()


@pytest.fixture
def watcher(intake: Intake, recorded: Recorded, channels: FakeChannels, tmp_path: Path) -> Callable[[], Watcher]:
    def make() -> Watcher:
        return Watcher(
            spool=recorded.spool,
            intake=intake,
            channels=channels,
            lock_file=tmp_path / "spool.lock",
            pace=FAST,
            orphans=OrphanRule(quiet_seconds=5),
        )

    return make


@asynccontextmanager
async def running(watcher: Watcher) -> AsyncIterator[None]:
    task = asyncio.create_task(watcher.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def states(uow: UnitOfWork) -> list[str]:
    async with uow.read() as session:
        return list((await session.scalars(select(Recording.state).order_by(Recording.id))).all())


@pytest.mark.slow
async def test_calls_that_end_together_are_all_ready(
    watcher: Callable[[], Watcher], recorded: Recorded, announced: Announced, uow: UnitOfWork
) -> None:
    async with running(watcher()):
        for number in range(20):
            recorded.lay(f"1763740000.{number}")
        found = {(await announced.next()).recording_id for _ in range(20)}
    assert len(found) == 20
    assert await states(uow) == ["ready"] * 20


async def test_a_call_logged_after_its_recording_is_announced_again(
    watcher: Callable[[], Watcher], recorded: Recorded, announced: Announced, calls: FakeCalls
) -> None:
    async with running(watcher()):
        recorded.lay("1763740000.1")
        assert (await announced.next()).call_id is None
        calls.known["1763740000.1"] = 5
        assert (await announced.next()).call_id == 5


async def test_a_side_waits_for_its_partner_and_is_taken_alone_in_the_end(
    watcher: Callable[[], Watcher], recorded: Recorded, announced: Announced, uow: UnitOfWork
) -> None:
    recorded.lay("1763740000.1")
    (recorded.root / Place.DONE / "1763740000.1-r.wav").unlink()
    begun = time.monotonic()
    async with running(watcher()):
        await announced.next()
    assert time.monotonic() - begun >= FAST.partner
    assert await states(uow) == ["ready"]


async def test_a_move_that_died_between_the_two_sides_loses_neither(
    watcher: Callable[[], Watcher], recorded: Recorded, announced: Announced, uow: UnitOfWork, channels: FakeChannels
) -> None:
    channels.live = None
    recorded.lay("1763740000.1")
    done = recorded.root / Place.DONE / "1763740000.1-r.wav"
    done.rename(recorded.root / Place.MONITOR / done.name)
    async with running(watcher()):
        await announced.next()
    async with uow.read() as session:
        assert await session.scalar(select(Recording.sides)) == "rt"


async def test_only_quiet_files_of_dead_channels_are_adopted(
    watcher: Callable[[], Watcher], recorded: Recorded, announced: Announced, uow: UnitOfWork, channels: FakeChannels
) -> None:
    channels.live = frozenset({"1763740000.2"})
    for number in (1, 2, 3):
        recorded.lay(f"1763740000.{number}", place=Place.MONITOR)
    old = time.time() - 60
    for path in (recorded.root / Place.MONITOR).glob("*.[12]-?.wav"):
        os.utime(path, (old, old))
    async with running(watcher()):
        await announced.next()
    assert await states(uow) == ["cut_off"]
    assert recorded.names()["monitor"] == [f"1763740000.{number}-{side}.wav" for number in (2, 3) for side in "rt"]


async def test_nothing_is_adopted_while_the_exchange_cannot_be_asked(
    watcher: Callable[[], Watcher], recorded: Recorded, channels: FakeChannels
) -> None:
    channels.live = None
    recorded.lay("1763740000.1", place=Place.MONITOR)
    for path in (recorded.root / Place.MONITOR).iterdir():
        os.utime(path, (0, 0))
    await watcher().adopt_orphans()
    assert len(recorded.names()["monitor"]) == 2


async def test_two_watchers_of_one_spool_take_turns(
    watcher: Callable[[], Watcher], recorded: Recorded, announced: Announced, uow: UnitOfWork
) -> None:
    async with running(watcher()):
        recorded.lay("1763740000.1")
        await announced.next()
        async with running(watcher()):
            recorded.lay("1763740000.2")
            await announced.next()
    async with running(watcher()):
        recorded.lay("1763740000.3")
        await announced.next()
    assert await states(uow) == ["ready"] * 3


async def test_a_bad_file_does_not_stop_the_others(
    watcher: Callable[[], Watcher], recorded: Recorded, announced: Announced, uow: UnitOfWork
) -> None:
    for side in "rt":
        (recorded.root / Place.DONE / f"1763740000.1-{side}.wav").write_bytes(b"no sound at all" * 9)
    recorded.lay("1763740000.2")
    async with running(watcher()):
        await announced.next()
    assert sorted(await states(uow)) == ["failed", "ready"]
