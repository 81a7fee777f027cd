"""The dry run: a job that goes forward in short transactions and leaves behind, row by row, what each row means.

After a crash at any moment the next run continues behind the last row that is stored.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, select, update

from core.importing import workbook
from core.importing.errors import NotAWorkbook, WorkbookTooLarge
from core.importing.model import BatchState, ImportBatch, ImportRow, Outcome
from core.importing.ports import ImportKind, Judge, Verdict
from core.importing.reader import Line, Request
from core.importing.reading import Fault
from core.kernel.bulk import insert_many
from core.kernel.uow import UnitOfWork

_CHUNK = 500
#: Rows prepared before others get a turn on the event loop.
_AT_A_STRETCH = 100
_Seen = dict[tuple[str, str], int]


class Checking:
    """Runs dry runs. ``path_of`` says where the file of a batch lies."""

    def __init__(
        self, uow: UnitOfWork, kind: Callable[[str], ImportKind], path_of: Callable[[ImportBatch], Path]
    ) -> None:
        self._uow = uow
        self._kind = kind
        self._path_of = path_of

    async def run(self, payload: Mapping[str, Any]) -> None:
        """The job: check the batch named in ``payload``, or go on with it."""
        async with self._uow.read() as session:
            batch = await session.get(ImportBatch, int(payload["batch"]))
        if batch is None or batch.state != BatchState.CHECKING:
            return
        try:
            await self._check(batch, self._kind(batch.kind))
        except (NotAWorkbook, WorkbookTooLarge) as error:
            async with self._uow.write() as work:
                failed = {"state": BatchState.FAILED, "error": error.code}
                await work.session.execute(update(ImportBatch).where(ImportBatch.id == batch.id).values(failed))

    async def _check(self, batch: ImportBatch, kind: ImportKind) -> None:
        seen, last = await self._before(batch.id)
        async with self._uow.read() as session:
            judge = await kind.judge(session, batch)
        request = Request(
            path=str(self._path_of(batch)),
            sheet=batch.sheet,
            header=batch.header,
            first_row=last + 1,
            reading=judge.reading,
            row_reader=kind.row_reader,
            opener=kind.opener,
            options=batch.options,
        )
        lines = workbook.lines(request)
        async for chunk in _chunks(lines, _CHUNK):
            rows = await self._judged(batch.id, kind, judge, chunk, seen)
            if not await self._store(batch.id, rows):
                await lines.aclose()
                return
        await self._checked(batch.id)

    async def _before(self, batch_id: int) -> tuple[_Seen, int]:
        """What an earlier run has stored: the rows that count, and the number of the last."""
        known = select(ImportRow.number, ImportRow.claim, ImportRow.n).where(
            ImportRow.batch_id == batch_id, ImportRow.outcome != Outcome.ERROR
        )
        async with self._uow.read() as session:
            seen = {(row.number, row.claim): row.n for row in await session.execute(known)}
            last = await session.scalar(select(func.max(ImportRow.n)).where(ImportRow.batch_id == batch_id))
        return seen, last or 0

    async def _judged(
        self, batch_id: int, kind: ImportKind, judge: Judge, chunk: Sequence[Line], seen: _Seen
    ) -> list[dict[str, Any]]:
        """The rows to store of a chunk: what each means for what is there now."""
        sound = [line for line in chunk if not line.faults]
        async with self._uow.read() as session:
            verdicts = await judge.verdicts(session, sound)
        found = {line.n: verdict for line, verdict in zip(sound, verdicts, strict=True)}
        rows = []
        for count, line in enumerate(chunk, start=1):
            verdict = found.get(line.n) or Verdict(outcome=Outcome.ERROR, faults=tuple(line.faults))
            first = seen.get((line.number, line.claim))
            if first is not None and line.number:
                verdict = Verdict(outcome=Outcome.ERROR, faults=(*line.faults, kind.twice(first)))
            if verdict.outcome is not Outcome.ERROR:
                seen[line.number, line.claim] = line.n
            rows.append(_stored(batch_id, line, verdict))
            if count % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)
        return rows

    async def _store(self, batch_id: int, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Keep the rows; False when the dry run was cancelled."""
        going = (
            update(ImportBatch)
            .where(ImportBatch.id == batch_id, ImportBatch.state == BatchState.CHECKING)
            .values(checked_rows=ImportBatch.checked_rows + len(rows))
        )
        async with self._uow.write() as work:
            if await work.session.scalar(going.returning(ImportBatch.id)) is None:
                return False
            await insert_many(work.session, ImportRow, rows)
        return True

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


def _stored(batch_id: int, line: Line, verdict: Verdict) -> dict[str, Any]:
    return {
        "batch_id": batch_id,
        "n": line.n,
        "outcome": verdict.outcome,
        "applied": False,
        "number": line.number,
        "claim": line.claim,
        "name": line.name,
        "data": (verdict.data or bytes(line.data)).decode(),
        "cells": bytes(line.cells).decode(),
        "faults": as_text(verdict.faults) if verdict.faults else "[]",
        "diff": as_text(verdict.diff) if verdict.diff else "{}",
    }


def as_text(value: Sequence[Fault] | Mapping[str, tuple[str, str]]) -> str:
    """Faults or changes as they are stored."""
    return msgspec.json.encode(value).decode()


async def _chunks(lines: AsyncIterator[Line], size: int) -> AsyncIterator[list[Line]]:
    chunk: list[Line] = []
    async for line in lines:
        chunk.append(line)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
