"""The case screen: what is stored about a case, laid out for one call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from core.cases.card import CaseCard, Person
from core.cases.model import LIABLE, CaseEvent, Claim, ClaimState, Component, EventKind
from core.cases.rules.cases import LIMITATION_WARNING_DAYS
from core.kernel.access import Actor
from core.kernel.i18n import Message, msg
from core.kernel.money import Money
from core.kernel.phones import zone_guesses
from core.parties.model import Phone, PhoneQuality
from core.parties.rules import masked_id
from web.pages import formats
from web.pages.calls.call_words import DIRECTIONS
from web.pages.cases import case_words as words
from web.pages.cases.case_view import (
    CallbackLine,
    CaseLife,
    CaseView,
    CaseWork,
    ContactLine,
    ContactPanel,
    CurrentCall,
    Identity,
    PersonLine,
    PhoneLine,
    ResultChoice,
    ScriptStep,
    TimelineEntry,
    TimelineKind,
)
from web.pages.cases.debt_view import Agreements, Balance, BalancePart, ClaimLine
from web.pages.listing import State, Text, Tone
from web.pages.money.money_words import MOVES
from web.pages.shipped_words import named, stage_name
from web.pages.work import work_words
from web.rendering import LANGUAGE_NAMES

_CLAIM_OPEN = ClaimState.OPEN
_BARRED = State(word=msg("time-barred"), icon="hourglass-off", tone=Tone.LAW)
_NEAR_BARRED = State(word=msg("soon time-barred"), icon="hourglass-low", tone=Tone.ALERT)


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneFacts:
    """What law and the call log say of a number: may it be rung now, why not, and how the last try ended."""

    allowed: bool
    reason: Text = ""
    last_result: Text | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallFacts:
    """The part of the screen that the call floor fills. ``phones`` goes by phone id."""

    contact: ContactPanel
    phones: Mapping[int, PhoneFacts] = field(default_factory=dict)
    contacts: tuple[ContactLine, ...] = ()
    callbacks: tuple[CallbackLine, ...] = ()
    results: tuple[ResultChoice, ...] = ()
    call: CurrentCall | None = None


class CaseScreenParts(Protocol):
    """What calls, contact law and recordings put on the case screen. Wired by the class's name in
    ``Services.parts``."""

    async def facts(self, actor: Actor, card: CaseCard) -> CallFacts: ...


def case_view(
    card: CaseCard,
    facts: CallFacts,
    life: CaseLife,
    work: CaseWork,
    agreed: Agreements,
    *,
    now: datetime,
    may_edit: bool,
) -> CaseView:
    """Everything ``cases/case.html`` draws."""
    zone = facts.contact.zone
    today = now.astimezone(ZoneInfo(zone)).date()
    owed = {claim.claim_id: Money(claim.total, claim.currency) for claim in card.balance.claims}
    results = {choice.code: choice.label for choice in facts.results}
    return CaseView(
        identity=_identity(card, zone),
        contact=facts.contact,
        balance=_balance(card, today),
        claims=tuple(_claim(claim, owed[claim.id], today) for claim in card.claims if claim.state == _CLAIM_OPEN),
        agreed=agreed,
        script=_script(card),
        contacts=facts.contacts,
        timeline=tuple(timeline_entry(event, card.users, results) for event in card.timeline.events),
        timeline_kinds=tuple(
            TimelineKind(value=str(kind), label=label, icon=icon) for kind, (label, icon) in words.EVENT_KINDS.items()
        ),
        phones=_phones(card, facts, now),
        people=tuple(_person(person, card.case.id) for person in card.people),
        documents=(),
        callbacks=facts.callbacks,
        results=facts.results,
        call=facts.call,
        may_edit=may_edit,
        life=life,
        work=work,
    )


def _identity(card: CaseCard, zone: str) -> Identity:
    debtor = card.debtor
    contract = next((claim.contract_no for claim in card.claims if claim.contract_no), None)
    return Identity(
        party_id=debtor.party.id if debtor else 0,
        name=card.case.debtor_name,
        role=words.ROLES[debtor.link.role] if debtor else "",
        case_id=card.case.id,
        case_number=card.case.number,
        creditor=card.creditor.name,
        stage=named(card.stage) if card.stage else "",
        state=words.CASE_STATES[card.case.state],
        zone=zone,
        birth_date=debtor.party.birth_date if debtor else None,
        masked_id=masked_id(debtor.ids[0].value) if debtor and debtor.ids else None,
        language=LANGUAGE_NAMES.get(debtor.party.language or "") if debtor else None,
        collector=card.collector.full_name if card.collector else None,
        contract=contract,
    )


def _balance(card: CaseCard, today: date) -> Balance:
    currency, owed = card.case.currency, card.balance.parts
    parts = tuple(
        BalancePart(label=words.COMPONENT_LABELS[part], amount=Money(owed[part], currency))
        for part in Component
        if owed[part] or part is Component.PRINCIPAL
    )
    as_of = card.balance.as_of if card.balance.bears else today
    return Balance(
        as_of=as_of,
        parts=parts,
        total=Money(card.balance.total, currency),
        href=f"/cases/{card.case.id}/balance?on={as_of.isoformat()}",
        to_resettle=bool(card.balance.to_resettle),
    )


def _claim(claim: Claim, owed: Money, today: date) -> ClaimLine:
    alarm = None
    if claim.limitation_on is not None and claim.limitation_on - today <= timedelta(days=LIMITATION_WARNING_DAYS):
        alarm = _BARRED if claim.limitation_on <= today else _NEAR_BARRED
    return ClaimLine(
        number=claim.number,
        title=msg("Contract {number}", number=claim.contract_no) if claim.contract_no else "",
        open=owed,
        age_days=(today - claim.due_on).days if claim.due_on else 0,
        limitation_on=claim.limitation_on,
        alarm=alarm,
    )


def _script(card: CaseCard) -> tuple[ScriptStep, ...]:
    """The creditor's notice of recording first, then the steps of the stage, else the creditor's own."""
    told = card.creditor.recording_notice
    notice = [ScriptStep(title=msg("Recording notice:"), text=told)] if told else []
    steps = (card.stage.script if card.stage else []) or card.creditor.script
    return (*notice, *(ScriptStep(text=text) for text in steps))


def timeline_entry(event: CaseEvent, users: Mapping[int, str], results: Mapping[str, Text]) -> TimelineEntry:
    """A line of the case's life. A call has two: when it ended, and what it came to."""
    gives_result = event.kind == EventKind.CALL and "result" in event.data
    title, icon = words.CALL_RESULT if gives_result else words.EVENT_KINDS[event.kind]
    return TimelineEntry(
        at=event.at,
        kind=event.kind,
        icon=icon,
        title=title,
        text=_result_told(event, results) if gives_result else event.text or _told(event),
        author=users.get(event.actor_id) if event.actor_id else None,
    )


