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
from core.kernel.uow import UnitOfWork
from core.people.access import visible
from core.people.model import User

#: The ending of a collector's second, ordinary endpoint for a desk phone.
DESK = "d"
#: Whose each of the ``extensions`` is.
OWNERS = select(User.extension, User.id).where(Among(User.extension, "extensions"))


class StaffDirectory:
    """Implements ``callcenter.calls.ports.Staff``."""

    async def users(self, session: AsyncSession, endpoints: Collection[str]) -> Mapping[str, int]:
        rows = await session.execute(OWNERS, {"extensions": extensions_of(endpoints)})
        return users_of(endpoints, rows)

    async def endpoint(self, session: AsyncSession, user_id: int) -> str | None:
        statement = select(User.extension).where(User.id == user_id, User.active)
        return (await session.execute(statement)).scalar_one_or_none()

    async def in_reach(self, session: AsyncSession, actor: Actor, right: str, user_id: int) -> bool:
        statement = visible(select(User.id).where(User.id == user_id), actor, right, owner=User.id, unit=User.unit_id)
        return (await session.execute(statement)).scalar_one_or_none() is not None


def extensions_of(endpoints: Collection[str]) -> set[str]:
    """The extensions of these phones; a collector's two have the same."""
    return {endpoint.removesuffix(DESK) for endpoint in endpoints}


def users_of(endpoints: Collection[str], rows: Iterable[Sequence[Any]]) -> dict[str, int]:
    """The user behind each phone, from rows of ``OWNERS``."""
    owners = {extension: user_id for extension, user_id in rows}  # noqa: C416 - rows are no pairs to dict
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
