"""Whose phone is whose: the call floor's ``Staff`` over the user directory."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.queries import free_agents
from callcenter.agents.service import AgentService
from callcenter.calls.presence import PhoneState
from core.kernel.access import Actor
from core.kernel.uow import UnitOfWork
from core.people.access import visible
from core.people.model import User

#: The ending of a collector's second, ordinary endpoint for a desk phone.
_DESK = "d"


class StaffDirectory:
    """Implements ``callcenter.calls.ports.Staff``."""

    async def users(self, session: AsyncSession, endpoints: Collection[str]) -> Mapping[str, int]:
        extensions = {endpoint: endpoint.removesuffix(_DESK) for endpoint in endpoints}
        statement = select(User.extension, User.id).where(User.extension.in_(set(extensions.values())))
        owners = {row.extension: row.id for row in await session.execute(statement)}
        return {endpoint: owners[own] for endpoint, own in extensions.items() if own in owners}

    async def endpoint(self, session: AsyncSession, user_id: int) -> str | None:
        statement = select(User.extension).where(User.id == user_id, User.active)
        return (await session.execute(statement)).scalar_one_or_none()

    async def in_reach(self, session: AsyncSession, actor: Actor, right: str, user_id: int) -> bool:
        statement = visible(select(User.id).where(User.id == user_id), actor, right, owner=User.id, unit=User.unit_id)
        return (await session.execute(statement)).scalar_one_or_none() is not None


class FreeAgents:
    """Implements ``callcenter.callbacks.ports.Presence`` over the collectors' states."""

    async def free(self, session: AsyncSession, user_ids: Collection[int]) -> set[int]:
        return await free_agents(session, tuple(user_ids))


class RegisteredPhones:
    """Implements ``callcenter.calls.presence.PhoneReports``: a collector is there while a phone of his is."""

    def __init__(self, uow: UnitOfWork, staff: StaffDirectory, agents: AgentService) -> None:
        self._uow = uow
        self._staff = staff
        self._agents = agents
        self._reachable: dict[tuple[str, str], bool] = {}

    async def phones_changed(self, phones: tuple[PhoneState, ...]) -> None:
        """Only coming and going counts: a phone rings and talks far more often."""
        phones = tuple(one for one in phones if self._reachable.get((one.server, one.endpoint)) != one.reachable)
        if not phones:
            return
        self._reachable.update({(phone.server, phone.endpoint): phone.reachable for phone in phones})
        async with self._uow.read() as session:
            owners = await self._staff.users(session, {endpoint for _, endpoint in self._reachable})
        for user_id in {owners[phone.endpoint] for phone in phones if phone.endpoint in owners}:
            his = {endpoint for endpoint, owner in owners.items() if owner == user_id}
            there = any(known for (_, endpoint), known in self._reachable.items() if endpoint in his)
            await self._agents.phone_registered(user_id, there)
