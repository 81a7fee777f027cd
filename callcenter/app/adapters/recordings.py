"""What the recordings room asks of the call log and of the exchanges."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.access import visible_calls
from callcenter.calls.model import Bookmark, Call, Leg
from core.kernel.access import Actor
from recordings.ports import CallMark
from telephony.bridge import Bridge


class CallLogLookup:
    """Implements ``recordings.ports.CallLookup``."""

    async def by_uniqueid(self, session: AsyncSession, server: str, uniqueid: str) -> int | None:
        statement = (
            select(Call.id)
            .join(Leg, Leg.call_id == Call.id)
            .where(Leg.uniqueid == uniqueid, Call.server == server, Call.merged_into.is_(None))
        )
        return await session.scalar(statement.order_by(Call.id.desc()).limit(1))

    def visible_ids(self, actor: Actor, right: str) -> Select[int]:
        return visible_calls(actor, right)

    async def marks(self, session: AsyncSession, call_id: int) -> Sequence[CallMark]:
        rows = await session.scalars(select(Bookmark).where(Bookmark.call_id == call_id).order_by(Bookmark.at_ms))
        return [
            CallMark(at_ms=row.at_ms, label=row.label, author_id=row.user_id, created_at=row.created_at) for row in rows
        ]


class BridgedChannels:
    """Implements ``recordings.ports.LiveChannels`` over the bridges."""

    def __init__(self, bridges: Sequence[Bridge]) -> None:
        self._bridges = {bridge.exchange.server: bridge for bridge in bridges}

    async def live_uniqueids(self, server: str) -> frozenset[str] | None:
        bridge = self._bridges.get(server)
        if bridge is None or not bridge.status().up:
            return None
        return frozenset(channel.uniqueid for channel in bridge.fold.live_channels())
