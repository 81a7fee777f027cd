"""Whose phone is whose: the call floor's ``Staff`` over the user directory."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.queries import free_agents
from core.kernel.access import Actor
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
