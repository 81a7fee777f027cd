"""Debtors as entities: their contact data, and trees like company → branch → contact person (D41).

A debtor is reached through the cases it stands on; what hangs below it is reached with it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from core.audit.service import record
from core.cases import rights
from core.cases.errors import TreeLoop, TreeTooDeep
from core.cases.model import Case, CaseParty
from core.cases.queries.debtors import DEEPEST, ancestry
from core.cases.service.cases import cases_of, refresh_cases
from core.kernel.access import Actor
from core.kernel.bulk import insert_or_ignore
from core.kernel.errors import NotFound
from core.kernel.uow import Work
from core.parties import service as parties
from core.parties.model import Address, AddressKind, ContactQuality, Email, Party, PartyKind, Phone
from core.parties.service import NewParty, NewPhone
from core.people.access import visible


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityData:
    """What may be changed of a debtor. ``timezone`` is IANA."""

    name: str
    language: str | None = None
    timezone: str | None = None


async def add_below(work: Work, actor: Actor, parent_id: int, new: NewParty, *, at: datetime) -> Party:
    """Hang a branch or a contact person under an organisation. Raises ``NotFound`` or ``TreeTooDeep``."""
    parent = await entity(work, actor, parent_id)
    if parent.kind != PartyKind.ORGANISATION:
        raise NotFound
    if len(await ancestry(work.session, parent_id)) >= DEEPEST:
        raise TreeTooDeep(levels=DEEPEST)
    party = await parties.add_party(work, new, at)
    party.parent_id = parent_id
    record(work, actor, "party.added", ("party", party.id), {"parent_id": (None, parent_id)}, at=at)
    return party


async def move_below(work: Work, actor: Actor, party_id: int, parent_id: int | None, *, at: datetime) -> None:
    """Hang a party elsewhere in a tree the actor reaches, or let it stand alone. Raises ``TreeLoop``."""
    party = await entity(work, actor, party_id)
    if parent_id is not None:
        await entity(work, actor, parent_id)
        line = await ancestry(work.session, parent_id)
        if party_id in [one.id for one in line]:
            raise TreeLoop
        if len(line) >= DEEPEST:
            raise TreeTooDeep(levels=DEEPEST)
    record(work, actor, "party.moved", ("party", party_id), {"parent_id": (party.parent_id, parent_id)}, at=at)
    party.parent_id = parent_id


async def edit_entity(work: Work, actor: Actor, party_id: int, data: EntityData, *, at: datetime) -> None:
    """Change who a debtor is."""
    party = await entity(work, actor, party_id)
    changes = {name: (getattr(party, name), getattr(data, name)) for name in EntityData.__dataclass_fields__}
    await parties.edit_party(
        work, party, name=data.name, birth_date=party.birth_date, language=data.language, timezone=data.timezone
    )
    await refresh_cases(work, await cases_of(work, party_id), at=at)
    record(work, actor, "party.changed", ("party", party_id), changes, at=at)


async def add_contact(
    work: Work,
    actor: Actor,
    party_id: int,
    *,
    phone: NewPhone | None = None,
    email: str = "",
    address: str = "",
    address_kind: AddressKind = AddressKind.HOME,
    at: datetime,
) -> None:
    """Record another way to reach a debtor. Raises ``BadPhone`` or ``PhoneKnown``."""
    await entity(work, actor, party_id)
    if phone is not None:
        await parties.add_phone(work, party_id, phone, at)
    if email:
        row = {
            "party_id": party_id,
            "address": email.strip().lower(),
            "quality": ContactQuality.UNVERIFIED,
            "consent": "unknown",
            "source": "entered",
            "created_at": at,
        }
        await work.session.execute(insert_or_ignore(work.session, Email), row)
    if address:
        work.session.add(Address(party_id=party_id, text=address, kind=address_kind, source="entered", created_at=at))
    await _found_anew(work, party_id, at)
    record(work, actor, "party.contact_added", ("party", party_id), {}, at=at)


async def remove_contact(
    work: Work,
    actor: Actor,
    party_id: int,
    kind: type[Phone] | type[Email] | type[Address],
    row_id: int,
    *,
    at: datetime,
) -> None:
    """Take away a number, e-mail or address entered by mistake. Raises ``NotFound``."""
    await entity(work, actor, party_id)
    gone = delete(kind).where(kind.id == row_id, kind.party_id == party_id).returning(kind.id)
    if (await work.session.execute(gone)).scalar_one_or_none() is None:
        raise NotFound
    await _found_anew(work, party_id, at)
    record(work, actor, "party.contact_removed", ("party", party_id), {}, at=at)


async def entity(work: Work, actor: Actor, party_id: int) -> Party:
    """The party, if it or one above it stands on a case the actor may work on. Raises ``NotFound``."""
    line = await ancestry(work.session, party_id)
    on_case = select(Case.id).join(CaseParty, CaseParty.case_id == Case.id)
    on_case = on_case.where(CaseParty.party_id.in_([one.id for one in line])).limit(1)
    reached = visible(on_case, actor, rights.EDIT, owner=Case.collector_id, unit=Case.unit_id)
    if await work.session.scalar(reached) is None:
        raise NotFound
    return line[0]


async def _found_anew(work: Work, party_id: int, at: datetime) -> None:
    await work.session.flush()
    await parties.refresh_search(work, [party_id])
    await refresh_cases(work, await cases_of(work, party_id), at=at)
