"""Shifts: what is planned, by whom, and how far it was kept."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from callcenter.agents.model import AgentState
from callcenter.app.adapters.figures import FloorFigures
from callcenter.productivity.asking import Ask, By
from callcenter.productivity.counters import SLOT_COUNTERS
from callcenter.productivity.kpis import BY_KEY, value
from callcenter.productivity.model import ShiftBlock
from callcenter.productivity.report import read
from callcenter.productivity.rights import PLAN
from callcenter.productivity.rollups import Rollups
from callcenter.productivity.shifts import Shift, Shifts, blocks_of, weeks
from callcenter.productivity.slots import Span, slots_of
from callcenter.productivity.timekeeping import BlockKind, Planned, Stretch, difference, spent, unsummed
from core.kernel.access import Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.uow import UnitOfWork
from core.people.model import User
from tests.fakes.floor import collector
from tests.integration.productivity.history import History

DAY = Shift(start=time(9), end=time(18), breaks=((time(13), time(14)), (time(16), time(16, 15))))
NIGHT = Shift(start=time(22), end=time(6), breaks=((time(1), time(1, 30)),))
MONDAY = date(2026, 3, 23)


async def people(uow: UnitOfWork) -> None:
    await History(uow, random.Random(1)).begin()
    async with uow.write() as work:
        await work.session.execute(update(User).values(extension=User.login, timezone="Europe/Warsaw"))


async def planned(uow: UnitOfWork, user_id: int) -> list[tuple[str, datetime, datetime]]:
    async with uow.read() as session:
        found = select(ShiftBlock).where(ShiftBlock.user_id == user_id).order_by(ShiftBlock.starts_at)
        return [(one.kind, one.starts_at, one.ends_at) for one in await session.scalars(found)]


async def test_a_team_head_plans_his_team_and_nobody_else(uow: UnitOfWork, clock: ManualClock) -> None:
    await people(uow)
    shifts = Shifts(uow, clock)
    head = replace(collector(1, Scope.TEAM, PLAN), team=frozenset({6}))
    await shifts.plan(head, 3, [MONDAY], DAY)
    with pytest.raises(NotFound):
        await shifts.plan(head, 2, [MONDAY], DAY)
    with pytest.raises(Forbidden):
        await shifts.plan(replace(head, rights={}), 3, [MONDAY], DAY)
    async with uow.read() as session:
        assert {week.user_id for week in await weeks(session, head, MONDAY)} == {1, 3}
    assert len(await planned(uow, 3)) == 5
    await shifts.plan(head, 3, [MONDAY], None)
    assert await planned(uow, 3) == []


async def test_a_copied_week_keeps_what_clocks_show_where_they_change(uow: UnitOfWork, clock: ManualClock) -> None:
    await people(uow)
    shifts, head = Shifts(uow, clock), collector(1, Scope.ALL, PLAN)
    await shifts.plan(head, 1, [MONDAY + timedelta(days=n) for n in range(5)], DAY)
    assert await shifts.copy_week(head, MONDAY, MONDAY + timedelta(days=7)) == 1  # summer time begins on 29 March
    zone = ZoneInfo("Europe/Warsaw")
    hours = {(start.astimezone(zone).time(), end.astimezone(zone).time()) for _, start, end in await planned(uow, 1)}
    assert min(hours)[0] == time(9)
    assert len(hours) == 5
    assert len(await planned(uow, 1)) == 50
    await shifts.copy_week(head, MONDAY, MONDAY + timedelta(days=7))
    assert len(await planned(uow, 1)) == 50


async def test_a_night_runs_into_the_morning_and_not_into_another_shift(uow: UnitOfWork, clock: ManualClock) -> None:
    await people(uow)
    shifts, head = Shifts(uow, clock), collector(1, Scope.ALL, PLAN)
    await shifts.plan(head, 1, [MONDAY], NIGHT)
    assert sum((end - start for _, start, end in await planned(uow, 1)), timedelta()) == timedelta(hours=8)
    with pytest.raises(Invalid):
        await shifts.plan(head, 1, [MONDAY + timedelta(days=1)], Shift(start=time(5), end=time(9)))


@pytest.mark.parametrize("breaks", [((time(8), time(9, 30)),), ((time(17), time(19)),), ((time(12), time(11)),)])
def test_breaks_lie_within_the_shift(breaks: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(Invalid):
        blocks_of(replace(DAY, breaks=breaks), MONDAY)


async def test_adherence_is_time_in_the_planned_kind_of_state(uow: UnitOfWork, clock: ManualClock) -> None:
    await people(uow)
    await Shifts(uow, clock).plan(collector(1, Scope.ALL, PLAN), 1, [MONDAY], DAY)
    at = datetime(2026, 3, 23, 8, tzinfo=UTC)  # nine in Warsaw
    async with uow.write() as work:
        for state, hours in (("available", 4), ("talking", 1), ("pause", 1), ("available", 1)):  # the break is missed
            ended = at + timedelta(hours=hours)
            work.session.add(AgentState(user_id=1, unit_id=6, state=state, started_at=at, ended_at=ended))
            at = ended
    raw = FloorFigures()
    await Rollups(uow, raw).catch_up()
    ask = Ask(first=MONDAY, last=MONDAY, zone=ZoneInfo("Europe/Warsaw"), by=(By.USER,))
    counters = ("planned_ms", "adhered_ms", "available_ms", "talking_ms", "ringing_ms", "hold_ms", "wrap_up_ms")
    async with uow.read() as session:
        found = await read(session, collector(1, Scope.ALL), raw, ask, counters, now=at + timedelta(days=9))
        early = await read(
            session, collector(1, Scope.ALL), raw, ask, counters, now=datetime(2026, 3, 23, 9, tzinfo=UTC)
        )
    assert value(BY_KEY["planned"], found.total).value == 9 * 3600
    # four hours of the morning, none of the break at 13:00, none of the pause, one of the afternoon, and being away
    # from 16:00 is right for the quarter of an hour of the second break
    assert value(BY_KEY["adherence"], found.total).value == Decimal(525) / 900
    assert value(BY_KEY["planned"], early.total).value == 3600  # what is still to come is not planned time yet


async def test_today_counts_the_state_that_goes_on(uow: UnitOfWork, clock: ManualClock) -> None:
    """Free since nine, and not yet anything else: that is adherence, utilisation and time logged in."""
    await people(uow)
    everybody = collector(1, Scope.ALL)
    for user in (1, 2):
        await Shifts(uow, clock).plan(everybody, user, [MONDAY], DAY)
    nine = datetime(2026, 3, 23, 8, tzinfo=UTC)
    async with uow.write() as work:
        for user, state in ((1, "available"), (2, "offline")):
            work.session.add(AgentState(user_id=user, unit_id=5 + user % 2, state=state, started_at=nine))
    raw = FloorFigures()
    await Rollups(uow, raw).catch_up()

    async def share(kpi: str, minutes: int, *by: By, viewer: Actor = everybody, user: int = 1) -> Decimal | None:
        ask = Ask(first=MONDAY, last=MONDAY, zone=ZoneInfo("Europe/Warsaw"), by=by, filters={By.USER: user})
        async with uow.read() as session:
            now = nine + timedelta(minutes=minutes)
            found = await read(session, viewer, raw, ask, SLOT_COUNTERS, now=now)
        return value(BY_KEY[kpi], found.total).value

    assert await share("adherence", 230) == await share("utilisation", 230) == 1
    assert await share("adherence", 230, By.HOUR) == 1
    assert await share("planned", 230) == await share("logged", 230) == 230 * 60
    assert await share("adherence", 300) == Decimal(240) / 300  # the break is missed
    assert await share("adherence", 230, user=2) == 0
    assert await share("adherence", 300, user=2) == Decimal(60) / 300
    assert await share("planned", 24 * 60) == 9 * 3600
    assert await share("adherence", 230, viewer=collector(2, Scope.OWN)) is None

    async def shares() -> list[Decimal | None]:
        kpis = ("adherence", "utilisation", "planned", "logged")
        return [await share(kpi, 230, *by) for kpi in kpis for by in ((), (By.HOUR,), (By.UNIT,))]

    before = await shares()
    async with uow.write() as work:  # it ends in this moment, and no sum knows it yet
        over = update(AgentState).where(AgentState.user_id == 1).values(ended_at=nine + timedelta(minutes=230))
        await work.session.execute(over)
    assert await shares() == before
    assert not await share("logged", 230, viewer=collector(2, Scope.OWN))
    await Rollups(uow, raw).catch_up()
    assert await shares() == before
    async with uow.write() as work:  # put right afterwards: the sums know what it was, and nothing is counted twice
        await work.session.execute(update(AgentState).where(AgentState.user_id == 1).values(state="talking"))
    assert await share("logged", 230) == 230 * 60


@st.composite
def floors(draw: st.DrawFn) -> tuple[list[Stretch], list[Planned]]:
    """What a collector did from eight on, without a gap, and what was planned."""
    kinds = st.sampled_from(["available", "pause", "offline", "talking"])
    at = begun = datetime(2026, 3, 23, 8, tzinfo=UTC)
    stretches = []
    for state, seconds in draw(st.lists(st.tuples(kinds, st.integers(1, 9000)), max_size=12)):
        ended = at + timedelta(seconds=seconds)
        stretches.append(Stretch(user_id=1, unit_id=5, state=state, start=at, end=ended))
        at = ended
    plan = st.lists(st.tuples(st.sampled_from(list(BlockKind)), st.integers(0, 300), st.integers(1, 200)), max_size=3)
    blocks = [
        Planned(
            user_id=1,
            unit_id=5,
            kind=kind,
            start=begun + timedelta(minutes=minute),
            end=begun + timedelta(minutes=minute + length),
        )
        for kind, minute, length in draw(plan)
    ]
    return stretches, blocks


@given(floors(), st.integers(0, 600))
def test_sums_and_what_goes_on_are_the_time_so_far(floor: tuple[list[Stretch], list[Planned]], minutes: int) -> None:
    stretches, blocks = floor
    begun = datetime(2026, 3, 23, 8, tzinfo=UTC)
    now = begun + timedelta(minutes=minutes)
    over = [one for one in stretches if one.end <= now]
    going_on = [replace(one, end=now) for one in stretches if one.start < now < one.end]
    span = slots_of(begun, now + timedelta(microseconds=1))
    sums = spent(over, blocks, span)
    so_far = spent([*over, *going_on], [replace(one, end=min(one.end, now)) for one in blocks], span)
    assert unsummed(going_on, blocks, span, now) == difference(sums, so_far)
    assert all(0 <= one.get("adhered_ms", 0) <= one.get("planned_ms", 0) for one in so_far.values())


@given(floors())
def test_what_is_kept_is_never_more_than_what_was_planned(floor: tuple[list[Stretch], list[Planned]]) -> None:
    stretches, blocks = floor
    begun = datetime(2026, 3, 23, 8, tzinfo=UTC)
    whole = slots_of(begun, begun + timedelta(days=3))
    found = spent(stretches, blocks, whole)
    assert sum(one.get("planned_ms", 0) for one in found.values()) == sum(
        (one.end - one.start) // timedelta(milliseconds=1) for one in blocks
    )
    assert all(0 <= one.get("adhered_ms", 0) <= one.get("planned_ms", 0) for one in found.values())
    middle = whole.start + 5
    halves = {
        **spent(stretches, blocks, Span(whole.start, middle)),
        **spent(stretches, blocks, Span(middle, whole.end)),
    }
    assert halves == found


async def test_a_week_of_days_becomes_a_week_of_nights(uow: UnitOfWork, clock: ManualClock) -> None:
    """A night reaches into the day after, which is planned anew in the same breath."""
    await people(uow)
    shifts, head = Shifts(uow, clock), collector(1, Scope.ALL, PLAN)
    days = [MONDAY + timedelta(days=n) for n in range(7)]
    early = Shift(start=time(5), end=time(13))
    await shifts.plan(head, 1, days, early)
    await shifts.plan(head, 1, days, NIGHT)
    assert len(await planned(uow, 1)) == 21
    after = [day + timedelta(days=7) for day in days]
    await shifts.plan(head, 1, after[1:], early)
    await shifts.copy_week(head, MONDAY, after[0])
    assert len(await planned(uow, 1)) == 42
