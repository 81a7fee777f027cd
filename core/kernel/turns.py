"""Whose turn it is to write into SQLite, which has one writer.

Everybody writes through the same connection, in the order they came. Who has to be alone gets a transaction of his own.
Brief ones that stand behind each other share one: each works within a savepoint, and one commit, which waits for the
disk, is all of theirs. Meanwhile the next line up. Nobody is answered before what he wrote is on disk
(docs/decisions/0021).
"""

import asyncio
import sqlite3
from collections import deque
from time import perf_counter
from typing import NamedTuple, Protocol

from core.kernel.errors import DatabaseBusy
from core.kernel.patience import Movement

_SHARED_SECONDS = 0.025


class Writing(Protocol):
    """The connection they all write through."""

    @property
    def in_transaction(self) -> bool: ...

    async def commit(self) -> None: ...

    async def rollback(self) -> None: ...


class _Place(NamedTuple):
    brief: bool
    given: "asyncio.Future[None]"


class Turns:
    """The line before the one writer. Whoever was given his turn must say that it is over. Brief ones join a
    transaction for ``shared_seconds`` before it is committed."""

    def __init__(self, connection: Writing, shared_seconds: float = _SHARED_SECONDS) -> None:
        self.movement = Movement()
        self._connection = connection
        self._shared_seconds = shared_seconds
        self._line: deque[_Place] = deque()
        self._taken = False
        self._kept: list[asyncio.Future[None]] = []
        self._since = 0.0
        self._ending: asyncio.Task[None] | None = None

    def begun(self) -> None:
        """The transaction of the caller's turn begins."""
        self._since = perf_counter()

    async def mine(self, *, brief: bool) -> None:
        """Return when it is the caller's turn. Raises ``DatabaseBusy`` when the line stands still for too long."""
        if not self._taken:
            self._taken = True
            return
        place = _Place(brief, asyncio.get_running_loop().create_future())
        self._line.append(place)
        try:
            async with self.movement.waiting():
                await place.given
        except BaseException as error:
            if place.given.done() and not place.given.cancelled():  # given to somebody about to leave
                self._next()
            else:
                place.given.cancel()
            if isinstance(error, TimeoutError):
                raise DatabaseBusy from None
            raise

    def over(self) -> None:
        """The caller's turn ends, and what he wrote is committed or undone."""
        self._next()

    def kept(self) -> "asyncio.Future[None]":
        """The turn of a brief one ends, and what he wrote is to be kept: done when it is on disk."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._kept.append(done)
        self._next()
        return done

    def _next(self) -> None:
        while self._line and self._line[0].given.done():
            self._line.popleft()
        if self._connection.in_transaction:
            if not (self._line and self._line[0].brief and perf_counter() - self._since < self._shared_seconds):
                self._ending = asyncio.get_running_loop().create_task(self._end())
                return
        elif self._kept:
            self._tell(sqlite3.OperationalError("the database undid the whole transaction"))
        if self._line:
            self._line.popleft().given.set_result(None)
        else:
            self._taken = False

    async def _end(self) -> None:
        """Commit what brief ones wrote, tell them in their order, and give the next his turn."""
        error: Exception | None = None
        try:
            await (self._connection.commit() if self._kept else self._connection.rollback())
        except BaseException as failed:  # noqa: BLE001 - handed to those who wrote
            error = failed if isinstance(failed, Exception) else sqlite3.OperationalError("the commit was given up")
            await self._connection.rollback()
        finally:
            self._tell(error)
            self._next()

    def _tell(self, error: Exception | None) -> None:
        told, self._kept = self._kept, []
        if told and error is None:
            self.movement.moved()
        for done in told:
            if done.cancelled():
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
