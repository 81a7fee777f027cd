"""A stage to plan for."""

import pytest

from core.cases.model import Stage
from core.cases.service.stages import StageData, add_stage
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork


@pytest.fixture
async def stage(uow: UnitOfWork, clock: ManualClock) -> Stage:
    async with uow.write() as work:
        return await add_stage(work, PROGRAM, "soft", StageData(name="Soft"), at=clock.now())
