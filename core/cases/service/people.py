"""The people on a case and their phones."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, exists, select

from core.audit.service import record
from core.cases import rights
from core.cases.model import CaseParty, EventKind
from core.cases.service.access import case_for
from core.cases.service.cases import NewPerson, cases_of, link_person, refresh_cases
from core.cases.service.timeline import add_event
from core.kernel.access import Actor
from core.kernel.errors import Conflict, NotFound
from core.kernel.phones import masked
from core.kernel.uow import Work
from core.parties import service as parties
from core.parties.model import Consent, Party, Phone, PhoneKind, PhoneQuality


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneData:
    """What may be changed of a number. ``timezone`` is IANA."""

    kind: PhoneKind
    quality: PhoneQuality
    consent: Consent
    consent_on: date | None = None
    consent_basis: str | None = None
    label: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PartyData:
    """What may be changed of a person. ``timezone`` is IANA."""

    name: str
    birth_date: date | None = None
    language: str | None = None
    timezone: str | None = None


async def add_person(work: Work, actor: Actor, case_id: int, person: NewPerson, *, at: datetime) -> Party:
    """Put somebody on a case, known or new. Raises ``Conflict`` when they have that role already."""
    await case_for(work.session, actor, case_id, rights.EDIT)
    if isinstance(person.party, int) and await _has_role(work, case_id, person.party, person.role):
        raise Conflict()
    party = await link_person(work, case_id, person, at=at)
    await refresh_cases(work, [case_id], at=at)
    changes = {"party_id": (None, party.id), "role": (None, person.role)}
    record(work, actor, "case.person_added", ("case", case_id), changes, at=at)
    data = {"role": person.role, "name": party.name}
    add_event(work, case_id, EventKind.PARTY, at, actor=actor, party_id=party.id, data=data)
    return party


async def _has_role(work: Work, case_id: int, party_id: int, role: str) -> bool:
    same = exists().where(CaseParty.case_id == case_id, CaseParty.party_id == party_id, CaseParty.role == role)
    return bool(await work.session.scalar(select(same)))


async def edit_person(work: Work, actor: Actor, case_id: int, party_id: int, data: PartyData, *, at: datetime) -> Party:
    """Change who somebody on the case is."""
    party = await person_on(work, actor, case_id, party_id)
    fields = ("name", "birth_date", "language", "timezone")
    changes = {field: (getattr(party, field), getattr(data, field)) for field in fields}
    await parties.edit_party(
        work, party, name=data.name, birth_date=data.birth_date, language=data.language, timezone=data.timezone
    )
    await refresh_cases(work, await cases_of(work, party_id), at=at)
    record(work, actor, "party.changed", ("party", party_id), changes, at=at)
    return party


async def person_on(work: Work, actor: Actor, case_id: int, party_id: int) -> Party:
    """The party, if it stands on the case and the actor may work on that. Raises ``NotFound``."""
    await case_for(work.session, actor, case_id, rights.EDIT)
    linked = exists().where(CaseParty.case_id == case_id, CaseParty.party_id == party_id)
    party = await work.session.scalar(select(Party).where(Party.id == party_id, linked))
    if party is None:
        raise NotFound()
    return party


async def add_phone(
    work: Work, actor: Actor, case_id: int, party_id: int, new: parties.NewPhone, *, at: datetime
) -> Phone:
    """Record a number of somebody on the case. Raises ``BadPhone`` or ``PhoneKnown``."""
    await person_on(work, actor, case_id, party_id)
    phone = await parties.add_phone(work, party_id, new, at)
    await _found_anew(work, party_id, at=at)
    record(work, actor, "phone.added", ("party", party_id), {"phone": (None, masked(phone.e164))}, at=at)
    data = {"phone": phone.e164, "change": "added"}
    add_event(work, case_id, EventKind.CONTACT, at, actor=actor, party_id=party_id, data=data)
    return phone


async def edit_phone(work: Work, actor: Actor, case_id: int, phone_id: int, data: PhoneData, *, at: datetime) -> Phone:
    """Change what is known of a number: kind, quality, consent and its basis, zone."""
    phone = await phone_on(work, actor, case_id, phone_id)
    fields = tuple(PhoneData.__dataclass_fields__)
    changes = {field: (getattr(phone, field), getattr(data, field)) for field in fields}
    for field in fields:
        setattr(phone, field, getattr(data, field))
    record(work, actor, "phone.changed", ("phone", phone_id), changes, at=at)
    told = {"phone": phone.e164, "change": "edited", "quality": data.quality, "consent": data.consent}
    add_event(work, case_id, EventKind.CONTACT, at, actor=actor, party_id=phone.party_id, data=told)
    return phone


async def mark_quality(
    work: Work, actor: Actor, case_id: int, phone_id: int, quality: PhoneQuality, *, at: datetime
) -> None:
    """Note what a call has shown about a number."""
    phone = await phone_on(work, actor, case_id, phone_id)
    if phone.quality == quality:
        return
    record(work, actor, "phone.changed", ("phone", phone_id), {"quality": (phone.quality, quality)}, at=at)
    told = {"phone": phone.e164, "change": "quality", "quality": quality}
    add_event(work, case_id, EventKind.CONTACT, at, actor=actor, party_id=phone.party_id, data=told)
    phone.quality = quality


async def remove_phone(work: Work, actor: Actor, case_id: int, phone_id: int, *, at: datetime) -> None:
    """Delete a number that was entered by mistake."""
    phone = await phone_on(work, actor, case_id, phone_id)
    await work.session.execute(delete(Phone).where(Phone.id == phone_id))
    await _found_anew(work, phone.party_id, at=at)
    record(work, actor, "phone.removed", ("party", phone.party_id), {"phone": (masked(phone.e164), None)}, at=at)
    data = {"phone": phone.e164, "change": "removed"}
    add_event(work, case_id, EventKind.CONTACT, at, actor=actor, party_id=phone.party_id, data=data)


async def phone_on(work: Work, actor: Actor, case_id: int, phone_id: int) -> Phone:
    """The number, if its owner stands on the case and the actor may work on that. Raises ``NotFound``."""
    phone = await work.session.get(Phone, phone_id)
    if phone is None:
        raise NotFound()
    await person_on(work, actor, case_id, phone.party_id)
    return phone


async def _found_anew(work: Work, party_id: int, *, at: datetime) -> None:
    await parties.refresh_search(work, [party_id])
    await refresh_cases(work, await cases_of(work, party_id), at=at)
