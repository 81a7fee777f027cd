"""The words that rows of the collection business are written with."""

from enum import StrEnum


class Jurisdiction(StrEnum):
    """Whose contact law applies."""

    RU = "RU"
    UA = "UA"
    PL = "PL"
    US = "US"
    NONE = "NONE"


class CaseState(StrEnum):
    """``SUSPENDED`` cases are open but nobody may work on them."""

    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why work ended (domain 2.1)."""

    PAID_IN_FULL = "paid_in_full"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    BANKRUPT = "bankrupt"
    DECEASED = "deceased"
    UNTRACEABLE = "untraceable"
    EXHAUSTED = "exhausted"
    LIMITATION = "limitation"
    WRITTEN_OFF = "written_off"
    OPENED_IN_ERROR = "opened_in_error"


class PartyRole(StrEnum):
    """What a party is on a case."""

    DEBTOR = "debtor"
    CO_DEBTOR = "co_debtor"
    GUARANTOR = "guarantor"
    REPRESENTATIVE = "representative"
    HEIR = "heir"
    RELATIVE = "relative"
    EMPLOYER = "employer"
    THIRD_PARTY = "third_party"


#: Roles that owe: a talk with one of them is a right-party contact.
LIABLE = frozenset({PartyRole.DEBTOR, PartyRole.CO_DEBTOR, PartyRole.GUARANTOR, PartyRole.HEIR})


class Liability(StrEnum):
    """How far a party answers for the debt: for all of it, for a part, only after the debtor, or not at all."""

    FULL = "full"
    PARTIAL = "partial"
    SUBSIDIARY = "subsidiary"
    NONE = "none"


class ClaimState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


class ClaimNature(StrEnum):
    """Where a claim comes from, as far as limitation asks: out of the creditor's business or of periodic performance
    (the usual case, and the shorter period), or otherwise."""

    BUSINESS = "business"
    OTHER = "other"


class PromiseState(StrEnum):
    """``PARTLY_KEPT`` and ``BROKEN`` are decided when the grace has passed (domain 2.2)."""

    OPEN = "open"
    KEPT = "kept"
    PARTLY_KEPT = "partly"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class EventKind(StrEnum):
    """What an entry of the time line is about."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    STAGE = "stage"
    STATE = "state"
    NOTE = "note"
    CALL = "call"
    CALLBACK = "callback"
    PROMISE = "promise"
    PLAN = "plan"
    PAYMENT = "payment"
    INTEREST = "interest"
    TASK = "task"
    TAG = "tag"
    CONTACT = "contact"
    PARTY = "party"
    CLAIM = "claim"
    COMPLIANCE = "compliance"
    IMPORT = "import"


class Component(StrEnum):
    """What a debt is made of, in the order it is shown. ``STATUTORY_INTEREST`` is interest for the delay by law."""

    PRINCIPAL = "principal"
    CONTRACTUAL_INTEREST = "contractual_interest"
    STATUTORY_INTEREST = "statutory_interest"
    PENALTY = "penalty"
    CREDITOR_FEES = "creditor_fees"
    COURT_COSTS = "court_costs"
    AGENCY_FEES = "agency_fees"


#: The names of the components of a claim, in the order they are shown.
COMPONENTS = tuple(component.value for component in Component)
