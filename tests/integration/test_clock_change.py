"""Nights in which clocks are changed, lived through by all services at once: no half-hour is missing or counted twice,
hours of work are what clocks show, and every callback is made once."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from callcenter.agents.model import AgentState, PauseReason
from callcenter.app.adapters.cases import CallerLookup
from callcenter.app.adapters.figures import FloorFigures
from callcenter.app.adapters.routing import KnownDebtors
from callcenter.callbacks.model import Callback, CallbackState
from callcenter.callbacks.service import Plan
from callcenter.campaigns.model import CampaignAttempt
from callcenter.campaigns.ports import LineOrder
from callcenter.productivity.asking import Ask, By
from callcenter.productivity.counters import FULL, TIME_COUNTERS
from callcenter.productivity.model import Rollup
from callcenter.productivity.report import read
from callcenter.productivity.rollups import Rollups
from callcenter.productivity.shifts import Shift, Shifts
from callcenter.productivity.slots import days, slot_of, start_of
from callcenter.productivity.timekeeping import COUNTER_OF
from callcenter.queues.calendars import CalendarData, save_calendar
from callcenter.queues.model import Queue
from callcenter.queues.routing import Router
from callcenter.queues.service import ship_queues
from core.cases.model import Jurisdiction
from core.kernel.access import PROGRAM
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.people.model import User
from tests.factories.dialling import DiallingFloor, Over

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Change:
    """A night in which clocks are changed: ``hour`` of that ``day`` is there twice or not at all, so that it has
    ``hours``."""

    zone: str
    day: date
    hour: int
    hours: int

    @property
    def shift(self) -> Shift:
        """The night shift of the day before, with half an hour's break where clocks are changed."""
        return Shift(start=time(22), end=time(6), breaks=((time(self.hour, 30), time(self.hour + 1)),))


NIGHTS = [
    pytest.param(Change(zone, day, hour, hours), id=f"{zone}-{day}")
    for zone, hour in (("Europe/Warsaw", 2), ("Europe/Kyiv", 3))
    for day, hours in ((date(2026, 10, 25), 25), (date(2027, 3, 28), 23))
]
STEP = timedelta(minutes=10)
#: Of the debtors' day, in minutes: the campaign dials from half past one to half past three.
OPENS, CLOSES = 90, 210
BREAK = timedelta(minutes=30)
STRANGER = "+79000099999"


@pytest.fixture
def floor(uow: UnitOfWork, bus: Bus, clock: ManualClock) -> DiallingFloor:
    return DiallingFloor(uow, bus, clock)


@dataclass
class Night:
    """What was seen at every step, by the moment."""

    floor: DiallingFloor
    change: Change
    zone: ZoneInfo
    dialled: set[datetime] = field(default_factory=set)
    open: set[datetime] = field(default_factory=set)
    steps: list[datetime] = field(default_factory=list)

    @property
    def eve(self) -> date:
        return self.change.day - timedelta(days=1)

    def at(self, clock: time, *, day: date | None = None, fold: int = 0) -> datetime:
        return datetime.combine(day or self.change.day, clock, tzinfo=self.zone).replace(fold=fold).astimezone(UTC)

    async def live(self, look: Callable[[datetime], Awaitable[None]]) -> None:
        """From ten in the evening to eight in the morning."""
        now, end = self.at(time(22), day=self.eve), self.at(time(8))
        while now <= end:
            self.floor.clock.set(now)
            self.steps.append(now)
            await look(now)
            now += STEP


