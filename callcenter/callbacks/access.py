"""Which callbacks an actor may see and touch."""

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.errors import CallbackNotFound
from callcenter.callbacks.model import Callback
from core.kernel.access import Actor
from core.people.access import reaches


def within_reach(actor: Actor, right: str) -> ColumnElement[bool]:
    """One's own, those of the people and units the right reaches, one's team's that nobody owns, and those for
    anybody."""
    condition = reaches(actor, right, owner=Callback.user_id)
    if condition is None:
        return true()
    nobody = and_(Callback.user_id.is_(None), or_(Callback.unit_id.is_(None), Callback.unit_id.in_(sorted(actor.team))))
    return or_(condition, nobody)


async def callback_for(
    session: AsyncSession, actor: Actor, right: str, callback_id: int, *, lock: bool = False
) -> Callback:
    """The callback, when it is in reach; else ``CallbackNotFound``."""
    wanted = select(Callback).where(Callback.id == callback_id, within_reach(actor, right))
    row = await session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise CallbackNotFound
    return row