def _result_told(event: CaseEvent, results: Mapping[str, Text]) -> Text:
    """What the call came to, and what was noted; a code that is used no more speaks for itself."""
    code = str(event.data["result"])
    result = results.get(code, code)
    return msg("{result}: {note}", result=result, note=event.text) if event.text else result


def _call_told(data: Mapping[str, Any]) -> Message:
    direction = DIRECTIONS[data["direction"]].word
    if not data["talk_seconds"]:
        return msg("{direction}, no talk", direction=direction)
    return msg("{direction}, {talk} of talk", direction=direction, talk=formats.duration(data["talk_seconds"]))


def _told_and_why(event: CaseEvent) -> Text | None:
    """What was written; a change of the debt says both what was done and why."""
    if event.kind in (EventKind.INTEREST, EventKind.CLAIM) and event.text and "change" in event.data:
        return msg("{change}: {reason}", change=words.debt_change(event.data), reason=event.text)
    return event.text or _told(event)


def _told(event: CaseEvent) -> Text | None:
    """What an entry says that nobody wrote down: from its data."""
    data = event.data
    match event.kind:
        case EventKind.CALL if "direction" in data:
            return _call_told(data)
        case EventKind.STATE:
            return words.CASE_STATES[data["state"]].word
        case EventKind.STAGE:
            return stage_name(data.get("key"), str(data["stage"]))
        case EventKind.PROMISE:
            return _promise_told(data)
        case EventKind.PLAN:
            total = Money(Decimal(data["amount"]), data["currency"])
            return msg("{amount}: {state}", amount=total, state=words.PLAN_STATES[data["state"]].word)
        case EventKind.TASK:
            return _task_told(data)
        case EventKind.TAG:
            tagged = msg("{tag} set", tag=data["tag"])
            return tagged if data["added"] else msg("{tag} taken off", tag=data["tag"])
        case EventKind.PAYMENT if "amount" in data:
            return Message(MOVES[data["kind"]].msgid, {"amount": Money(Decimal(data["amount"]), data["currency"])})
        case EventKind.CONTACT:
            return _contact_told(data)
        case EventKind.INTEREST | EventKind.CLAIM if "change" in data:
            return words.debt_change(data)
        case EventKind.PARTY:
            return msg("{name} ({role})", name=data["name"], role=words.ROLES[data["role"]])
        case EventKind.IMPORT:
            return msg("{source}, row {row}", source=data["source"], row=data["row"])
    return None


