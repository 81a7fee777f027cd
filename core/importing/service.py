"""Bringing a registry in: receive, map the columns, dry run, apply, stop, go on.

The dry run and the applying are jobs that go forward in short transactions. Each leaves behind, row by row, what it has
done, so that after a crash at any moment the next run continues exactly there.
"""

import asyncio
import hashlib
import shutil
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import structlog
from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.exc import DataError, IntegrityError

from core.audit.service import record
from core.cases.model import Creditor, Order, Stage
from core.cases.service.creditors import ensure_order
from core.importing import headers, rights, snapshot, workbook
from core.importing.errors import BatchBusy, FileKnown, MappingIncomplete, NoHeadings, NotAWorkbook, WorkbookTooLarge
from core.importing.fields import TARGETS
from core.importing.model import BatchState, ImportBatch, ImportRow, OnExisting, Outcome
from core.importing.reader import Line, SheetHead
from core.importing.rows import Fault, Reading, RegistryRow
from core.importing.rules import judge, twice
from core.importing.writer import Destination, write_rows
from core.kernel.access import PROGRAM, Actor
from core.kernel.bulk import insert_many
from core.kernel.clock import Clock
from core.kernel.errors import NotFound
from core.kernel.i18n import msg
from core.kernel.jobs import JobHandler, enqueue
from core.kernel.uow import UnitOfWork, Work
from core.people.model import User

CHECK_JOB = "import.check"
APPLY_JOB = "import.apply"
_CHECK_CHUNK = 250
_FIRST_CHUNK = 100
_LARGEST_CHUNK = 500
#: A transaction holds up every other writer on SQLite, so chunks grow and shrink to stay near this.
_CHUNK_SECONDS = 0.09
#: The share of the time left to others between two chunks.
_YIELD = 0.1
_log = structlog.get_logger(__name__)


