"""Every figure is exactly the calls it opens."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.day import DayCalls
from callcenter.calls.directory import ship_results
from callcenter.calls.model import Call
from callcenter.calls.queries import list_calls
from callcenter.calls.views import CallQuery, CallRow, Fate
from callcenter.productivity.queries import day_figures
from callcenter.productivity.rules import Drill, Figure, Line, bounds, hour_of
from core.kernel.access import Scope
from core.kernel.uow import UnitOfWork
from core.people.model import Role, Unit, User
from tests.fakes.floor import START, collector

DAY = date(2026, 3, 11)
ZONE = "Europe/Moscow"
_CODES = (None, "RPC-PTP", "RPC-PLAN", "TPC", "NA", "WRONG", "CEASE", "RPC-REFUSE", "FAIL")
_SECONDS = {Figure.TALK_SECONDS, Figure.HOLD_SECONDS, Figure.WRAP_SECONDS}


async def fill(uow: UnitOfWork, seed: int) -> None:
    """Three collectors (two of one team) and two hundred calls around a day, some merged away, some of nobody."""
    chance = random.Random(seed)
    async with uow.write() as work:
        await ship_results(work)
        work.session.add_all([Role(id=1, name="Collectors"), Unit(id=5, name="Soft"), Unit(id=6, name="Hard")])
        await work.session.flush()
        for user in (1, 2, 3):
            unit = 6 if user == 3 else 5
            work.session.add(
                User(id=user, login=f"c{user}", password_hash="", role_id=1, unit_id=unit, created_at=START)
            )
        await work.session.flush()
        for call_id in range(1, 201):
            started = datetime(2026, 3, 10, 18, tzinfo=START.tzinfo) + timedelta(seconds=chance.randrange(36 * 3600))
            answered = chance.random() < 0.6
            work.session.add(
                Call(
                    id=call_id,
                    server="lab",
                    direction=chance.choice(("inbound", "outbound", "internal")),
                    phase="ended",
                    started_at=started,
                    answered_at=started + timedelta(seconds=5) if answered else None,
                    ended_at=started + timedelta(seconds=99),
                    user_id=chance.choice((1, 2, 3, None)),
                    talk_seconds=chance.randrange(300) if answered else 0,
                    hold_seconds=chance.randrange(30) if answered else 0,
                    wrap_seconds=chance.randrange(60),
                    result_code=chance.choice(_CODES),
                    merged_into=1 if chance.random() < 0.05 and call_id > 1 else None,
                )
            )


def asked(drill: Drill) -> CallQuery:
    return CallQuery(
        owner_id=drill.owner_id,
        since=drill.since,
        until=drill.until,
        direction=drill.direction,
        fate=Fate(drill.fate) if drill.fate else None,
        size=500,
    )


def worth(figure: Figure, rows: tuple[CallRow, ...]) -> int:
    return sum(getattr(row, figure) for row in rows) if figure in _SECONDS else len(rows)


@pytest.mark.parametrize(
    ("seed", "scope", "seen"), [(1, Scope.ALL, {1, 2, 3}), (2, Scope.TEAM, {1, 2}), (3, Scope.OWN, {1})]
)
async def test_every_figure_is_what_its_filter_opens(uow: UnitOfWork, seed: int, scope: Scope, seen: set[int]) -> None:
    await fill(uow, seed)
    viewer = replace(collector(1, scope), team=frozenset({5}), timezone=ZONE)
    async with uow.read() as session:
        found = await day_figures(session, viewer, DayCalls(), DAY)
        assert {one.day.user_id for one in found.collectors} == seen
        lines: list[Line] = [line for one in found.collectors for line in (one.day, *one.hours)]
        assert len(lines) > 3
        for line in lines:
            for figure in Figure:
                page = await list_calls(session, viewer, asked(line.drill(figure)))
                assert worth(figure, page.rows) == line.values[figure], (line, figure)
    for one in found.collectors:
        for figure in Figure:
            assert sum(hour.values[figure] for hour in one.hours) == one.day.values[figure]
    assert found.total[Figure.PROMISES] == sum(one.day.values[Figure.PROMISES] for one in found.collectors)


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.sampled_from(["Europe/Warsaw", "UTC", "Asia/Kathmandu"]),
    st.floats(0, 1),
)
def test_the_hours_of_a_day_lie_within_it_also_where_clocks_change(day: date, zone: str, part: float) -> None:
    since, until = bounds(day, ZoneInfo(zone))
    assert timedelta(hours=23) <= until - since <= timedelta(hours=25)
    moment = since + (until - since) * part * 0.999
    hour = hour_of(moment, since)
    assert since <= hour <= moment < hour + timedelta(hours=1)
