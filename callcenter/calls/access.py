"""Which calls an actor may see and touch."""

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.errors import CallNotFound
from callcenter.calls.model import Call, Leg
from core.kernel.access import Actor
from core.people.access import reaches


def within_reach(actor: Actor, right: str) -> ColumnElement[bool]:
    """The condition for calls in reach: one's own, those one had a part in, those of the people the right reaches.

    Raises ``Forbidden`` without the right.
    """
    condition = reaches(actor, right, owner=Call.user_id)
    real = Call.merged_into.is_(None)
    if condition is None:
        return real
    took_part = exists().where(at_phone_of(actor.user_id))
    return real & or_(condition, took_part)


def at_phone_of(user_id: int) -> ColumnElement[bool]:
    """The condition, within a question about calls, for the call's legs at the user's phones. The sum keeps the
    databases from looking through all legs the user ever had instead of the few of the call."""
    return and_(Leg.call_id == Call.id, Leg.user_id + 0 == user_id)


def visible_calls(actor: Actor, right: str) -> Select[int]:
    """Ids of the calls in reach, as a subquery for other rooms."""
    return select(Call.id).where(within_reach(actor, right))


async def call_for(session: AsyncSession, actor: Actor, right: str, call_id: int, *, lock: bool = False) -> Call:
    """The call, when it is in reach; else ``CallNotFound``."""
    statement = select(Call).where(Call.id == call_id, within_reach(actor, right))
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise CallNotFound
    return row