class Imports:
    """The use cases of importing. ``folder`` keeps the files, named by their hash."""

    def __init__(self, uow: UnitOfWork, clock: Clock, folder: Path) -> None:
        self._uow = uow
        self._clock = clock
        self._folder = folder

    @property
    def handlers(self) -> Mapping[str, JobHandler]:
        """The jobs to register with the runner."""
        return {CHECK_JOB: self._check_job, APPLY_JOB: self._apply_job}

    def path_of(self, batch: ImportBatch) -> Path:
        return self._folder / f"{batch.file_hash}.xlsx"

    async def receive(
        self, actor: Actor, creditor_id: int, path: Path, file_name: str, *, order_number: str = ""
    ) -> ImportBatch:
        """Take a workbook in (``path`` may be deleted afterwards), find its headings and suggest what they mean.

        Raises ``NotAWorkbook``, ``WorkbookTooLarge``, ``NoHeadings`` or ``FileKnown``.
        """
        actor.require(rights.IMPORT)
        await asyncio.to_thread(workbook.inspect, path)
        digest = await asyncio.to_thread(_sha256, path)
        await self._refuse_known(creditor_id, digest)
        found = await workbook.heads(path)
        await asyncio.to_thread(self._keep, path, digest)
        now = self._clock.now()
        async with self._uow.write() as work:
            creditor = await work.session.get(Creditor, creditor_id)
            if creditor is None:
                raise NotFound()
            sheet, header = _choose(found, creditor.import_mapping)
            headings = sheet.rows[header]
            columns = headers.suggest(headings, creditor.import_mapping)
            batch = ImportBatch(
                creditor_id=creditor_id,
                order_number=order_number.strip()[:60] or now.date().isoformat(),
                file_name=file_name[:255],
                file_hash=digest,
                sheet=sheet.name,
                header=header,
                headings=headings,
                columns={str(index): target for index, target in columns.items()},
                sheet_rows=max(sheet.height - header - 1, 0),
                created_by_id=actor.user_id or None,
                created_at=now,
            )
            work.session.add(batch)
            try:
                await work.session.flush()
            except IntegrityError as error:  # somebody else sent the same file this very moment
                raise FileKnown(on=now.date().isoformat()) from error
            record(work, actor, "import.received", ("import", batch.id), {"file": (None, batch.file_name)}, at=now)
        return batch

    async def _refuse_known(self, creditor_id: int, digest: str) -> None:
        gone = (BatchState.CANCELLED, BatchState.FAILED)
        same = select(ImportBatch.created_at).where(
            ImportBatch.creditor_id == creditor_id, ImportBatch.file_hash == digest, ImportBatch.state.not_in(gone)
        )
        async with self._uow.read() as session:
            known = await session.scalar(same)
        if known is not None:
            raise FileKnown(on=known.date().isoformat())

    def _keep(self, path: Path, digest: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = self._folder / f"{digest}.xlsx"
        if not kept.exists():
            half = kept.with_suffix(".part")
            shutil.copyfile(path, half)
            half.replace(kept)

    async def check(self, actor: Actor, batch_id: int, columns: Mapping[int, str], on_existing: OnExisting) -> None:
        """Set what the columns mean, remember it for the creditor, and start the dry run (again).

        Raises ``MappingIncomplete``, or ``BatchBusy`` when the batch is being applied already.
        """
        actor.require(rights.IMPORT)
        chosen = {index: target for index, target in columns.items() if target in TARGETS}
        if lacking := headers.missing(chosen):
            raise MappingIncomplete(targets=", ".join(str(TARGETS[key].label) for key in lacking))
        now = self._clock.now()
        async with self._uow.write() as work:
            batch = await self._step(work, batch_id, (BatchState.MAPPING, BatchState.CHECKED), BatchState.CHECKING)
            batch.columns = {str(index): target for index, target in chosen.items()}
            batch.on_existing, batch.checked_rows, batch.counts, batch.error = on_existing, 0, {}, None
            creditor = await work.session.get_one(Creditor, batch.creditor_id)
            creditor.import_mapping = {**creditor.import_mapping, **headers.remember(batch.headings, chosen)}
            await work.session.execute(delete(ImportRow).where(ImportRow.batch_id == batch_id))
            await enqueue(work, CHECK_JOB, {"batch": batch_id}, at=now, key=f"{CHECK_JOB}:{batch_id}")

    async def apply(self, actor: Actor, batch_id: int, *, valid_only: bool) -> None:
        """Start applying, or go on after a stop. Without ``valid_only`` a batch with faulty rows is refused.

        Raises ``BatchBusy``.
        """
        actor.require(rights.IMPORT)
        now = self._clock.now()
        async with self._uow.write() as work:
            steps = (BatchState.CHECKED, BatchState.STOPPED)
            batch = await self._step(work, batch_id, steps, BatchState.APPLYING)
            if batch.counts.get(Outcome.ERROR) and not valid_only:
                raise BatchBusy()
            creditor = await work.session.get_one(Creditor, batch.creditor_id)
            await ensure_order(work, PROGRAM, creditor.id, batch.order_number, now.date(), at=now)
            record(work, actor, "import.started", ("import", batch_id), {"counts": (None, batch.counts)}, at=now)
            await enqueue(work, APPLY_JOB, {"batch": batch_id}, at=now, key=f"{APPLY_JOB}:{batch_id}")

    async def stop(self, actor: Actor, batch_id: int) -> None:
        """Cancel: a dry run is thrown away; an applying stops after the transaction under way, and can go on later."""
        actor.require(rights.IMPORT)
        now = self._clock.now()
        early = (BatchState.MAPPING, BatchState.CHECKING, BatchState.CHECKED)
        async with self._uow.write() as work:
            batch = await work.session.get(ImportBatch, batch_id, with_for_update=True)
            if batch is None:
                raise NotFound()
            if batch.state not in (*early, BatchState.APPLYING):
                raise BatchBusy()
            batch.state = BatchState.STOPPED if batch.state == BatchState.APPLYING else BatchState.CANCELLED
            record(work, actor, f"import.{batch.state}", ("import", batch_id), at=now)

    async def _step(self, work: Work, batch_id: int, allowed: Sequence[BatchState], to: BatchState) -> ImportBatch:
        """Move the batch on by conditional update: of two who press the button one wins."""
        moved = update(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.state.in_(allowed)).values(state=to)
        found = await work.session.scalar(moved.returning(ImportBatch.id))
        if found is None and await work.session.get(ImportBatch, batch_id) is None:
            raise NotFound()
        if found is None:
            raise BatchBusy()
        return await work.session.get_one(ImportBatch, batch_id, populate_existing=True)

    async def _batch(self, batch_id: int) -> ImportBatch | None:
        async with self._uow.read() as session:
            return await session.get(ImportBatch, batch_id)

    async def _check_job(self, payload: Mapping[str, Any]) -> None:
        batch = await self._batch(int(payload["batch"]))
        if batch is None or batch.state != BatchState.CHECKING:
            return
        try:
            await self._check(batch)
        except (NotAWorkbook, WorkbookTooLarge) as error:
            async with self._uow.write() as work:
                failed = {"state": BatchState.FAILED, "error": error.code}
                await work.session.execute(update(ImportBatch).where(ImportBatch.id == batch.id).values(failed))

    async def _check(self, batch: ImportBatch) -> None:
        async with self._uow.read() as session:
            creditor = await session.get_one(Creditor, batch.creditor_id)
            known = select(ImportRow.number, ImportRow.claim, ImportRow.n).where(
                ImportRow.batch_id == batch.id, ImportRow.outcome != Outcome.ERROR
            )
            seen = {(row.number, row.claim): row.n for row in await session.execute(known)}
            last = await session.scalar(select(func.max(ImportRow.n)).where(ImportRow.batch_id == batch.id)) or 0
        columns = {int(index): target for index, target in batch.columns.items()}
        reading = Reading(columns=columns, region=creditor.region, currency=creditor.currency)
        lines = workbook.lines(self.path_of(batch), batch.sheet, batch.header, reading, first_row=last + 1)
        async for chunk in _chunks(lines, _CHECK_CHUNK):
            rows = await self._judged(batch, chunk, seen)
            async with self._uow.write() as work:
                going = (
                    update(ImportBatch)
                    .where(ImportBatch.id == batch.id, ImportBatch.state == BatchState.CHECKING)
                    .values(checked_rows=ImportBatch.checked_rows + len(chunk))
                )
                if await work.session.scalar(going.returning(ImportBatch.id)) is None:
                    await lines.aclose()
                    return
                await insert_many(work.session, ImportRow, rows)
        await self._checked(batch.id)

    async def _judged(
        self, batch: ImportBatch, chunk: Sequence[Line], seen: dict[tuple[str, str], int]
    ) -> list[dict[str, Any]]:
        """The rows to store of a chunk: what each means for what is there now."""
        async with self._uow.read() as session:
            there = await snapshot.take(session, batch.creditor_id, [line.data for line in chunk])
        rows = []
        for line in chunk:
            faults, diff, outcome = list(line.faults), {}, Outcome.ERROR
            first = seen.get((line.number, line.claim))
            if first is not None and line.number:
                faults.append(twice(first))
            if not faults:
                on_existing = OnExisting(batch.on_existing)
                verdict = judge(line.data, there.claim_of(line.data), there.debtor_of(line.data), on_existing)
                outcome, diff, faults = verdict.outcome, dict(verdict.diff), list(verdict.faults)
            if outcome is not Outcome.ERROR:
                seen[line.number, line.claim] = line.n
            rows.append(_stored(batch.id, line, outcome, faults, diff))
        return rows

    async def _checked(self, batch_id: int) -> None:
        async with self._uow.write() as work:
            by_outcome = select(ImportRow.outcome, func.count().label("rows")).where(ImportRow.batch_id == batch_id)
            found = await work.session.execute(by_outcome.group_by(ImportRow.outcome))
            counts = {row.outcome: row.rows for row in found}
            await work.session.execute(
                update(ImportBatch)
                .where(ImportBatch.id == batch_id, ImportBatch.state == BatchState.CHECKING)
                .values(state=BatchState.CHECKED, counts=counts)
            )

    async def _apply_job(self, payload: Mapping[str, Any]) -> None:
        batch_id, size = int(payload["batch"]), _FIRST_CHUNK
        where = await self._destination(batch_id)
        while where is not None:
            started = time.perf_counter()
            rows = await self._waiting(batch_id, size)
            try:
                if not await self._apply_chunk(where, rows):
                    return
            except (IntegrityError, DataError):
                _log.warning("import chunk refused", batch=batch_id, rows=len(rows))
                if len(rows) > 1:  # one bad row must not hold up the others: look for it one by one
                    size = 1
                    continue
                await self._give_up(batch_id, rows[0].n)
            took = time.perf_counter() - started
            size = min(max(int(size * _CHUNK_SECONDS / max(took, 0.001)), size // 2, 10), size * 2, _LARGEST_CHUNK)
            await asyncio.sleep(took * _YIELD)

    async def _destination(self, batch_id: int) -> Destination | None:
        async with self._uow.read() as session:
            batch = await session.get(ImportBatch, batch_id)
            if batch is None or batch.state != BatchState.APPLYING:
                return None
            creditor = await session.get_one(Creditor, batch.creditor_id)
            order = select(Order.id).where(Order.creditor_id == creditor.id, Order.number == batch.order_number)
            first_stage = select(Stage.id).where(Stage.active).order_by(Stage.position, Stage.id).limit(1)
            return Destination(
                batch_id=batch_id,
                creditor=creditor,
                order_id=(await session.scalars(order)).one(),
                stage_id=await session.scalar(first_stage),
                unit_id=await session.scalar(select(User.unit_id).where(User.id == batch.created_by_id)),
                on_existing=OnExisting(batch.on_existing),
                source=batch.file_name[:120],
            )

    async def _waiting(self, batch_id: int, size: int) -> list[RegistryRow]:
        """The next rows to apply, new ones first. Which they are is written in the rows themselves, not remembered.

        One outcome at a time: so the index hands the rows out in order, however many are left.
        """
        async with self._uow.read() as session:
            for outcome in (Outcome.NEW, Outcome.UPDATE):
                statement = select(ImportRow.data).where(
                    ImportRow.batch_id == batch_id, ImportRow.outcome == outcome, ImportRow.applied.is_(False)
                )
                found = (await session.scalars(statement.order_by(ImportRow.n).limit(size))).all()
                if found:
                    return [_decode.decode(data) for data in found]
        return []

    async def _apply_chunk(self, where: Destination, rows: Sequence[RegistryRow]) -> bool:
        """Write some rows and mark them in the same transaction; False when the batch is done or was stopped."""
        now = self._clock.now()
        async with self._uow.write() as work:
            going = update(ImportBatch).where(
                ImportBatch.id == where.batch_id, ImportBatch.state == BatchState.APPLYING
            )
            values = _progress(rows, now)
            if await work.session.scalar(going.values(values).returning(ImportBatch.id)) is None:
                return False
            if not rows:
                record(work, PROGRAM, "import.done", ("import", where.batch_id), at=now)
                return False
            written = await write_rows(work, where, rows, now)
            marks = [{"row": row.n, "case": written.get(row.n)} for row in rows]
            await work.session.execute(_MARK, [{"batch": where.batch_id, **mark} for mark in marks])
            span = {"rows": (None, f"{rows[0].n}-{rows[-1].n}")}
            record(work, PROGRAM, "import.applied", ("import", where.batch_id), span, at=now)
        return True

    async def _give_up(self, batch_id: int, n: int) -> None:
        """Mark a row that the database refuses, so that the import can end and the file back says so."""
        fault = Fault.of("number", msg("The database refused this row. Somebody may have entered the same just now."))
        values = {"outcome": Outcome.ERROR, "faults": msgspec.json.encode([fault]).decode()}
        async with self._uow.write() as work:
            refused = update(ImportRow).where(ImportRow.batch_id == batch_id, ImportRow.n == n)
            await work.session.execute(refused.values(values))


_decode = msgspec.json.Decoder(RegistryRow)
_ROWS = ImportRow.__table__
_MARK = (
    update(ImportRow.__table__)  # type: ignore[arg-type]
    .where(_ROWS.c.batch_id == bindparam("batch"), _ROWS.c.n == bindparam("row"))
    .values(applied=True, case_id=bindparam("case"))
)


def _progress(rows: Sequence[RegistryRow], now: datetime) -> dict[Any, Any]:
    if not rows:
        return {"state": BatchState.DONE, "finished_at": now}
    return {"applied_rows": ImportBatch.applied_rows + len(rows)}


def _stored(
    batch_id: int, line: Line, outcome: Outcome, faults: Sequence[Fault], diff: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    return {
        "batch_id": batch_id,
        "n": line.n,
        "outcome": outcome,
        "applied": False,
        "number": line.number,
        "claim": line.claim,
        "name": line.name,
        "data": msgspec.json.encode(line.data).decode(),
        "cells": msgspec.json.encode(line.cells).decode(),
        "faults": msgspec.json.encode(faults).decode(),
        "diff": msgspec.json.encode(diff).decode(),
    }


def _choose(sheets: Sequence[SheetHead], saved: Mapping[str, str]) -> tuple[SheetHead, int]:
    """The visible sheet with the most columns understood, and the index of its headings. Raises ``NoHeadings``."""
    best: tuple[int, SheetHead, int] | None = None
    for sheet in sheets:
        row = headers.header_row(sheet.rows, saved)
        if row is not None:
            known = headers.understood(sheet.rows[row], saved)
            if best is None or known > best[0]:
                best = (known, sheet, row)
    if best is None:
        raise NoHeadings()
    return best[1], best[2]


async def _chunks(lines: AsyncIterator[Line], size: int) -> AsyncIterator[list[Line]]:
    chunk: list[Line] = []
    async for line in lines:
        chunk.append(line)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
