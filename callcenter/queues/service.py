"""Queues and who serves them, as use cases."""

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.queues.calendars import delete_calendar
from callcenter.queues.errors import CampaignNeedsQueue, MenuNeedsQueue, NoSuchQueue, QueueNeeded, QueueOverflows
from callcenter.queues.events import QueuesChanged
from callcenter.queues.model import (
    MAIN,
    Calendar,
    Closed,
    Overflow,
    Queue,
    QueueKind,
    QueueMember,
    QueueNumber,
    QueueStage,
    Strategy,
)
from callcenter.queues.ports import Menus, QueueSpec
from callcenter.queues.rights import EDIT
from core.audit.service import altered, record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.errors import Invalid
from core.kernel.i18n import mark, msg
from core.kernel.uow import UnitOfWork, Work
from core.people.model import User

LEVELS = range(10)
"""The levels at which a queue may be served."""
_NUMBER = re.compile(r"\+?[0-9]{2,19}")
MAIN_NAME = mark("Main queue")
_NO_WAY_ON = msg("Choose the queue the caller goes on to, or another way.")


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueData:
    """What may be said of a queue; see :class:`callcenter.queues.model.Queue`."""

    name: str
    strategy: Strategy = Strategy.IN_TURN
    weight: int = 0
    priority: int = 0
    ring_seconds: int | None = None
    max_wait_seconds: int | None = None
    service_seconds: int = 20
    wrap_up_seconds: int = 1
    announce_seconds: int = 0
    overflow: Overflow = Overflow.GOODBYE
    overflow_queue_id: int | None = None
    everybody: bool = False
    own_first: bool = True
    own_seconds: int = 12
    calendar_id: int | None = None
    closed: Closed = Closed.VOICEMAIL
    active: bool = True


