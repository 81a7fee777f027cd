"""The sums are always what the raw rows say."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.model import AgentState
from callcenter.app.adapters.figures import FloorFigures
from callcenter.app.models import metadata
from callcenter.calls.model import Call, Leg, ResultCode
from callcenter.migrations.versions import m0043_hours_of_collectors as m0043
from callcenter.productivity.counters import CALL_DIMENSIONS, CUBES, FULL, NOTHING, SLOT_COUNTERS
from callcenter.productivity.model import FigurePlace, Rollup, RollupDay, RollupMark, ShiftBlock
from callcenter.productivity.rollups import Rollups
from callcenter.productivity.slots import Span
from callcenter.productivity.timekeeping import Stretch
from callcenter.productivity.triggers import WATCHES
from core.cases.model import Promise
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork
from tests.integration.productivity.history import START, THRESHOLDS, USERS, History

Rows = dict[tuple[object, ...], dict[str, int]]


async def thresholds(_session: AsyncSession) -> Mapping[str, int]:
    return THRESHOLDS


@pytest.fixture
def rollups(uow: UnitOfWork) -> Rollups:
    return Rollups(uow, FloorFigures(thresholds))


async def sums(uow: UnitOfWork) -> Rows:
    """Every row of every cube."""
    async with uow.read() as session:
        rows = (await session.scalars(select(Rollup))).all()
        days = (await session.scalars(select(RollupDay))).all()
    found: Rows = {
        (row.cube, row.slot, *(getattr(row, name) for name in CALL_DIMENSIONS)): {
            name: getattr(row, name) for name in SLOT_COUNTERS
        }
        for row in rows
    }
    for day in days:
        values = ("due_kept", "due_partly", "due_broken", "due_promised", "due_paid")
        key = (day.day, day.user_id, day.unit_id, day.creditor_id, day.stage_id, day.currency)
        found[key] = {name: getattr(day, name) for name in values}
    return found


async def anew(uow: UnitOfWork) -> None:
    """Throw the sums away and have everything summed again; where calls belonged is kept."""
    async with uow.write() as work:
        await work.session.execute(delete(Rollup))
        await work.session.execute(delete(RollupDay))
        everything = {"since": START - timedelta(hours=2), "until": START + timedelta(days=30)}
        work.session.add(RollupMark(kind="call", **everything))
        work.session.add_all(RollupMark(kind="time", user_id=user, **everything) for user in USERS)
        for day in (await work.session.scalars(select(Promise.due_on).distinct())).all():
            at = datetime(day.year, day.month, day.day, tzinfo=UTC)
            work.session.add(RollupMark(kind="promise", since=at, until=at))


def slot(moment: datetime) -> int:
    return int(moment.timestamp() // 1800)


async def by_hand(uow: UnitOfWork) -> dict[str, Counter[tuple[int, ...]]]:
    """What the raw rows come to, counted one by one without a word of SQL about figures: by slot and collector."""
    async with uow.read() as session:
        calls = (await session.scalars(select(Call))).all()
        legs = (await session.scalars(select(Leg))).all()
        codes = {one.code: one for one in await session.scalars(select(ResultCode))}
        places = {one.subject_id: one for one in await session.scalars(select(FigurePlace)) if one.kind == "call"}
        states = (await session.scalars(select(AgentState))).all()
        blocks = (await session.scalars(select(ShiftBlock))).all()
    found: dict[str, Counter[tuple[int, ...]]] = defaultdict(Counter)
    for call in calls:
        if call.ended_at is None or call.merged_into is not None or call.direction == "internal":
            continue
        key = (slot(call.started_at), call.user_id or 0)
        code = codes.get(call.result_code or "")
        answered = call.answered_at is not None
        contact = answered if code is None or code.contact is None else code.contact
        found["calls"][key] += 1
        found["attempts"][key] += call.direction == "outbound"
        found["contacts"][key] += contact
        found["right_party"][key] += code is not None and code.rpc
        found["promises"][key] += code is not None and code.need in ("promise", "plan")
        found["talk_seconds"][key] += call.talk_seconds
        if answered and call.user_id is not None:
            found["handled"][key] += 1
            found["handle_seconds"][key] += call.talk_seconds + call.hold_seconds + call.wrap_seconds
        if call.queue is None or call.queued_at is None:
            continue
        queued_at = call.queued_at
        later = [
            leg.answered_at
            for leg in legs
            if leg.call_id == call.id and leg.kind == "agent" and leg.answered_at and leg.answered_at >= queued_at
        ]
        passed_on = call.answered_at is not None and call.answered_at < queued_at
        taken = later if passed_on else [] if call.answered_at is None else [call.answered_at]
        found["queued"][key] += 1
        found["taken" if taken else "abandoned"][key] += 1
        if taken:
            wait = int((min(taken) - queued_at).total_seconds())
            found["wait_seconds"][key] += wait
            service = places[call.id].service_seconds
            found["in_time"][key] += service is not None and wait <= service
    for state in states:
        if state.ended_at is not None and state.state != "offline":
            name = f"{state.state}_ms"
            for number, start, end in _halves(state.started_at, state.ended_at):
                found[name][number, state.user_id] += (end - start) // timedelta(milliseconds=1)
    for block in blocks:
        for number, start, end in _halves(block.starts_at, block.ends_at):
            found["planned_ms"][number, block.user_id] += (end - start) // timedelta(milliseconds=1)
    return {name: +counter for name, counter in found.items()}


def _halves(start: datetime, end: datetime) -> list[tuple[int, datetime, datetime]]:
    found = []
    while start < end:
        number = slot(start)
        edge = min(end, datetime.fromtimestamp((number + 1) * 1800, UTC))
        found.append((number, start, edge))
        start = edge
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
async def test_after_any_history_the_sums_are_what_the_raw_rows_say(
    uow: UnitOfWork, rollups: Rollups, seed: int
) -> None:
    history = History(uow, random.Random(seed))
    await history.begin()
    for _ in range(6):  # while things happen, two sum at once
        await asyncio.gather(history.go_on(history.chance.randrange(5, 50)), rollups.catch_up(), rollups.catch_up())
    await rollups.catch_up()
    kept = await sums(uow)

    hand = await by_hand(uow)
    async with uow.read() as session:
        full = (await session.scalars(select(Rollup).where(Rollup.cube == FULL.number))).all()
        assert await session.scalar(select(func.count(RollupMark.id))) == 0
    assert hand["calls"]
    assert hand.keys() & {"available_ms", "talking_ms", "pause_ms"}
    for name, counter in hand.items():
        mine: Counter[tuple[int, ...]] = Counter()
        for row in full:
            mine[row.slot, row.user_id] += getattr(row, name)
        assert +mine == counter, name

    for cube in CUBES:  # every cube is the full one, added up
        added: dict[tuple[object, ...], Counter[str]] = defaultdict(Counter)
        for row in full:
            dimensions = [getattr(row, one) if one in cube.dimensions else NOTHING[one] for one in CALL_DIMENSIONS]
            key = (cube.number, cube.slot(row.slot), *dimensions)
            added[key].update({name: getattr(row, name) for name in SLOT_COUNTERS})
        assert {key: +values for key, values in added.items()} == {
            key: +Counter(values) for key, values in kept.items() if key[0] == cube.number
        }

    await anew(uow)
    await rollups.catch_up()
    assert await sums(uow) == kept


async def test_a_migration_makes_hours_of_collectors_from_what_is_there(uow: UnitOfWork, rollups: Rollups) -> None:
    history = History(uow, random.Random(4))
    await history.begin()
    await history.go_on(40)
    await rollups.catch_up()
    kept = await sums(uow)
    for step, left in ((m0043.downgrade, len(CUBES) - 1), (m0043.upgrade, len(CUBES))):
        async with uow.database.writer_engine.begin() as connection:
            await connection.run_sync(_migrated, step)
        async with uow.read() as session:
            assert await session.scalar(select(func.count(Rollup.cube.distinct()))) == left
    assert await sums(uow) == kept


def _migrated(connection: Connection, step: Callable[[], None]) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        step()


async def test_a_change_that_is_taken_back_leaves_no_mark(uow: UnitOfWork, rollups: Rollups) -> None:
    history = History(uow, random.Random(1))
    await history.begin()
    await rollups.catch_up()
    with suppress(RuntimeError):
        async with uow.write() as work:
            await history.call(work)
            await work.session.flush()
            assert await work.session.scalar(select(func.count(RollupMark.id))) == 1
            raise RuntimeError
    async with uow.read() as session:
        assert await session.scalar(select(RollupMark.id)) is None


@pytest.mark.slow
async def test_sums_that_failed_half_way_are_made_again(uow: UnitOfWork) -> None:
    class Dies(FloorFigures):
        """Fails when collectors' time is asked for, as if the process were killed there."""

        alive = False

        async def time_spent(self, session: AsyncSession, user_ids: Collection[int], span: Span) -> Sequence[Stretch]:
            if not self.alive:
                raise RuntimeError
            return await super().time_spent(session, user_ids, span)

    history, raw = History(uow, random.Random(2)), Dies(thresholds)
    await history.begin()
    await history.go_on(60)
    with pytest.raises(RuntimeError):
        await Rollups(uow, raw).catch_up()
    raw.alive = True
    await Rollups(uow, raw).catch_up()
    kept = await sums(uow)
    await anew(uow)
    await Rollups(uow, raw).catch_up()
    assert await sums(uow) == kept


async def test_the_triggers_are_there_after_migrations_too(database: Database) -> None:
    """A migration that makes a table anew would lose them on SQLite."""
    async with database.read() as session:
        names = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if database.dialect == "sqlite"
            else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        there = set((await session.scalars(text(names))).all())
    for watch in WATCHES:
        assert {f"{watch.table}_figures_{moment}" for moment in ("insert", "update", "delete")} <= there
        assert set(watch.columns) <= set(metadata.tables[watch.table].c.keys())
