"""The list of blocks: who or what may not be contacted, by whose word, since when, and until when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.compliance.errors import UnknownBlock
from callcenter.compliance.model import ContactBlock
from core.cases.model import Case, CaseParty
from core.kernel.access import Actor
from core.kernel.paging import Listing, Sort, count_up_to, fetch_page
from core.parties.model import Party
from core.people.access import reaches
from core.people.model import User


class Standing(StrEnum):
    """Whether a block holds now."""

    HOLDS = "holds"
    OVER = "over"


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockQuery:
    """Which blocks; ``now`` decides which hold."""

    now: datetime
    standing: Standing | None = None
    kind: str | None = None
    search: str = ""
    sort: str = "-added_at"
    after: str | None = None
    before: str | None = None
    size: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockRow:
    """A line of the list. ``party``, ``case_number`` and ``phone`` say what it is about: at least one is there."""

    id: int
    kind: str
    party: str | None
    case_id: int | None
    case_number: str | None
    phone: str | None
    basis: str
    added_at: datetime
    added_by: str | None
    ends_at: datetime | None
    lifted_at: datetime | None
    lift_reason: str | None


async def list_blocks(session: AsyncSession, actor: Actor, right: str, query: BlockQuery) -> Listing[BlockRow]:
    """The blocks on what ``right`` reaches; those of a bare number are everybody's business who has the right."""
    parts = [_reach(actor, right), *_asked(query)]
    sort = Sort(
        column=ContactBlock.added_at.expression,
        id=ContactBlock.id.expression,
        descending=query.sort.startswith("-"),
    )
    found = await fetch_page(
        session, _lines().where(*parts), sort, size=query.size, after=query.after, before=query.before
    )
    total, at_least = await count_up_to(session, _lines().where(*parts))
    return Listing(
        rows=tuple(_row(row) for row in found.rows),
        next=found.next,
        previous=found.previous,
        total=total,
        at_least=at_least,
    )


async def block_for(session: AsyncSession, actor: Actor, right: str, block_id: int) -> ContactBlock:
    """The block, when ``right`` reaches what it is about; else ``UnknownBlock``."""
    wanted = select(ContactBlock).where(ContactBlock.id == block_id, _reach(actor, right))
    row = await session.scalar(wanted)
    if row is None:
        raise UnknownBlock
    return row


def _reach(actor: Actor, right: str) -> ColumnElement[bool]:
    reach = reaches(actor, right, owner=Case.collector_id, unit=Case.unit_id)
    if reach is None:
        return true()
    people = select(CaseParty.party_id).join(Case, Case.id == CaseParty.case_id).where(reach)
    bare = and_(ContactBlock.party_id.is_(None), ContactBlock.case_id.is_(None))
    return or_(bare, ContactBlock.case_id.in_(select(Case.id).where(reach)), ContactBlock.party_id.in_(people))


def _asked(query: BlockQuery) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    holds = and_(
        ContactBlock.lifted_at.is_(None), or_(ContactBlock.ends_at.is_(None), ContactBlock.ends_at > query.now)
    )
    if query.standing is not None:
        parts.append(holds if query.standing is Standing.HOLDS else ~holds)
    if query.kind is not None:
        parts.append(ContactBlock.kind == query.kind)
    if query.search.strip():
        text = query.search.strip()
        columns = (ContactBlock.basis, Party.name, Case.number)
        found = [column.icontains(text, autoescape=True) for column in columns]
        digits = "".join(filter(str.isdigit, text))
        parts.append(or_(*found, *([ContactBlock.phone.contains(digits)] if len(digits) >= 4 else [])))
    return parts


def _lines() -> Select[Any]:
    names = (Party.name.label("party"), Case.number.label("case_number"), User.surname, User.first_name, User.login)
    columns: list[Any] = [ContactBlock, *names]
    return (
        select(*columns)
        .select_from(ContactBlock)
        .outerjoin(Party, Party.id == ContactBlock.party_id)
        .outerjoin(Case, Case.id == ContactBlock.case_id)
        .outerjoin(User, User.id == ContactBlock.added_by)
    )


def _row(row: Any) -> BlockRow:
    block: ContactBlock = row.ContactBlock
    return BlockRow(
        id=block.id,
        kind=block.kind,
        party=row.party,
        case_id=block.case_id,
        case_number=row.case_number,
        phone=block.phone,
        basis=block.basis,
        added_at=block.added_at,
        added_by=" ".join(filter(None, (row.surname, row.first_name))) or row.login,
        ends_at=block.ends_at,
        lifted_at=block.lifted_at,
        lift_reason=block.lift_reason,
    )