class QueueService:
    """Every change tells :class:`QueuesChanged`, whereupon the exchanges are given the new queues within a second."""

    def __init__(self, uow: UnitOfWork, clock: Clock, menus: Menus | None = None) -> None:
        self._uow = uow
        self._clock = clock
        self._menus = menus

    async def create(self, actor: Actor, code: str, data: QueueData) -> int:
        """Add a queue for callers; its id. Raises ``Invalid`` for a code that is taken or no code."""
        actor.require(EDIT)
        async with self._uow.write() as work:
            row = await self._add(work, actor, code, QueueKind.INBOUND, data)
            return row.id

    async def edit(self, actor: Actor, queue_id: int, data: QueueData) -> None:
        """Change a queue; it is switched off only when neither queues nor menus lead to it. Raises ``NoSuchQueue``,
        ``QueueNeeded``, ``Invalid``."""
        actor.require(EDIT)
        async with self._uow.write() as work:
            row = await _found(work, queue_id)
            if row.active and not data.active:
                await self._nobody_comes(work, row)
            await self._check(work, data, row)
            self._tell(work, actor, "queues.changed", row, altered(row, asdict(data)))

    async def delete(self, actor: Actor, queue_id: int) -> None:
        """Remove a queue that neither queues nor menus lead to. Raises ``NoSuchQueue``, ``QueueNeeded``."""
        actor.require(EDIT)
        async with self._uow.write() as work:
            row = await _found(work, queue_id)
            await self._nobody_comes(work, row)
            if self._menus is not None:
                await self._menus.forget(work, row.code)
            await self._remove(work, actor, row)

    async def _nobody_comes(self, work: Work, row: Queue) -> None:
        """Raises ``QueueNeeded`` for a queue that callers are led to by something else than their number or stage."""
        _must_stay(row)
        leading = select(Queue.name).where(Queue.overflow_queue_id == row.id).order_by(Queue.name)
        if names := (await work.session.scalars(leading)).all():
            raise QueueOverflows(queues=", ".join(names))
        if self._menus is not None and (menus := await self._menus.leading_to(work.session, row.code)):
            raise MenuNeedsQueue(menus=", ".join(menus))

    async def delete_calendar(self, actor: Actor, calendar_id: int) -> None:
        """Remove a calendar that no queue and no menu goes by. Raises ``NoSuchCalendar``, ``CalendarNeeded``."""
        async with self._uow.write() as work:
            await delete_calendar(work, actor, calendar_id, at=self._clock.now(), menus=self._menus)

    async def set_callers(
        self, actor: Actor, queue_id: int, numbers: Collection[str], stage_ids: Collection[int]
    ) -> None:
        """Have callers who dialled these numbers, and debtors at these stages, come to this queue; what led elsewhere
        before leads here now. Raises ``NoSuchQueue``, ``Invalid``."""
        actor.require(EDIT)
        if bad := [number for number in numbers if not _NUMBER.fullmatch(number)]:
            raise Invalid({"numbers": msg("This is no number as the exchange knows it: {number}", number=bad[0])})
        async with self._uow.write() as work:
            row = await _found(work, queue_id)
            was = {
                "numbers": sorted(await _of(work, QueueNumber.number, QueueNumber.queue_id == row.id)),
                "stages": sorted(await _of(work, QueueStage.stage_id, QueueStage.queue_id == row.id)),
            }
            for kind, key, keys in (
                (QueueNumber, QueueNumber.number, numbers),
                (QueueStage, QueueStage.stage_id, stage_ids),
            ):
                await work.session.execute(delete(kind).where((kind.queue_id == row.id) | key.in_(keys)))
            work.session.add_all(QueueNumber(number=number, queue_id=row.id) for number in sorted(set(numbers)))
            work.session.add_all(QueueStage(stage_id=stage_id, queue_id=row.id) for stage_id in sorted(set(stage_ids)))
            changes = {
                "numbers": (was["numbers"], sorted(set(numbers))),
                "stages": (was["stages"], sorted(set(stage_ids))),
            }
            self._tell(work, actor, "queues.callers", row, changes)

    async def set_members(self, actor: Actor, queue_id: int, levels: Mapping[int, int]) -> None:
        """Have exactly these users serve the queue, each at his level (0 is rung first).

        Of a queue that everybody serves the others are kept out. Raises ``NoSuchQueue``, ``Invalid``.
        """
        actor.require(EDIT)
        async with self._uow.write() as work:
            row = await _found(work, queue_id)
            await self._serve(work, actor, row, levels)

    async def open_for_campaign(
        self, work: Work, actor: Actor, campaign_id: int, data: QueueData, levels: Mapping[int, int]
    ) -> Queue:
        """The queue ``campaign-ID`` of a campaign, made or changed to this, with exactly these members, within the
        caller's transaction. The caller checks rights. The exchanges have it soon after the commit."""
        row = await self._of_campaign(work, campaign_id)
        if row is None:
            row = await self._add(work, actor, f"campaign-{campaign_id}", QueueKind.CAMPAIGN, data)
        else:
            for name, value in asdict(data).items():
                setattr(row, name, value)
            work.emit(QueuesChanged(at=self._clock.now()))
        await self._serve(work, actor, row, levels)
        return row

    async def serve_campaign(self, work: Work, actor: Actor, campaign_id: int, levels: Mapping[int, int]) -> None:
        """Have exactly these users serve the queue of a campaign that has one; nothing is written when they do."""
        row = await self._of_campaign(work, campaign_id)
        if row is None:
            return
        serving = await work.session.scalars(select(QueueMember).where(QueueMember.queue_id == row.id))
        if {one.user_id: one.penalty for one in serving if one.active} != dict(levels):
            await self._serve(work, actor, row, levels)

    async def close_for_campaign(self, work: Work, actor: Actor, campaign_id: int) -> None:
        """Remove the queue of a campaign that is over, if it has one, within the caller's transaction."""
        row = await self._of_campaign(work, campaign_id)
        if row is not None:
            await self._remove(work, actor, row)

    async def _of_campaign(self, work: Work, campaign_id: int) -> Queue | None:
        found: Queue | None = await work.session.scalar(select(Queue).where(Queue.code == f"campaign-{campaign_id}"))
        return found

    async def _add(self, work: Work, actor: Actor, code: str, kind: QueueKind, data: QueueData) -> Queue:
        await self._check(work, data, None)
        try:
            QueueSpec(code=code, strategy=data.strategy)
        except ValueError:
            raise Invalid({"code": msg("Two to forty letters, digits and hyphens.")}) from None
        if await work.session.scalar(select(Queue.id).where(Queue.code == code)) is not None:
            raise Invalid({"code": msg("There is an entry with this code already.")})
        row = Queue(code=code, kind=kind, shipped=False, **asdict(data))
        work.session.add(row)
        await work.session.flush()
        self._tell(work, actor, "queues.added", row, {"name": (None, data.name)})
        return row

    async def _check(self, work: Work, data: QueueData, row: Queue | None) -> None:
        if (data.overflow == Overflow.QUEUE) != (data.overflow_queue_id is not None):
            raise Invalid({"overflow_queue_id": _NO_WAY_ON})
        if data.calendar_id is not None and await work.session.get(Calendar, data.calendar_id) is None:
            raise Invalid({"calendar_id": msg("Choose one of the list.")})
        seen = {row.id} if row is not None else set()
        after = data.overflow_queue_id
        if after is not None and not (await _found(work, after)).active:
            raise Invalid({"overflow_queue_id": _NO_WAY_ON})
        while after is not None:  # callers must arrive somewhere
            if after in seen:
                raise Invalid({"overflow_queue_id": msg("This leads callers in a circle.")})
            seen.add(after)
            after = (await _found(work, after)).overflow_queue_id

    async def _serve(self, work: Work, actor: Actor, row: Queue, levels: Mapping[int, int]) -> None:
        if any(level not in LEVELS for level in levels.values()):
            raise Invalid({"members": msg("A level is a number from 0 to 9.")})
        known = set(await work.session.scalars(select(User.id).where(User.extension.is_not(None), User.active)))
        if not levels.keys() <= known:
            raise Invalid({"members": msg("Somebody of these has no telephone.")})
        rows = dict(levels) if not row.everybody else {user: level for user, level in levels.items() if level}
        out = known - levels.keys() if row.everybody else set()
        before = (await work.session.scalars(select(QueueMember).where(QueueMember.queue_id == row.id))).all()
        was = {str(one.user_id): one.penalty if one.active else None for one in before}
        for one in before:
            await work.session.delete(one)
        await work.session.flush()
        for user_id in sorted(rows.keys() | out):
            work.session.add(
                QueueMember(queue_id=row.id, user_id=user_id, penalty=rows.get(user_id, 0), active=user_id not in out)
            )
        becomes: dict[str, int | None] = {str(user): level for user, level in rows.items()}
        becomes |= {str(user): None for user in out}
        self._tell(work, actor, "queues.members", row, {"members": (was, becomes)})

    async def _remove(self, work: Work, actor: Actor, row: Queue) -> None:
        for kind in (QueueMember, QueueNumber, QueueStage):
            await work.session.execute(delete(kind).where(kind.queue_id == row.id))
        await work.session.delete(row)
        self._tell(work, actor, "queues.removed", row, {"name": (row.name, None)})

    def _tell(
        self, work: Work, actor: Actor, action: str, row: Queue, changes: Mapping[str, tuple[object, object]]
    ) -> None:
        now = self._clock.now()
        record(work, actor, action, ("queue", row.id), changes, at=now)
        work.emit(QueuesChanged(at=now))


def _must_stay(row: Queue) -> None:
    if row.code == MAIN:
        raise QueueNeeded
    if row.kind == QueueKind.CAMPAIGN:
        raise CampaignNeedsQueue


async def _of(work: Work, column: InstrumentedAttribute[Any], condition: ColumnElement[bool]) -> list[Any]:
    return list(await work.session.scalars(select(column).where(condition)))


async def _found(work: Work, queue_id: int) -> Queue:
    row = await work.session.get(Queue, queue_id)
    if row is None:
        raise NoSuchQueue
    return row


async def ship_queues(work: Work) -> None:
    """Add the main queue, which everybody serves, if it is missing."""
    if await work.session.scalar(select(Queue.id).where(Queue.code == MAIN)) is None:
        work.session.add(Queue(code=MAIN, name=MAIN_NAME, everybody=True, shipped=True))
