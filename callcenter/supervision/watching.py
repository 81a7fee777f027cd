"""Supervisors in collectors' calls: listen, whisper, barge in, take over."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.supervision.errors import (
    NoPhoneToListen,
    NoSuchCall,
    OwnCall,
    PhoneAway,
    PhoneBusy,
    ReasonNeeded,
    WatchOver,
)
from callcenter.supervision.events import WatchChanged
from callcenter.supervision.model import CallWatch
from callcenter.supervision.ports import Monitor, Watched, WatchedCalls, WatchMode, WatchOrder
from callcenter.supervision.rights import BARGE, LISTEN, TAKE_OVER, WHISPER
from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.errors import DomainError
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork, Work

RIGHT_OF: Mapping[WatchMode, str] = {WatchMode.LISTEN: LISTEN, WatchMode.WHISPER: WHISPER, WatchMode.BARGE: BARGE}
#: A phone that is to listen rings and is answered within this, or never.
_RING = timedelta(seconds=25)


class Watching:
    """Every order is checked, stored and in the trail before the exchange gets it; nobody else asks it for this."""

    def __init__(self, uow: UnitOfWork, clock: Clock, *, monitor: Monitor, calls: WatchedCalls) -> None:
        self._uow = uow
        self._clock = clock
        self._monitor = monitor
        self._calls = calls
        self._seen: frozenset[int] = frozenset()

    async def begin(
        self, actor: Actor, call_id: int, mode: WatchMode, reason: str = "", *, collector: int | None = None
    ) -> int:
        """Ring the actor's phone into the call; the id of the watch. Who watches another call leaves that one.

        Of several collectors in the call he is with this ``collector``, or with who came last: only that one hears
        what is whispered.

        Raises ``NoSuchCall``, ``OwnCall``, ``NoPhoneToListen``, ``PhoneAway``, ``ReasonNeeded``, and what the exchange
        answers.
        """
        async with self._uow.write() as work:
            watched = await self._allowed(work, actor, RIGHT_OF[mode], call_id, reason, collector=collector)
            endpoint = await self._endpoint(work, actor, call_id)
            before = await _open_of(work.session, actor.user_id)
            await self._close(work, before)
            row = CallWatch(
                call_id=watched.call_id,
                agent_id=watched.user_id,
                user_id=actor.user_id,
                mode=mode,
                reason=reason.strip(),
                started_at=self._clock.now(),
            )
            work.session.add(row)
            await work.session.flush()
            self._record(work, actor, f"supervision.{mode}", watched, reason)
            work.emit(self._changed(row, mode))
            watch_id = row.id
        try:
            for one in before:
                await self._monitor.end_watch(one.id)
            await self._monitor.watch(
                WatchOrder(watch_id=watch_id, call_id=call_id, leg=watched.leg, endpoint=endpoint, mode=mode)
            )
        except DomainError:
            async with self._uow.write() as work:
                await self._close(work, [await self._mine(work, actor, watch_id)])
            raise
        return watch_id

    async def switch(self, actor: Actor, watch_id: int, mode: WatchMode, reason: str = "") -> None:
        """Whisper instead of listening, and so on, in the same call. A ``reason`` may be needed by now: the call may
        have been given its case since. Raises ``NoSuchCall``, ``ReasonNeeded``, ``WatchOver``."""
        async with self._uow.write() as work:
            row = await self._mine(work, actor, watch_id)
            row.reason = reason.strip() or row.reason
            watched = await self._allowed(work, actor, RIGHT_OF[mode], row.call_id, row.reason, collector=row.agent_id)
            before, row.mode = WatchMode(row.mode), mode
            self._record(work, actor, f"supervision.{mode}", watched, row.reason)
            work.emit(self._changed(row, mode))
        try:
            await self._monitor.switch_watch(watch_id, mode)
        except DomainError:
            async with self._uow.write() as work:
                row = await self._mine(work, actor, watch_id)
                row.mode = before
                work.emit(self._changed(row, before))
            raise

    async def leave(self, actor: Actor, watch_id: int) -> None:
        """Leave the call, which goes on. Raises ``NoSuchCall``, ``WatchOver``."""
        async with self._uow.write() as work:
            await self._close(work, [await self._mine(work, actor, watch_id)])
        await self._monitor.end_watch(watch_id)

    async def take_over(self, actor: Actor, call_id: int, reason: str = "") -> None:
        """The debtor goes to the actor's phone, the collector is free.

        Raises ``NoSuchCall``, ``OwnCall``, ``NoPhoneToListen``, ``PhoneAway``, ``PhoneBusy``, ``ReasonNeeded``, and
        what the exchange answers.
        """
        async with self._uow.write() as work:
            watched = await self._allowed(work, actor, TAKE_OVER, call_id, reason)
            endpoint = await self._endpoint(work, actor, call_id)
            before = await _open_of(work.session, actor.user_id)
            if not before and self._monitor.busy(endpoint):
                raise PhoneBusy
            await self._close(work, before)
            self._record(work, actor, "supervision.take_over", watched, reason)
        for one in before:
            await self._monitor.end_watch(one.id)
        await self._monitor.take_over(call_id, endpoint)

    async def follow(self) -> None:
        """Write down that watches are over whose phone has gone or whose supervisor may not be there any more, and hang
        up the phones of those that are over: the exchange may not have heard of it. Called every second."""
        live = self._monitor.watches()
        if live is None:
            return
        ringing = self._clock.now() - _RING
        async with self._uow.read(brief=True) as session:
            wanted = select(CallWatch).where(or_(CallWatch.ended_at.is_(None), CallWatch.id.in_(live)))
            rows = (await session.scalars(wanted)).all()
            unseen = [row for row in rows if row.id not in live]
            gone = [row.id for row in unseen if row.started_at < ringing or row.id in self._seen]
            barred = [row.id for row in rows if row.ended_at is None and not await self._may_go_on(session, row)]
            over = [*(row.id for row in rows if row.ended_at is not None), *barred]
            gone += barred
        self._seen = live.difference(over)
        if gone:
            async with self._uow.write() as work:
                rows = (await work.session.scalars(select(CallWatch).where(CallWatch.id.in_(gone)))).all()
                await self._close(work, rows)
        for watch_id in over:
            await self._monitor.end_watch(watch_id)

    async def _may_go_on(self, session: AsyncSession, row: CallWatch) -> bool:
        return await self._calls.may_hear(session, row.user_id, RIGHT_OF[WatchMode(row.mode)], row.agent_id)

    async def _allowed(
        self, work: Work, actor: Actor, right: str, call_id: int, reason: str, *, collector: int | None = None
    ) -> Watched:
        watched = await self._calls.talking(work.session, actor, right, call_id, collector)
        if watched is None:
            raise NoSuchCall
        if watched.user_id == actor.user_id:
            raise OwnCall
        if not reason.strip() and await self._calls.reason_needed(work.session, call_id):
            raise ReasonNeeded({"reason": msg(ReasonNeeded.text)})
        return watched

    async def _endpoint(self, work: Work, actor: Actor, call_id: int) -> str:
        endpoint = await self._calls.endpoint(work.session, actor.user_id)
        if endpoint is None:
            raise NoPhoneToListen
        if not self._monitor.can_ring(endpoint, call_id):
            raise PhoneAway
        return endpoint

    async def _mine(self, work: Work, actor: Actor, watch_id: int) -> CallWatch:
        row = await work.session.get(CallWatch, watch_id)
        if row is None or row.user_id != actor.user_id:
            raise NoSuchCall
        if row.ended_at is not None:
            raise WatchOver
        return row

    async def _close(self, work: Work, rows: Sequence[CallWatch]) -> None:
        for row in rows:
            ended = update(CallWatch).where(CallWatch.id == row.id, CallWatch.ended_at.is_(None))
            await work.session.execute(ended.values(ended_at=max(self._clock.now(), row.started_at)))
            work.emit(self._changed(row, None))

    def _record(self, work: Work, actor: Actor, action: str, watched: Watched, reason: str) -> None:
        changes = {"collector_id": (None, watched.user_id), "reason": ("", reason.strip())}
        record(work, actor, action, ("call", watched.call_id), changes, at=self._clock.now())

    def _changed(self, row: CallWatch, mode: WatchMode | None) -> WatchChanged:
        return WatchChanged(
            at=self._clock.now(),
            user_id=row.user_id,
            watch_id=row.id,
            call_id=row.call_id,
            collector_id=row.agent_id,
            mode=mode,
        )


async def watch_of(session: AsyncSession, user_id: int) -> CallWatch | None:
    """The watch of a supervisor that goes on."""
    return next(iter(await _open_of(session, user_id)), None)


async def _open_of(session: AsyncSession, user_id: int) -> Sequence[CallWatch]:
    """The supervisor's watches that go on: one at most, unless he was faster than the exchange."""
    wanted = select(CallWatch).where(CallWatch.user_id == user_id, CallWatch.ended_at.is_(None))
    return (await session.scalars(wanted.order_by(CallWatch.id))).all()
