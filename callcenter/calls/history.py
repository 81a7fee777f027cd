"""Calls in the life of a case: who may open it for them, and once ended a line, the counts, the last contact."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, bindparam, func, update

from callcenter.calls.facts import Direction
from callcenter.calls.ports import CallNews
from core.cases.events import CaseChanged
from core.cases.model import Case, CaseEvent, EventKind
from core.cases.service.access import let_in
from core.kernel.bulk import insert_many
from core.kernel.phones import as_key
from core.kernel.types import UtcDateTime
from core.kernel.uow import Work
from core.parties.model import Phone

_CASES, _PHONES = Case.__table__, Phone.__table__
assert isinstance(_CASES, Table)
assert isinstance(_PHONES, Table)
_CONTACTED = update(_CASES).where(_CASES.c.id == bindparam("case")).values(last_contact_at=bindparam("when"))
_COUNTED = (
    update(_PHONES)
    .where(_PHONES.c.number == bindparam("called"), _PHONES.c.party_id == bindparam("party"))
    .values(
        attempts=_PHONES.c.attempts + bindparam("tries"),
        last_attempt_at=func.coalesce(bindparam("tried_at", type_=UtcDateTime), _PHONES.c.last_attempt_at),
        contacts=_PHONES.c.contacts + bindparam("talks"),
        last_contact_at=func.coalesce(bindparam("talked_at", type_=UtcDateTime), _PHONES.c.last_contact_at),
    )
)
_WHILE_RINGING = timedelta(minutes=5)
_AROUND_THE_TALK = timedelta(hours=4)


class CaseHistory:
    """Follows the call log within its transactions (``calls.ports.CallFollower``)."""

    async def followed(self, work: Work, news: Sequence[CallNews]) -> None:
        await let_in(work, self._doors(news))
        over = [one for one in news if one.ended and one.direction != Direction.INTERNAL]
        await self._count(work, over)
        await self._tell(work, over)

    def _doors(self, news: Sequence[CallNews]) -> dict[tuple[int, int], datetime]:
        """Whoever is rung for a debtor may see his case, also a colleague's: (case, user) → until when."""
        doors: dict[tuple[int, int], datetime] = {}
        for one in news:
            for user_id, activity in one.activities.items():
                if one.case_id is not None and activity != "idle":
                    until = one.at + (_WHILE_RINGING if activity == "ringing" else _AROUND_THE_TALK)
                    doors[one.case_id, user_id] = max(until, doors.get((one.case_id, user_id), until))
        return doors

    async def _tell(self, work: Work, over: Sequence[CallNews]) -> None:
        of_cases = [one for one in over if one.case_id is not None]
        await insert_many(work.session, CaseEvent, [_entry(one) for one in of_cases])
        work.emit(*(CaseChanged(at=one.at, case_id=one.case_id or 0, kind=EventKind.CALL) for one in of_cases))
        contacts = [{"case": one.case_id, "when": one.at} for one in of_cases if one.contact]
        if contacts:
            await work.session.execute(_CONTACTED, contacts)

    async def _count(self, work: Work, over: Sequence[CallNews]) -> None:
        counted = [
            {
                "called": as_key(one.phone),
                "party": one.party_id,
                "tries": int(one.direction == Direction.OUTBOUND),
                "tried_at": one.at if one.direction == Direction.OUTBOUND else None,
                "talks": int(one.contact),
                "talked_at": one.at if one.contact else None,
            }
            for one in over
            if one.phone is not None and one.party_id is not None
            if one.direction == Direction.OUTBOUND or one.contact
        ]
        if counted:
            await work.session.execute(_COUNTED, counted)


def _entry(one: CallNews) -> dict[str, Any]:
    """The line of the case's time line."""
    return {
        "case_id": one.case_id,
        "kind": EventKind.CALL,
        "at": one.at,
        "actor_id": None,
        "text": "",
        "call_id": one.call_id,
        "party_id": one.party_id,
        "promise_id": None,
        "data": {"direction": one.direction, "talk_seconds": one.talk_seconds, "contact": one.contact},
    }
