"""How a call went: results with what they demand and bring about, notes and bookmarks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update

from callcenter.calls.access import call_for
from callcenter.calls.demands import ResultDetails, missing
from callcenter.calls.effects import ResultEffects
from callcenter.calls.errors import ResultIncomplete, UnknownResult
from callcenter.calls.events import CallChanged
from callcenter.calls.model import Bookmark, Call, Need, ResultCode
from callcenter.calls.ports import CallFollower, CallNews, Gate
from callcenter.calls.rights import RESULT
from callcenter.calls.telling import concerned, quiet_news, reference
from core.audit.service import record
from core.cases.service.access import case_for
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.errors import Invalid
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork, Work

NOTE_LENGTH = 4000
_BATCH = 100


class CallResults:
    """Use cases around what was said in a call. ``wrap_limit`` is how long wrap-up may last."""

    def __init__(
        self,
        uow: UnitOfWork,
        clock: Clock,
        *,
        gate: Gate,
        effects: ResultEffects,
        followers: Sequence[CallFollower] = (),
        wrap_limit: timedelta = timedelta(seconds=120),
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._gate = gate
        self._effects = effects
        self._followers = tuple(followers)
        self.wrap_limit = wrap_limit

    async def result(self, actor: Actor, call_id: int, code: str, given: ResultDetails) -> None:
        """Say how the call went; ends wrap-up. May be said during the call, and said anew.

        Raises ``UnknownResult``, ``ResultIncomplete`` (``fields`` say what is missing), ``CallWithoutCase``,
        ``CallNotFound``, and what the promise or the block refuses.
        """
        now = self._clock.now()
        async with self._uow.write(brief=True) as work:
            row = await call_for(work.session, actor, RESULT, call_id, lock=True)
            entry = await work.session.get(ResultCode, code)
            if entry is None or not entry.active:
                raise UnknownResult
            if faults := missing(Need(entry.need), given):
                raise ResultIncomplete(faults)
            await self._effects.bring_about(work, actor, row, entry, given)
            changes = {"result_code": (row.result_code, code), "note": (row.note, given.note or row.note)}
            record(work, actor, "calls.result", ("call", call_id), changes, at=now)
            row.result_code, row.result_at, row.result_by = code, now, actor.user_id
            row.result_reason = (given.reason or given.document)[:500]
            row.note = given.note[:NOTE_LENGTH] or row.note
            row.needs_result = False
            if row.attempt_id is not None:
                connected = row.answered_at is not None if entry.contact is None else entry.contact
                await self._gate.settle(work, row.attempt_id, connected=connected, right_party=entry.rpc)
            await self._unwrap(work, row, now)
            if row.campaign_id is not None:  # what the campaign does next hangs on the result
                await self._tell(work, quiet_news(row, now, {}))
            self._changed(work, row, now)

    async def end_wrap_up(self, actor: Actor, call_id: int) -> None:
        """Be free again before the result is given; it is still asked for."""
        async with self._uow.write(brief=True) as work:
            row = await call_for(work.session, actor, RESULT, call_id, lock=True)
            await self._unwrap(work, row, self._clock.now())

    async def end_long_wrap_ups(self) -> int:
        """End wrap-ups that have lasted longer than allowed, when they had; how many. For a ticker, that may be late: a
        server that was away must not have wrapped up all the while."""
        long = select(Call).where(
            Call.wrap_started_at < self._clock.now() - self.wrap_limit,
            Call.wrap_ended_at.is_(None),
            Call.merged_into.is_(None),
        )
        async with self._uow.read() as session:
            if (await session.scalar(long.limit(1))) is None:
                return 0
        async with self._uow.write() as work:
            rows = (await work.session.scalars(long.limit(_BATCH).with_for_update(skip_locked=True))).all()
            for row in rows:
                assert row.wrap_started_at is not None
                await self._unwrap(work, row, row.wrap_started_at + self.wrap_limit)
            return len(rows)

    async def note(self, actor: Actor, call_id: int, text: str) -> None:
        """Replace the call's note."""
        if len(text) > NOTE_LENGTH:
            raise Invalid({"note": msg("The note is too long.")})
        async with self._uow.write() as work:
            row = await call_for(work.session, actor, RESULT, call_id, lock=True)
            now = self._clock.now()
            record(work, actor, "calls.note", ("call", call_id), {"note": (row.note, text)}, at=now)
            row.note = text
            self._changed(work, row, now)

    async def bookmark(self, actor: Actor, call_id: int, label: str, at_ms: int | None = None) -> int:
        """Mark a place, ``at_ms`` after the answer (None: now). Raises ``Invalid`` when nobody has answered yet."""
        async with self._uow.write() as work:
            row = await call_for(work.session, actor, RESULT, call_id, lock=True)
            now = self._clock.now()
            if row.answered_at is None:
                raise Invalid({"at_ms": msg("A call can be marked once it is answered.")})
            place = at_ms if at_ms is not None else (now - row.answered_at) // timedelta(milliseconds=1)
            mark = Bookmark(
                call_id=call_id, at_ms=max(0, place), label=label[:200], user_id=actor.user_id, created_at=now
            )
            work.session.add(mark)
            await work.session.flush()
            self._changed(work, row, now)
            return mark.id

    async def link(self, actor: Actor, call_id: int, *, party_id: int | None, case_id: int | None) -> None:
        """Say who the caller was: the person chosen among several, or a contact just created. Raises ``NotFound`` for a
        case out of reach."""
        async with self._uow.write() as work:
            row = await call_for(work.session, actor, RESULT, call_id, lock=True)
            if case_id is not None:
                await case_for(work.session, actor, case_id)
            now = self._clock.now()
            changes = {"party_id": (row.party_id, party_id), "case_id": (row.case_id, case_id)}
            record(work, actor, "calls.link", ("call", call_id), changes, at=now)
            row.party_id, row.case_id = party_id, case_id
            self._changed(work, row, now)

    async def _unwrap(self, work: Work, row: Call, now: datetime) -> None:
        if row.wrap_started_at is None or row.wrap_ended_at is not None:
            return
        started = row.wrap_started_at
        ended = await work.session.execute(
            update(Call)
            .where(Call.id == row.id, Call.wrap_ended_at.is_(None))
            .values(wrap_ended_at=now, wrap_seconds=max(0, round((now - started).total_seconds())))
            .returning(Call.id)
        )
        if ended.scalar_one_or_none() is not None and row.user_id is not None:
            await self._tell(work, quiet_news(row, now, {row.user_id: "idle"}))

    async def _tell(self, work: Work, news: CallNews) -> None:
        for follower in self._followers:
            await follower.followed(work, [news])

    def _changed(self, work: Work, row: Call, now: datetime) -> None:
        work.emit(CallChanged(at=now, call=reference(row), user_ids=concerned(row)))
