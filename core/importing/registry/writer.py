"""Writing a few hundred rows in one short transaction, each table at once."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import (
    Case,
    CaseEvent,
    CaseParty,
    CaseState,
    Claim,
    ClaimNature,
    ClaimState,
    Creditor,
    EventKind,
    Liability,
    PartyRole,
)
from core.cases.rules.limitation import STATED, Barred, limitation_of
from core.cases.rules.score import StaticFacts, static_score
from core.cases.service.assignment import hand_out_new
from core.cases.service.balances import refresh_balances
from core.cases.service.cases import cases_of, refresh_cases, set_limitation
from core.cases.service.openings import Opening, handover_of, post_openings, restate, stated
from core.cases.service.scoring import weights
from core.importing.model import OnExisting, Outcome
from core.importing.ports import Diff
from core.importing.registry import snapshot
from core.importing.registry.fields import AMOUNT_TARGETS
from core.importing.registry.rows import Contact, RegistryRow
from core.importing.registry.rules import judge
from core.importing.registry.snapshot import Snapshot
from core.kernel.access import PROGRAM
from core.kernel.bulk import insert_many, insert_missing, reserve_ids
from core.kernel.db import Base
from core.kernel.phones import as_key, tail_key
from core.kernel.uow import Work
from core.parties import service as parties
from core.parties.folding import fold
from core.parties.model import (
    Address,
    AddressKind,
    Consent,
    ContactQuality,
    Email,
    IdKind,
    Party,
    PartyId,
    PartyKind,
    Phone,
    PhoneKind,
    PhoneQuality,
)
from core.parties.rules import guess_kind, name_key, search_text, split_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """Where the rows go. ``unit_id`` is the importer's: whoever brings cases in also sees them."""

    batch_id: int
    creditor: Creditor
    order_id: int
    stage_id: int | None
    unit_id: int | None
    on_existing: OnExisting
    source: str


