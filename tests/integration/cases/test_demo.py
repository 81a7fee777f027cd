"""The demo registry: the same on every run, callable at every hour."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from callcenter.app.demo.cases import demo_cases, number_of
from callcenter.app.demo.registry import PLACES, SHARED
from core.cases.lookup import who_is_calling
from core.cases.model import Case
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.parties.model import Party, Phone
from tests.integration.cases.conftest import Floor


@pytest.mark.slow
async def test_a_second_run_adds_nothing(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    assert await demo_cases(uow, clock, [floor.anna.id, floor.boris.id]) == 60
    assert await demo_cases(uow, clock, [floor.anna.id]) == 0
    async with uow.read() as session:
        owners = dict(
            (await session.execute(select(Case.collector_id, func.count()).group_by(Case.collector_id))).all()
        )
        zones = set(await session.scalars(select(Party.timezone).where(Party.timezone.is_not(None))))
        phones = await session.scalar(select(func.count()).select_from(Phone))
        caller = await who_is_calling(session, PROGRAM, number_of(*SHARED[1]), region="RU", now=clock.now())
    assert owners == {floor.anna.id: 30, floor.boris.id: 30}
    assert len(zones) == len(PLACES)
    assert phones == 66
    assert len({one.party_id for one in caller.candidates}) == 2


def test_at_every_hour_of_a_working_day_some_debtors_may_be_called() -> None:
    start = datetime(2026, 3, 11, 0, 0, tzinfo=UTC)
    for hour in range(24):
        local = [(start + timedelta(hours=hour)).astimezone(ZoneInfo(place.zone)) for place in PLACES]
        assert any(9 <= moment.hour < 20 and moment.weekday() < 5 for moment in local), hour
