"""Who a caller is, for routing: his language, his case's stage, and his own collector."""

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.model import AgentState
from callcenter.app.adapters.cases import CallerLookup
from callcenter.queues.routing import Known
from core.cases.model import Case
from core.kernel.phones import normalise
from core.parties.model import Party
from core.people.model import User

_LANGUAGE = select(Party.language).where(Party.id == bindparam("party"))
_CASE = (
    select(Case.stage_id, User.extension, AgentState.state, Party.language)
    .outerjoin(User, (User.id == Case.collector_id) & User.active)
    .outerjoin(AgentState, (AgentState.user_id == User.id) & AgentState.ended_at.is_(None))
    .outerjoin(Party, Party.id == bindparam("party"))
    .where(Case.id == bindparam("case"))
)


class KnownDebtors:
    """Implements ``callcenter.queues.routing.Debtors``. ``region`` reads numbers without a country code."""

    def __init__(self, callers: CallerLookup, region: str) -> None:
        self._callers = callers
        self._region = region

    async def known(self, session: AsyncSession, number: str) -> Known:
        phone = normalise(number, self._region)
        match = (await self._callers.match(session, [phone])).get(phone) if phone is not None else None
        if match is None:
            return Known()
        if match.case_id is None:
            return Known(language=await session.scalar(_LANGUAGE, {"party": match.party_id}))
        row = (await session.execute(_CASE, {"party": match.party_id, "case": match.case_id})).one()
        return Known(language=row.language, stage_id=row.stage_id, extension=row.extension, state=row.state)
