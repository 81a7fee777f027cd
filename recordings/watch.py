"""The owned task that empties a spool: look, pair up, hand over, and adopt what nobody owns any more."""

import asyncio
import fcntl
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from recordings.errors import EncoderFailed
from recordings.intake import Intake
from recordings.ports import LiveChannels
from recordings.spool import OrphanRule, Pair, Spool

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How often things are looked at, in seconds.

    ``partner`` is how long a single side waits for the other before it is taken alone, ``first_retry`` doubles
    with each failure up to ``last_retry``, and after ``tries`` failures of the encoder a pair is put aside.
    """

    sweep: float = 0.5
    orphans: float = 30
    links: float = 2
    partner: float = 10
    first_retry: float = 5
    last_retry: float = 600
    tries: int = 5


@dataclass(kw_only=True, slots=True)
class _Seen:
    """What the watcher remembers of a channel: all of it may be forgotten without harm."""

    since: float
    failures: int = 0
    not_before: float = 0
    task: asyncio.Task[None] | None = field(default=None)


class Watcher:
    """Watches one spool. Only one process does so at a time: the others wait for its lock."""

    def __init__(
        self,
        *,
        spool: Spool,
        intake: Intake,
        channels: LiveChannels,
        lock_file: Path,
        pace: Pace | None = None,
        orphans: OrphanRule | None = None,
    ) -> None:
        self._spool = spool
        self._intake = intake
        self._channels = channels
        self._lock_file = lock_file
        self._pace = pace or Pace()
        self._orphans = orphans or OrphanRule()
        self._seen: dict[str, _Seen] = {}
        self._taken: set[str] = set()

    async def run(self) -> None:
        """Watch until cancelled. The lifespan owns the task that runs this."""
        await asyncio.to_thread(self._spool.prepare)
        with _lock(self._lock_file) as lock:
            await self._until_taken(lock)
            await _guarded(self._intake.follow_merges())
            async with asyncio.TaskGroup() as group:
                group.create_task(self._every(self._pace.orphans, self.adopt_orphans))
                group.create_task(self._every(self._pace.links, self._link))
                while True:
                    await _guarded(self._sweep(group))
                    await asyncio.sleep(self._pace.sweep)

    async def _until_taken(self, lock: int) -> None:
        while not _taken(lock):  # noqa: ASYNC110 - another process cannot wake us
            await asyncio.sleep(self._pace.links)

    async def adopt_orphans(self) -> None:
        """Move what dead calls left in ``monitor/`` to where it will be taken from."""
        lying = await asyncio.to_thread(self._spool.unfinished)
        live = await self._channels.live_uniqueids(self._spool.server) if lying else None
        if live is None:
            return
        for pair in lying:
            if self._orphans.orphaned(pair, live, time.time()):
                await asyncio.to_thread(self._spool.adopt, pair)
                _log.warning("recording of a call that was cut off adopted", server=self._spool.server)

    async def _link(self) -> None:
        await self._intake.link()

    async def _every(self, seconds: float, action: Callable[[], Awaitable[None]]) -> None:
        while True:
            await _guarded(action())
            await asyncio.sleep(seconds)

    async def _sweep(self, group: asyncio.TaskGroup) -> None:
        self._taken.clear()
        found = await asyncio.to_thread(self._spool.finished)
        pairs = [pair for pair in found if pair.uniqueid not in self._taken]  # some were taken while we looked
        for gone in self._seen.keys() - {pair.uniqueid for pair in pairs}:
            if self._seen[gone].task is None:
                del self._seen[gone]
        now = time.monotonic()
        for pair in pairs:
            seen = self._seen.setdefault(pair.uniqueid, _Seen(since=now))
            if seen.task is None and now >= seen.not_before and self._due(pair, seen, now):
                seen.task = group.create_task(self._take(pair, seen))

    def _due(self, pair: Pair, seen: _Seen, now: float) -> bool:
        return pair.whole or now - seen.since >= self._pace.partner

    async def _take(self, pair: Pair, seen: _Seen) -> None:
        try:
            files = pair if pair.whole else await asyncio.to_thread(self._spool.stranded_partner, pair)
            await self._attempt(files, seen)
            self._taken.add(pair.uniqueid)
        except Exception:  # noqa: BLE001 - one bad file must not stop the others
            self._delay(seen)
            _log.exception("recording not taken, will be tried again", failures=seen.failures)
        finally:
            seen.task = None

    async def _attempt(self, files: Pair, seen: _Seen) -> None:
        try:
            await self._intake.take(self._spool, files)
        except EncoderFailed as problem:
            if seen.failures + 1 < self._pace.tries:
                raise
            await self._intake.give_up(self._spool, files, problem)

    def _delay(self, seen: _Seen) -> None:
        wait = min(self._pace.first_retry * 2**seen.failures, self._pace.last_retry)
        seen.failures += 1
        seen.not_before = time.monotonic() + wait


async def _guarded(action: Awaitable[None]) -> None:
    """Let ``action`` fail without ending the watch: a full disk or a busy database passes."""
    try:
        await action
    except Exception:  # noqa: BLE001
        _log.exception("watching recordings failed, goes on")


@contextmanager
def _lock(path: Path) -> Iterator[int]:
    """An open lock file; the system frees the lock when the process ends, however it ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
