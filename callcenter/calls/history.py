"""Calls in the life of a case: who may open it for them, and once ended a line, the counts, the last contact."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import update

from callcenter.calls.facts import Direction
from callcenter.calls.ports import CallNews
from core.cases.model import Case, EventKind
from core.cases.service.access import let_in
from core.cases.service.timeline import add_event
from core.kernel.phones import as_key
from core.kernel.uow import Work
from core.parties.model import Phone

_WHILE_RINGING = timedelta(minutes=5)
_AROUND_THE_TALK = timedelta(hours=4)


class CaseHistory:
    """Follows the call log within its transactions (``calls.ports.CallFollower``)."""

    async def followed(self, work: Work, news: Sequence[CallNews]) -> None:
        await let_in(work, self._doors(news))
        for one in news:
            if one.ended and one.direction != Direction.INTERNAL:
                await self._count(work, one)
                await self._tell(work, one)

    def _doors(self, news: Sequence[CallNews]) -> dict[tuple[int, int], datetime]:
        """Whoever is rung for a debtor may see his case, also a colleague's: (case, user) → until when."""
        doors: dict[tuple[int, int], datetime] = {}
        for one in news:
            for user_id, activity in one.activities.items():
                if one.case_id is not None and activity != "idle":
                    until = one.at + (_WHILE_RINGING if activity == "ringing" else _AROUND_THE_TALK)
                    doors[one.case_id, user_id] = max(until, doors.get((one.case_id, user_id), until))
        return doors

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
