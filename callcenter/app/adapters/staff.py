"""Whose phone is whose: the call floor's ``Staff`` over the user directory."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.queries import free_agents, present_states
from callcenter.agents.service import AgentService
from callcenter.calls.presence import PhoneState
from core.kernel.access import Actor
from core.kernel.among import Among
from core.kernel.glimpse import Glimpse, Look
from core.kernel.uow import UnitOfWork
from core.people.access import visible
from core.people.model import User

#: The ending of a collector's second, ordinary endpoint for a desk phone.
DESK = "d"
_OWNERS = select(User.extension, User.id).where(Among(User.extension, "extensions"))
_WHOSE = Glimpse(_OWNERS)


class StaffDirectory:
    """Implements ``callcenter.calls.ports.Staff``."""

    async def users(self, session: AsyncSession, endpoints: Collection[str]) -> Mapping[str, int]:
        return _theirs(endpoints, await session.execute(_OWNERS, _extensions(endpoints)))

    async def endpoint(self, session: AsyncSession, user_id: int) -> str | None:
        statement = select(User.extension).where(User.id == user_id, User.active)
        return (await session.execute(statement)).scalar_one_or_none()

    async def in_reach(self, session: AsyncSession, actor: Actor, right: str, user_id: int) -> bool:
        statement = visible(select(User.id).where(User.id == user_id), actor, right, owner=User.id, unit=User.unit_id)
        return (await session.execute(statement)).scalar_one_or_none() is not None


def users_through(look: Look, endpoints: Collection[str]) -> Mapping[str, int]:
    """The user behind each phone, at a glimpse."""
    return _theirs(endpoints, look(_WHOSE, _extensions(endpoints)))


def _extensions(endpoints: Collection[str]) -> dict[str, set[str]]:
    return {"extensions": {endpoint.removesuffix(DESK) for endpoint in endpoints}}


def _theirs(endpoints: Collection[str], found: Iterable[Sequence[Any]]) -> dict[str, int]:
    owners = {extension: user_id for extension, user_id in found}  # noqa: C416 - rows are no pairs to dict
    extensions = ((endpoint, endpoint.removesuffix(DESK)) for endpoint in endpoints)
    return {endpoint: owners[extension] for endpoint, extension in extensions if extension in owners}


class FreeAgents:
    """Implements ``callcenter.callbacks.ports.Presence`` over the collectors' states."""

    async def free(self, session: AsyncSession, user_ids: Collection[int]) -> set[int]:
        return await free_agents(session, tuple(user_ids))


class FloorStates:
    """Implements ``callcenter.queues.ports.AgentStates`` over the collectors' states."""

    async def states(self, session: AsyncSession) -> Mapping[int, str]:
        return await present_states(session)


class RegisteredPhones:
    """Implements ``callcenter.calls.presence.PhoneReports``: a collector is there while a phone of his is."""

    def __init__(self, uow: UnitOfWork, staff: StaffDirectory, agents: AgentService) -> None:
        self._uow = uow
        self._staff = staff
        self._agents = agents
        self._reachable: dict[tuple[str, str], bool] = {}

    async def phones_changed(self, phones: tuple[PhoneState, ...]) -> None:
        """Only coming and going counts: a phone rings and talks far more often."""
        changed = {key: one.reachable for one in phones if self._reachable.get(key := _key(one)) != one.reachable}
        if not changed:
            return
        known = self._reachable | changed
        extensions = {endpoint.removesuffix(DESK) for _, endpoint in changed}
        theirs = {endpoint for _, endpoint in known if endpoint.removesuffix(DESK) in extensions}
        async with self._uow.read(brief=True) as session:
            owners = await self._staff.users(session, theirs)
        there = {owners[endpoint] for (_, endpoint), reachable in known.items() if reachable and endpoint in owners}
        if owners:
            await self._agents.phones_registered({user_id: user_id in there for user_id in owners.values()})
        self._reachable = known


def _key(phone: PhoneState) -> tuple[str, str]:
    return phone.server, phone.endpoint
