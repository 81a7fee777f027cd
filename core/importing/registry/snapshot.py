"""What is already there of what a few hundred rows speak of, read in a handful of questions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Case, Claim
from core.importing.registry.rows import RegistryRow
from core.parties.model import Party, PartyId
from core.parties.rules import name_key


@dataclass(kw_only=True, slots=True)
class Snapshot:
    """``cases`` by number, ``claims`` by (case id, number), ``by_id`` and ``by_name`` the parties known again."""

    cases: dict[str, Case] = field(default_factory=dict)
    claims: dict[tuple[int, str], Claim] = field(default_factory=dict)
    debtors: dict[int, Party] = field(default_factory=dict)
    by_id: dict[tuple[str, str], int] = field(default_factory=dict)
    by_name: dict[tuple[str, date], int] = field(default_factory=dict)

    def claim_of(self, row: RegistryRow) -> Claim | None:
        case = self.cases.get(row.number)
        return self.claims.get((case.id, row.claim)) if case else None

    def debtor_of(self, row: RegistryRow) -> Party | None:
        case = self.cases.get(row.number)
        return self.debtors.get(case.debtor_id) if case and case.debtor_id else None

    def same_person(self, row: RegistryRow) -> int | None:
        """The party that is the row's debtor: by any identifier, else by name and birth date."""
        for kind, value in row.ids:
            if (kind, value) in self.by_id:
                return self.by_id[kind, value]
        return self.by_name.get((name_key(row.name), row.birth_date)) if row.birth_date else None


async def take(session: AsyncSession, creditor_id: int, rows: Sequence[RegistryRow]) -> Snapshot:
    """Read what the rows will meet when they are written."""
    seen = await of_cases(session, creditor_id, rows)
    await _people(session, rows, seen)
    return seen


async def of_cases(session: AsyncSession, creditor_id: int, rows: Sequence[RegistryRow]) -> Snapshot:
    """Read the cases the rows speak of: what their meaning depends on, not yet the people they may turn out to be."""
    seen = Snapshot()
    numbers = {row.number for row in rows}
    cases = await session.scalars(select(Case).where(Case.creditor_id == creditor_id, Case.number.in_(numbers)))
    seen.cases = {case.number: case for case in cases}
    if seen.cases:
        ids = [case.id for case in seen.cases.values()]
        claims = await session.scalars(select(Claim).where(Claim.case_id.in_(ids)))
        seen.claims = {(claim.case_id, claim.number): claim for claim in claims}
        debtors = {case.debtor_id for case in seen.cases.values() if case.debtor_id}
        parties = await session.scalars(select(Party).where(Party.id.in_(debtors)))
        seen.debtors = {party.id: party for party in parties}
    return seen


async def _people(session: AsyncSession, rows: Sequence[RegistryRow], seen: Snapshot) -> None:
    """Each list of values walks an index of its own column: a list of pairs would have SQLite read the whole table."""
    identifiers = {pair for row in rows for pair in row.ids}
    if identifiers:
        kinds, values = {kind for kind, _ in identifiers}, {value for _, value in identifiers}
        known = select(PartyId.kind, PartyId.value, PartyId.party_id)
        for one in await session.execute(known.where(PartyId.kind.in_(kinds), PartyId.value.in_(values))):
            seen.by_id[one.kind, one.value] = one.party_id
    names = {name_key(row.name) for row in rows if row.birth_date}
    if names:
        same = select(Party.id, Party.name_key, Party.birth_date).where(Party.name_key.in_(names))
        found = [one for one in await session.execute(same) if one.birth_date is not None]
        for person in sorted(found, key=lambda one: one.id, reverse=True):
            seen.by_name[person.name_key, person.birth_date] = person.id
