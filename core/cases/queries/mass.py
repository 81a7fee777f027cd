"""Runs of actions on many cases, and what became of their rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.model import Case, MassItem, MassRun, MassState
from core.cases.service.mass import run_for
from core.kernel.access import Actor
from core.kernel.i18n import Message
from core.kernel.paging import Page, Sort, fetch_page
from core.people.access import visible
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemQuery:
    """Which rows of a run: of one ``outcome``, behind or before a cursor."""

    outcome: str | None = None
    after: str | None = None
    before: str | None = None
    size: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemRow:
    """A row of a run; ``reason`` is why it was passed over, refused or kept."""

    n: int
    number: str
    case_id: int | None
    debtor_name: str | None
    outcome: str
    reason: Message | None


async def latest_runs(session: AsyncSession, actor: Actor, limit: int = 100) -> Sequence[tuple[MassRun, User]]:
    """The runs within reach that have begun, the newest first."""
    begun = select(MassRun, User).join(User, User.id == MassRun.created_by_id).where(MassRun.state != MassState.DRAFT)
    seen = visible(begun, actor, rights.MASS, owner=MassRun.created_by_id)
    return [(row[0], row[1]) for row in await session.execute(seen.order_by(MassRun.id.desc()).limit(limit))]


async def items_of(session: AsyncSession, actor: Actor, run_id: int, query: ItemQuery) -> Page[ItemRow]:
    """One page of a run's rows in their order. Raises ``NotFound``."""
    await run_for(session, actor, run_id)
    rows: Select[*tuple[Any, ...]] = select(MassItem, Case.debtor_name).where(MassItem.run_id == run_id)
    rows = rows.outerjoin(Case, Case.id == MassItem.case_id)
    if query.outcome:
        rows = rows.where(MassItem.outcome == query.outcome)
    sort = Sort(column=MassItem.n.expression, id=MassItem.n.expression)
    found = await fetch_page(session, rows, sort, size=query.size, after=query.after, before=query.before)
    return Page(rows=[_row(row) for row in found.rows], next=found.next, previous=found.previous)


def _row(row: Any) -> ItemRow:
    item: MassItem = row[0]
    return ItemRow(
        n=item.n,
        number=item.number,
        case_id=item.case_id,
        debtor_name=row[1],
        outcome=item.outcome,
        reason=Message(item.error["text"], item.error["params"]) if item.error else None,
    )
