"""Calls that ended, in the case's history: a line, the number's counts, the last contact."""

from collections.abc import Sequence

from sqlalchemy import update

from callcenter.calls.facts import Direction
from callcenter.calls.ports import CallNews
from core.cases.model import Case, EventKind
from core.cases.service.timeline import add_event
from core.kernel.phones import as_key
from core.kernel.uow import Work
from core.parties.model import Phone


class CaseHistory:
    """Follows the call log within its transactions (``calls.ports.CallFollower``)."""

    async def followed(self, work: Work, news: Sequence[CallNews]) -> None:
        for one in news:
            if one.ended and one.direction != Direction.INTERNAL:
                await self._count(work, one)
                await self._tell(work, one)

    async def _tell(self, work: Work, news: CallNews) -> None:
        if news.case_id is None:
            return
        told = {"direction": news.direction, "talk_seconds": news.talk_seconds, "contact": news.contact}
        add_event(work, news.case_id, EventKind.CALL, news.at, call_id=news.call_id, party_id=news.party_id, data=told)
        if news.contact:
            await work.session.execute(update(Case).where(Case.id == news.case_id).values(last_contact_at=news.at))

    async def _count(self, work: Work, news: CallNews) -> None:
        if news.phone is None or news.party_id is None:
            return
        values: dict[str, object] = {}
        if news.direction == Direction.OUTBOUND:
            values |= {"attempts": Phone.attempts + 1, "last_attempt_at": news.at}
        if news.contact:
            values |= {"contacts": Phone.contacts + 1, "last_contact_at": news.at}
        if values:
            own = (Phone.number == as_key(news.phone), Phone.party_id == news.party_id)
            await work.session.execute(update(Phone).where(*own).values(**values))
