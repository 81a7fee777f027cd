"""What collectors' states have to agree with: the call log, and the phones the exchanges know."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from callcenter.agents.downtimes import Downtimes
from callcenter.agents.model import AgentDesk
from callcenter.agents.service import AgentService
from callcenter.app.adapters.staff import DESK, StaffDirectory
from callcenter.calls.model import Call
from callcenter.calls.rows import as_state
from callcenter.calls.telling import activities_of
from core.kernel.uow import UnitOfWork
from telephony.bridge import Bridge


class LoggedCalls:
    """Implements ``callcenter.agents.ports.CallsUnderWay`` over the call log."""

    async def activities(self, session: AsyncSession, call_ids: Collection[int]) -> set[tuple[int, int, str]]:
        whole = selectinload(Call.legs), selectinload(Call.links)
        calls = select(Call).where(Call.id.in_(call_ids), Call.merged_into.is_(None)).options(*whole)
        return {
            (user_id, row.id, activity)
            for row in await session.scalars(calls)
            for user_id, activity in activities_of(row, as_state(row), _users(row)).items()
            if activity != "idle"
        }


def _users(row: Call) -> dict[str, int]:
    return {leg.endpoint: leg.user_id for leg in row.legs if leg.endpoint and leg.user_id is not None}


class Truth:
    """Makes states agree with what is: after a restart of either side something may be otherwise than was told."""

    def __init__(
        self,
        uow: UnitOfWork,
        staff: StaffDirectory,
        agents: AgentService,
        downtimes: Downtimes,
        bridges: Sequence[Bridge],
    ) -> None:
        self._uow = uow
        self._staff = staff
        self._agents = agents
        self._downtimes = downtimes
        self._bridges = tuple(bridges)

    async def follow(self) -> None:
        """One look at all phones and all calls. An exchange that is not understood now says nothing of its phones."""
        await self._agents.agree_with_calls(LoggedCalls())
        if all(bridge.caught_up for bridge in self._bridges):
            await self._downtimes.settle()
            if self._bridges:
                await self._phones()

    async def _phones(self) -> None:
        phones = [phone for bridge in self._bridges for phone in bridge.phones().values() if phone.reachable]
        endpoints = {phone.endpoint.removesuffix(DESK) for phone in phones}
        async with self._uow.read(brief=True) as session:
            there = set((await self._staff.users(session, endpoints)).values()) if endpoints else set()
            known = set(await session.scalars(select(AgentDesk.user_id).where(AgentDesk.registered)))
        if known != there:
            await self._agents.phones_registered({user_id: user_id in there for user_id in known ^ there})
