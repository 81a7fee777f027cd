"""What supervision needs to see of the floor."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.supervision.lines import AgentLine, CallLine, QueueLine


class Picture(Protocol):
    """The floor as it is in the database now. Nothing is narrowed to anybody's reach: the board does that."""

    async def agents(self, session: AsyncSession) -> Sequence[AgentLine]: ...

    async def calls(self, session: AsyncSession) -> Sequence[CallLine]: ...

    async def queues(self, session: AsyncSession, now: datetime) -> Sequence[QueueLine]: ...