@dataclass
class _Pile:
    """Rows to insert, by table, and what has to be made searchable anew because it existed before."""

    tables: dict[type[Base], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    stale_parties: set[int] = field(default_factory=set)
    stale_cases: set[int] = field(default_factory=set)
    fresh: dict[int, str] = field(default_factory=dict)

    def add(self, table: type[Base], **row: Any) -> None:
        self.tables[table].append(row)


_ZERO = Decimal(0)
#: Rows prepared before others get a turn on the event loop.
_AT_A_STRETCH = 50
_Add = Callable[[AsyncSession, type[Base], Sequence[Mapping[str, Any]]], Awaitable[None]]
#: In the order that foreign keys allow; what hangs on a party may be there already.
_TABLES: tuple[tuple[type[Base], _Add], ...] = (
    (Party, insert_many),
    (PartyId, insert_missing),
    (Phone, insert_missing),
    (Address, insert_many),
    (Email, insert_missing),
    (Case, insert_many),
    (Claim, insert_many),
    (CaseParty, insert_many),
    (CaseEvent, insert_many),
)


async def write_rows(work: Work, where: Destination, rows: Sequence[RegistryRow], at: datetime) -> dict[int, int]:
    """Write the rows; row number → case id. What has become superfluous in the meantime is passed over."""
    seen = await snapshot.take(work.session, where.creditor.id, rows)
    writer = _Writer(work, where, seen, at)
    await writer.prepare(rows)
    written = {}
    for count, row in enumerate(rows, start=1):
        written[row.n] = writer.row(row)
        if count % _AT_A_STRETCH == 0:
            await asyncio.sleep(0)
    await writer.flush()
    return {n: case_id for n, case_id in written.items() if case_id is not None}


class _Writer:
    def __init__(self, work: Work, where: Destination, seen: Snapshot, at: datetime) -> None:
        self._work = work
        self._where = where
        self._seen = seen
        self._at = at
        self._pile = _Pile()
        self._opened: dict[str, int] = {}
        self._claimed: set[tuple[int, str]] = set()
        self._openings: list[Opening] = []
        self._restated: dict[int, dict[str, Decimal]] = {}

    async def prepare(self, rows: Sequence[RegistryRow]) -> None:
        """Draw more ids than can be needed: a row makes at most one case, one claim and one party for everybody it
        names."""
        self._handover = await handover_of(self._work, self._where.creditor, at=self._at)
        self._weights = await weights(self._work.session)
        people = sum(1 + len(row.others) for row in rows)
        self._party_ids = iter(await reserve_ids(self._work.session, Party, people))
        self._case_ids = iter(await reserve_ids(self._work.session, Case, len(rows)))
        self._claim_ids = iter(await reserve_ids(self._work.session, Claim, len(rows)))

    def row(self, row: RegistryRow) -> int | None:
        case = self._seen.cases.get(row.number)
        case_id = case.id if case else self._opened.get(row.number)
        if case_id is None:
            return self._new_case(row)
        claim = self._seen.claim_of(row)
        if claim is not None:
            verdict = judge(row, claim, self._seen.debtor_of(row), self._where.on_existing)
            if verdict.outcome is Outcome.UPDATE:
                self._change(row, claim, verdict.diff)
        elif (case_id, row.claim) not in self._claimed:
            self._claim(case_id, row)
            self._pile.stale_cases.add(case_id)
        return case_id

    def _new_case(self, row: RegistryRow) -> int:
        case_id = next(self._case_ids)
        self._opened[row.number] = case_id
        debtor_id, known = self._debtor(row)
        owed = sum(row.amounts.values(), _ZERO)
        worth = StaticFacts(amount=owed, due_since=row.due_on, priority=row.priority or 0, broken_promises=0)
        claim_words = dict.fromkeys(filter(None, (row.number, row.claim, row.contract_no)))
        texts = [fold(" ".join(claim_words)), self._pile.fresh.get(debtor_id, "")]
        self._link(case_id, debtor_id, PartyRole.DEBTOR, Liability.FULL)
        for other in row.others:
            texts.append(self._other(case_id, other))
        self._pile.add(
            Case,
            id=case_id,
            creditor_id=self._where.creditor.id,
            order_id=self._where.order_id,
            number=row.number,
            state=CaseState.OPEN,
            stage_id=self._where.stage_id,
            unit_id=self._where.unit_id,
            priority=row.priority or 0,
            currency=self._where.creditor.currency,
            opened_at=self._at,
            next_action_at=self._at,
            next_set_at=self._at,
            debtor_id=debtor_id,
            debtor_name=row.name,
            open_amount=owed,
            due_since=row.due_on,
            balance_on=self._handover.today,
            limitation_on=self._barred(row).on,
            score=static_score(worth, self._weights, self._handover.today),
            search_text=" ".join(filter(None, texts)),
        )
        self._claim(case_id, row)
        self._event(case_id, row)
        if known:
            self._pile.stale_parties.add(debtor_id)
            self._pile.stale_cases.add(case_id)
        return case_id

    def _debtor(self, row: RegistryRow) -> tuple[int, bool]:
        """The party that owes, and whether it was known before this row."""
        known = self._seen.same_person(row)
        if known is not None:
            self._contacts(known, row)
            return known, True
        kind = guess_kind(row.name, [IdKind(kind) for kind, _ in row.ids])
        party_id = self._party(row.name, kind, [v for _, v in row.ids], [e for e, _ in row.phones], row.emails, row=row)
        self._contacts(party_id, row)
        for identifier in row.ids:
            self._seen.by_id[identifier] = party_id
        if row.birth_date:
            self._seen.by_name[name_key(row.name), row.birth_date] = party_id
        return party_id, False

    def _party(
        self,
        name: str,
        kind: PartyKind,
        ids: Sequence[str],
        phones: Sequence[str],
        emails: Sequence[str],
        *,
        row: RegistryRow | None = None,
    ) -> int:
        party_id = next(self._party_ids)
        parts = split_name(name) if kind is PartyKind.PERSON else None
        found_by = search_text(name, ids, map(as_key, phones), emails)
        self._pile.fresh[party_id] = found_by
        self._pile.add(
            Party,
            id=party_id,
            kind=kind,
            name=name,
            surname=parts.surname[:120] if parts else None,
            given_name=parts.given[:120] if parts and parts.given else None,
            middle_name=parts.middle[:120] if parts and parts.middle else None,
            name_key=name_key(name),
            birth_date=row.birth_date if row else None,
            language=row.language if row else None,
            timezone=row.timezone if row else None,
            search_text=found_by,
            created_at=self._at,
        )
        return party_id

    def _contacts(self, party_id: int, row: RegistryRow) -> None:
        for kind, value in row.ids:
            self._pile.add(PartyId, party_id=party_id, kind=kind, value=value)
        for e164, kind in row.phones:
            self._phone(party_id, e164, kind)
        known_address = party_id not in self._pile.fresh
        for written in () if known_address else row.addresses:
            self._pile.add(
                Address,
                party_id=party_id,
                kind=AddressKind.HOME,
                text=written,
                region=row.region,
                postcode=row.postcode,
                quality=ContactQuality.UNVERIFIED,
                source=self._where.source,
                created_at=self._at,
            )
        for address in row.emails:
            self._pile.add(
                Email,
                party_id=party_id,
                address=address,
                quality=ContactQuality.UNVERIFIED,
                consent=Consent.UNKNOWN,
                source=self._where.source,
                created_at=self._at,
            )

    def _phone(self, party_id: int, e164: str, kind: str) -> None:
        self._pile.add(
            Phone,
            party_id=party_id,
            number=as_key(e164),
            tail=tail_key(e164),
            e164=e164,
            kind=kind,
            quality=PhoneQuality.UNVERIFIED,
            consent=Consent.UNKNOWN,
            source=self._where.source,
            attempts=0,
            contacts=0,
            created_at=self._at,
        )

    def _other(self, case_id: int, other: Contact) -> str:
        """Link a guarantor or relative, as a person of its own; what the case is found by through them."""
        party_id = self._party(other.name, PartyKind.PERSON, (), other.phones, ())
        for e164 in other.phones:
            self._phone(party_id, e164, PhoneKind.MOBILE)
        role = PartyRole(other.role)
        liability = Liability.SUBSIDIARY if role is PartyRole.GUARANTOR else Liability.NONE
        self._link(case_id, party_id, role, liability, other.relation)
        return self._pile.fresh[party_id]

    def _link(
        self, case_id: int, party_id: int, role: PartyRole, liability: Liability, relation: str | None = None
    ) -> None:
        self._pile.add(CaseParty, case_id=case_id, party_id=party_id, role=role, liability=liability, relation=relation)

    def _claim(self, case_id: int, row: RegistryRow) -> None:
        self._claimed.add((case_id, row.claim))
        opening = Opening(
            case_id=case_id,
            claim_id=next(self._claim_ids),
            currency=self._where.creditor.currency,
            due_on=row.due_on,
            amounts={name: row.amounts.get(name, _ZERO) for name in AMOUNT_TARGETS},
        )
        self._openings.append(opening)
        barred = self._barred(row)
        self._pile.add(
            Claim,
            id=opening.claim_id,
            case_id=case_id,
            number=row.claim,
            state=ClaimState.OPEN,
            contract_no=row.contract_no,
            contract_on=row.contract_on,
            due_on=row.due_on,
            limitation_on=barred.on,
            limitation_by=barred.by,
            nature=ClaimNature.BUSINESS,
            stated=stated(opening.amounts),
            interest_group_id=self._where.creditor.interest_group_id,
            interest_from=self._handover.interest_from(opening.amounts, row.due_on),
            **opening.amounts,
        )

    def _barred(self, row: RegistryRow) -> Barred:
        return limitation_of(self._law(row), ClaimNature.BUSINESS, due_on=row.due_on, stated=row.limitation_on)

    def _law(self, row: RegistryRow) -> str:
        case = self._seen.cases.get(row.number)
        return (case and case.jurisdiction) or self._where.creditor.jurisdiction

    def _event(self, case_id: int, row: RegistryRow) -> None:
        self._pile.add(
            CaseEvent,
            case_id=case_id,
            kind=EventKind.IMPORT,
            at=self._at,
            text=row.comment or "",
            data={"batch": self._where.batch_id, "row": row.n, "source": self._where.source},
        )

    def _change(self, row: RegistryRow, claim: Claim, diff: Diff) -> None:
        for name in diff:
            if name in row.amounts:
                self._restated.setdefault(claim.id, {})[name] = row.amounts[name]
            elif name not in ("name", "birth_date"):
                setattr(claim, name, getattr(row, name))
        if "limitation_on" in diff or ("due_on" in diff and claim.limitation_by != STATED):
            set_limitation(claim, self._law(row), row.limitation_on)
        debtor = self._seen.debtor_of(row)
        if debtor is not None:
            debtor.name, debtor.name_key = row.name, name_key(row.name)
            debtor.birth_date = row.birth_date or debtor.birth_date
            self._contacts(debtor.id, row)
            self._pile.stale_parties.add(debtor.id)
        self._pile.stale_cases.add(claim.case_id)
        changed = {name: list(pair) for name, pair in diff.items()}
        self._pile.add(
            CaseEvent,
            case_id=claim.case_id,
            kind=EventKind.IMPORT,
            at=self._at,
            text=row.comment or "",
            data={"batch": self._where.batch_id, "row": row.n, "source": self._where.source, "changed": changed},
        )

    async def flush(self) -> None:
        session = self._work.session
        await session.flush()
        for table, add in _TABLES:
            await add(session, table, self._pile.tables[table])
        await self._post()
        if self._pile.stale_parties:
            await parties.refresh_search(self._work, sorted(self._pile.stale_parties))
            for party_id in self._pile.stale_parties:
                self._pile.stale_cases.update(await cases_of(self._work, party_id))
        if self._pile.stale_cases:
            await refresh_cases(self._work, sorted(self._pile.stale_cases), at=self._at)
        await hand_out_new(self._work, sorted(self._opened.values()), at=self._at)

    async def _post(self) -> None:
        """Write what the rows say is owed into the ledger."""
        await post_openings(self._work, PROGRAM, self._handover, self._openings)
        if self._restated:
            await restate(self._work, PROGRAM, self._restated, at=self._at, reason=self._where.source)
        if self._handover.terms:
            await refresh_balances(self._work, {one.case_id for one in self._openings}, at=self._at)
