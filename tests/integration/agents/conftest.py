"""Two collectors and the service of their states."""

import pytest

from callcenter.agents.directory import ship_reasons
from callcenter.agents.service import AgentService
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.people.model import Role, User
from tests.fakes.floor import START


@pytest.fixture
def agents(uow: UnitOfWork, clock: ManualClock) -> AgentService:
    return AgentService(uow, clock)


@pytest.fixture
async def people(uow: UnitOfWork) -> None:
    """Users 1 and 2, with phones 101 and 102."""
    async with uow.write() as work:
        work.session.add(Role(id=1, name="Collectors"))
        await work.session.flush()
        for user in (1, 2):
            work.session.add(
                User(
                    id=user,
                    login=f"collector{user}",
                    password_hash="",
                    role_id=1,
                    extension=str(100 + user),
                    created_at=START,
                )
            )
        await ship_reasons(work)
