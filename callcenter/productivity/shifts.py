"""The plan of shifts: what a collector's days are planned for, and weeks copied into others."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.productivity.errors import ShiftsCollide
from callcenter.productivity.model import ShiftBlock
from callcenter.productivity.rights import PLAN
from callcenter.productivity.timekeeping import BlockKind, Planned
from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork, Work
from core.people.access import reaches
from core.people.model import User

_DAY = timedelta(days=1)
#: From the day of a shift to the UTC day on which it ends, at most: a night of a zone behind UTC.
_LONGEST = timedelta(days=2)
WEEK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """A day as it is planned, in the collector's own hours. A shift that ends at or before its beginning ends on the
    next day; breaks lie within it."""

    start: time
    end: time
    breaks: tuple[tuple[time, time], ...] = ()

    def __str__(self) -> str:
        pauses = "".join(f", {start:%H:%M}–{end:%H:%M}" for start, end in self.breaks)
        return f"{self.start:%H:%M}–{self.end:%H:%M}{pauses}"


async def planned(
    session: AsyncSession, since: datetime, until: datetime, *whose: ColumnElement[bool]
) -> dict[int, Planned]:
    """The stretches by id that are planned for some of the time from ``since`` to ``until``, and ``whose`` they are."""
    statement = select(ShiftBlock).where(
        ShiftBlock.starts_at < until,
        ShiftBlock.ends_at > since,
        ShiftBlock.day >= since.date() - _LONGEST,  # the index
        ShiftBlock.day <= until.date() + _DAY,
        *whose,
    )
    return {
        one.id: Planned(user_id=one.user_id, unit_id=one.unit_id, kind=one.kind, start=one.starts_at, end=one.ends_at)
        for one in await session.scalars(statement)
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedWeek:
    """A collector's week: his planned stretches by day, in his own hours."""

    user_id: int
    name: str
    zone: str
    days: Mapping[date, Sequence[tuple[str, datetime, datetime]]]


def blocks_of(shift: Shift, day: date) -> list[tuple[BlockKind, datetime, datetime]]:
    """The stretches of a day's shift, in local time without a zone. Raises ``Invalid`` for breaks that lie outside the
    shift or within each other."""
    start = datetime.combine(day, shift.start)
    end = _after(start, shift.end, equal_is_later=True)
    found: list[tuple[BlockKind, datetime, datetime]] = []
    at = start
    for begins, ends in sorted((_after(start, one), _after(start, other)) for one, other in shift.breaks):
        if begins < at or ends <= begins or ends > end:
            raise Invalid({"breaks": msg("Breaks lie within the shift, one after the other.")})
        if begins > at:
            found.append((BlockKind.WORK, at, begins))
        found.append((BlockKind.BREAK, begins, ends))
        at = ends
    return [*found, (BlockKind.WORK, at, end)] if end > at else found


def in_time(
    blocks: Sequence[tuple[BlockKind, datetime, datetime]], zone: ZoneInfo
) -> list[tuple[BlockKind, datetime, datetime]]:
    """When the stretches of a day's shift are, aware UTC, each from the end of the one before.

    In a night in which clocks are changed the shift ends when they show its end, so that work takes an hour more or
    less. A break is as long as in any other night.
    """
    if not blocks:
        return []
    found: list[tuple[BlockKind, datetime, datetime]] = []
    at, closes = (moment.replace(tzinfo=zone).astimezone(UTC) for moment in (blocks[0][1], blocks[-1][2]))
    for kind, start, end in blocks:
        ends = at + (end - start) if kind is BlockKind.BREAK else end.replace(tzinfo=zone).astimezone(UTC)
        if min(ends, closes) > at:
            found.append((kind, at, min(ends, closes)))
            at = min(ends, closes)
    return found


def _after(start: datetime, at: time, *, equal_is_later: bool = False) -> datetime:
    """The first moment from ``start`` on at which clocks show ``at``."""
    moment = datetime.combine(start.date(), at)
    return moment + _DAY if moment < start or (equal_is_later and moment == start) else moment


