"""When somebody who waited in a queue was taken: said once, for reports, for the calls behind them and for the board.

A caller who waited is taken when he talks with a collector, as Asterisk's queue log counts: a phone that was picked up
when he had just gone took nobody. Who had talked before he came to the queue, because he was passed on, is taken by the
next collector who picks up. Everybody else whose call is over was not served, whatever made him go. All he waited
counts for the last queue he was in, from the moment he came to the first.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from callcenter.calls.facts import LegKind
from callcenter.calls.model import Call, Leg

_NEXT = (Leg.call_id == Call.id, Leg.kind == LegKind.AGENT, Leg.answered_at >= Call.queued_at)

#: Calls that came to a queue, and of which it is known when.
QUEUED: ColumnElement[bool] = and_(Call.queue.is_not(None), Call.queued_at.is_not(None))
#: Of these, those that a collector took out of it. Legs are looked at only for calls that were passed on.
TAKEN: ColumnElement[bool] = and_(
    Call.answered_at.is_not(None), or_(Call.answered_at >= Call.queued_at, exists().where(*_NEXT))
)
#: And when he did; null for all others.
TAKEN_AT: ColumnElement[Any] = case(
    (Call.answered_at.is_(None), None),
    (Call.answered_at >= Call.queued_at, Call.answered_at),
    else_=select(func.min(Leg.answered_at)).where(*_NEXT).scalar_subquery(),
)
