"""What collectors do for calls, told as the call log tells it, and what became of their time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from callcenter.agents.model import AgentState
from callcenter.agents.service import AgentService
from core.kernel.uow import UnitOfWork


@dataclass(frozen=True)
class News:
    since: datetime
    call_id: int
    activities: dict[int, str] = field(default_factory=dict)
    passed: Sequence[tuple[datetime, dict[int, str]]] = ()


async def stretches(uow: UnitOfWork, user_id: int = 1) -> Sequence[AgentState]:
    async with uow.read() as session:
        wanted = select(AgentState).where(AgentState.user_id == user_id)
        ordered = wanted.order_by(
            AgentState.started_at, AgentState.ended_at.is_(None), AgentState.ended_at, AgentState.id
        )
        return (await session.scalars(ordered)).all()


async def tell(uow: UnitOfWork, agents: AgentService, *news: News) -> None:
    async with uow.write() as work:
        await agents.followed(work, news)
