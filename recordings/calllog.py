"""The call log as recordings see it."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.access import visible_calls
from callcenter.calls.model import Bookmark, Call, Leg
from core.kernel.access import Actor
from recordings.ports import CallMark


class CallLog:
    """Implements ``CallLookup`` over the rows of calls."""

    async def by_uniqueid(self, session: AsyncSession, server: str, uniqueid: str) -> int | None:
        statement = select(Call.id).join(Leg, Leg.call_id == Call.id)
        statement = statement.where(Leg.uniqueid == uniqueid, Call.server == server, Call.merged_into.is_(None))
        return await session.scalar(statement.order_by(Call.id.desc()).limit(1))

    def visible_ids(self, actor: Actor, right: str) -> Select[int]:
        return visible_calls(actor, right)

    async def marks(self, session: AsyncSession, call_id: int) -> Sequence[CallMark]:
        rows = await session.scalars(select(Bookmark).where(Bookmark.call_id == call_id).order_by(Bookmark.at_ms))
        return [
            CallMark(at_ms=row.at_ms, label=row.label, author_id=row.user_id, created_at=row.created_at)
            for row in rows.all()
        ]
