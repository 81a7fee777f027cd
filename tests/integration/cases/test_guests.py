"""Whoever has the debtor on the phone may open his case, and only as long."""

from datetime import UTC, datetime, timedelta

import pytest

from core.cases import rights
from core.cases.service.access import case_for, let_in
from core.kernel.access import Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, NotFound
from core.kernel.uow import UnitOfWork
from tests.integration.cases.conftest import Floor, debtor_case


async def test_a_guest_opens_the_one_case_while_the_door_is_open(
    uow: UnitOfWork, clock: ManualClock, floor: Floor
) -> None:
    mine = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", owner=floor.anna)
    other = await debtor_case(uow, clock, floor, "A-2", "Petrov Pyotr", owner=floor.anna)
    boris = floor.actor(floor.boris, Scope.OWN)
    now = datetime.now(UTC)

    async def opens(case_id: int, right: str = rights.VIEW) -> bool:
        async with uow.read() as session:
            try:
                return (await case_for(session, boris, case_id, right)).id == case_id
            except NotFound:
                return False

    assert not await opens(mine.id)
    async with uow.write() as work:
        await let_in(work, {(mine.id, boris.user_id): now + timedelta(minutes=5)})
        await let_in(work, {(mine.id, boris.user_id): now})  # nobody shuts a door that is open
    assert await opens(mine.id)
    assert not await opens(other.id)

    async with uow.write() as work:
        await let_in(work, {(other.id, boris.user_id): now - timedelta(seconds=1)})
    assert not await opens(other.id)


async def test_a_guest_needs_the_right_itself(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", owner=floor.anna)
    boris = floor.actor(floor.boris, Scope.OWN)
    async with uow.write() as work:
        await let_in(work, {(case.id, boris.user_id): datetime.now(UTC) + timedelta(minutes=5)})
        with pytest.raises(Forbidden):
            await case_for(work.session, boris, case.id, "cases.invented")
