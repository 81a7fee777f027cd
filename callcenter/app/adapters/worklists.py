"""The call floor's part in worklists: callbacks that are planned, and contact law for the next case."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.access import within_reach
from callcenter.callbacks.model import OPEN, Callback
from callcenter.callbacks.rights import VIEW
from callcenter.compliance.decision import Decision
from callcenter.compliance.facts import ContactRequest
from callcenter.compliance.service import Gate
from core.cases.model import LIABLE, Case, CaseParty
from core.cases.ports import Leave
from core.kernel.access import Actor
from core.parties.model import Phone, PhoneQuality

#: So many numbers of a case are asked about; the first that may be rung decides.
_MOST_PHONES = 3
_DEAD = (PhoneQuality.WRONG, PhoneQuality.NOT_IN_SERVICE)


class FloorCallbacks:
    """Implements ``core.cases.ports.PlannedCalls``."""

    def cases(self, until: datetime | None = None) -> Select[*tuple[Any, ...]]:
        waiting = select(Callback.case_id).where(Callback.state.in_(OPEN), Callback.case_id.is_not(None))
        return waiting if until is None else waiting.where(Callback.window_start < until)

    def agenda(self, actor: Actor) -> Select[*tuple[Any, ...]]:
        columns = select(
            Callback.id,
            Callback.case_id,
            Callback.window_start.label("due_at"),
            Callback.reason.label("title"),
            Callback.user_id,
            Callback.unit_id,
            Callback.created_by,
        )
        seen = within_reach(actor, VIEW) if actor.may(VIEW) else Callback.user_id == actor.user_id
        return columns.where(Callback.state.in_(OPEN), Callback.case_id.is_not(None), seen)


class FloorLaw:
    """Implements ``core.cases.ports.ContactLaw``."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def leave(self, session: AsyncSession, case_ids: Sequence[int]) -> Mapping[int, Leave]:
        numbers = await _numbers(session, case_ids)
        return {case_id: await self._leave(session, case_id, numbers.get(case_id, [])) for case_id in case_ids}

    async def _leave(self, session: AsyncSession, case_id: int, pairs: Sequence[tuple[int, str | None]]) -> Leave:
        """Of the best numbers of who owes the first that may be rung; a case without a number is asked about as it
        is."""
        decisions = []
        for party_id, phone in pairs[:_MOST_PHONES]:
            request = ContactRequest(party_id=party_id, case_id=case_id, phone=phone)
            decisions.append(await self._gate.decide(session, request))
            if decisions[-1].allowed:
                break
        return _leave(decisions[-1]) if decisions else Leave(allowed=True)


def _leave(decision: Decision) -> Leave:
    scarcest = min(decision.tallies, key=lambda one: one.left, default=None)
    return Leave(
        allowed=decision.allowed,
        left=None if scarcest is None else scarcest.left,
        most=None if scarcest is None else scarcest.limit.maximum,
        reason=None if decision.allowed else decision.reason,
        next_at=None if decision.allowed else decision.next_allowed_at,
    )


async def _numbers(session: AsyncSession, case_ids: Sequence[int]) -> dict[int, list[tuple[int, str | None]]]:
    """Case → (who owes, number) with confirmed numbers first; the debtor without a number where there is none."""
    rows = await session.execute(
        select(CaseParty.case_id, Phone.party_id, Phone.e164, Phone.quality)
        .join(Phone, Phone.party_id == CaseParty.party_id)
        .where(CaseParty.case_id.in_(case_ids), CaseParty.role.in_(LIABLE), Phone.quality.not_in(_DEAD))
        .order_by(CaseParty.id, Phone.id)
    )
    found: dict[int, list[tuple[int, str | None]]] = {}
    for row in sorted(rows, key=lambda row: row.quality != PhoneQuality.CONFIRMED):
        found.setdefault(row.case_id, []).append((row.party_id, row.e164))
    bare = [case_id for case_id in case_ids if case_id not in found]
    if not bare:
        return found
    for case in await session.execute(select(Case.id, Case.debtor_id).where(Case.id.in_(bare))):
        found[case.id] = [(case.debtor_id, None)] if case.debtor_id else []
    return found
