"""What time does to callbacks. Every step is a conditional change, so two tickers at once do no harm."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, and_, or_, select, update

from callcenter.callbacks.model import Callback, CallbackState
from callcenter.callbacks.ports import DialRefused, Presence
from callcenter.callbacks.rules import is_abandoned
from callcenter.callbacks.service import CallbackService
from callcenter.callbacks.telling import changed, due, soon
from core.kernel.clock import Clock
from core.kernel.errors import DomainError
from core.kernel.uow import UnitOfWork
from core.people.access import actor_of
from core.people.model import User

_BATCH = 100
_log = structlog.get_logger(__name__)


class CallbackTicker:
    """Reminds, makes due, dials, passes on, marks as missed. ``tick`` is called every second or so."""

    def __init__(self, uow: UnitOfWork, clock: Clock, *, callbacks: CallbackService, presence: Presence) -> None:
        self._uow = uow
        self._clock = clock
        self._callbacks = callbacks
        self._presence = presence

    async def tick(self) -> None:
        """Everything whose time has come."""
        now = self._clock.now()
        await self._remind(now)
        await self._make_due(now)
        await self._free_stuck(now)
        await self._dial(now)
        await self._escalate(now)
        await self._miss(now)

    async def _found(self, condition: ColumnElement[bool]) -> list[Callback]:
        """A look without the writer's lock: the usual answer is nothing."""
        async with self._uow.read() as session:
            wanted = select(Callback).where(condition).order_by(Callback.window_start, Callback.id).limit(_BATCH)
            return list((await session.scalars(wanted)).all())

    async def _each(self, condition: ColumnElement[bool], step: Callable[[Callback], Awaitable[None]]) -> None:
        """Take the step for every callback the condition holds for; one that fails must not stop the others."""
        for row in await self._found(condition):
            try:
                await step(row)
            except Exception:  # noqa: BLE001
                _log.exception("a callback could not be moved on", callback=row.id, step=step.__qualname__)

    async def _remind(self, now: datetime) -> None:
        condition = and_(Callback.state == CallbackState.PLANNED, Callback.remind_at <= now)

        async def one(row: Callback) -> None:
            async with self._uow.write(brief=True) as work:
                statement = update(Callback).where(Callback.id == row.id, condition).values(remind_at=None)
                if (await work.session.execute(statement.returning(Callback.id))).first() and row.window_start > now:
                    work.emit(soon(row, now))

        await self._each(condition, one)

    async def _make_due(self, now: datetime) -> None:
        condition = and_(Callback.state == CallbackState.PLANNED, Callback.window_start <= now)

        async def one(row: Callback) -> None:
            async with self._uow.write(brief=True) as work:
                wanted = select(Callback).where(Callback.id == row.id, condition)
                mine = await work.session.scalar(wanted.with_for_update(skip_locked=True))
                if mine is None or not await self._callbacks.keep_lawful(work, mine):
                    return
                self._callbacks.make_due(work, mine, now)

        await self._each(condition, one)

    async def _free_stuck(self, now: datetime) -> None:
        """The process died while dialling. If the exchange was asked, that call decides; else whoever comes next may
        call."""
        before = now - self._callbacks.patience.stuck_after
        condition = and_(
            Callback.state == CallbackState.DIALLING, Callback.call_id.is_(None), Callback.dialling_at < before
        )

        async def one(row: Callback) -> None:
            if await self._callbacks.recall(row) is not None:
                return
            async with self._uow.write(brief=True) as work:
                wanted = select(Callback).where(Callback.id == row.id, condition)
                stuck = await work.session.scalar(wanted.with_for_update(skip_locked=True))
                if stuck is not None:
                    self._callbacks.reopen(stuck, now, now)

        await self._each(condition, one)

    async def _dial(self, now: datetime) -> None:
        ready = and_(
            Callback.state == CallbackState.DUE,
            Callback.automatic,
            Callback.user_id.is_not(None),
            Callback.window_end > now,
            or_(Callback.next_try_at.is_(None), Callback.next_try_at <= now),
        )
        await self._each(ready, lambda row: self._dial_one(row, ready))

    async def _dial_one(self, row: Callback, ready: ColumnElement[bool]) -> None:
        owner_id = row.user_id or 0
        async with self._uow.write(brief=True) as work:
            if owner_id not in await self._presence.free(work.session, [owner_id]):
                return
            owner = await work.session.get(User, owner_id)
            claimed = await self._callbacks.claim(work, row, ready, owner_id) if owner is not None else None
            if owner is None or claimed is None:
                return
            actor = await actor_of(work.session, owner)
        try:
            await self._callbacks.call(actor, claimed, owner_id)
        except (DialRefused, DomainError) as refused:
            _log.info("callback not dialled", callback=row.id, reason=str(refused))

    async def _escalate(self, now: datetime) -> None:
        patience = self._callbacks.patience
        waiting = and_(
            Callback.state == CallbackState.DUE,
            Callback.user_id.is_not(None),
            Callback.escalated_at.is_(None),
            Callback.due_at <= now - patience.escalate_after,
        )

        async def one(row: Callback) -> None:
            async with self._uow.write(brief=True) as work:
                owner_id, due_at = row.user_id or 0, row.due_at or now
                free = owner_id in await self._presence.free(work.session, [owner_id])
                if not is_abandoned(due_at, now, owner_free=free, patience=patience):
                    return
                unit = await work.session.scalar(select(User.unit_id).where(User.id == owner_id))
                statement = update(Callback).where(Callback.id == row.id, waiting)
                values = {"user_id": None, "unit_id": row.unit_id or unit, "escalated_at": now}
                passed = statement.values(**values, escalated_from=owner_id).returning(Callback)
                mine = await work.session.scalar(passed)
                if mine is not None:
                    work.emit(due(mine, now, escalated=True))

        await self._each(waiting, one)

    async def _miss(self, now: datetime) -> None:
        condition = and_(Callback.state == CallbackState.DUE, Callback.window_end <= now)

        async def one(row: Callback) -> None:
            async with self._uow.write(brief=True) as work:
                statement = update(Callback).where(Callback.id == row.id, condition)
                missed = await work.session.scalar(statement.values(state=CallbackState.MISSED).returning(Callback))
                if missed is not None:
                    work.emit(changed(missed, now))

        await self._each(condition, one)
