"""The floor that campaigns dial on."""

import pytest

from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from tests.factories.dialling import DiallingFloor


@pytest.fixture
def floor(uow: UnitOfWork, bus: Bus, clock: ManualClock) -> DiallingFloor:
    return DiallingFloor(uow, bus, clock)
