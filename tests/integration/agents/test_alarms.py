"""Limits that are passed are seen, once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callcenter.agents.events import AgentAlarmRaised
from callcenter.agents.queries import list_agents
from callcenter.agents.rules import (
    Alarm,
    Limits,
    Stretch,
    day_began,
    pause_alarms,
)
from callcenter.agents.service import AgentService
from callcenter.agents.watch import AgentWatch
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import START, collector
from tests.integration.agents.lives import stretches


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def paused(reasons: Sequence[tuple[float, float | None]], limits: Limits, now: float) -> set[Alarm]:
    """Alarms of the last of these pauses, whose times are minutes after the day's midnight."""
    at = [Stretch(START + minutes(a), START + minutes(b) if b is not None else None) for a, b in reasons]
    return pause_alarms(at[-1], at, limits, midnight=START, now=START + minutes(now))


def test_a_pause_may_last_and_the_pauses_of_a_day_together() -> None:
    limits = Limits(once=15 * 60, day=20 * 60)
    assert paused([(0, None)], limits, 14.9) == set()
    assert paused([(0, None)], limits, 15) == {Alarm.LIMIT}
    assert paused([(0, 12), (30, None)], limits, 37.9) == set()
    assert paused([(0, 12), (30, None)], limits, 38) == {Alarm.ALLOWANCE}
    assert paused([(-60, 12), (30, None)], limits, 38) == {Alarm.ALLOWANCE}
    assert paused([(0, None)], Limits(once=None, day=None), 900) == set()


@given(
    zone=st.sampled_from(("Europe/Warsaw", "Europe/Kyiv", "America/New_York", "Asia/Yekaterinburg", "UTC")),
    now=st.integers(0, 365 * 24 * 3600).map(
        lambda second: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    ),
)
def test_a_day_begins_at_midnight_there_also_in_nights_of_a_clock_change(zone: str, now: datetime) -> None:
    midnight = day_began(now, zone)
    assert midnight <= now < midnight + timedelta(hours=25)
    assert midnight.astimezone(ZoneInfo(zone)).time() == datetime.min.time()
    assert midnight.astimezone(ZoneInfo(zone)).date() == now.astimezone(ZoneInfo(zone)).date()


async def test_an_alarm_is_raised_once_for_each_pause(
    uow: UnitOfWork, agents: AgentService, clock: ManualClock, people: None, bus: Bus
) -> None:
    told: list[AgentAlarmRaised] = []

    async def remember(event: AgentAlarmRaised) -> None:
        told.append(event)

    bus.subscribe(AgentAlarmRaised, remember)
    await agents.phones_registered({1: True})
    watches = AgentWatch(uow, clock), AgentWatch(uow, clock)
    for _ in range(5):
        await agents.choose(collector(), "pause", "break")
        clock.advance(timedelta(minutes=14))
        assert await watches[0].look() == 0 or told
        clock.advance(timedelta(minutes=2))
        for watch in watches:
            await watch.look()
        await agents.choose(collector(), "available")
        clock.advance(timedelta(minutes=1))
    await bus.drained()
    assert [one.kind for one in told if one.kind == "limit"] == ["limit"] * 5
    assert [one.kind for one in told if one.kind == "allowance"] == ["allowance"] * 2  # 4 × 16 min are over the hour
    assert {one.allowed_seconds for one in told} == {15 * 60, 60 * 60}
    async with uow.read() as session:
        assert not (await list_agents(session, collector()))[0].alarms


async def test_who_waits_for_calls_without_a_phone_is_seen(
    uow: UnitOfWork, agents: AgentService, clock: ManualClock, people: None
) -> None:
    await agents.screen_opened(1)
    watch = AgentWatch(uow, clock)
    assert await watch.look() == 0
    clock.advance(timedelta(seconds=31))
    assert await watch.look() == 1
    async with uow.read() as session:
        assert (await list_agents(session, collector()))[0].alarms == {Alarm.NO_PHONE}


async def test_a_phone_is_missed_by_how_long_it_is_away(
    uow: UnitOfWork, agents: AgentService, clock: ManualClock, people: None
) -> None:
    watch = AgentWatch(uow, clock)

    async def after(seconds: int) -> set[Alarm]:
        clock.advance(timedelta(seconds=seconds))
        await watch.look()
        async with uow.read() as session:
            return set((await list_agents(session, collector()))[0].alarms)

    await agents.screen_opened(1)
    await agents.phones_registered({1: True})
    assert await after(3600) == set()
    await agents.phones_registered({1: False})  # a page loaded anew, or a link that broke
    assert await after(10) == set()
    await agents.phones_registered({1: True})
    assert await after(3600) == set()
    for _ in range(2):  # he waits all the while: it is one stretch
        await agents.phones_registered({1: False})
        assert await after(29) == set()
        assert await after(2) == {Alarm.NO_PHONE}
        await agents.phones_registered({1: True})
        assert await after(0) == set()
    assert len(await stretches(uow)) == 1
