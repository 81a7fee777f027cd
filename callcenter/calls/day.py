"""The calls of a stretch of time as figures need them, each with the flags that the call log filters by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.model import Call, ResultCode
from callcenter.calls.queries import conditions, fate
from callcenter.calls.views import CallQuery, Fate
from core.kernel.access import Actor


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFact:
    """One call, counted for the collector whose call it is. Seconds are whole."""

    call_id: int
    user_id: int
    started_at: datetime
    direction: str
    answered: bool
    contact: bool
    right_party: bool
    promise: bool
    talk_seconds: int
    hold_seconds: int
    wrap_seconds: int


class DayCalls:
    """Implements ``callcenter.productivity.ports.DayCalls``."""

    async def between(
        self, session: AsyncSession, actor: Actor, since: datetime, until: datetime
    ) -> Sequence[CallFact]:
        """The calls that began in ``[since, until)``, within reach, of collectors."""
        flags = {Fate.ANSWERED: "answered", Fate.CONTACT: "contact", Fate.RIGHT_PARTY: "right_party"}
        flags |= {Fate.PROMISE: "promise"}
        columns = [func.coalesce(cast(fate(kind), Boolean), literal(False)).label(name) for kind, name in flags.items()]
        own = ("user_id", "started_at", "direction", "talk_seconds", "hold_seconds", "wrap_seconds")
        statement = (
            select(Call.id.label("call_id"), *(getattr(Call, name) for name in own), *columns)
            .outerjoin(ResultCode, ResultCode.code == Call.result_code)
            .where(*conditions(actor, CallQuery(since=since, until=until), ""), Call.user_id.is_not(None))
            .order_by(Call.id)
        )
        return [CallFact(**row._mapping) for row in await session.execute(statement)]
