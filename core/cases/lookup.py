"""Who is calling: from a number as the trunk gave it to the people and cases it may mean, likeliest first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.cases import rights
from core.cases.model import Case, CaseParty, CaseState, Creditor
from core.cases.rules.cases import Candidate, Match, likelihood, reasons
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.phones import HIDDEN, as_key, normalise, tail_key
from core.parties.model import Party, Phone
from core.people.access import visible

#: A switchboard may stand on thousands of cases; nobody reads further.
MOST_CANDIDATES = 30


class CallerKind(StrEnum):
    HIDDEN = "hidden"
    UNKNOWN = "unknown"
    KNOWN = "known"


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """``e164`` is the number as it can be called back, None when hidden or unreadable."""

    kind: CallerKind
    e164: str | None
    candidates: tuple[Candidate, ...] = ()


_COLUMNS = (
    Party.id.label("party_id"),
    Party.name.label("party_name"),
    Phone.id.label("phone_id"),
    Phone.e164,
    Phone.kind.label("phone_kind"),
    Phone.label.label("phone_label"),
    Phone.quality.label("phone_quality"),
    Case.id.label("case_id"),
    Case.number.label("case_number"),
    Case.state.label("case_state"),
    Creditor.id.label("creditor_id"),
    Creditor.name.label("creditor_name"),
    CaseParty.role,
    CaseParty.relation,
    Case.collector_id,
    Case.unit_id,
    Case.open_amount,
    Case.currency,
    Phone.last_contact_at,
)


async def who_is_calling(session: AsyncSession, actor: Actor, raw: str | None, *, region: str, now: datetime) -> Caller:
    """The caller behind ``raw``, as far as ``actor`` may see the cases.

    Exact numbers are looked for first; only when there are none, numbers with the same last nine digits, since trunks
    mangle prefixes. ``region`` (ISO 3166) reads national forms.
    """
    if (raw or "").strip().lower() in HIDDEN:
        return Caller(kind=CallerKind.HIDDEN, e164=None)
    e164, tail = _e164(raw or "", region), tail_key(raw or "")
    found: list[Candidate] = []
    if e164 is not None:
        found = await _candidates(session, actor, _BY_NUMBER, as_key(e164), Match.NUMBER)
    if not found and tail is not None:
        found = await _candidates(session, actor, _BY_TAIL, tail, Match.TAIL)
    kind = CallerKind.KNOWN if found else CallerKind.UNKNOWN
    return Caller(kind=kind, e164=e164, candidates=ranked(found, now))


async def person_meant(session: AsyncSession, case_id: int, party_id: int | None, phone: str | None) -> int:
    """Whom a contact on the case is with: as said, else who has that number there, else the main debtor.

    Raises ``NotFound`` when there is no such case, or the person does not stand on it.
    """
    if party_id is None and phone is not None:
        owners = (
            select(Phone.party_id)
            .join(CaseParty, CaseParty.party_id == Phone.party_id)
            .where(CaseParty.case_id == case_id, Phone.number == as_key(phone))
        )
        party_id = await session.scalar(owners.order_by(CaseParty.id).limit(1))
    if party_id is None:
        party_id = await session.scalar(select(Case.debtor_id).where(Case.id == case_id))
    stands = select(CaseParty.party_id).where(CaseParty.case_id == case_id, CaseParty.party_id == party_id).limit(1)
    found = await session.scalar(stands)
    if found is None:
        raise NotFound
    return found


def ranked(found: Sequence[Candidate], now: datetime) -> tuple[Candidate, ...]:
    """The candidates with their reasons, likeliest first."""
    explained = [replace(candidate, reasons=reasons(candidate, now)) for candidate in found]
    return tuple(sorted(explained, key=lambda one: (-likelihood(one.reasons), one.party_id, one.case_id or 0)))


def _e164(raw: str, region: str) -> str | None:
    """The number as it is keyed; what already is E.164 needs no parsing, and a ring cannot wait."""
    return raw if _E164.fullmatch(raw) else normalise(raw, region)


async def _candidates(
    session: AsyncSession, actor: Actor, statement: Select[*tuple[Any, ...]], key: int, match: Match
) -> list[Candidate]:
    seen = visible(statement, actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)
    rows = await session.execute(seen, {"key": key})
    return [Candidate(match=match, **row._mapping) for row in rows]


def _statement(column: InstrumentedAttribute[Any]) -> Select[*tuple[Any, ...]]:
    return (
        select(*_COLUMNS)
        .join_from(Phone, Party, Party.id == Phone.party_id)
        .outerjoin(CaseParty, CaseParty.party_id == Party.id)
        .outerjoin(Case, Case.id == CaseParty.case_id)
        .outerjoin(Creditor, Creditor.id == Case.creditor_id)
        .where(column == bindparam("key"))
        .order_by((Case.state == CaseState.OPEN).desc(), Phone.id, Case.id)
        .limit(MOST_CANDIDATES)
    )


_E164 = re.compile(r"\+[1-9]\d{9,14}")
_BY_NUMBER = _statement(Phone.number)
_BY_TAIL = _statement(Phone.tail)
