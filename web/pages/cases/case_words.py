"""How what is stored about cases reads on screen: words and icons."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.cases.model import (
    CaseState,
    ClaimState,
    CloseReason,
    EventKind,
    InstalmentState,
    Jurisdiction,
    PartyRole,
    PlanState,
    PromiseState,
)
from core.cases.rules.plans import Rhythm
from core.cases.service.agreements import SUPERSEDED
from core.importing.model import BatchState, Outcome
from core.kernel.i18n import Message, msg
from core.kernel.money import Money
from core.parties.model import AddressKind, Consent, IdKind, PartyKind, PhoneKind, PhoneQuality
from web.pages.listing import State, Tone

CASE_STATES: Mapping[str, State] = {
    CaseState.OPEN: State(word=msg("open"), icon="folder-open", tone=Tone.LIVE),
    CaseState.SUSPENDED: State(word=msg("suspended"), icon="player-pause", tone=Tone.ALERT),
    CaseState.CLOSED: State(word=msg("closed"), icon="folder-off"),
}
CLOSE_REASONS: Mapping[str, Message] = {
    CloseReason.PAID_IN_FULL: msg("paid in full"),
    CloseReason.SETTLED: msg("settled for less"),
    CloseReason.WITHDRAWN: msg("withdrawn by the creditor"),
    CloseReason.BANKRUPT: msg("debtor bankrupt"),
    CloseReason.DECEASED: msg("debtor deceased"),
    CloseReason.UNTRACEABLE: msg("cannot be traced"),
    CloseReason.EXHAUSTED: msg("all means exhausted"),
    CloseReason.LIMITATION: msg("time-barred"),
    CloseReason.WRITTEN_OFF: msg("written off"),
    CloseReason.OPENED_IN_ERROR: msg("opened in error"),
}
ROLES: Mapping[str, Message] = {
    PartyRole.DEBTOR: msg("debtor"),
    PartyRole.CO_DEBTOR: msg("co-debtor"),
    PartyRole.GUARANTOR: msg("guarantor"),
    PartyRole.REPRESENTATIVE: msg("representative"),
    PartyRole.HEIR: msg("heir"),
    PartyRole.RELATIVE: msg("relative"),
    PartyRole.EMPLOYER: msg("employer"),
    PartyRole.THIRD_PARTY: msg("third party"),
}
JURISDICTIONS: Mapping[str, Message] = {
    Jurisdiction.RU: msg("Russia"),
    Jurisdiction.UA: msg("Ukraine"),
    Jurisdiction.PL: msg("Poland and the EU"),
    Jurisdiction.US: msg("United States"),
    Jurisdiction.NONE: msg("none"),
}
PARTY_KINDS: Mapping[str, Message] = {
    PartyKind.PERSON: msg("person"),
    PartyKind.ORGANISATION: msg("organisation"),
}
ID_KINDS: Mapping[str, Message] = {
    IdKind.INN: msg("INN"),
    IdKind.SNILS: msg("SNILS"),
    IdKind.RNOKPP: msg("RNOKPP"),
    IdKind.EDRPOU: msg("EDRPOU"),
    IdKind.PESEL: msg("PESEL"),
    IdKind.NIP: msg("NIP"),
    IdKind.SSN: msg("SSN"),
    IdKind.PASSPORT: msg("Passport"),
    IdKind.OTHER: msg("other"),
}
PHONE_KINDS: Mapping[str, Message] = {
    PhoneKind.MOBILE: msg("mobile"),
    PhoneKind.HOME: msg("home"),
    PhoneKind.WORK: msg("work"),
    PhoneKind.RELATIVE: msg("a relative's"),
    PhoneKind.OTHER: msg("other"),
}
ADDRESS_KINDS: Mapping[str, Message] = {
    AddressKind.REGISTERED: msg("registered"),
    AddressKind.HOME: msg("home"),
    AddressKind.WORK: msg("work"),
    AddressKind.POSTAL: msg("postal"),
}
PHONE_QUALITIES: Mapping[str, State] = {
    PhoneQuality.UNVERIFIED: State(word=msg("unverified"), icon="help-circle"),
    PhoneQuality.CONFIRMED: State(word=msg("confirmed"), icon="circle-check", tone=Tone.LIVE),
    PhoneQuality.THIRD_PARTY: State(word=msg("third party"), icon="user-question", tone=Tone.ACT),
    PhoneQuality.WRONG: State(word=msg("wrong number"), icon="phone-x", tone=Tone.ALERT),
    PhoneQuality.NOT_IN_SERVICE: State(word=msg("not in service"), icon="phone-off", tone=Tone.ALERT),
    PhoneQuality.FAX: State(word=msg("fax"), icon="printer"),
    PhoneQuality.NO_ANSWER: State(word=msg("no answer"), icon="phone-pause"),
}
CONSENTS: Mapping[str, Message] = {
    Consent.UNKNOWN: msg("unknown"),
    Consent.GIVEN: msg("given"),
    Consent.REFUSED: msg("refused"),
    Consent.REVOKED: msg("revoked"),
}
CLAIM_STATES: Mapping[str, Message] = {
    ClaimState.OPEN: msg("outstanding"),
    ClaimState.PAID: msg("paid"),
    ClaimState.WITHDRAWN: msg("withdrawn by the creditor"),
}
BY_KEYS = msg("by keys in a menu")
PROMISE_STATES: Mapping[str, State] = {
    PromiseState.OPEN: State(word=msg("awaiting payment"), icon="clock", tone=Tone.ACT),
    PromiseState.KEPT: State(word=msg("kept"), icon="circle-check", tone=Tone.LIVE),
    PromiseState.PARTLY_KEPT: State(word=msg("partly kept"), icon="circle-half-2", tone=Tone.ALERT),
    PromiseState.BROKEN: State(word=msg("broken"), icon="heart-broken", tone=Tone.LAW),
    PromiseState.CANCELLED: State(word=msg("cancelled"), icon="circle-off"),
}
PLAN_STATES: Mapping[str, State] = {
    PlanState.DRAFT: State(word=msg("waits for approval"), icon="hourglass", tone=Tone.ALERT),
    PlanState.ACTIVE: State(word=msg("being paid"), icon="calendar-stats", tone=Tone.ACT),
    PlanState.DELINQUENT: State(word=msg("late"), icon="alert-triangle", tone=Tone.ALERT),
    PlanState.COMPLETED: State(word=msg("paid in full"), icon="circle-check", tone=Tone.LIVE),
    PlanState.DEFAULTED: State(word=msg("defaulted"), icon="heart-broken", tone=Tone.LAW),
    PlanState.CANCELLED: State(word=msg("cancelled"), icon="circle-off"),
}
INSTALMENT_STATES: Mapping[str, State] = {
    InstalmentState.OPEN: State(word=msg("to be paid"), icon="clock"),
    InstalmentState.PAID: State(word=msg("paid"), icon="circle-check", tone=Tone.LIVE),
    InstalmentState.MISSED: State(word=msg("missed"), icon="alert-triangle", tone=Tone.LAW),
    InstalmentState.CANCELLED: State(word=msg("cancelled"), icon="circle-off"),
}
RHYTHMS: Mapping[str, Message] = {
    Rhythm.WEEKLY: msg("every week"),
    Rhythm.TWO_WEEKLY: msg("every two weeks"),
    Rhythm.MONTHLY: msg("every month"),
}
#: What the program wrote as the end's reason; what people wrote is shown as it is.
END_REASONS: Mapping[str, Message] = {SUPERSEDED: msg("replaced by a later agreement")}
COMPONENT_LABELS: Mapping[str, Message] = {
    "principal": msg("Principal"),
    "contractual_interest": msg("Interest"),
    "statutory_interest": msg("Statutory interest"),
    "penalty": msg("Penalty"),
    "creditor_fees": msg("Creditor's fees"),
    "court_costs": msg("Court costs"),
    "agency_fees": msg("Agency fees"),
}
EVENT_KINDS: Mapping[str, tuple[Message, str]] = {
    EventKind.OPENED: (msg("Case opened"), "folder-plus"),
    EventKind.ASSIGNED: (msg("Given to a collector"), "user-share"),
    EventKind.STAGE: (msg("Moved to another stage"), "stairs"),
    EventKind.STATE: (msg("State changed"), "folder"),
    EventKind.NOTE: (msg("Note"), "note"),
    EventKind.CALL: (msg("Call"), "phone"),
    EventKind.CALLBACK: (msg("Callback"), "phone-calling"),
    EventKind.PROMISE: (msg("Promise to pay"), "calendar-dollar"),
    EventKind.PLAN: (msg("Instalment plan"), "calendar-stats"),
    EventKind.PAYMENT: (msg("Payment"), "cash"),
    EventKind.INTEREST: (msg("Interest and fees"), "percentage"),
    EventKind.TASK: (msg("Task"), "checkbox"),
    EventKind.TAG: (msg("Tags"), "tag"),
    EventKind.CONTACT: (msg("Contact data changed"), "address-book"),
    EventKind.PARTY: (msg("Person added"), "user-plus"),
    EventKind.CLAIM: (msg("Claim changed"), "file-invoice"),
    EventKind.COMPLIANCE: (msg("Contact law"), "scale"),
    EventKind.IMPORT: (msg("Registry"), "file-import"),
}
CALL_RESULT = (msg("Result of a call"), "phone-check")
BATCH_STATES: Mapping[str, State] = {
    BatchState.MAPPING: State(word=msg("waiting for columns"), icon="columns", tone=Tone.ACT),
    BatchState.CHECKING: State(word=msg("dry run under way"), icon="loader", tone=Tone.LIVE),
    BatchState.CHECKED: State(word=msg("checked, waiting for you"), icon="list-check", tone=Tone.ACT),
    BatchState.APPLYING: State(word=msg("being applied"), icon="loader", tone=Tone.LIVE),
    BatchState.STOPPED: State(word=msg("stopped half-way"), icon="player-pause", tone=Tone.ALERT),
    BatchState.DONE: State(word=msg("done"), icon="circle-check"),
    BatchState.CANCELLED: State(word=msg("cancelled"), icon="circle-off"),
    BatchState.FAILED: State(word=msg("failed"), icon="alert-triangle", tone=Tone.ALERT),
}
OUTCOMES: Mapping[str, State] = {
    Outcome.NEW: State(word=msg("new"), icon="plus", tone=Tone.LIVE),
    Outcome.UPDATE: State(word=msg("changed"), icon="pencil", tone=Tone.ACT),
    Outcome.KNOWN: State(word=msg("known"), icon="copy"),
    Outcome.SKIP: State(word=msg("unchanged"), icon="equal"),
    Outcome.ERROR: State(word=msg("error"), icon="alert-triangle", tone=Tone.ALERT),
}


_DEBT_CHANGES: Mapping[str, Message] = {
    "adjusted": msg("Debt corrected"),
    "written_off": msg("Written off"),
    "charged": msg("Charged"),
}


def debt_change(data: Mapping[str, Any]) -> Message:
    """What an entry of the time line says about a debt or its interest that was changed."""
    match data["change"]:
        case "blocked" if data["until"] is None:
            return msg("No interest from {day} on", day=data["from"])
        case "blocked":
            return msg("No interest from {day} to {until}", day=data["from"], until=data["until"])
        case "unblocked":
            return msg("Interest accrues again")
        case "terms" if data["group"] is None:
            return msg("Claim {claim} bears no interest", claim=data["claim"])
        case "terms":
            return msg("Claim {claim} bears interest: {group}", claim=data["claim"], group=data["group"])
        case "added":
            owed = Money(Decimal(data["amount"]), data["currency"])
            return msg("Claim {claim} added, {amount}", claim=data["claim"], amount=owed)
        case "edited":
            return msg("Claim {claim} corrected", claim=data["claim"])
    return msg(
        "{what}: {component} of claim {claim}, {amount} {currency}",
        what=_DEBT_CHANGES[data["change"]],
        component=COMPONENT_LABELS[data["component"]],
        claim=data["claim"],
        amount=data["amount"],
        currency=data["currency"],
    )
