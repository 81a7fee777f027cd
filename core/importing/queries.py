"""What the import pages show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Creditor
from core.importing.model import BatchState, ImportBatch, ImportRow, Outcome
from core.importing.reading import Fault
from core.importing.rights import REGISTRIES, Door
from core.kernel.access import Actor
from core.kernel.errors import NotFound

_faults = msgspec.json.Decoder(list[Fault])
_diff = msgspec.json.Decoder(dict[str, tuple[str, str]])
_cells = msgspec.json.Decoder(list[str])


@dataclass(frozen=True, kw_only=True, slots=True)
class RowLine:
    """One row of the dry run: what it means, what is wrong, what it changes."""

    n: int
    outcome: Outcome
    applied: bool
    result_id: int | None
    number: str
    name: str
    faults: tuple[Fault, ...]
    diff: Mapping[str, tuple[str, str]]
    cells: tuple[str, ...]


async def batch_by_id(
    session: AsyncSession, actor: Actor, batch_id: int, door: Door = REGISTRIES
) -> tuple[ImportBatch, Creditor | None]:
    """A batch of the kind behind ``door`` and whose it is. Raises ``NotFound``."""
    actor.require(door.right)
    batch = await session.get(ImportBatch, batch_id)
    if batch is None or batch.kind != door.kind:
        raise NotFound()
    return batch, await session.get(Creditor, batch.creditor_id) if batch.creditor_id else None


async def count_under_way(session: AsyncSession, actor: Actor, door: Door = REGISTRIES) -> int:
    """How many batches are neither finished nor given up."""
    actor.require(door.right)
    over = (BatchState.DONE, BatchState.CANCELLED, BatchState.FAILED)
    wanted = (
        select(func.count())
        .select_from(ImportBatch)
        .where(ImportBatch.kind == door.kind, ImportBatch.state.not_in(over))
    )
    return await session.scalar(wanted) or 0


async def latest_batches(
    session: AsyncSession, actor: Actor, limit: int = 50, door: Door = REGISTRIES
) -> Sequence[tuple[ImportBatch, Creditor | None]]:
    """The batches of all, the newest first."""
    actor.require(door.right)
    statement = select(ImportBatch, Creditor).outerjoin(Creditor, Creditor.id == ImportBatch.creditor_id)
    statement = statement.where(ImportBatch.kind == door.kind)
    rows = await session.execute(statement.order_by(ImportBatch.id.desc()).limit(limit))
    return [(row.ImportBatch, row.Creditor) for row in rows]


async def rows_of(
    session: AsyncSession,
    actor: Actor,
    batch_id: int,
    *,
    outcome: Outcome | None = None,
    after: int = 0,
    size: int = 50,
    door: Door = REGISTRIES,
) -> list[RowLine]:
    """A page of rows behind row ``after``."""
    actor.require(door.right)
    statement = select(ImportRow).where(ImportRow.batch_id == batch_id, ImportRow.n > after)
    if outcome is not None:
        statement = statement.where(ImportRow.outcome == outcome)
    found = await session.scalars(statement.order_by(ImportRow.n).limit(size))
    return [
        RowLine(
            n=row.n,
            outcome=Outcome(row.outcome),
            applied=row.applied,
            result_id=row.result_id,
            number=row.number,
            name=row.name,
            faults=tuple(_faults.decode(row.faults)),
            diff=_diff.decode(row.diff),
            cells=tuple(_cells.decode(row.cells)),
        )
        for row in found
    ]
