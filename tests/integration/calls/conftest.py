"""The call log with everything around it played by stand-ins."""

import pytest

from callcenter.calls.reporting import CallReporter
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.events import Event
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
