"""How contact law reads on screen: kinds of blocks, limits, hours, kinds of days."""

from collections.abc import Mapping

from callcenter.compliance.law.days import DayType
from callcenter.compliance.law.terms import (
    BlockKind,
    BlockRule,
    Counts,
    Limit,
    Opening,
    Rule,
    Scope,
    Severity,
    WindowKind,
)
from callcenter.compliance.texts import blocked, clock_text
from core.kernel.i18n import Message, msg
from web.pages.listing import Option, State, Tone

KINDS: Mapping[str, Message] = {
    BlockKind.DO_NOT_CALL: msg("do not call"),
    BlockKind.CONSENT_REFUSED: msg("consent refused"),
    BlockKind.CONSENT_REVOKED: msg("consent withdrawn"),
    BlockKind.REPRESENTED: msg("represented by a lawyer"),
    BlockKind.REFUSED_CONTACT: msg("contact refused in writing"),
    BlockKind.BANKRUPT: msg("in bankruptcy"),
    BlockKind.DECEASED: msg("deceased"),
    BlockKind.MINOR: msg("minor"),
    BlockKind.INCAPABLE: msg("legally incapable"),
    BlockKind.HOSPITAL: msg("in hospital"),
    BlockKind.DISABLED_GROUP_1: msg("disabled, group I"),
    BlockKind.INVALID_PHONE: msg("wrong number"),
    BlockKind.THIRD_PARTY: msg("somebody else's phone"),
    BlockKind.CASE_CLOSED: msg("case closed"),
    BlockKind.CASE_SUSPENDED: msg("case suspended"),
    BlockKind.NOTHING_OWED: msg("debt paid"),
    BlockKind.PAUSE: msg("rest agreed"),
}
#: What people record; the rest the program knows from the case and its phones.
_DERIVED = (
    BlockKind.INVALID_PHONE,
    BlockKind.THIRD_PARTY,
    BlockKind.CASE_CLOSED,
    BlockKind.CASE_SUSPENDED,
    BlockKind.NOTHING_OWED,
)
BLOCK_KINDS = tuple(Option(value=kind, label=word) for kind, word in KINDS.items() if kind not in _DERIVED)

DAY_TYPES: Mapping[str, Message] = {
    DayType.WORKING: msg("working day"),
    DayType.WEEKEND: msg("day of rest"),
    DayType.HOLIDAY: msg("public holiday"),
}
SEVERITIES: Mapping[str, Message] = {
    Severity.DENY: msg("forbids the contact"),
    Severity.WARN: msg("only warns"),
}
CONFIRMED = State(word=msg("confirmed"), icon="circle-check", tone=Tone.LIVE)
UNCONFIRMED = State(word=msg("not confirmed by a lawyer"), icon="alert-triangle", tone=Tone.ALERT)
CHANGED = State(word=msg("changed by the agency"), icon="pencil", tone=Tone.ACT)

_COUNTED: Mapping[tuple[Counts, WindowKind], Message] = {
    (Counts.ATTEMPT, WindowKind.DAY): msg("Contacts a day"),
    (Counts.ATTEMPT, WindowKind.WEEK): msg("Contacts a week, Monday to Sunday"),
    (Counts.ATTEMPT, WindowKind.MONTH): msg("Contacts a calendar month"),
    (Counts.CONVERSATION, WindowKind.DAY): msg("Conversations a day"),
    (Counts.CONVERSATION, WindowKind.WEEK): msg("Conversations a week, Monday to Sunday"),
    (Counts.CONVERSATION, WindowKind.MONTH): msg("Conversations a calendar month"),
    (Counts.UNANSWERED, WindowKind.DAY): msg("Unanswered calls a day"),
    (Counts.UNANSWERED, WindowKind.WEEK): msg("Unanswered calls a week, Monday to Sunday"),
    (Counts.UNANSWERED, WindowKind.MONTH): msg("Unanswered calls a calendar month"),
}
_SCOPES: Mapping[Scope, Message] = {
    Scope.DEBTOR: msg("per debtor"),
    Scope.DEBT: msg("per debt"),
    Scope.PHONE: msg("per telephone number"),
}
CHANNELS: Mapping[str, Message] = {
    "call": msg("calls"),
    "message": msg("messages"),
    "visit": msg("visits"),
    "letter": msg("letters"),
}


def name_of(rule: Rule) -> Message:
    """What a rule is about."""
    if isinstance(rule, BlockRule):
        return blocked(rule.kind)
    if not isinstance(rule, Limit):
        return msg("Hours of contact, by the debtor's clock")
    if rule.window.kind is WindowKind.ROLLING:
        return _rolling(rule)
    return _COUNTED[rule.counts, rule.window.kind]


def _rolling(rule: Limit) -> Message:
    if rule.counts is Counts.CONVERSATION:
        return msg("Conversations in {days} days in a row", days=rule.window.days)
    if rule.counts is Counts.UNANSWERED:
        return msg("Unanswered calls in {days} days in a row", days=rule.window.days)
    return msg("Contacts in {days} days in a row", days=rule.window.days)


def scope_of(rule: Rule) -> tuple[Message, ...]:
    """Which contacts a limit adds up, and whose."""
    if not isinstance(rule, Limit):
        return ()
    return (*(CHANNELS[channel] for channel in sorted(rule.channels)), _SCOPES[rule.scope])


def opening_text(opening: Opening | None) -> str:
    """Two moments of the day, "" for closed."""
    return f"{clock_text(opening.opens)}–{clock_text(opening.closes)}" if opening is not None else ""


def bounds(opening: Opening | None) -> tuple[str, str]:
    """The two moments of a form, both empty for closed."""
    return (clock_text(opening.opens), clock_text(opening.closes)) if opening is not None else ("", "")