class Shifts:
    """Planning collectors' days. Times are in the collector's own zone, so that nobody starts at night because his
    supervisor lives elsewhere."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def plan(self, actor: Actor, user_id: int, days: Collection[date], shift: Shift | None) -> None:
        """Have the collector work ``shift`` on each of ``days`` (None: have these days off). Raises ``NotFound`` for
        one out of reach, ``Invalid`` for a shift that cannot be worked."""
        wanted = {day: blocks_of(shift, day) if shift is not None else [] for day in days}
        async with self._uow.write() as work:
            user = (await _planned_by(work.session, actor, [user_id], held=True)).get(user_id)
            if user is None:
                raise NotFound
            await _clear(work, user, days)
            for day, blocks in sorted(wanted.items()):
                await _put(work, user, day, blocks)
                changes = {"shift": (None, f"{day.isoformat()} {shift}" if shift else f"{day.isoformat()} –")}
                record(work, actor, PLAN, ("user", user_id), changes, at=self._clock.now())

    async def copy_week(self, actor: Actor, monday: date, onto: date) -> int:
        """Plan the week of ``onto`` as that of ``monday`` is, for everybody in reach; of how many. Hours stay what
        clocks show, also where these change between. Raises ``ShiftsCollide``."""
        async with self._uow.write() as work:
            users = await _planned_by(work.session, actor, None, held=True)
            weeks = await _weeks(work.session, users.values(), monday)
            copied = [week for week in weeks if any(week.days.values())]
            for week in copied:
                await _clear(work, users[week.user_id], [day + (onto - monday) for day in week.days])
                for day, blocks in week.days.items():
                    moved = [_moved(BlockKind(kind), start, end, onto - monday) for kind, start, end in blocks]
                    try:
                        await _put(work, users[week.user_id], day + (onto - monday), moved)
                    except Invalid as collides:
                        raise ShiftsCollide(name=week.name, day=(day + (onto - monday)).isoformat()) from collides
                changes = {"shift": (monday.isoformat(), onto.isoformat())}
                record(work, actor, PLAN, ("user", week.user_id), changes, at=self._clock.now())
            return len(copied)


async def weeks(session: AsyncSession, actor: Actor, monday: date) -> list[PlannedWeek]:
    """The planned week of everybody with a phone in reach, by name. Raises ``Forbidden`` without the right."""
    return await _weeks(session, (await _planned_by(session, actor, None)).values(), monday)


async def _planned_by(
    session: AsyncSession, actor: Actor, only: Sequence[int] | None, *, held: bool = False
) -> dict[int, User]:
    """Those whose shifts the actor plans; ``held``: nobody else plans them until the end of the transaction."""
    reach = reaches(actor, PLAN, owner=User.id)
    statement = select(User).where(User.active, User.extension.is_not(None), *([] if reach is None else [reach]))
    ordered = statement.order_by(User.surname, User.first_name, User.id)
    wanted = ordered if only is None else ordered.where(User.id.in_(only))
    found = await session.scalars(wanted.with_for_update() if held else wanted)
    return {user.id: user for user in found}


async def _weeks(session: AsyncSession, users: Iterable[User], monday: date) -> list[PlannedWeek]:
    statement = select(ShiftBlock).where(ShiftBlock.day >= monday, ShiftBlock.day < monday + WEEK)
    blocks: dict[int, list[ShiftBlock]] = defaultdict(list)
    for block in await session.scalars(statement.order_by(ShiftBlock.starts_at)):
        blocks[block.user_id].append(block)
    found = []
    for user in users:
        zone = ZoneInfo(user.timezone)
        days: dict[date, list[tuple[str, datetime, datetime]]] = {monday + n * _DAY: [] for n in range(7)}
        for block in blocks[user.id]:
            days[block.day].append((block.kind, block.starts_at.astimezone(zone), block.ends_at.astimezone(zone)))
        found.append(PlannedWeek(user_id=user.id, name=user.full_name, zone=user.timezone, days=days))
    return found


async def _clear(work: Work, user: User, days: Collection[date]) -> None:
    """Take away the user's shifts of these days, all before any is planned anew: a night shift reaches into the day
    after, which may be about to change too."""
    await work.session.execute(delete(ShiftBlock).where(ShiftBlock.user_id == user.id, ShiftBlock.day.in_(days)))


async def _put(work: Work, user: User, day: date, blocks: Sequence[tuple[BlockKind, datetime, datetime]]) -> None:
    """Have the user work these stretches on a day that is free. Raises ``Invalid`` when they would run into another
    shift."""
    kept, mine = in_time(blocks, ZoneInfo(user.timezone)), ShiftBlock.user_id == user.id
    if not kept:
        return
    overlapping = select(ShiftBlock.id).where(
        mine,
        ShiftBlock.starts_at < max(end for _, _, end in kept),
        ShiftBlock.ends_at > min(start for _, start, _ in kept),
    )
    if await work.session.scalar(overlapping.limit(1)) is not None:
        raise Invalid({"end": msg("This runs into another shift of his.")})
    work.session.add_all(
        ShiftBlock(user_id=user.id, unit_id=user.unit_id, kind=kind, day=day, starts_at=start, ends_at=end)
        for kind, start, end in kept
    )
    await work.session.flush()


def _moved(kind: BlockKind, start: datetime, end: datetime, by: timedelta) -> tuple[BlockKind, datetime, datetime]:
    """A stretch by the same clocks on another day; a break is as long as it was."""
    begins, ends = start.replace(tzinfo=None) + by, end.replace(tzinfo=None) + by
    return kind, begins, begins + (end.astimezone(UTC) - start.astimezone(UTC)) if kind is BlockKind.BREAK else ends