def _promise_told(data: Mapping[str, str]) -> Text:
    """A promise as it was taken, as it was decided with what had come, or what became of it."""
    if "amount" not in data:
        return words.PROMISE_STATES[data["state"]].word
    amount, due = Money(Decimal(data["amount"]), data["currency"]), date.fromisoformat(data["due_on"])
    if "paid" not in data:
        return msg("{amount} by {day}", amount=amount, day=due)
    return msg("{amount} by {day}: {state}", amount=amount, day=due, state=words.PROMISE_STATES[data["state"]].word)


def _task_told(data: Mapping[str, str]) -> Message:
    change = work_words.TASK_CHANGES[data["state"]]
    if "title" not in data:
        return change
    return msg("{title}: {change}", title=Message(data["title"]), change=change)  # the program's own are translated


def _contact_told(data: Mapping[str, str]) -> Message:
    quality = words.PHONE_QUALITIES.get(data.get("quality", ""))
    if quality is not None:
        return msg("{phone}: {state}", phone=data["phone"], state=quality.word)
    if data["change"] == "removed":
        return msg("{phone} removed", phone=data["phone"])
    return msg("{phone} added", phone=data["phone"])


def _phones(card: CaseCard, facts: CallFacts, now: datetime) -> tuple[PhoneLine, ...]:
    """Numbers of everybody on the case; the best is the first that may be rung, of who owes, confirmed before
    others."""
    listed = [(person, phone) for person in card.people for phone in person.phones]
    ranked = sorted(listed, key=lambda pair: _rank(*pair))
    best = next((phone.id for _, phone in ranked if _allowed(phone, facts)), None)
    return tuple(_phone(person, phone, facts, now, best=phone.id == best) for person, phone in ranked)


def _allowed(phone: Phone, facts: CallFacts) -> bool:
    known = facts.phones.get(phone.id)
    return known.allowed if known else facts.contact.allowed


_WORTH = (PhoneQuality.CONFIRMED, PhoneQuality.UNVERIFIED, PhoneQuality.NO_ANSWER, PhoneQuality.THIRD_PARTY)


def _rank(person: Person, phone: Phone) -> tuple[bool, int, int]:
    worth = _WORTH.index(PhoneQuality(phone.quality)) if phone.quality in _WORTH else len(_WORTH)
    return person.link.role not in LIABLE, worth, phone.id


def _phone(person: Person, phone: Phone, facts: CallFacts, now: datetime, *, best: bool) -> PhoneLine:
    known = facts.phones.get(phone.id)
    guesses = zone_guesses(phone.e164)
    return PhoneLine(
        phone_id=phone.id,
        number=phone.e164,
        owner=phone.label or person.party.name,
        kind=words.PHONE_KINDS[phone.kind],
        state=words.PHONE_QUALITIES[phone.quality],
        zone=phone.timezone or person.party.timezone or (guesses[0] if guesses else facts.contact.zone),
        now=now,
        allowed=_allowed(phone, facts),
        reason=known.reason if known else ("" if facts.contact.allowed else facts.contact.reason),
        best=best,
        last_at=phone.last_attempt_at,
        last_result=known.last_result if known else None,
    )


def _person(person: Person, case_id: int) -> PersonLine:
    role = words.ROLES[person.link.role]
    named = msg("{role}, {relation}", role=role, relation=person.link.relation) if person.link.relation else role
    return PersonLine(
        party_id=person.party.id,
        name=person.party.name,
        role=named,
        href=f"/cases/{case_id}/people/{person.party.id}",
        may_discuss=person.link.role in LIABLE,
    )
