"""A second kind of import: notes on cases, by the cases' numbers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Case, CaseEvent, EventKind
from core.importing import cells, workbook
from core.importing.cells import Cell
from core.importing.errors import NotAWorkbook
from core.importing.model import ImportBatch, Outcome
from core.importing.ports import Verdict
from core.importing.reader import Line
from core.importing.reading import Fault, Reading
from core.importing.rights import IMPORT, Door
from core.importing.targets import Target
from core.kernel.bulk import insert_many, reserve_ids
from core.kernel.errors import DomainError
from core.kernel.i18n import msg
from core.kernel.uow import Work

TARGETS = {
    "case": Target("case", msg("Case no."), ("case no",), required=True),
    "note": Target("note", msg("Comment"), ("note",), required=True),
}


class Note(msgspec.Struct, frozen=True):
    n: int
    number: str
    claim: str
    name: str


def read_note(n: int, row: Sequence[Cell], how: Reading) -> tuple[Note, list[Fault]]:
    """What the reading process calls for each row."""
    said = {target: cells.text(row[index]) for index, target in how.columns.items() if index < len(row)}
    return Note(n, said.get("case", ""), said.get("note", ""), said.get("note", "")), []


def _decoded(rows: Sequence[bytes | str | msgspec.Raw]) -> list[Note]:
    return [msgspec.json.decode(row, type=Note) for row in rows]


async def _cases(session: AsyncSession, creditor_id: int, notes: Sequence[Note]) -> dict[str, int]:
    numbers = {note.number for note in notes}
    found = select(Case.number, Case.id).where(Case.creditor_id == creditor_id, Case.number.in_(numbers))
    return {row.number: row.id for row in await session.execute(found)}


class NotesAtWork:
    """Judge and writer of a batch of notes."""

    def __init__(self, batch: ImportBatch) -> None:
        columns = {int(index): target for index, target in batch.columns.items()}
        self.reading = Reading(columns=columns, region="RU", currency="RUB")
        self._creditor_id = batch.creditor_id

    async def verdicts(self, session: AsyncSession, lines: Sequence[Line]) -> Sequence[Verdict]:
        known = await _cases(session, self._creditor_id, _decoded([line.data for line in lines]))
        unknown = Fault.of("case", msg("The case number is missing."))
        return [
            Verdict(outcome=Outcome.NEW) if line.number in known else Verdict(outcome=Outcome.ERROR, faults=(unknown,))
            for line in lines
        ]

    async def write(self, work: Work, rows: Sequence[str], at: datetime) -> Mapping[int, int]:
        notes = _decoded(rows)
        known = await _cases(work.session, self._creditor_id, notes)
        ids = await reserve_ids(work.session, CaseEvent, len(notes))
        made = dict(zip((note.n for note in notes), ids, strict=True))
        events = [
            {
                "id": made[note.n],
                "case_id": known[note.number],
                "kind": EventKind.NOTE,
                "at": at,
                "text": note.name,
                "data": {},
            }
            for note in notes
        ]
        await insert_many(work.session, CaseEvent, events)
        return made


class NotesKind:
    """What importing notes brings along. Its mappings are not remembered."""

    door = Door("notes", IMPORT)
    opener = ""
    fewest = 10
    targets: Mapping[str, Target] = TARGETS
    row_reader = f"{__name__}:read_note"

    def lacking(self, filled: Collection[str]) -> Sequence[str]:
        return [key for key in TARGETS if key not in filled]

    def twice(self, first: int) -> Fault:
        return Fault.of("case", msg("The same case and claim stand in row {row} already.", row=first))

    def refused(self) -> Fault:
        return Fault.of("case", msg("The database refused this row. Somebody may have entered the same just now."))

    def inspect(self, path: Path) -> None:
        workbook.inspect(path)

    def unreadable(self, reason: Fault) -> DomainError:
        return NotAWorkbook()

    async def saved_mapping(self, _session: AsyncSession, _batch: ImportBatch) -> Mapping[str, str]:
        return {}

    async def save_mapping(self, _work: Work, _batch: ImportBatch, _mapping: Mapping[str, str]) -> None:
        pass

    async def judge(self, _session: AsyncSession, batch: ImportBatch) -> NotesAtWork:
        return NotesAtWork(batch)

    async def begin(self, _work: Work, _batch: ImportBatch, _at: datetime) -> None:
        pass

    async def writer(self, _session: AsyncSession, batch: ImportBatch) -> NotesAtWork:
        return NotesAtWork(batch)