@pytest.mark.parametrize("change", NIGHTS)
async def test_a_night(floor: DiallingFloor, uow: UnitOfWork, change: Change) -> None:
    night = Night(floor, change, ZoneInfo(change.zone))
    evening = night.at(time(21), day=night.eve)
    floor.clock.set(evening)
    await floor.open(1, 2, Jurisdiction.NONE, change.zone)
    always = {"most_a_day": 50, "most_in_total": 500, "retries": {"NA": 1}}
    await floor.campaign(**always, mode="agentless", message="vm-goodbye", lines=1, opens=OPENS, closes=CLOSES)
    router, rollups = await _calendar(night, uow), Rollups(uow, FloorFigures())
    await _shift(night, uow)
    promised = await _callbacks(night)
    dialler, ticker = floor.dialler(), floor.ticker()
    pause = night.at(change.shift.breaks[0][0])

    async def look(now: datetime) -> None:
        await _take_break(night, now, pause)
        await ticker.tick()
        await _talk(night)
        if await dialler.round():
            night.dialled.add(now)
        await _talk(night)
        if (await router.arrived(STRANGER, None)).closed is None:
            night.open.add(now)
        await rollups.catch_up()

    await night.live(look)
    for user in floor.users:
        await floor.agents.screen_closed(user)
    await rollups.catch_up()
    assert night.dialled == {now for now in night.steps if OPENS <= _minute(now, night.zone) < CLOSES}
    assert night.open == {now for now in night.steps if now.astimezone(night.zone).hour == change.hour}
    await _every_attempt_is_within_the_hours(night, uow)
    await _every_callback_is_made_once(uow, promised)
    await _states_cover_every_second(night, uow, evening)
    await _every_half_hour_is_there_once(night, uow)
    await _reports_have_the_hours_of_the_day(night, uow)


def _minute(now: datetime, zone: ZoneInfo) -> int:
    local = now.astimezone(zone)
    return local.hour * 60 + local.minute


async def _calendar(night: Night, uow: UnitOfWork) -> Router:
    """The office is open in the changed hour alone."""
    hours = ((time(night.change.hour), time(night.change.hour + 1)),)
    data = CalendarData(name="Night", zone=night.zone.key, week=dict.fromkeys(range(7), hours))
    async with uow.write() as work:
        await ship_queues(work)
        calendar = await save_calendar(work, PROGRAM, None, data, at=night.floor.clock.now())
        await work.session.execute(update(Queue).values(calendar_id=calendar.id))
    return Router(uow, night.floor.clock, KnownDebtors(CallerLookup(), "RU"))


async def _shift(night: Night, uow: UnitOfWork) -> None:
    """The first collector has the night shift; the second stays because there is much to do."""
    async with uow.write() as work:
        work.session.add(PauseReason(code="break", label="Break", position=1))
        await work.session.execute(update(User).values(timezone=night.zone.key))
    await Shifts(uow, night.floor.clock).plan(PROGRAM, night.floor.users[0], [night.eve], night.change.shift)


async def _callbacks(night: Night) -> int:
    """One every half an hour by the second collector, for debtors of their own; how many."""
    start, end = night.at(time(23), day=night.eve), night.at(time(7))
    count = (end - start) // BREAK
    known = len(night.floor.cases)
    await night.floor.enlist(count, Jurisdiction.NONE, night.zone.key)
    for n in range(count):
        case = night.floor.cases[known + n]
        plan = Plan(
            phone=night.floor.phones[known + n],
            start=start + n * BREAK,
            end=start + (n + 4) * BREAK,
            user_id=night.floor.users[1],
            party_id=case.debtor_id,
            case_id=case.id,
            automatic=True,
        )
        await night.floor.callbacks.plan(PROGRAM, plan)
    return count


async def _take_break(night: Night, now: datetime, pause: datetime) -> None:
    state = {pause: ("pause", "break"), pause + BREAK: ("available", None)}.get(now)
    if state is not None:
        await night.floor.agents.choose(replace(PROGRAM, user_id=night.floor.users[0]), *state)


async def _talk(night: Night) -> None:
    """Whoever was dialled by a campaign does not answer; whoever was called back talks, and all is written at once."""
    floor = night.floor
    while floor.telephony.orders:
        order = floor.telephony.orders.pop(0)
        line = LineOrder(
            call_id=order.call_id,
            phone=order.number,
            show_number=None,
            queue="campaign-1",
            ring_seconds=20,
            connect_seconds=2,
            machines=None,
            machine_message=None,
            message=None,
            apology="vm-goodbye",
        )
        if order.endpoint:
            await floor.tell(line, "rings", "picked up", "connected", "hung up", user=floor.users[1])
            await _done(night, order.call_id)
        else:
            await floor.tell(line, "rings", "no answer")


