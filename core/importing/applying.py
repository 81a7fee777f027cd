"""Applying: a job that writes the rows in short transactions, each marking what it has written.

After a crash at any moment the next run goes on with the rows that are not marked.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DataError, IntegrityError

from core.audit.service import record
from core.importing.checking import as_text
from core.importing.model import BatchState, ImportBatch, ImportRow, Outcome
from core.importing.ports import ImportKind, Writer
from core.importing.reading import Fault
from core.kernel.access import PROGRAM
from core.kernel.bulk import execute_all
from core.kernel.clock import Clock
from core.kernel.errors import DomainError
from core.kernel.uow import UnitOfWork

_FIRST_CHUNK = 100
_LARGEST_CHUNK = 500
#: A transaction holds up every other writer on SQLite, so chunks grow and shrink to stay near this.
_CHUNK_SECONDS = 0.09
_log = structlog.get_logger(__name__)


class Waiting(NamedTuple):
    """A row to be written: Excel's number and the JSON of what it says."""

    n: int
    data: str


class Applying:
    """Runs the applying of batches."""

    def __init__(self, uow: UnitOfWork, clock: Clock, kind: Callable[[str], ImportKind]) -> None:
        self._uow = uow
        self._clock = clock
        self._kind = kind

    async def run(self, payload: Mapping[str, Any]) -> None:
        """The job: apply the batch named in ``payload``, or go on with it."""
        batch_id, size = int(payload["batch"]), _FIRST_CHUNK
        async with self._uow.read() as session:
            batch = await session.get(ImportBatch, batch_id)
            if batch is None or batch.state != BatchState.APPLYING:
                return
            kind = self._kind(batch.kind)
            writer = await kind.writer(session, batch)
        while True:
            rows = await self.waiting(batch_id, size)
            try:
                held = await self.write(batch_id, writer, rows)
                if held is None:
                    return
                size = _next_size(size, held, kind.fewest)
            except (IntegrityError, DataError, DomainError) as error:
                _log.warning("import chunk refused", batch=batch_id, rows=len(rows))
                if len(rows) > 1:  # one bad row must not hold up the others: look for it one by one
                    size = 1
                    continue
                fault = Fault.of("", error.message) if isinstance(error, DomainError) else kind.refused()
                await self._give_up(batch_id, rows[0].n, fault)

    async def waiting(self, batch_id: int, size: int) -> list[Waiting]:
        """The next rows to apply, new ones first. Which they are is written in the rows themselves, not remembered.

        One outcome at a time: so the index hands the rows out in order, however many are left.
        """
        async with self._uow.read() as session:
            for outcome in (Outcome.NEW, Outcome.UPDATE):
                statement = select(ImportRow.n, ImportRow.data).where(
                    ImportRow.batch_id == batch_id, ImportRow.outcome == outcome, ImportRow.applied.is_(False)
                )
                found = (await session.execute(statement.order_by(ImportRow.n).limit(size))).all()
                if found:
                    return [Waiting(row.n, row.data) for row in found]
        return []

    async def write(self, batch_id: int, writer: Writer, rows: Sequence[Waiting]) -> float | None:
        """Write some rows and mark them in the same transaction.

        How long (seconds) others could not write; None when the batch is done or was stopped.
        """
        now = self._clock.now()
        going = update(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.state == BatchState.APPLYING)
        async with self._uow.write() as work:
            if await work.session.scalar(going.values(_progress(rows, now)).returning(ImportBatch.id)) is None:
                return None
            started = time.perf_counter()
            if not rows:
                record(work, PROGRAM, "import.done", ("import", batch_id), at=now)
                return None
            written = await writer.write(work, [row.data for row in rows], now)
            marks = [{"batch": batch_id, "row": row.n, "result": written.get(row.n)} for row in rows]
            await execute_all(work.session, _MARK, marks)
            span = {"rows": (None, f"{rows[0].n}-{rows[-1].n}")}
            record(work, PROGRAM, "import.applied", ("import", batch_id), span, at=now)
        return time.perf_counter() - started

    async def _give_up(self, batch_id: int, n: int, fault: Fault) -> None:
        """Mark a row that the database or its kind refuses, so that the import can end and the file back says so."""
        values = {"outcome": Outcome.ERROR, "faults": as_text([fault])}
        refused = update(ImportRow).where(ImportRow.batch_id == batch_id, ImportRow.n == n)
        async with self._uow.write() as work:
            await work.session.execute(refused.values(values))


_ROWS = ImportRow.__table__
_MARK = (
    update(ImportRow.__table__)  # type: ignore[arg-type]
    .where(_ROWS.c.batch_id == bindparam("batch"), _ROWS.c.n == bindparam("row"))
    .values(applied=True, result_id=bindparam("result"))
)


def _progress(rows: Sequence[Waiting], now: datetime) -> dict[Any, Any]:
    if not rows:
        return {"state": BatchState.DONE, "finished_at": now}
    return {"applied_rows": ImportBatch.applied_rows + len(rows)}


def _next_size(size: int, held: float, fewest: int) -> int:
    """How many rows to write next, from how long (seconds) the last ones held others up."""
    fitting = int(size * _CHUNK_SECONDS / max(held, 0.001))
    return min(max(fitting, size // 2, fewest), size * 2, _LARGEST_CHUNK)
