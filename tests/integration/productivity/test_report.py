"""A report is what its sums say, whoever reads it and from wherever; and every figure opens exactly its calls."""

import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from callcenter.agents.model import AgentState
from callcenter.app.adapters.figures import COUNTS, FloorFigures
from callcenter.calls.queries import list_calls
from callcenter.calls.views import CallQuery
from callcenter.productivity import asking, drill, slots
from callcenter.productivity.asking import Ask, By
from callcenter.productivity.counters import FULL, SLOT_COUNTERS
from callcenter.productivity.kpis import BY_KEY, KPIS, value
from callcenter.productivity.model import Rollup
from callcenter.productivity.report import Figures, read
from callcenter.productivity.rollups import Rollups
from callcenter.productivity.slots import Span, start_of
from core.kernel.access import Actor, Scope
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import collector
from tests.integration.productivity.history import History
from tests.integration.productivity.test_rollups import thresholds

ZONES = ("Europe/Moscow", "America/New_York", "Europe/Warsaw", "Asia/Kolkata", "UTC")
#: Counters of calls that a figure on screen opens.
OPENED = COUNTS.keys() & {kpi.counter for kpi in KPIS}
NOW = datetime(2026, 6, 1, tzinfo=UTC)
RAW = FloorFigures(thresholds)


async def lived(uow: UnitOfWork, seed: int) -> None:
    history = History(uow, random.Random(seed))
    await history.begin()
    await history.go_on(250)
    async with uow.write() as work:  # everybody goes home
        await work.session.execute(update(AgentState).where(AgentState.ended_at.is_(None)).values(ended_at=NOW))
    await Rollups(uow, RAW).catch_up()


async def figures(uow: UnitOfWork, viewer: Actor, ask: Ask) -> Figures:
    async with uow.read() as session:
        return await read(session, viewer, RAW, ask, SLOT_COUNTERS, now=NOW)


def by_hand(rows: list[Rollup], ask: Ask) -> dict[tuple[object, ...], Counter[str]]:
    """Adding up the finest rows one by one, by the clock on the reader's wall."""
    found: dict[tuple[object, ...], Counter[str]] = defaultdict(Counter)
    for row in rows:
        local = start_of(row.slot).astimezone(ask.zone)
        if not ask.first <= local.date() <= ask.last:
            continue
        if any(getattr(row, by.value) != wanted for by, wanted in ask.filters.items()):
            continue
        week = local.date() - timedelta(days=local.weekday())
        clock = {
            By.HOUR: local.hour,
            By.WEEKDAY: local.weekday(),
            By.DAY: local.date(),
            By.WEEK: week,
            By.MONTH: local.date().replace(day=1),
        }
        parts = tuple(clock[by] if by in clock else getattr(row, by.value) for by in ask.by)
        found[parts].update({name: getattr(row, name) for name in SLOT_COUNTERS})
    return {parts: +counter for parts, counter in found.items() if +counter}


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
async def test_a_report_is_the_finest_sums_added_up(uow: UnitOfWork, zone: str) -> None:
    await lived(uow, 7)
    async with uow.read() as session:
        rows = list((await session.scalars(select(Rollup).where(Rollup.cube == FULL.number))).all())
    chance = random.Random(zone)
    everybody = collector(1, Scope.ALL)
    columns = [one for one in By if one not in asking.CLOCKED]
    asked = [(first, second) for first in By for second in (None, *By) if first is not second]
    for by in [(), *chance.sample(asked, 25)]:
        first = date(2026, 3, 24) + timedelta(days=chance.randrange(6))
        filters = {chance.choice(columns): chance.choice((0, 1, 2, 5))} if chance.random() < 0.3 else {}
        ask = Ask(
            first=first if chance.random() < 0.7 else date(2025, 11, 3),
            last=first + timedelta(days=chance.randrange(9)),
            zone=ZoneInfo(zone),
            by=tuple(one for one in by if one is not None),
            filters={
                one: (str(wanted) if one in (By.QUEUE, By.DIRECTION) else wanted) for one, wanted in filters.items()
            },
        )
        found = await figures(uow, everybody, ask)
        got = {line.parts: +Counter({name: int(n) for name, n in line.counters.items()}) for line in found.lines}
        assert {parts: counter for parts, counter in got.items() if counter} == by_hand(rows, ask), ask
        total: Counter[str] = sum(got.values(), Counter())
        assert +Counter({name: int(n) for name, n in found.total.items()}) == total


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scope", "zone"), [(Scope.ALL, "Europe/Warsaw"), (Scope.TEAM, "Europe/Moscow"), (Scope.OWN, "UTC")]
)
async def test_every_figure_opens_exactly_its_calls(uow: UnitOfWork, scope: Scope, zone: str) -> None:
    await lived(uow, 11)
    viewer = replace(collector(1, scope), team=frozenset({5}), timezone=zone)
    for by in ((By.USER,), (By.HOUR,), (By.WEEKDAY, By.USER), (By.STAGE, By.DIRECTION), (By.QUEUE,), (By.WEEK,), ()):
        ask = Ask(first=date(2026, 3, 27), last=date(2026, 3, 30), zone=ZoneInfo(zone), by=by)
        found = await figures(uow, viewer, ask)
        assert found.lines
        for line in found.lines:
            for counter in OPENED:
                cell = drill.Cell(counter=counter, ask=ask, parts=dict(zip(by, line.parts, strict=True)))
                again = drill.read(drill.write(cell))
                async with uow.read() as session:
                    among = RAW.behind(viewer, again.behind())
                    page = await list_calls(session, viewer, CallQuery(among=among, size=500))
                assert page.total == line.counters.get(counter, 0), (by, line.parts, counter)


