"""The menus as queues see them: what callers hear before, and what leads to a queue."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.ivr.events import MenusChanged
from callcenter.ivr.model import IvrQueue
from callcenter.ivr.queries import menus_by_hours, menus_into
from core.kernel.clock import Clock
from core.kernel.uow import Work


class MenusOfQueues:
    """Implements ``callcenter.queues.ports.Menus``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def keeping(self, session: AsyncSession, calendar_id: int) -> Sequence[str]:
        return await menus_by_hours(session, calendar_id)

    async def leading_to(self, session: AsyncSession, code: str) -> Sequence[str]:
        return await menus_into(session, code)

    async def forget(self, work: Work, code: str) -> None:
        await work.session.execute(delete(IvrQueue).where(IvrQueue.queue == code))
        work.emit(MenusChanged(at=self._clock.now()))
