"""Writing people and their contacts. Rights are the caller's: people are reached through the cases they stand on."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.phones import as_key, normalise, tail_key
from core.kernel.uow import Work
from core.parties.errors import BadPhone, PhoneKnown
from core.parties.model import (
    Address,
    AddressKind,
    Consent,
    Email,
    IdKind,
    Party,
    PartyId,
    PartyKind,
    Phone,
    PhoneKind,
    PhoneQuality,
)
from core.parties.rules import id_value, name_key, search_text, split_name


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPhone:
    """A number as somebody wrote it; ``region`` (ISO 3166) reads national forms."""

    raw: str
    region: str = "RU"
    kind: PhoneKind = PhoneKind.MOBILE
    label: str | None = None
    source: str | None = None
    timezone: str | None = None
    consent: Consent = Consent.UNKNOWN
    consent_on: date | None = None
    consent_basis: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewParty:
    """A person or organisation to record. ``timezone`` is IANA; ``ids`` are as written."""

    name: str
    kind: PartyKind = PartyKind.PERSON
    birth_date: date | None = None
    language: str | None = None
    timezone: str | None = None
    ids: tuple[tuple[IdKind, str], ...] = ()
    phones: tuple[NewPhone, ...] = ()
    addresses: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    source: str | None = field(default=None)


async def known_by_id(session: AsyncSession, ids: Iterable[tuple[IdKind, str]]) -> int | None:
    """The party that one of the identifiers belongs to already."""
    for kind, value in ids:
        found = select(PartyId.party_id).where(PartyId.kind == kind, PartyId.value == id_value(value))
        known: int | None = await session.scalar(found)
        if known is not None:
            return known
    return None


async def add_party(work: Work, new: NewParty, at: datetime) -> Party:
    """Record a party with its ids and contacts. Raises ``BadPhone``."""
    party = Party(kind=new.kind, created_at=at, language=new.language, timezone=new.timezone)
    _name(party, new.name)
    party.birth_date = new.birth_date
    work.session.add(party)
    await work.session.flush()
    work.session.add_all(PartyId(party_id=party.id, kind=kind, value=id_value(value)) for kind, value in new.ids)
    for phone in new.phones:
        await add_phone(work, party.id, phone, at)
    work.session.add_all(
        Address(party_id=party.id, text=text, kind=AddressKind.HOME, source=new.source, created_at=at)
        for text in new.addresses
    )
    work.session.add_all(
        Email(party_id=party.id, address=address.strip().lower(), source=new.source, created_at=at)
        for address in new.emails
    )
    await refresh_search(work, [party.id])
    return party


async def edit_party(
    work: Work, party: Party, *, name: str, birth_date: date | None, language: str | None, timezone: str | None
) -> None:
    """Change who a party is. ``timezone`` is IANA."""
    _name(party, name)
    party.birth_date, party.language, party.timezone = birth_date, language, timezone
    await refresh_search(work, [party.id])


def _name(party: Party, name: str) -> None:
    party.name, party.name_key = name.strip(), name_key(name)
    if party.kind == PartyKind.PERSON:
        parts = split_name(party.name)
        party.surname, party.given_name, party.middle_name = parts.surname, parts.given, parts.middle


async def add_phone(work: Work, party_id: int, new: NewPhone, at: datetime) -> Phone:
    """Record a number of a party. Raises ``BadPhone``, or ``PhoneKnown`` when the party already has it."""
    e164 = normalise(new.raw, new.region)
    if e164 is None:
        raise BadPhone(raw=new.raw)
    known = select(Phone.id).where(Phone.number == as_key(e164), Phone.party_id == party_id)
    if await work.session.scalar(known) is not None:
        raise PhoneKnown()
    phone = Phone(
        party_id=party_id,
        number=as_key(e164),
        tail=tail_key(e164),
        e164=e164,
        kind=new.kind,
        label=new.label,
        quality=PhoneQuality.UNVERIFIED,
        consent=new.consent,
        consent_on=new.consent_on,
        consent_basis=new.consent_basis,
        source=new.source,
        timezone=new.timezone,
        created_at=at,
    )
    work.session.add(phone)
    await work.session.flush()
    return phone


async def note_attempt(work: Work, party_id: int, e164: str, at: datetime) -> None:
    """Count an outbound try to reach the party there."""
    await work.session.execute(
        update(Phone)
        .where(Phone.number == as_key(e164), Phone.party_id == party_id)
        .values(attempts=Phone.attempts + 1, last_attempt_at=at)
    )


async def note_contact(work: Work, party_id: int, e164: str, at: datetime) -> None:
    """Count a talk with somebody at that number."""
    await work.session.execute(
        update(Phone)
        .where(Phone.number == as_key(e164), Phone.party_id == party_id)
        .values(contacts=Phone.contacts + 1, last_contact_at=at)
    )


async def refresh_search(work: Work, party_ids: Iterable[int]) -> None:
    """Write anew what the parties are found by."""
    session = work.session
    await session.flush()
    for party_id in party_ids:
        party = await session.get_one(Party, party_id)
        ids = await session.scalars(select(PartyId.value).where(PartyId.party_id == party_id).order_by(PartyId.id))
        numbers = await session.scalars(select(Phone.number).where(Phone.party_id == party_id).order_by(Phone.id))
        emails = await session.scalars(select(Email.address).where(Email.party_id == party_id).order_by(Email.id))
        party.search_text = search_text(party.name, ids, numbers, emails)
    await session.flush()
