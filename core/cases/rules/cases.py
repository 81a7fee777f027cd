"""Decisions over cases: who is likeliest on the line, who owes first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from core.cases.model import LIABLE, CaseState, PartyRole
from core.parties.model import PhoneQuality

#: A talk so recent that the caller is probably answering it.
_RECENT = timedelta(days=3)
#: From how many days before a claim is time-barred the screen warns.
LIMITATION_WARNING_DAYS = 90


class Match(StrEnum):
    """How the caller's number was found."""

    NUMBER = "number"
    TAIL = "tail"


class Reason(StrEnum):
    """Why a candidate stands where it stands."""

    EXACT_NUMBER = "exact_number"
    NUMBER_ENDING = "number_ending"
    CONFIRMED_NUMBER = "confirmed_number"
    WRONG_NUMBER = "wrong_number"
    OWES = "owes"
    RELATED = "related"
    OPEN_CASE = "open_case"
    CLOSED_CASE = "closed_case"
    RECENT_CONTACT = "recent_contact"
    NO_CASE = "no_case"


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """Somebody who may be calling, with one of the cases it stands on. ``reasons`` come strongest first."""

    match: Match
    party_id: int
    party_name: str
    phone_id: int
    e164: str
    phone_kind: str
    phone_label: str | None
    phone_quality: str
    case_id: int | None
    case_number: str | None
    case_state: str | None
    creditor_id: int | None
    creditor_name: str | None
    role: str | None
    relation: str | None
    collector_id: int | None
    unit_id: int | None
    open_amount: Decimal | None
    currency: str | None
    last_contact_at: datetime | None
    reasons: tuple[Reason, ...] = field(default=())


_WEIGHTS: Mapping[Reason, int] = {
    Reason.EXACT_NUMBER: 100,
    Reason.OWES: 16,
    Reason.OPEN_CASE: 8,
    Reason.CONFIRMED_NUMBER: 4,
    Reason.RECENT_CONTACT: 6,
    Reason.CLOSED_CASE: -4,
    Reason.NO_CASE: -8,
    Reason.WRONG_NUMBER: -24,
}


def reasons(candidate: Candidate, now: datetime) -> tuple[Reason, ...]:
    """Everything that speaks for or against the candidate."""
    found = [Reason.EXACT_NUMBER if candidate.match is Match.NUMBER else Reason.NUMBER_ENDING]
    if candidate.case_id is None:
        found.append(Reason.NO_CASE)
    else:
        found.append(Reason.OWES if candidate.role in LIABLE else Reason.RELATED)
        found.append(Reason.CLOSED_CASE if candidate.case_state == CaseState.CLOSED else Reason.OPEN_CASE)
    if candidate.last_contact_at and now - candidate.last_contact_at <= _RECENT:
        found.append(Reason.RECENT_CONTACT)
    if candidate.phone_quality == PhoneQuality.CONFIRMED:
        found.append(Reason.CONFIRMED_NUMBER)
    if candidate.phone_quality in (PhoneQuality.WRONG, PhoneQuality.NOT_IN_SERVICE):
        found.append(Reason.WRONG_NUMBER)
    return tuple(found)


def likelihood(why: Iterable[Reason]) -> int:
    """The weight of the reasons: higher is likelier."""
    return sum(_WEIGHTS.get(reason, 0) for reason in why)


def main_debtor(roles: Sequence[tuple[int, str]]) -> int | None:
    """Of (party id, role) in the order they were linked: the first debtor, else the first who owes."""
    debtors = [party for party, role in roles if role == PartyRole.DEBTOR]
    liable = [party for party, role in roles if role in LIABLE]
    return next(iter(debtors or liable), None)
