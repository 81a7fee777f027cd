"""The call log with everything around it played by stand-ins."""

import pytest

from callcenter.calls.control import CallControl
from callcenter.calls.directory import ship_results
from callcenter.calls.effects import ResultEffects
from callcenter.calls.reporting import CallReporter
from callcenter.calls.results import CallResults
from callcenter.calls.service import CallService
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.events import Event
from core.kernel.ids import IdSource
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import FakeCallbacks, FakeCallers, FakeCases, FakeFollower, FakeGate, FakeStaff, FakeTelephony


@pytest.fixture
def telephony() -> FakeTelephony:
    return FakeTelephony()


@pytest.fixture
def gate() -> FakeGate:
    return FakeGate()


@pytest.fixture
def cases() -> FakeCases:
    return FakeCases()


@pytest.fixture
def callbacks() -> FakeCallbacks:
    return FakeCallbacks()


@pytest.fixture
def follower() -> FakeFollower:
    return FakeFollower()


@pytest.fixture
def reporter(uow: UnitOfWork, clock: ManualClock, gate: FakeGate, follower: FakeFollower) -> CallReporter:
    return CallReporter(uow, clock, staff=FakeStaff(), callers=FakeCallers(), gate=gate, followers=[follower])


@pytest.fixture
def told(bus: Bus) -> list[Event]:
    """Every event published, in order."""
    events: list[Event] = []

    async def remember(event: Event) -> None:
        events.append(event)

    bus.subscribe(Event, remember)
    return events


@pytest.fixture
def ids() -> IdSource:
    return IdSource()


@pytest.fixture
async def shipped(uow: UnitOfWork) -> None:
    """The directory of result codes is there."""
    async with uow.write() as work:
        await ship_results(work)


@pytest.fixture
def service(
    uow: UnitOfWork,
    clock: ManualClock,
    ids: IdSource,
    telephony: FakeTelephony,
    gate: FakeGate,
    follower: FakeFollower,
    shipped: None,
) -> CallService:
    return CallService(
        uow,
        clock,
        ids=ids,
        telephony=telephony,
        gate=gate,
        callers=FakeCallers(),
        staff=FakeStaff(),
        followers=[follower],
    )


@pytest.fixture
def control(uow: UnitOfWork, clock: ManualClock, telephony: FakeTelephony) -> CallControl:
    return CallControl(uow, clock, telephony=telephony, staff=FakeStaff())


@pytest.fixture
def results(
    uow: UnitOfWork,
    clock: ManualClock,
    gate: FakeGate,
    cases: FakeCases,
    callbacks: FakeCallbacks,
    follower: FakeFollower,
    shipped: None,
) -> CallResults:
    effects = ResultEffects(clock, gate=gate, cases=cases, callbacks=callbacks)
    return CallResults(uow, clock, gate=gate, effects=effects, followers=[follower])
