"""Keeping the sums: what triggers noted is summed anew from the raw rows, and the difference goes into every cube."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Insert, Table, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.productivity.counters import (
    CALL_COUNTERS,
    CALL_DIMENSIONS,
    CUBES,
    FULL,
    NOTHING,
    SLOT_COUNTERS,
    TIME_COUNTERS,
    Cube,
)
from callcenter.productivity.daily import place_promises, sum_day
from callcenter.productivity.model import Rollup, RollupMark, ShiftBlock
from callcenter.productivity.ports import Dimensions, RawFigures
from callcenter.productivity.shifts import planned
from callcenter.productivity.slots import Span, slot_of, start_of
from callcenter.productivity.timekeeping import difference, spent
from core.kernel.among import Among
from core.kernel.locks import own
from core.kernel.uow import UnitOfWork

#: Who sums is alone at it.
FIGURES: Final = 0x46494755
#: Marks looked at in one transaction, and how much may be summed in it: on SQLite everybody else waits meanwhile.
_MARKS = 1000
_CALL_SLOTS = 4
_TIME_SLOTS = 2 * 48
_USERS = 50
_NO_TIME = Span(0, 0)
_DAYS = 20
_ROLLUPS = Rollup.__table__
assert isinstance(_ROLLUPS, Table)
_TABLE: Table = _ROLLUPS
#: A row of a cube: its slot and dimensions.
Key = tuple[int, Dimensions]
Sums = dict[Key, dict[str, int]]


@dataclass(kw_only=True, slots=True)
class Todo:
    """What one transaction sums anew. ``done`` are marks that are thereby worked off, ``left`` how far others are."""

    calls: set[int] = field(default_factory=set)
    wholly: set[int] = field(default_factory=set)
    call_ids: set[int] = field(default_factory=set)
    users: set[int] = field(default_factory=set)
    time: Span = _NO_TIME
    promise_ids: set[int] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    done: list[int] = field(default_factory=list)
    left: dict[int, datetime] = field(default_factory=dict)


class Rollups:
    """The sums behind every report. ``catch_up`` may be called by anybody at any time, as often as one likes."""

    def __init__(self, uow: UnitOfWork, raw: RawFigures) -> None:
        self._uow = uow
        self._raw = raw

    async def catch_up(self) -> int:
        """Work off every mark there is; how many transactions that took."""
        steps = 0
        while await self._step():
            steps += 1
        return steps

    async def _step(self) -> bool:
        """Work off some marks, in one transaction; False when there are none."""
        async with self._uow.read() as session:
            if await session.scalar(select(RollupMark.id).limit(1)) is None:
                return False
        async with self._uow.write() as work:
            session = work.session
            await own(session, FIGURES)
            ordered = select(RollupMark).order_by(RollupMark.since, RollupMark.id)  # marks of one slot together
            marks = (await session.scalars(ordered.limit(_MARKS))).all()
            todo = plan(marks)
            await session.execute(delete(RollupMark).where(RollupMark.id.in_(todo.done)))
            for mark_id, since in todo.left.items():
                await session.execute(update(RollupMark).where(RollupMark.id == mark_id).values(since=since))
            await self._sum_calls(session, todo)
            await self._sum_time(session, todo.users, todo.time)
            await place_promises(session, todo.promise_ids)
            for day in sorted(todo.days):
                await sum_day(session, day)
        return True

    async def _sum_calls(self, session: AsyncSession, todo: Todo) -> None:
        await self._raw.place_calls(session, todo.call_ids, [Span(slot, slot + 1) for slot in sorted(todo.wholly)])
        new: Sums = {}
        for slot in sorted(todo.calls):
            for dimensions, counters in (await self._raw.call_sums(session, slot)).items():
                new[slot, dimensions] = counters
        counted = and_(_TABLE.c.slot.in_(todo.calls), _TABLE.c.direction != "")
        await _replace(session, counted, new, CALL_COUNTERS)

    async def _sum_time(self, session: AsyncSession, users: Collection[int], span: Span) -> None:
        if not users:
            return
        stretches = await self._raw.time_spent(session, users, span)
        mine = Among(ShiftBlock.user_id, users)
        plan_of = await planned(session, start_of(span.start), start_of(span.end), mine)
        found = spent(stretches, plan_of.values(), span)
        new: Sums = {(slot, (user, unit, 0, 0, 0, "", "")): counters for (slot, user, unit), counters in found.items()}
        columns = _TABLE.c
        counted = and_(
            columns.slot >= span.start, columns.slot < span.end, columns.user_id.in_(users), columns.direction == ""
        )
        await _replace(session, counted, new, TIME_COUNTERS)


def plan(marks: Sequence[RollupMark]) -> Todo:
    """What to sum for these marks, as much as one transaction may."""
    todo = Todo()
    for mark in marks:
        first, last = slot_of(mark.since), slot_of(mark.until)
        if mark.kind == "call":
            _plan_call(todo, mark, first, last)
        elif mark.kind == "time":
            _plan_time(todo, mark, first, last)
        else:
            _plan_days(todo, mark)
    return todo


def _plan_call(todo: Todo, mark: RollupMark, first: int, last: int) -> None:
    slots = set(range(first, min(last, first + _CALL_SLOTS - 1) + 1))
    if todo.calls and len(todo.calls | slots) > _CALL_SLOTS:
        return
    todo.calls |= slots
    if mark.subject_id is not None:
        todo.call_ids.add(mark.subject_id)
    else:
        todo.wholly |= slots
    _worked_off(todo, mark, max(slots) + 1, last)


def _plan_time(todo: Todo, mark: RollupMark, first: int, last: int) -> None:
    users = todo.users | {mark.user_id or 0}
    end = min(last, first + _TIME_SLOTS - 1) + 1
    known = todo.time if todo.users else Span(first, end)
    joined = Span(min(known.start, first), max(known.end, end))
    if len(joined) > _TIME_SLOTS or len(users) > _USERS:
        return
    todo.users, todo.time = users, joined
    _worked_off(todo, mark, end, last)


def _plan_days(todo: Todo, mark: RollupMark) -> None:
    day = mark.since.astimezone(UTC).date()
    if len(todo.days | {day}) > _DAYS:
        return
    todo.days.add(day)
    if mark.kind == "promise" and mark.subject_id is not None:
        todo.promise_ids.add(mark.subject_id)
    todo.done.append(mark.id)


def _worked_off(todo: Todo, mark: RollupMark, end: int, last: int) -> None:
    if end > last:
        todo.done.append(mark.id)
    else:
        todo.left[mark.id] = start_of(end)


async def _replace(session: AsyncSession, counted: Any, new: Sums, counters: Sequence[str]) -> None:
    """Have the rows of the full cube that ``counted`` means be ``new``, and every other cube follow."""
    await session.flush()
    columns = [_TABLE.c.slot, *(_TABLE.c[name] for name in CALL_DIMENSIONS), *(_TABLE.c[name] for name in counters)]
    width = 1 + len(CALL_DIMENSIONS)
    old: Sums = {}
    for row in await session.execute(select(*columns).where(_TABLE.c.cube == FULL.number, counted)):
        key = (row[0], (row[1], row[2], row[3], row[4], row[5], row[6], row[7]))
        old[key] = dict(zip(counters, row[width:], strict=True))
    changes = difference(old, new)
    for cube in CUBES if changes else ():
        await _add(session, cube, project(changes, cube))


def project(changes: Sums, cube: Cube) -> Sums:
    """Changes of the full cube as those of another."""
    found: dict[Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (slot, dimensions), change in changes.items():
        kept = tuple(
            value if name in cube.dimensions else NOTHING[name]
            for name, value in zip(CALL_DIMENSIONS, dimensions, strict=True)
        )
        counters = found[cube.slot(slot), kept]  # type: ignore[index]
        for name, value in change.items():
            counters[name] += value
    return {key: dict(change) for key, change in found.items() if any(change.values())}


async def _add(session: AsyncSession, cube: Cube, changes: Sums) -> None:
    if not changes:
        return
    rows = [
        {
            "cube": cube.number,
            "slot": slot,
            **dict(zip(CALL_DIMENSIONS, dimensions, strict=True)),
            **{name: change.get(name, 0) for name in SLOT_COUNTERS},
        }
        for (slot, dimensions), change in sorted(changes.items())
    ]
    await session.execute(_adding(session.get_bind().dialect.name), rows)
    if any(value < 0 for change in changes.values() for value in change.values()):
        await _drop_empty(session, cube, {slot for slot, _ in changes})


@lru_cache
def _adding(dialect: str) -> Insert:
    insert = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(_TABLE)
    sums = {name: _TABLE.c[name] + insert.excluded[name] for name in SLOT_COUNTERS}
    return insert.on_conflict_do_update(index_elements=list(_TABLE.primary_key), set_=sums)


async def _drop_empty(session: AsyncSession, cube: Cube, slots: Iterable[int]) -> None:
    empty = and_(*(_TABLE.c[name] == 0 for name in SLOT_COUNTERS))
    await session.execute(delete(_TABLE).where(_TABLE.c.cube == cube.number, _TABLE.c.slot.in_(slots), empty))
