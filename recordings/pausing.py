"""Pausing a call's recording, for card data, with a recording that always comes back.

PCI DSS 4.0 3.3.1 forbids keeping card verification codes in audio. The row says what should be, telephony follows
it: a pause is written before it is ordered, together with a job that ends it when its time is over, also after a
restart. It is closed only after the exchange has obeyed, so a failure is tried again rather than forgotten.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import Select, select, update

from callcenter.calls.recorded import PauseView, RecordingPaused
from core.audit.service import record
from core.kernel.access import PROGRAM, Actor
from core.kernel.clock import Clock
from core.kernel.errors import DomainError, NotFound, Unavailable
from core.kernel.jobs import Retry, enqueue
from core.kernel.uow import UnitOfWork, Work
from recordings.model import Pause, PauseEnd
from recordings.ports import CallLookup, Recorder
from recordings.rights import PAUSE

RESUME_JOB = "recordings.resume"
LONGEST = 600
"""Seconds: nobody needs longer for a card, and what is not recorded is missing for good."""

_TRY_AGAIN = timedelta(seconds=2)


class Pausing:
    """Use cases of pause and resume, and the handler of the job that resumes by itself."""

    def __init__(self, *, uow: UnitOfWork, clock: Clock, recorder: Recorder, calls: CallLookup) -> None:
        self._uow = uow
        self._clock = clock
        self._recorder = recorder
        self._calls = calls
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def pause(self, actor: Actor, call_id: int, seconds: int = 120) -> PauseView:
        """Pause for at most ``seconds`` (1 to 600); a pause that is open is prolonged."""
        await self._check(actor, call_id)
        async with self._lock(call_id):
            due = self._clock.now() + timedelta(seconds=min(max(seconds, 1), LONGEST))
            view, fresh = await self._open(actor, call_id, due)
            try:
                await self._recorder.pause_recording(call_id)
            except DomainError:
                if fresh:
                    await self._close(call_id, due, PauseEnd.NOT_PAUSED, actor)
                raise
        return view

    async def resume(self, actor: Actor, call_id: int) -> None:
        """Record again now."""
        await self._check(actor, call_id)
        async with self._lock(call_id):
            row = await self._row(call_id)
            if row is not None:
                await self._recorder.resume_recording(call_id)
                await self._close(call_id, row.due_at, PauseEnd.RESUMED, actor)

    async def paused_calls(self, user_id: int) -> tuple[int, ...]:
        """Ids of the calls that the user has paused."""
        paused = select(Pause.call_id).where(Pause.user_id == user_id, Pause.ended_at.is_(None))
        async with self._uow.read() as session:
            return tuple((await session.scalars(paused)).all())

    async def resume_when_due(self, payload: Mapping[str, Any]) -> None:
        """Handler of ``RESUME_JOB``: ends the pause if it is due, waits if it was prolonged, repeats while the exchange
        does not answer, and lets go when the call is over."""
        call_id = int(payload["call_id"])
        async with self._lock(call_id):
            row = await self._row(call_id)
            if row is None:
                return
            if row.due_at > self._clock.now():
                raise Retry(row.due_at - self._clock.now())
            ending = await self._order_to_resume(call_id)
            if not await self._close(call_id, row.due_at, ending, PROGRAM):
                await self._pause_again(call_id)

    async def _order_to_resume(self, call_id: int) -> PauseEnd:
        try:
            await self._recorder.resume_recording(call_id)
        except Unavailable as silent:
            raise Retry(_TRY_AGAIN) from silent
        except DomainError:
            return PauseEnd.CALL_OVER
        return PauseEnd.AUTOMATIC

    async def _pause_again(self, call_id: int) -> None:
        """Another process prolonged the pause while this one ended it: what was asked last counts."""
        with suppress(DomainError):
            await self._recorder.pause_recording(call_id)
        raise Retry(_TRY_AGAIN)

    async def _check(self, actor: Actor, call_id: int) -> None:
        mine = self._calls.visible_ids(actor, PAUSE).subquery()
        async with self._uow.read() as session:
            if await session.scalar(select(mine.c[0]).where(mine.c[0] == call_id)) is None:
                raise NotFound

    async def _row(self, call_id: int) -> Pause | None:
        async with self._uow.read() as session:
            return await session.scalar(_open_pause(call_id))

    async def _open(self, actor: Actor, call_id: int, due: datetime) -> tuple[PauseView, bool]:
        """Open a pause, or prolong the open one; whether it is new. The job is queued in the same transaction."""
        now = self._clock.now()
        async with self._uow.write() as work:
            row = await work.session.scalar(_open_pause(call_id))
            before, fresh = (row.due_at if row else None), row is None
            if row is None:
                row = Pause(call_id=call_id, user_id=actor.user_id, started_at=now, due_at=due)
                work.session.add(row)
            row.due_at = due
            await enqueue(work, RESUME_JOB, {"call_id": call_id}, at=now, run_at=due, key=f"{RESUME_JOB}:{call_id}")
            self._record(work, actor, "recordings.pause", call_id, (before, due))
            work.emit(RecordingPaused(at=now, call_id=call_id, paused_until=due))
        return PauseView(call_id=call_id, started_at=row.started_at, due_at=due), fresh

    async def _close(self, call_id: int, due: datetime, ending: PauseEnd, actor: Actor) -> bool:
        """Close the open pause, unless it was prolonged beyond ``due`` in the meantime."""
        now = self._clock.now()
        mine = update(Pause).where(Pause.call_id == call_id, Pause.ended_at.is_(None), Pause.due_at == due)
        async with self._uow.write() as work:
            closed = await work.session.execute(mine.values(ended_at=now, ending=ending).returning(Pause.id))
            if closed.scalar_one_or_none() is None:
                return False
            self._record(work, actor, f"recordings.{ending}", call_id, (due, None))
            work.emit(RecordingPaused(at=now, call_id=call_id, paused_until=None))
        return True

    def _record(
        self, work: Work, actor: Actor, action: str, call_id: int, due: tuple[datetime | None, datetime | None]
    ) -> None:
        record(work, actor, action, ("call", call_id), {"paused_until": due}, at=self._clock.now())

    def _lock(self, call_id: int) -> asyncio.Lock:
        return self._locks.setdefault(call_id, asyncio.Lock())


def _open_pause(call_id: int) -> Select[Pause]:
    return select(Pause).where(Pause.call_id == call_id, Pause.ended_at.is_(None))
