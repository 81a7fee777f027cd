"""Routing over rows: whose debtor it is, which queue, and whether anybody is there."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.model import AgentState
from callcenter.app.adapters.cases import CallerLookup
from callcenter.app.adapters.routing import KnownDebtors
from callcenter.app.demo.cases import demo_cases
from callcenter.queues import routing
from callcenter.queues.calendars import CalendarData, delete_calendar, get_calendar, save_calendar
from callcenter.queues.errors import CalendarNeeded, NoSuchCalendar
from callcenter.queues.events import QueuesChanged
from callcenter.queues.model import Closed, Overflow, Queue
from callcenter.queues.routing import Onward, Route, Router
from callcenter.queues.service import QueueData, QueueService, ship_queues
from core.cases.model import Case
from core.kernel.access import PROGRAM
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.errors import Invalid
from core.kernel.uow import UnitOfWork
from core.parties.model import Party
from core.people.model import User
from tests.factories.people import Cast

pytestmark = pytest.mark.usefixtures("one_city")

DEBTOR, STRANGER = "+79000000100", "+79000099999"
WEEKDAY = CalendarData(
    name="Office",
    zone="UTC",
    week=dict.fromkeys(range(5), ((time(9), time(18)),)),
    days={date(2026, 3, 12): ("Holiday", ())},
)


@pytest.fixture
async def router(uow: UnitOfWork, bus: Bus, clock: ManualClock, cast: Cast) -> Router:
    await demo_cases(uow, clock, [cast.users["anna"], cast.users["diego"]])
    async with uow.write() as work:
        await ship_queues(work)
        work.session.add(AgentState(user_id=cast.users["anna"], state="available", started_at=clock.now()))
    router = Router(uow, clock, KnownDebtors(CallerLookup(), "RU"))
    bus.subscribe(QueuesChanged, router.on_queues)
    return router


async def _extension(uow: UnitOfWork, user_id: int) -> str | None:
    async with uow.read() as session:
        return await session.scalar(select(User.extension).where(User.id == user_id))


async def test_a_known_debtor_goes_to_his_collector_while_he_waits(router: Router, uow: UnitOfWork, cast: Cast) -> None:
    anna = await _extension(uow, cast.users["anna"])
    async with uow.write() as work:
        case = await work.session.get_one(Case, 1)
        await work.session.execute(update(Party).where(Party.id == case.debtor_id).values(language="uk"))
    for number in (DEBTOR, "89000000100"):
        assert await router.arrived(number, "5550100") == Route(queue="main", language="uk", own=anna, own_seconds=12)
    assert await router.arrived(STRANGER, "5550100") == Route(queue="main")
    assert await router.arrived(None, "5550100") == Route(queue="main")
    assert await router.arrived("not a number", None) == Route(queue="main")
    async with uow.write() as work:
        await work.session.execute(update(AgentState).values(state="wrap_up"))
    assert (await router.arrived(DEBTOR, "5550100")).own is None


async def test_what_changes_while_it_is_read_is_read_again(
    router: Router, uow: UnitOfWork, bus: Bus, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues, read = QueueService(uow, clock), routing._read

    async def overtaken(session: AsyncSession, now: datetime) -> routing.Plan:
        plan = await read(session, now)
        monkeypatch.setattr(routing, "_read", read)
        night = await queues.create(PROGRAM, "night", QueueData(name="Night"))
        await queues.set_callers(PROGRAM, night, ["5550177"], [])
        await bus.drained()
        return plan

    monkeypatch.setattr(routing, "_read", overtaken)
    assert (await router.arrived(STRANGER, "5550177")).queue == "main"
    assert (await router.arrived(STRANGER, "5550177")).queue == "night"


async def test_stages_and_numbers_lead_to_queues(
    router: Router, uow: UnitOfWork, bus: Bus, clock: ManualClock, cast: Cast
) -> None:
    queues = QueueService(uow, clock)
    hard = await queues.create(
        PROGRAM, "hard", QueueData(name="Hard", own_first=False, max_wait_seconds=60, priority=5)
    )
    night = await queues.create(PROGRAM, "night", QueueData(name="Night"))
    async with uow.read() as session:
        stage = (await session.get_one(Case, 1)).stage_id
    assert stage is not None
    await queues.set_callers(PROGRAM, hard, [], [stage])
    await queues.set_callers(PROGRAM, night, ["5550177"], [])
    await bus.drained()
    way = await router.arrived(DEBTOR, "5550177")
    assert (way.queue, way.own, way.max_wait, way.priority) == ("hard", None, 60, 5)
    assert (await router.arrived(STRANGER, "5550177")).queue == "night"
    await queues.set_callers(PROGRAM, hard, ["5550177"], [])
    await bus.drained()
    assert (await router.arrived(STRANGER, "5550177")).queue == "hard", "what led elsewhere leads here now"
    with pytest.raises(Invalid):
        await queues.set_callers(PROGRAM, hard, ["5550177\n"], [])


async def test_nobody_is_there_outside_the_hours(
    router: Router, uow: UnitOfWork, clock: ManualClock, cast: Cast
) -> None:
    async with uow.write() as work:
        calendar = await save_calendar(work, PROGRAM, None, WEEKDAY, at=clock.now())
        await work.session.execute(update(Queue).values(calendar_id=calendar.id))
        number = calendar.id
    assert (await router.arrived(DEBTOR, None)).closed is None
    clock.advance(timedelta(hours=6))  # 18:00
    assert (await router.arrived(DEBTOR, None)).closed == Closed.VOICEMAIL
    clock.advance(timedelta(hours=18))  # noon of the holiday
    assert (await router.arrived(DEBTOR, None)).closed == Closed.VOICEMAIL
    async with uow.write() as work:
        with pytest.raises(CalendarNeeded):
            await delete_calendar(work, PROGRAM, number, at=clock.now())
        await work.session.execute(update(Queue).values(calendar_id=None))
        await delete_calendar(work, PROGRAM, number, at=clock.now())
    async with uow.read() as session:
        with pytest.raises(NoSuchCalendar):
            await get_calendar(session, PROGRAM, number)
    clock.advance(timedelta(minutes=1))
    assert (await router.arrived(DEBTOR, None)).closed is None


async def test_whoever_waited_in_vain_goes_on(router: Router, uow: UnitOfWork, clock: ManualClock) -> None:
    queues = QueueService(uow, clock)
    last = await queues.create(
        PROGRAM, "last", QueueData(name="Last", overflow=Overflow.VOICEMAIL, max_wait_seconds=30)
    )
    await queues.create(PROGRAM, "first", QueueData(name="First", overflow=Overflow.QUEUE, overflow_queue_id=last))
    assert await router.waited("first") == Onward(queue="last", max_wait=30)
    assert await router.waited("last") == Onward(voicemail=True)
    assert await router.waited("main") == Onward()
    assert await router.waited("nowhere") == Onward(queue="main"), "its queue is gone, he is not"


async def test_nobody_is_handed_on_to_where_nobody_is(router: Router, uow: UnitOfWork, clock: ManualClock) -> None:
    queues = QueueService(uow, clock)
    async with uow.write() as work:
        never = CalendarData(name="Never", zone="UTC", week={})
        calendar = await save_calendar(work, PROGRAM, None, never, at=clock.now())
        night = QueueData(name="Next", calendar_id=calendar.id, closed=Closed.VOICEMAIL)
    following = await queues.create(PROGRAM, "next", night)
    await queues.create(PROGRAM, "first", QueueData(name="First", overflow=Overflow.QUEUE, overflow_queue_id=following))
    await router.on_queues(QueuesChanged(at=clock.now()))
    assert await router.waited("first") == Onward(voicemail=True)
    await queues.edit(PROGRAM, following, replace(night, closed=Closed.GOODBYE))
    await router.on_queues(QueuesChanged(at=clock.now()))
    assert await router.waited("first") == Onward()


async def test_who_is_led_to_a_queue_that_is_gone_goes_by_the_number_he_dialled(
    router: Router, uow: UnitOfWork, clock: ManualClock
) -> None:
    queues = QueueService(uow, clock)
    legal = await queues.create(PROGRAM, "legal", QueueData(name="Legal"))
    await queues.set_callers(PROGRAM, legal, ["5550177"], [])
    await router.on_queues(QueuesChanged(at=clock.now()))
    assert (await router.into(None, "5550177", "gone")).queue == "legal"
    assert (await router.into(None, "5550100", "gone")).queue == "main"
