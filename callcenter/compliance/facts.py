"""What contact law is applied to: who is to be contacted, what is known of him, and every contact there was."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from callcenter.compliance.law.terms import BlockKind, Channel, Jurisdiction
from core.kernel.localtime import first_instant
from core.parties.zones import DebtorZone

_FULL_AGE = 18


class Outcome(StrEnum):
    """What became of a contact. ``LIVE`` is reserved or under way: it may still become either."""

    LIVE = "live"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """One contact of the past or under way. ``at`` is aware UTC, ``debts`` are claim ids (none: it may have been
    about any), ``phone`` is E.164.

    A message or a visit that was made is ``ANSWERED``. ``inbound`` contacts were begun by the debtor.
    """

    at: datetime
    channel: Channel
    outcome: Outcome
    party_id: int
    debts: frozenset[int] = frozenset()
    phone: str | None = None
    inbound: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A fact that forbids contact; ``ends_at`` (aware UTC) when it is known to end by itself."""

    kind: BlockKind
    ends_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """May this debtor be contacted about these debts, on this phone, in this way? ``machine``: by a program."""

    party_id: int
    channel: Channel
    zone: DebtorZone
    debts: frozenset[int] = frozenset()
    phone: str | None = None
    blocks: tuple[Block, ...] = ()
    machine: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactRequest:
    """Somebody wants to contact a debtor.

    ``call_id`` is the id drawn for the call, None for other channels; ``phone`` is E.164, None for visits and letters.
    ``machine``: a program does, and nobody has looked at the case first.
    """

    party_id: int
    case_id: int
    phone: str | None
    channel: Channel = Channel.CALL
    call_id: int | None = None
    machine: bool = False


class Consent(StrEnum):
    """Consent to be contacted on a phone."""

    UNKNOWN = "unknown"
    GIVEN = "given"
    REFUSED = "refused"
    REVOKED = "revoked"


class CaseStanding(StrEnum):
    """Whether a case is being worked."""

    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactFacts:
    """What the rooms of parties and cases know of a contact.

    ``zone`` and ``phone_zone`` are IANA names stated for the debtor and for the phone, ``address_zones`` those of the
    region he lives in. ``third_party`` marks a phone that belongs to somebody else. ``suspended_until`` is
    the last day of a suspension. ``nothing_owed``: the case's debts have been paid and none is open.
    """

    jurisdiction: Jurisdiction
    debts: frozenset[int] = frozenset()
    zone: str | None = None
    phone_zone: str | None = None
    address_zones: tuple[str, ...] = ()
    phone_consent: Consent = Consent.UNKNOWN
    phone_valid: bool = True
    third_party: bool = False
    born: date | None = None
    deceased: bool = False
    case: CaseStanding = CaseStanding.OPEN
    suspended_until: date | None = None
    nothing_owed: bool = False


def blocks_of(facts: ContactFacts, zone: DebtorZone, now: datetime) -> tuple[Block, ...]:
    """The blocks that follow from what is known, at the aware time ``now``."""
    found = [Block(kind=kind) for kind, holds in _plain(facts) if holds]
    resumed_at = _day_after(facts.suspended_until, zone) if facts.suspended_until else None
    if facts.case is CaseStanding.SUSPENDED and (resumed_at is None or resumed_at > now):
        found.append(Block(kind=BlockKind.CASE_SUSPENDED, ends_at=resumed_at))
    adult_at = of_age_at(facts.born, zone) if facts.born else None
    if adult_at is not None and adult_at > now:
        found.append(Block(kind=BlockKind.MINOR, ends_at=adult_at))
    return tuple(found)


def _plain(facts: ContactFacts) -> tuple[tuple[BlockKind, bool], ...]:
    return (
        (BlockKind.INVALID_PHONE, not facts.phone_valid),
        (BlockKind.CONSENT_REFUSED, facts.phone_consent is Consent.REFUSED),
        (BlockKind.CONSENT_REVOKED, facts.phone_consent is Consent.REVOKED),
        (BlockKind.THIRD_PARTY, facts.third_party and facts.phone_consent is not Consent.GIVEN),
        (BlockKind.DECEASED, facts.deceased),
        (BlockKind.CASE_CLOSED, facts.case is CaseStanding.CLOSED),
        (BlockKind.NOTHING_OWED, facts.nothing_owed),
    )


def _day_after(day: date, zone: DebtorZone) -> datetime:
    """When the day is over everywhere he may be."""
    return max(first_instant(day + timedelta(days=1), one) for one in zone.zones())


def of_age_at(born: date, zone: DebtorZone) -> datetime:
    """When a person of that birth date has come of age everywhere he may be: the start of the 18th birthday, 1 March
    for those born on a leap day. Aware UTC."""
    leap = (born.month, born.day) == (2, 29)
    birthday = date(born.year + _FULL_AGE, 3, 1) if leap else born.replace(year=born.year + _FULL_AGE)
    return max(first_instant(birthday, one) for one in zone.zones())
