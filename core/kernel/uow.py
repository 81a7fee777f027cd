"""The unit of work: one session, one transaction, and the events that come true with it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from core.kernel.bus import Bus
from core.kernel.db import Database, busy_told
from core.kernel.events import Event


class Work:
    """A transaction under way. ``emit`` keeps an event until the commit; a rollback forgets it, and the rollback of a
    savepoint forgets what was emitted within."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.events: list[Event] = []

    def emit(self, *events: Event) -> None:
        self.events.extend(events)


class UnitOfWork:
    """Opens transactions. Leaving the block commits, an exception rolls back.

    ``brief`` promises that every statement finds its few rows by an index, whatever the size of the tables. On SQLite
    they then run at once, without the hand-over to a thread that costs more than such a statement itself; a long one
    would stop the whole process (docs/decisions/0011). Elsewhere the promise changes nothing.
    """

    def __init__(self, database: Database, bus: Bus) -> None:
        self.database = database
        self._bus = bus

    def read(self, *, brief: bool = False) -> AbstractAsyncContextManager[AsyncSession]:
        """A session for questions."""
        return self.database.read(brief=brief)

    @asynccontextmanager
    async def write(self, *, brief: bool = False) -> AsyncIterator[Work]:
        """A transaction for changes. Do no network or file work inside: on SQLite everybody else waits for it.

        Raises ``DatabaseBusy`` when somebody else holds the database for longer than this task waits.
        """
        with busy_told():
            async with self._writing(brief=brief) as work:
                yield work

    @asynccontextmanager
    async def _writing(self, *, brief: bool) -> AsyncIterator[Work]:
        async with self.database.writing(brief=brief) as session:
            work = Work(session)

            def committed(done: Session) -> None:
                """Within the commit, before another writer can follow, so that events keep the order of the commits.
                Savepoints call this too, but nothing is true before the outermost commit."""
                if not done.in_nested_transaction():
                    self._bus.publish(work.events)

            event.listen(session.sync_session, "after_commit", committed)
            _forget_with_savepoints(session.sync_session, work.events)
            async with session.begin():
                yield work


def _forget_with_savepoints(session: Session, events: list[Event]) -> None:
    """What is emitted within a savepoint is forgotten with it."""
    begun: dict[SessionTransaction, int] = {}

    def created(_session: Session, transaction: SessionTransaction) -> None:
        if transaction.nested:
            begun[transaction] = len(events)

    def rolled_back(_session: Session, transaction: SessionTransaction) -> None:
        if transaction in begun:
            del events[begun[transaction] :]

    event.listen(session, "after_transaction_create", created)
    event.listen(session, "after_soft_rollback", rolled_back)
