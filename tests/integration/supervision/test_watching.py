"""Who may be in whose call, what is written down of it, and what supervisors say to collectors."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.app.adapters.board import FloorPicture
from callcenter.app.adapters.staff import StaffDirectory
from callcenter.app.adapters.watching import LiveCalls
from callcenter.calls.errors import OrderRefused
from callcenter.calls.model import Call, Leg
from callcenter.queues.model import Queue
from callcenter.supervision.errors import (
    NobodyMeant,
    NoPhoneToListen,
    NoSuchCall,
    NothingSaid,
    OwnCall,
    PhoneAway,
    PhoneBusy,
    ReasonNeeded,
    TooManyMessages,
    WatchOver,
)
from callcenter.supervision.events import AdviceGiven, MessageRead, MessageSent, WatchChanged
from callcenter.supervision.messages import Messages, advice_in, sent_lately, unread
from callcenter.supervision.model import CallWatch
from callcenter.supervision.ports import Watched, WatchMode, WatchOrder
from callcenter.supervision.rights import LISTEN, RIGHTS
from callcenter.supervision.watching import Watching
from core.audit.model import AuditEntry
from core.kernel.access import Actor, Scope
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, NotFound
from core.kernel.events import Event
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork
from core.people.model import Role, Unit, User
from tests.fakes.floor import START

AGENT, COLLEAGUE, CHIEF, CALL = 1, 2, 50, 77


def chief(*rights: str, scope: Scope = Scope.ALL, user_id: int = CHIEF, team: int = 1) -> Actor:
    held = rights or tuple(right.key for right in RIGHTS)
    return Actor(user_id=user_id, login="chief", rights=dict.fromkeys(held, scope), team=frozenset({team}))


@dataclass
class FakeMonitor:
    """An exchange that remembers its orders."""

    orders: list[tuple[str, object]] = field(default_factory=list)
    live: set[int] | None = field(default_factory=set)
    refusing: bool = False
    away: bool = False
    talks: bool = False

    async def watch(self, order: WatchOrder) -> None:
        if self.refusing:
            raise OrderRefused(reason=msg("no"))
        self.orders.append(("watch", order))
        assert self.live is not None
        self.live.add(order.watch_id)

    async def switch_watch(self, watch_id: int, mode: WatchMode) -> None:
        if self.refusing:
            raise OrderRefused(reason=msg("no"))
        self.orders.append(("switch", (watch_id, mode)))

    async def end_watch(self, watch_id: int) -> None:
        if self.refusing:
            raise OrderRefused(reason=msg("no"))
        self.orders.append(("end", watch_id))
        assert self.live is not None
        self.live.discard(watch_id)

    async def take_over(self, call_id: int, endpoint: str) -> None:
        self.orders.append(("take over", (call_id, endpoint)))

    def can_ring(self, endpoint: str, call_id: int) -> bool:
        return not self.away

    def busy(self, endpoint: str) -> bool:
        return self.talks

    def watches(self) -> frozenset[int] | None:
        return None if self.live is None else frozenset(self.live)


@dataclass
class FakeCalls:
    """Collector 1 is in call 77, and in 78 too; his colleague is with him."""

    strict: bool = False
    barred: bool = False

    async def may_hear(self, _session: AsyncSession, user_id: int, right: str, collector: int) -> bool:
        return not self.barred

    async def talking(
        self, _session: AsyncSession, actor: Actor, right: str, call_id: int, collector: int | None = None
    ) -> Watched | None:
        actor.require(right)
        user_id = collector or AGENT
        there = call_id in (CALL, CALL + 1) and user_id in (AGENT, COLLEAGUE)
        return Watched(call_id=call_id, user_id=user_id, leg=f"leg-{user_id}") if there else None

    async def reason_needed(self, _session: AsyncSession, call_id: int) -> bool:
        return self.strict

    async def endpoint(self, _session: AsyncSession, user_id: int) -> str | None:
        return None if user_id == 99 else str(100 + user_id)


@pytest.fixture
def monitor() -> FakeMonitor:
    return FakeMonitor()


@pytest.fixture
def calls() -> FakeCalls:
    return FakeCalls()


@pytest.fixture
def watching(uow: UnitOfWork, clock: ManualClock, monitor: FakeMonitor, calls: FakeCalls) -> Watching:
    return Watching(uow, clock, monitor=monitor, calls=calls)


@pytest.fixture
def messages(uow: UnitOfWork, clock: ManualClock, calls: FakeCalls) -> Messages:
    return Messages(uow, clock, calls=calls)


@pytest.fixture
async def people(uow: UnitOfWork) -> None:
    """Collectors 1 and 2 of unit 1, 3 of unit 2, the chief without a phone."""
    async with uow.write() as work:
        work.session.add_all([Role(id=1, name="All"), Unit(id=1, name="North"), Unit(id=2, name="South")])
        await work.session.flush()
        for user, unit in ((1, 1), (2, 1), (3, 2), (CHIEF, 1)):
            work.session.add(
                User(
                    id=user,
                    login=f"user{user}",
                    password_hash="",
                    role_id=1,
                    unit_id=unit,
                    extension=None if user == CHIEF else str(100 + user),
                    created_at=START,
                )
            )


def remembering(bus: Bus, *kinds: type[Event]) -> list[Event]:
    told: list[Event] = []

    async def remember(event: Event) -> None:
        told.append(event)

    for kind in kinds:
        bus.subscribe(kind, remember)
    return told


async def trail(uow: UnitOfWork) -> list[str]:
    async with uow.read() as session:
        return list((await session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))).all())


async def watches(uow: UnitOfWork) -> list[CallWatch]:
    async with uow.read() as session:
        return list((await session.scalars(select(CallWatch).order_by(CallWatch.id))).all())


async def test_a_supervisor_enters_changes_and_leaves(
    uow: UnitOfWork, watching: Watching, monitor: FakeMonitor, bus: Bus
) -> None:
    told = remembering(bus, WatchChanged)
    watch = await watching.begin(chief(), CALL, WatchMode.LISTEN)
    await watching.switch(chief(), watch, WatchMode.WHISPER)
    await watching.leave(chief(), watch)
    with pytest.raises(WatchOver):
        await watching.switch(chief(), watch, WatchMode.BARGE)
    order = WatchOrder(watch_id=watch, call_id=CALL, leg="leg-1", endpoint="150", mode=WatchMode.LISTEN)
    assert monitor.orders == [("watch", order), ("switch", (watch, WatchMode.WHISPER)), ("end", watch)]
    assert await trail(uow) == ["supervision.listen", "supervision.whisper"]
    (row,) = await watches(uow)
    assert (row.mode, row.agent_id) == ("whisper", AGENT)
    assert row.ended_at is not None
    await bus.drained()
    assert [one.mode for one in told if isinstance(one, WatchChanged)] == ["listen", "whisper", None]


async def test_of_two_collectors_in_a_call_he_is_with_the_chosen_one(
    uow: UnitOfWork, watching: Watching, monitor: FakeMonitor
) -> None:
    watch = await watching.begin(chief(), CALL, WatchMode.LISTEN, collector=COLLEAGUE)
    await watching.switch(chief(), watch, WatchMode.WHISPER)
    (_, order), _ = monitor.orders
    assert isinstance(order, WatchOrder)
    assert order.leg == "leg-2"
    assert [row.agent_id for row in await watches(uow)] == [COLLEAGUE]
    with pytest.raises(NoSuchCall):
        await watching.begin(chief(), CALL, WatchMode.LISTEN, collector=3)


async def test_every_way_into_a_call_has_its_own_right(watching: Watching, monitor: FakeMonitor) -> None:
    listener = chief("supervision.listen")
    watch = await watching.begin(listener, CALL, WatchMode.LISTEN)
    for mode in (WatchMode.WHISPER, WatchMode.BARGE):
        with pytest.raises(Forbidden):
            await watching.switch(listener, watch, mode)
        with pytest.raises(Forbidden):
            await watching.begin(listener, CALL, mode)
    with pytest.raises(Forbidden):
        await watching.take_over(listener, CALL)
    assert [kind for kind, _ in monitor.orders] == ["watch"]


async def test_what_cannot_be_watched(
    uow: UnitOfWork, watching: Watching, monitor: FakeMonitor, calls: FakeCalls
) -> None:
    with pytest.raises(NoSuchCall):
        await watching.begin(chief(), 5, WatchMode.LISTEN)
    with pytest.raises(OwnCall):
        await watching.begin(chief(user_id=AGENT), CALL, WatchMode.LISTEN)
    with pytest.raises(NoPhoneToListen):
        await watching.begin(chief(user_id=99), CALL, WatchMode.LISTEN)
    monitor.away = True
    with pytest.raises(PhoneAway):
        await watching.take_over(chief(), CALL)
    monitor.away, monitor.talks = False, True
    with pytest.raises(PhoneBusy):
        await watching.take_over(chief(), CALL)
    monitor.talks, calls.strict = False, True
    with pytest.raises(ReasonNeeded):
        await watching.take_over(chief(), CALL, "  ")
    await watching.begin(chief(), CALL, WatchMode.LISTEN, "a complaint of yesterday")
    monitor.refusing = True
    with pytest.raises(OrderRefused):
        await watching.begin(chief(), CALL + 1, WatchMode.LISTEN, "a complaint")
    rows = await watches(uow)
    assert [row.reason for row in rows] == ["a complaint of yesterday", "a complaint"]
    assert all(row.ended_at is not None for row in rows)  # the first was left for the second, which was refused


async def test_who_takes_a_call_over_leaves_it_first(watching: Watching, monitor: FakeMonitor) -> None:
    watch = await watching.begin(chief(), CALL, WatchMode.LISTEN)
    monitor.talks = True  # with this very call
    await watching.take_over(chief(), CALL)
    assert monitor.orders[1:] == [("end", watch), ("take over", (CALL, "150"))]


async def test_who_may_not_any_more_hears_no_more(
    uow: UnitOfWork, watching: Watching, monitor: FakeMonitor, calls: FakeCalls
) -> None:
    watch = await watching.begin(chief(), CALL, WatchMode.LISTEN)
    calls.barred = True
    await watching.follow()
    assert (await watches(uow))[0].ended_at is not None
    assert monitor.orders[1:] == [("end", watch)]


async def test_a_reason_that_is_needed_by_now_is_given_with_the_change(
    uow: UnitOfWork, watching: Watching, calls: FakeCalls
) -> None:
    watch = await watching.begin(chief(), CALL, WatchMode.LISTEN)
    calls.strict = True  # the call has been given its case
    with pytest.raises(ReasonNeeded):
        await watching.switch(chief(), watch, WatchMode.WHISPER)
    await watching.switch(chief(), watch, WatchMode.WHISPER, "a complaint")
    (row,) = await watches(uow)
    assert (row.mode, row.reason) == (WatchMode.WHISPER, "a complaint")


async def test_a_watch_ends_with_its_phone(
    uow: UnitOfWork, watching: Watching, monitor: FakeMonitor, clock: ManualClock
) -> None:
    first = await watching.begin(chief(), CALL, WatchMode.LISTEN)
    await watching.follow()
    assert (await watches(uow))[0].ended_at is None
    live, monitor.live = monitor.live, None
    await watching.follow()  # the exchange is not understood: nothing is known
    assert (await watches(uow))[0].ended_at is None
    monitor.live = live
    monitor.live.discard(first)
    clock.advance(timedelta(seconds=4))
    await watching.follow()
    assert (await watches(uow))[0].ended_at == clock.now()
    second = await watching.begin(chief(), CALL, WatchMode.LISTEN)
    monitor.live.discard(second)  # it rings still
    await watching.follow()
    assert (await watches(uow))[1].ended_at is None
    clock.advance(timedelta(seconds=30))
    await watching.follow()
    assert (await watches(uow))[1].ended_at is not None


async def test_a_message_waits_until_it_is_read(
    uow: UnitOfWork, messages: Messages, clock: ManualClock, people: None, bus: Bus
) -> None:
    told = remembering(bus, MessageSent, MessageRead)
    message = await messages.send(chief(scope=Scope.TEAM), "  Come over at four.  ")
    async with uow.read() as session:
        (waiting,) = await unread(session, 1, clock.now())
        assert (waiting.id, waiting.text) == (message, "Come over at four.")
        assert not await unread(session, 3, clock.now())  # another team
        assert not await unread(session, 1, clock.now() + timedelta(days=2))
    for _ in range(2):
        await messages.read(chief(user_id=1), message)
    with pytest.raises(NotFound):
        await messages.read(chief(user_id=3), message)  # not his
    async with uow.read() as session:
        assert not await unread(session, 1, clock.now())
        (sent,) = await sent_lately(session, chief())
    assert (sent.read, sent.receivers) == (1, 2)
    await bus.drained()
    assert [one.user_ids for one in told if isinstance(one, MessageSent)] == [frozenset({1, 2})]
    assert [(one.read, one.sent) for one in told if isinstance(one, MessageRead)] == [(1, 2)]


async def test_messages_are_bounded(messages: Messages, people: None, clock: ManualClock) -> None:
    with pytest.raises(NothingSaid):
        await messages.send(chief(), "   ")
    with pytest.raises(NobodyMeant):
        await messages.send(chief(scope=Scope.TEAM), "hello", {1, 3})
    for number in range(10):
        await messages.send(chief(), f"message {number}", {1})
    with pytest.raises(TooManyMessages):
        await messages.send(chief(), "one more", {1})
    clock.advance(timedelta(minutes=1, seconds=1))
    await messages.send(chief(), "one more", {1})


async def test_advice_reaches_the_collector_and_stays_with_the_call(
    uow: UnitOfWork, messages: Messages, people: None, bus: Bus
) -> None:
    told = remembering(bus, AdviceGiven)
    await messages.advise(chief(), CALL, "Offer the plan.")
    with pytest.raises(NoSuchCall):
        await messages.advise(chief(), 5, "Offer the plan.")
    async with uow.read() as session:
        assert [one.text for one in await advice_in(session, [CALL])] == ["Offer the plan."]
    await bus.drained()
    assert [one.agent_id for one in told if isinstance(one, AdviceGiven)] == [AGENT]
    assert await trail(uow) == ["supervision.coach"]


def logged(call_id: int, **more: object) -> Call:
    kept = {"note": "", "result_reason": "", "server": "lab", "direction": "inbound", "phase": "ended"}
    came = more.get("started_at", START)
    return Call(id=call_id, **{**kept, "queue": "main", "started_at": came, "queued_at": came, **more})


async def test_the_figures_of_a_queue(uow: UnitOfWork) -> None:
    def after(seconds: float) -> object:
        return START + timedelta(seconds=seconds)

    async with uow.write() as work:
        work.session.add(Queue(code="main", name="Main", service_seconds=20, active=True))
        for number, wait in enumerate((5, 20, 21, 90)):
            work.session.add(logged(number, answered_at=after(wait), ended_at=after(200)))
        work.session.add(logged(10, answered_at=after(60), queued_at=after(50), ended_at=after(200)))
        work.session.add_all([logged(11, ended_at=after(30)), logged(12, phase="queued", started_at=after(40))])
        work.session.add(logged(14, phase="dialling"))  # he leaves a message
        work.session.add(logged(15, phase="queued", answered_at=after(2)))  # passed on to it
        work.session.add(logged(13, started_at=START - timedelta(days=2), ended_at=after(-9)))
    async with uow.read() as session:
        (line,) = await FloorPicture().queues(session, START + timedelta(minutes=5))
        waiting = await FloorPicture().calls(session)
    assert (line.answered, line.in_time, line.abandoned, line.waiting) == (6, 4, 1, 2)
    assert line.since == after(40)
    assert {one.id for one in waiting} == {12, 14, 15}


async def test_who_waits_over_midnight_still_waits(uow: UnitOfWork) -> None:
    midnight = START.replace(hour=0, minute=0, second=0, microsecond=0)
    early = midnight - timedelta(minutes=2)
    async with uow.write() as work:
        work.session.add(Queue(code="main", name="Main", service_seconds=20, active=True))
        work.session.add(logged(1, started_at=early, phase="queued"))
        work.session.add(logged(2, started_at=early, ended_at=early + timedelta(seconds=9)))
        work.session.add(logged(3, started_at=early, answered_at=early + timedelta(seconds=9)))
    async with uow.read() as session:
        (line,) = await FloorPicture().queues(session, midnight + timedelta(minutes=1))
    assert (line.waiting, line.since) == (1, early)
    assert (line.answered, line.in_time, line.abandoned) == (0, 0, 0)


async def test_only_who_talks_now_decides_whose_call_it_is(uow: UnitOfWork, people: None) -> None:
    """Collector 1 passed a call on to collector 3 of another team."""
    async with uow.write() as work:
        work.session.add(logged(5, user_id=1, phase="talking", answered_at=START))
        await work.session.flush()
        for leg, user, ended in ((1, 1, START + timedelta(minutes=1)), (2, 3, None)):
            work.session.add(
                Leg(
                    id=leg,
                    call_id=5,
                    uniqueid=f"lab-{leg}",
                    channel=f"PJSIP/{100 + user}-{leg}",
                    kind="agent",
                    user_id=user,
                    started_at=START,
                    answered_at=START + timedelta(seconds=leg),
                    ended_at=ended,
                    outcome="answered",
                    talks=(),
                    holds=(),
                )
            )
    calls = LiveCalls(StaffDirectory())
    async with uow.read() as session:
        found = await calls.talking(session, chief(scope=Scope.TEAM, team=2), LISTEN, 5)
        assert found == Watched(call_id=5, user_id=3, leg="lab-2")
        assert await calls.talking(session, chief(scope=Scope.TEAM), LISTEN, 5) is None
        assert await calls.talking(session, chief(scope=Scope.TEAM, user_id=1), LISTEN, 5) is None
        assert await calls.talking(session, chief(), LISTEN, 5, collector=3) == found
        assert await calls.talking(session, chief(), LISTEN, 5, collector=1) is None  # he has left


async def test_what_the_exchange_did_not_hear_is_said_again(
    uow: UnitOfWork, watching: Watching, monitor: FakeMonitor
) -> None:
    watch = await watching.begin(chief(), CALL, WatchMode.LISTEN)
    await watching.follow()
    monitor.refusing = True
    with pytest.raises(OrderRefused):
        await watching.switch(chief(), watch, WatchMode.BARGE)
    assert (await watches(uow))[0].mode == WatchMode.LISTEN
    with pytest.raises(OrderRefused):
        await watching.leave(chief(), watch)
    assert monitor.live == {watch}  # he hears still, and the row says that he left
    monitor.refusing = False
    await watching.follow()
    assert monitor.live == set()


async def test_a_watch_that_could_not_begin_is_over(uow: UnitOfWork, watching: Watching, monitor: FakeMonitor) -> None:
    await watching.begin(chief(), CALL, WatchMode.LISTEN)
    monitor.refusing = True  # already when the first is to be left
    with pytest.raises(OrderRefused):
        await watching.begin(chief(), CALL + 1, WatchMode.LISTEN)
    assert all(row.ended_at is not None for row in await watches(uow))
