"""What happened on the floor, as messages to the screens it concerns."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.agents.events import AgentAlarmRaised, AgentSent, AgentStateChanged
from callcenter.agents.model import AgentState
from callcenter.agents.queries import pause_reasons, state_of
from callcenter.agents.rights import VIEW as AGENTS_VIEW
from callcenter.agents.rules import State
from callcenter.callbacks.events import CallbackDue, CallbackEvent, CallbackMoved, CallbackSoon
from callcenter.callbacks.queries import count_due
from callcenter.callbacks.rights import VIEW as CALLBACKS_VIEW
from callcenter.calls.events import (
    CallAnswered,
    CallEnded,
    CallEvent,
    CallHeld,
    CallMerged,
    CallOffered,
    CallWithdrawn,
)
from callcenter.calls.facts import Direction
from callcenter.calls.model import Call, Leg
from callcenter.calls.offers import Offer, offers_of
from callcenter.calls.ports import Telephony, TelephonyStatus
from callcenter.calls.queries import live_ids_of, merged_into
from callcenter.calls.recorded import Pauses, RecordingPaused, RecordingReady
from callcenter.supervision.events import AdviceGiven, MessageRead, MessageSent, WatchChanged
from callcenter.supervision.messages import advice_in, unread
from callcenter.supervision.model import CallWatch
from callcenter.supervision.watching import watch_of
from core.cases.events import CaseChanged
from core.cases.model import Case
from core.cases.rights import VIEW as CASES_VIEW
from core.kernel.access import Actor
from core.kernel.bus import Bus
from core.kernel.i18n import translator
from core.kernel.money import Money
from core.kernel.uow import UnitOfWork
from core.parties.model import Party
from core.payments.events import MoneyCame
from core.people.access import actor_of
from core.people.model import User
from web.live.hub import Audience, Hub
from web.pages.floor.agent_badge import badge, words_of
from web.pages.formats import money, phone
from web.pages.listing import Text
from web.state import nothing_to_write

_EARLIER = aliased(Leg)
#: What rings at somebody's phones. The leg by which he rings a colleague, an internal call's first one, does not count.
_RINGING = (
    select(Leg.call_id)
    .join(Call)
    .where(Leg.user_id == bindparam("user"), Leg.ended_at.is_(None), Leg.answered_at.is_(None))
    .where(Call.ended_at.is_(None), Call.merged_into.is_(None))
    .where(
        or_(
            Call.direction != Direction.INTERNAL,
            exists().where(_EARLIER.call_id == Leg.call_id, _EARLIER.started_at < Leg.started_at),
        )
    )
)
_CASE = select(Case.collector_id, Case.unit_id).where(Case.id == bindparam("case"))


class LiveMessages:
    """Subscribes to the bus and publishes to the hub; also makes the snapshot of a screen (``endpoint.Snapshots``)."""

    def __init__(
        self,
        hub: Hub,
        uow: UnitOfWork,
        telephony: Telephony,
        pauses: Pauses,
        until_written: Callable[[int], Awaitable[None]] = nothing_to_write,
    ) -> None:
        self._hub = hub
        self._until_written = until_written
        self._pauses = pauses
        self._uow = uow
        self._telephony = telephony
        #: What pauses are called: whoever may choose a new one has loaded a page, and asked for it, since it was made.
        self._reasons: Mapping[str, Text] = {}

    def subscribe(self, bus: Bus) -> None:
        bus.listen(CallOffered, self._offered)
        bus.listen(CallWithdrawn, self._withdrawn)
        bus.listen(CallAnswered, self._answered)
        bus.listen(CallHeld, self._held)
        bus.listen(CallEnded, self._ended)
        bus.listen(CallMerged, self._merged)
        bus.listen(AgentStateChanged, self._agent)
        bus.subscribe(AgentAlarmRaised, self._alarm)
        bus.subscribe(AgentSent, self._sent)
        bus.subscribe(CallbackSoon, self._callback)
        bus.subscribe(CallbackDue, self._callback)
        bus.subscribe(CallbackMoved, self._callback)
        bus.subscribe(RecordingReady, self._recording)
        bus.subscribe(RecordingPaused, self._paused)
        bus.subscribe(CaseChanged, self._case)
        bus.subscribe(WatchChanged, self._watch)
        bus.subscribe(MessageSent, self._message)
        bus.subscribe(MessageRead, self._read)
        bus.subscribe(AdviceGiven, self._advice)
        bus.subscribe(MoneyCame, self._money)

    def telephony_changed(self, status: TelephonyStatus) -> None:
        """The lamp changed: everybody sees it at once."""
        self._hub.publish("telephony.status", Audience(everybody=True), lambda language: _lamp(status, language))

    async def snapshot(self, actor: Actor) -> Mapping[str, Any]:
        """Calls at the actor's phones, his state, the lamp, what is due, what is not being recorded."""
        await self._until_written(actor.user_id)
        async with self._uow.read() as session:
            ringing = (await session.scalars(_RINGING, {"user": actor.user_id})).all()
            offers = await offers_of(session, ringing) if ringing else {}
            state = await state_of(session, actor.user_id)
            due = await count_due(session, actor)
            said = await unread(session, actor.user_id, datetime.now(UTC))
            advice = await _advice_now(session, actor.user_id)
            watch = await watch_of(session, actor.user_id)
            self._reasons = words_of(await pause_reasons(session, active_only=False))
        return {
            "messages": [{"message_id": one.id, "by": one.by, "text": one.text} for one in said],
            "advice": advice,
            "watch": watch_body(watch) if watch is not None else None,
            "offers": [_offer_body(offer) for offer in offers.values()],
            "agent": self._agent_body(state, actor.language) if state is not None else None,
            "telephony": _lamp(self._telephony.status(), actor.language),
            "due_count": due,
            "paused": await self._pauses.paused_calls(actor.user_id),
        }

    def _offered(self, event: CallOffered) -> None:
        self._to(event, "call.offered", _offer_body(event.offer))

    def _withdrawn(self, event: CallWithdrawn) -> None:
        reason = "answered_elsewhere" if event.taken else "gave_up"
        self._to(event, "call.withdrawn", {**_call(event), "reason": reason})

    def _answered(self, event: CallAnswered) -> None:
        body = {**_call(event), "user_ids": sorted(event.user_ids)}
        self._hub.publish("call.answered", Audience(user_ids=event.user_ids | event.others), lambda _language: body)

    def _held(self, event: CallHeld) -> None:
        self._to(event, "call.held", {**_call(event), "held": event.held})

    def _ended(self, event: CallEnded) -> None:
        self._to(event, "call.ended", {**_call(event), "needs_result": event.needs_result, "lost": event.lost})

    def _merged(self, event: CallMerged) -> None:
        self._to(event, "call.merged", {**_call(event), "merged_ids": event.merged_ids})

    def _to(self, event: CallEvent, kind: str, body: Mapping[str, Any]) -> None:
        self._hub.publish(kind, Audience(user_ids=event.user_ids), lambda _language: body)

    def _agent(self, event: AgentStateChanged) -> None:
        state = AgentState(
            user_id=event.user_id,
            state=event.state,
            reason=event.reason,
            call_id=event.call_id,
            started_at=event.since,
        )
        mine = Audience(user_ids=frozenset({event.user_id}))
        self._hub.publish("agent.state", mine, lambda language: self._agent_body(state, language))
        others = Audience(unit_ids=frozenset({event.unit_id} if event.unit_id is not None else ()), right=AGENTS_VIEW)
        self._hub.publish("agent.state", others, lambda language: {**self._agent_body(state, language), "mine": False})

    async def _alarm(self, event: AgentAlarmRaised) -> None:
        """The collector himself is told; his supervisor sees it on the board."""
        body = {"kind": event.kind, "minutes": event.allowed_seconds // 60}

        def content(language: str) -> Mapping[str, Any]:
            return {**body, "word": self._word(State.PAUSE, event.reason, language)}

        self._hub.publish("agent.alarm", Audience(user_ids=frozenset({event.user_id})), content)

    async def _sent(self, event: AgentSent) -> None:
        """Somebody chose for the collector: he is told who and why. His screens may be signed out right after."""
        body = {"signed_out": event.signed_out, "by": event.by, "why": event.wish.why}

        def content(language: str) -> Mapping[str, Any]:
            return {**body, "word": self._word(event.wish.state, event.wish.reason, language)}

        self._hub.publish("agent.sent", Audience(user_ids=frozenset({event.user_id})), content)

    def _agent_body(self, state: AgentState, language: str) -> dict[str, Any]:
        shown = badge(state.state, state.reason, self._reasons)
        return {
            "agent_id": state.user_id,
            "state": state.state,
            "reason": state.reason,
            "word": _said(shown.word, language),
            "icon": shown.icon,
            "tone": shown.tone,
            "since": _iso(state.started_at),
            "call_id": state.call_id,
        }

    def _word(self, state: str, reason: str | None, language: str) -> str:
        return _said(badge(state, reason, self._reasons).word, language)

    async def _callback(self, event: CallbackEvent) -> None:
        own = frozenset({event.user_id} if event.user_id is not None else ())
        async with self._uow.read() as session:
            name = await session.scalar(select(Party.name).where(Party.id == event.party_id))
            owner = await session.get(User, event.user_id) if event.user_id is not None else None
            due = await count_due(session, await actor_of(session, owner)) if owner is not None else None
        body = {
            "callback_id": event.callback_id,
            "what": {CallbackSoon: "soon", CallbackMoved: "moved"}.get(type(event), "due"),
            "name": name,
            "phone": event.phone,
            "number": phone(event.phone) if event.phone else None,
            "case_id": event.case_id,
            "window_start": event.window_start.isoformat(),
            "due_count": due,
        }
        units = frozenset({event.unit_id} if event.unit_id is not None else ())
        team = CALLBACKS_VIEW if not own else None
        reason = event.reason if isinstance(event, CallbackMoved) else None

        def content(language: str) -> Mapping[str, Any]:
            return {**body, "reason": translator(language).render(reason) if reason is not None else None}

        audience = Audience(user_ids=own, unit_ids=units, right=team, everybody=not own and not units)
        self._hub.publish("callback.due", audience, content)

    async def _watch(self, event: WatchChanged) -> None:
        """The supervisor's own screens show in which call he is, and how."""
        body = {
            "watch_id": event.watch_id,
            "call_id": event.call_id,
            "collector": event.collector_id,
            "mode": event.mode,
        }
        self._hub.publish("watch.changed", Audience(user_ids=frozenset({event.user_id})), lambda _language: body)

    async def _message(self, event: MessageSent) -> None:
        body = {"message_id": event.message_id, "by": event.by, "text": event.text}
        self._hub.publish("floor.message", Audience(user_ids=event.user_ids), lambda _language: body)

    async def _read(self, event: MessageRead) -> None:
        body = {"message_id": event.message_id, "read": event.read, "sent": event.sent}
        self._hub.publish("floor.read", Audience(user_ids=frozenset({event.author_id})), lambda _language: body)

    async def _advice(self, event: AdviceGiven) -> None:
        body = {"note_id": event.note_id, "call_id": event.call_id, "by": event.by, "text": event.text}
        self._hub.publish("call.advice", Audience(user_ids=frozenset({event.agent_id})), lambda _language: body)

    async def _case(self, event: CaseChanged) -> None:
        row = await self._uow.database.glance(
            lambda connection: connection.execute(_CASE, {"case": event.case_id}).one_or_none()
        )
        if row is None:
            return
        audience = Audience(
            user_ids=frozenset({row.collector_id} - {None}),
            unit_ids=frozenset({row.unit_id} - {None}),
            right=CASES_VIEW,
        )
        body = {"case_id": event.case_id, "kind": event.kind}
        self._hub.publish("case.changed", audience, lambda _language: body)

    async def _money(self, event: MoneyCame) -> None:
        """Whoever has the case is told at once; its screens look again by themselves."""
        if event.collector_id is None:
            return
        amount = Money(event.amount, event.currency)

        def content(language: str) -> Mapping[str, Any]:
            shown = money(amount, language)
            return {"case_id": event.case_id, "case_number": event.case_number, "amount": shown}

        self._hub.publish("payment.came", Audience(user_ids=frozenset({event.collector_id})), content)

    def phone_claimed(self, user_id: int, tab: str) -> None:
        """A tab takes the user's phone: the others give it up, on whatever computer they are."""
        self._hub.publish("phone.claimed", Audience(user_ids=frozenset({user_id})), lambda _language: {"tab": tab})

    async def _recording(self, event: RecordingReady) -> None:
        if event.call_id is None:
            return
        async with self._uow.read(brief=True) as session:
            users = await _talkers(session, event.call_id)
            units = frozenset((await session.scalars(select(User.unit_id).where(User.id.in_(users)))).all())
        body = {"call_id": event.call_id, "recording_id": event.recording_id}
        audience = Audience(
            user_ids=users, unit_ids=frozenset(unit for unit in units if unit is not None), right="recordings.listen"
        )
        self._hub.publish("recording.ready", audience, lambda _language: body)

    async def _paused(self, event: RecordingPaused) -> None:
        async with self._uow.read() as session:
            users = await _talkers(session, event.call_id)
        until = _iso(event.paused_until) if event.paused_until is not None else None
        body = {"call_id": event.call_id, "paused_until": until}
        self._hub.publish("recording.paused", Audience(user_ids=users), lambda _language: body)


async def _talkers(session: AsyncSession, call_id: int) -> frozenset[int]:
    """The collectors at the phones of a call."""
    found = await session.scalars(select(Leg.user_id).where(Leg.call_id == call_id).distinct())
    return frozenset(user for user in found if user is not None)


def _call(event: CallEvent) -> dict[str, Any]:
    call = event.call
    return {
        "call_id": call.call_id,
        "direction": call.direction,
        "phone": call.phone,
        "party_id": call.party_id,
        "case_id": call.case_id,
    }


def _offer_body(offer: Offer) -> dict[str, Any]:
    """What pops, its number as the reader is shown it (``number``), and the page to open."""
    url = f"/cases/{offer.case_id}" if offer.case_id is not None else f"/calls/{offer.call_id}/caller"
    return {**msgspec.to_builtins(offer), "number": phone(offer.phone) if offer.phone else None, "url": url}


def _said(word: Text, language: str) -> str:
    return word if isinstance(word, str) else translator(language).render(word)


def _lamp(status: TelephonyStatus, language: str) -> dict[str, Any]:
    detail = translator(language).gettext(status.detail)
    return {"up": status.up, "detail": detail, "since": _iso(status.since)}


def _iso(moment: datetime) -> str:
    return moment.isoformat()


async def _advice_now(session: AsyncSession, user_id: int) -> list[Mapping[str, object]]:
    """What a collector was advised in the calls that are his now, as ``call.advice`` tells it."""
    found: list[Mapping[str, object]] = []
    for call_id in await live_ids_of(session, user_id):
        given = await advice_in(session, [call_id, *await merged_into(session, call_id)])
        mine = (one for one in given if one.agent_id == user_id)
        found += ({"note_id": one.id, "call_id": call_id, "by": one.by, "text": one.text} for one in mine)
    return found


def watch_body(watch: CallWatch) -> Mapping[str, object]:
    """A watch as ``watch.changed`` tells it."""
    return {"watch_id": watch.id, "call_id": watch.call_id, "collector": watch.agent_id, "mode": watch.mode}
