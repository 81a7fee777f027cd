"""One debtor whole: who it is, how to reach it, its place in a tree of organisations, its cases."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.cases import rights
from core.cases.model import Case, CaseParty
from core.cases.queries.lists import CaseRow, cases_of_party
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.parties.model import Address, Email, Party, PartyId, Phone
from core.people.access import reaches

#: How deep a tree may be, and how many of it are shown.
DEEPEST = 12
_MOST = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """A place in the tree: ``depth`` counts from the top, which is 0."""

    party: Party
    depth: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DebtorCard:
    """``tree`` is everything under the topmost organisation, in the order it is drawn; empty for who stands alone."""

    party: Party
    ids: tuple[PartyId, ...]
    phones: tuple[Phone, ...]
    addresses: tuple[Address, ...]
    emails: tuple[Email, ...]
    tree: tuple[Branch, ...]
    cases: tuple[CaseRow, ...]


async def debtor_card(session: AsyncSession, actor: Actor, party_id: int) -> DebtorCard:
    """Raises ``NotFound`` unless the party, or an organisation above it, stands on a case in reach."""
    line = await ancestry(session, party_id)
    if not line or not await _in_reach(session, actor, [party.id for party in line]):
        raise NotFound
    return DebtorCard(
        party=line[0],
        ids=tuple(await session.scalars(select(PartyId).where(PartyId.party_id == party_id).order_by(PartyId.id))),
        phones=tuple(await session.scalars(select(Phone).where(Phone.party_id == party_id).order_by(Phone.id))),
        addresses=tuple(
            await session.scalars(select(Address).where(Address.party_id == party_id).order_by(Address.id))
        ),
        emails=tuple(await session.scalars(select(Email).where(Email.party_id == party_id).order_by(Email.id))),
        tree=await _tree(session, line[-1]),
        cases=tuple(await cases_of_party(session, actor, party_id)),
    )


async def ancestry(session: AsyncSession, party_id: int) -> Sequence[Party]:
    """The party and the organisations above it, the nearest first; empty when there is no such party."""
    climbed = (
        select(Party.id, Party.parent_id, literal(0).label("height")).where(Party.id == party_id).cte(recursive=True)
    )
    above = aliased(Party)
    climbed = climbed.union_all(
        select(above.id, above.parent_id, climbed.c.height + 1).where(
            above.id == climbed.c.parent_id, climbed.c.height < DEEPEST
        )
    )
    found = select(Party).join(climbed, climbed.c.id == Party.id).order_by(climbed.c.height)
    return (await session.scalars(found)).all()


async def _in_reach(session: AsyncSession, actor: Actor, party_ids: Sequence[int]) -> bool:
    reach: ColumnElement[bool] | None = reaches(actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)
    stands = exists().where(CaseParty.party_id.in_(party_ids), Case.id == CaseParty.case_id)
    return bool(await session.scalar(select(stands if reach is None else stands.where(reach))))


async def _tree(session: AsyncSession, top: Party) -> tuple[Branch, ...]:
    """Everything below ``top``, parents before their children and these by name."""
    below = select(Party.id, literal(0).label("depth")).where(Party.id == top.id).cte(recursive=True)
    child = aliased(Party)
    below = below.union_all(
        select(child.id, below.c.depth + 1).where(child.parent_id == below.c.id, below.c.depth < DEEPEST)
    )
    rows = await session.execute(
        select(Party, below.c.depth).join(below, below.c.id == Party.id).order_by(Party.name, Party.id).limit(_MOST)
    )
    children: dict[int | None, list[Branch]] = {}
    for party, depth in rows:
        children.setdefault(party.parent_id if party.id != top.id else None, []).append(
            Branch(party=party, depth=depth)
        )
    drawn = tuple(_walk(children, None))
    return drawn if len(drawn) > 1 else ()


def _walk(children: dict[int | None, list[Branch]], parent: int | None) -> list[Branch]:
    return [one for branch in children.get(parent, ()) for one in (branch, *_walk(children, branch.party.id))]
