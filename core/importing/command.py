"""Importing in one go, for the command line: every step in this process, one after the other."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from core.cases.queries.lists import creditor_named
from core.importing.errors import MappingIncomplete
from core.importing.headers import heading
from core.importing.model import BatchState, OnExisting, Outcome
from core.importing.queries import batch_by_id, rows_of
from core.importing.rights import REGISTRIES, Door
from core.importing.service import APPLY_JOB, CHECK_JOB, Imports
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.uow import UnitOfWork

_FAULTS_SHOWN = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportSummary:
    """What came of it. ``faults`` are the first thousand faulty rows: row, field and message in English."""

    batch: int
    state: str
    dry_run: bool
    counts: Mapping[str, int]
    applied: int
    faults: tuple[tuple[int, str, str], ...]

    @property
    def clean(self) -> bool:
        return not self.counts.get(Outcome.ERROR) and self.state in (BatchState.CHECKED, BatchState.DONE)

    def as_json(self) -> dict[str, Any]:
        rows = [{"row": row, "field": field, "message": message} for row, field, message in self.faults]
        plain = {name: getattr(self, name) for name in ("batch", "state", "dry_run", "applied")}
        return {**plain, "counts": dict(self.counts), "errors": rows}


def read_mapping(path: Path, targets: Collection[str]) -> dict[str, str]:
    """A mapping file: JSON from the heading of a column to one of ``targets`` (``""`` leaves it out).

    Raises ``MappingIncomplete`` for one that names unknown fields.
    """
    written: dict[str, str] = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    unknown = sorted(set(written.values()) - set(targets) - {""})
    if unknown:
        raise MappingIncomplete(targets=json.dumps(unknown, ensure_ascii=False))
    return {heading(title): target for title, target in written.items()}


async def import_file(
    imports: Imports,
    uow: UnitOfWork,
    actor: Actor,
    path: Path,
    *,
    creditor_name: str | None = None,
    door: Door = REGISTRIES,
    options: Mapping[str, str] | None = None,
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
    on_existing: OnExisting = OnExisting.UPDATE,
) -> ImportSummary:
    """Read, check and, unless it is a dry run, apply the valid rows of a workbook.

    ``mapping`` goes from a folded heading to a field (:func:`read_mapping`). A dry run leaves no batch behind that
    would refuse the file later. Raises ``NotFound`` for an unknown creditor, and what :class:`Imports` raises.
    """
    creditor_id = None if creditor_name is None else await _creditor(uow, creditor_name)
    batch = await imports.receive(actor, creditor_id, path, path.name, kind=door.kind, options=options)
    columns = {int(index): target for index, target in batch.columns.items()}
    for index, title in enumerate(batch.headings):
        if mapping is not None and heading(title) in mapping:
            columns[index] = mapping[heading(title)]
    await imports.check(actor, batch.id, columns, on_existing)
    await imports.handlers[CHECK_JOB]({"batch": batch.id})
    async with uow.read() as session:
        batch, _ = await batch_by_id(session, actor, batch.id, door)
    if batch.state == BatchState.CHECKED and not dry_run:
        await imports.apply(actor, batch.id, valid_only=True)
        await imports.handlers[APPLY_JOB]({"batch": batch.id})
    summary = await _summary(imports, uow, actor, batch.id, door, dry_run=dry_run)
    if dry_run and summary.state == BatchState.CHECKED:
        await imports.stop(actor, batch.id)
    return summary


async def _creditor(uow: UnitOfWork, name: str) -> int:
    async with uow.read() as session:
        creditor = await creditor_named(session, name)
    if creditor is None:
        raise NotFound()
    return creditor.id


async def _summary(
    imports: Imports, uow: UnitOfWork, actor: Actor, batch_id: int, door: Door, *, dry_run: bool
) -> ImportSummary:
    async with uow.read() as session:
        batch, _ = await batch_by_id(session, actor, batch_id, door)
        faulty = await rows_of(session, actor, batch_id, outcome=Outcome.ERROR, size=_FAULTS_SHOWN, door=door)
    labels = {key: str(target.label) for key, target in imports.kind(batch.kind).targets.items()}
    faults = tuple(
        (line.n, labels.get(one.field, one.field), str(one.message)) for line in faulty for one in line.faults
    )
    return ImportSummary(
        batch=batch_id,
        state=batch.state,
        dry_run=dry_run,
        counts=batch.counts,
        applied=batch.applied_rows,
        faults=faults,
    )