async def _done(night: Night, call_id: int) -> None:
    async with night.floor.uow.write() as work:
        over = Over(night.floor.clock.now(), call_id, {night.floor.users[1]: "idle"})
        await night.floor.agents.followed(work, [over])


async def _every_attempt_is_within_the_hours(night: Night, uow: UnitOfWork) -> None:
    async with uow.read() as session:
        made = (await session.scalars(select(CampaignAttempt.at))).all()
    assert len(made) == len(night.dialled)
    assert all(OPENS <= _minute(at, night.zone) < CLOSES for at in made)


async def _every_callback_is_made_once(uow: UnitOfWork, promised: int) -> None:
    async with uow.read() as session:
        rows = (await session.scalars(select(Callback))).all()
    assert len(rows) == promised
    assert Counter((row.state, row.attempts) for row in rows) == {(CallbackState.DONE, 1): promised}
    assert len({row.call_id for row in rows}) == promised


async def _states_cover_every_second(night: Night, uow: UnitOfWork, since: datetime) -> None:
    async with uow.read() as session:
        rows = (await session.scalars(select(AgentState).order_by(AgentState.user_id, AgentState.id))).all()
    for user in night.floor.users:
        own = [row for row in rows if row.user_id == user]
        assert all(one.ended_at == other.started_at for one, other in pairwise(own))
        assert own[0].started_at == since
        lasted = sum(((row.ended_at or row.started_at) - row.started_at for row in own), timedelta())
        assert lasted == own[-1].started_at - since


async def _every_half_hour_is_there_once(night: Night, uow: UnitOfWork) -> None:
    async with uow.read() as session:
        rows = (await session.scalars(select(Rollup).where(Rollup.cube == FULL.number, Rollup.direction == ""))).all()
    spent: dict[tuple[int, int], int] = defaultdict(int)
    for row in rows:
        spent[row.user_id, row.slot] += sum(getattr(row, counter) for counter in COUNTER_OF.values())
    for user in night.floor.users:
        for slot in range(slot_of(night.steps[0]), slot_of(night.steps[-1])):
            assert spent[user, slot] == BREAK // timedelta(milliseconds=1), (user, start_of(slot))


async def _reports_have_the_hours_of_the_day(night: Night, uow: UnitOfWork) -> None:
    """By the clock on the wall: the changed hour is there twice or not at all; and the plan was kept to the second."""
    day, hours, changed = night.change.day, night.change.hours, night.change.hour
    assert len(days(day, day, night.zone)) == 2 * hours
    raw, now = FloorFigures(), night.at(time(12), day=day + timedelta(days=3))
    mine = {By.USER: night.floor.users[0]}
    async with uow.read() as session:
        ask = Ask(first=day, last=day, zone=night.zone, by=(By.HOUR,), filters=mine)
        by_hour = await read(session, PROGRAM, raw, ask, TIME_COUNTERS, now=now)
        ask = Ask(first=night.eve, last=day, zone=night.zone, filters=mine)
        kept = (await read(session, PROGRAM, raw, ask, TIME_COUNTERS, now=now)).total
    worked = {
        line.parts[0]: sum(line.counters[counter] for counter in COUNTER_OF.values()) / 3_600_000
        for line in by_hour.lines
    }
    assert {hour: worked[hour] for hour in range(8) if hour in worked} == {
        hour: 1 + (hours - 24 if hour == changed else 0) for hour in range(8) if hour != changed or hours == 25
    }
    assert kept["planned_ms"] == (hours - 24 + 8) * 3_600_000
    assert kept["adhered_ms"] == kept["planned_ms"]