@pytest.mark.slow
async def test_a_team_head_sees_his_team_only(uow: UnitOfWork) -> None:
    await lived(uow, 5)
    ask = Ask(first=date(2026, 3, 20), last=date(2026, 4, 9), zone=ZoneInfo("UTC"), by=(By.USER,))
    everybody = await figures(uow, collector(1, Scope.ALL), ask)
    own = await figures(uow, collector(1, Scope.OWN), ask)
    assert {line.parts for line in everybody.lines} == {(0,), (1,), (2,), (3,)}
    assert {line.parts for line in own.lines} == {(1,)}
    assert own.lines[0] == next(line for line in everybody.lines if line.parts == (1,))


def test_nothing_divided_by_nothing_is_no_figure() -> None:
    for kpi in KPIS:
        assert value(kpi, {}).value is None or not kpi.under
    assert value(BY_KEY["service_level"], {"timed": 0, "queued": 9}).value is None
    assert value(BY_KEY["contact_rate"], {"attempts": 4, "attempt_contacts": 1}).value == pytest.approx(0.25)


@given(st.integers(800_000, 1_200_000), st.integers(0, 30_000))
def test_the_cover_is_exact(start: int, length: int) -> None:
    span = Span(start, start + length)
    pieces = sorted((one.start, one.end) for spans in slots.cover(span).values() for one in spans)
    assert sum(end - begun for begun, end in pieces) == length
    assert all(before[1] == after[0] for before, after in pairwise(pieces))
    assert not pieces or (pieces[0][0], pieces[-1][1]) == (span.start, span.end)
    assert len(pieces) <= 5
    assert all(one.start % size == one.end % size == 0 for size, spans in slots.cover(span).items() for one in spans)


@given(st.integers(900_000, 1_050_000), st.integers(1, 20_000), st.sampled_from([*ZONES, "Australia/Lord_Howe"]))
def test_stretches_follow_the_clocks(start: int, length: int, zone: str) -> None:
    place, span = ZoneInfo(zone), Span(start, start + length)
    found = slots.stretches(span, place)
    assert [found[0].start, found[-1].end] == [span.start, span.end]
    for one in found:
        for slot in {one.start, one.end - 1, (one.start + one.end) // 2}:
            assert slots.offset_at(slot, place) == one.offset


def test_a_zone_off_the_half_hour_is_said_to_be() -> None:
    assert slots.is_rounded(Span(1_000_000, 1_000_100), ZoneInfo("Asia/Kathmandu"))
    assert not slots.is_rounded(Span(1_000_000, 1_000_100), ZoneInfo("Asia/Kolkata"))


@pytest.mark.slow
async def test_an_hour_of_three_years_opens_its_calls(uow: UnitOfWork) -> None:
    """Every day of them is a stretch of its own."""
    await lived(uow, 3)
    viewer = collector(1, Scope.ALL)
    ask = Ask(first=date(2023, 4, 8), last=date(2026, 4, 9), zone=ZoneInfo("Europe/Moscow"), by=(By.HOUR,))
    found = await figures(uow, viewer, ask)
    line = max(found.lines, key=lambda one: one.counters["calls"])
    cell = drill.Cell(counter="calls", ask=ask, parts={By.HOUR: line.parts[0]})
    async with uow.read() as session:
        among = RAW.behind(viewer, drill.read(drill.write(cell)).behind())
        page = await list_calls(session, viewer, CallQuery(among=among, size=500))
    assert page.total == line.counters["calls"]


@pytest.mark.parametrize(
    "text",
    [
        "calls|1900-01-01|2199-12-31|UTC|h9",  # longer than any report
        "calls|2026-03-02|2026-03-01|UTC",
        f"calls|2026-03-01|2026-03-02|UTC|u{'9' * 30}",  # no database keeps such an id
        "calls|2026-03-01|2026-03-02|UTC|u-1",
        "password|2026-03-01|2026-03-02|UTC",
    ],
)
def test_an_address_that_no_report_gave_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        drill.read(text)
