"""What the call floor and contact law put on the case screen."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.queries import CallbackQuery, list_callbacks
from callcenter.callbacks.rights import VIEW as CALLBACKS
from callcenter.calls.facts import CallPhase
from callcenter.calls.model import Call
from callcenter.calls.queries import awaiting_result, list_calls, live_calls_of, result_codes
from callcenter.calls.recorded import Recordings, RecordingView
from callcenter.calls.rights import VIEW as CALLS
from callcenter.calls.views import CallQuery, CallRow
from callcenter.compliance import panel
from callcenter.compliance.decision import Decision
from callcenter.compliance.facts import ContactRequest
from callcenter.compliance.rights import OVERRIDE
from callcenter.compliance.service import Gate
from core.cases.card import CaseCard, Person
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork
from core.parties.model import Phone
from web.pages.calls import call_words
from web.pages.cases import case_words
from web.pages.cases.case_screen import CallFacts, PhoneFacts
from web.pages.cases.case_view import (
    Attempts,
    CallbackLine,
    ContactLine,
    ContactPanel,
    CurrentCall,
    Recording,
    RuleLine,
)

_LAST_TALKS = 3
_MOST_PHONES = 20
_CALLBACKS = 5
_WRAP_UP = timedelta(seconds=120)
_LISTEN = "recordings.listen"


class CaseCalls:
    """Implements ``case_screen.CaseScreenParts``."""

    def __init__(self, uow: UnitOfWork, clock: Clock, gate: Gate, recordings: Recordings) -> None:
        self._uow = uow
        self._clock = clock
        self._gate = gate
        self._recordings = recordings

    async def facts(self, actor: Actor, card: CaseCard) -> CallFacts:
        async with self._uow.read() as session:
            decisions = await self._decisions(session, card)
            contacts = await self._contacts(session, actor, card)
            return CallFacts(
                contact=_panel(await self._main(session, card, decisions), actor),
                phones={phone_id: _phone_facts(decision) for phone_id, decision in decisions.items()},
                contacts=contacts,
                callbacks=await _callbacks(session, actor, card),
                results=call_words.result_choices(await result_codes(session)),
                call=await self._call(session, actor, card),
            )

    async def _decisions(self, session: AsyncSession, card: CaseCard) -> dict[int, Decision]:
        phones = [(person, phone) for person in card.people for phone in person.phones][:_MOST_PHONES]
        return {phone.id: await self._decide(session, card, person, phone) for person, phone in phones}

    async def _decide(self, session: AsyncSession, card: CaseCard, person: Person, phone: Phone | None) -> Decision:
        request = ContactRequest(
            party_id=person.party.id, case_id=card.case.id, phone=phone.e164 if phone is not None else None
        )
        return await self._gate.decide(session, request)

    async def _main(self, session: AsyncSession, card: CaseCard, decisions: dict[int, Decision]) -> Decision:
        """The decision that the panel explains: for the debtor's number that may be rung soonest."""
        person = card.debtor or card.people[0]
        own = [decisions[phone.id] for phone in person.phones if phone.id in decisions]
        if not own:
            return await self._decide(session, card, person, None)
        return min(own, key=lambda one: (one.next_allowed_at is None, one.next_allowed_at or one.at))

    async def _contacts(self, session: AsyncSession, actor: Actor, card: CaseCard) -> tuple[ContactLine, ...]:
        if not actor.may(CALLS):
            return ()
        page = await list_calls(session, actor, CallQuery(case_id=card.case.id, size=_LAST_TALKS))
        ended = [row for row in page.rows if row.ended_at is not None]
        sound = await self._recordings.of_calls(actor, [row.id for row in ended]) if actor.may(_LISTEN) else {}
        return tuple(_contact(row, sound.get(row.id, ())) for row in ended)

    async def _call(self, session: AsyncSession, actor: Actor, card: CaseCard) -> CurrentCall | None:
        """The actor's call about this case: going on, else the latest that still asks for its result."""
        live = [one.call for one in await live_calls_of(session, actor.user_id)] if actor.may(CALLS) else []
        waiting = await awaiting_result(session, actor.user_id)
        mine = [row for row in (*live, *reversed(waiting)) if row.case_id == card.case.id]
        return await _current(session, mine[0]) if mine else None


def _panel(decision: Decision, actor: Actor) -> ContactPanel:
    told = panel.explain(decision)
    resets = [limit.resets_at for limit in told.limits if limit.resets_at is not None]
    rules = [
        RuleLine(text=one.text, clause=one.clause, passed=False, confirmed=one.confirmed) for one in told.reasons
    ] + [
        RuleLine(text=one.text, clause=one.clause, passed=one.left > 0, confirmed=one.confirmed) for one in told.limits
    ]
    return ContactPanel(
        allowed=decision.allowed,
        reason=decision.reason or msg("Nothing stands against it."),
        rules=tuple(rules),
        zone=told.zone,
        now=decision.at,
        until=decision.until,
        next_allowed_at=None if decision.allowed else decision.next_allowed_at,
        next_limit_at=min(resets, default=None),
        attempts=tuple(Attempts(used=one.used, limit=one.maximum, period=one.text) for one in told.limits[:2]),
        jurisdiction=str(case_words.JURISDICTIONS[decision.jurisdiction]),
        may_override=actor.may(OVERRIDE),
    )


def _phone_facts(decision: Decision) -> PhoneFacts:
    return PhoneFacts(allowed=decision.allowed, reason=decision.reason or "")


def _contact(row: CallRow, sound: tuple[RecordingView, ...]) -> ContactLine:
    direction = call_words.DIRECTIONS[row.direction]
    result = call_words.result_label(row.result_code, row.result_label, shipped=row.result_shipped)
    return ContactLine(
        at=row.started_at,
        icon=direction.icon,
        direction=direction.word,
        person=row.party or row.phone or "",
        collector=row.user or "",
        result=result or call_words.state_of(row).word,
        note=row.note,
        talk_seconds=row.talk_seconds,
        recording_id=next((one.id for one in sound if one.playable), None),
        href=f"/calls/{row.id}",
    )


async def _callbacks(session: AsyncSession, actor: Actor, card: CaseCard) -> tuple[CallbackLine, ...]:
    if not actor.may(CALLBACKS):
        return ()
    page = await list_callbacks(session, actor, CallbackQuery(case_id=card.case.id, size=_CALLBACKS))
    return tuple(
        CallbackLine(
            at=row.window_start,
            state=call_words.CALLBACK_STATES[row.state],
            owner=row.user or "",
            reason=row.reason,
            href=f"/callbacks/{row.id}",
        )
        for row in page.rows
    )


async def _current(session: AsyncSession, row: CallRow) -> CurrentCall:
    wrap_started = await session.scalar(
        select(Call.wrap_started_at).where(Call.id == row.id, Call.wrap_ended_at.is_(None))
    )
    over = row.phase == CallPhase.ENDED
    return CurrentCall(
        call_id=row.id,
        state=call_words.state_of(row),
        phone=row.phone,
        person=row.party or row.phone or "",
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        wrap_until=wrap_started + _WRAP_UP if wrap_started is not None else None,
        recording=Recording.OFF if over or row.answered_at is None else Recording.ON,
        result_missing=row.result_code is None,
    )
