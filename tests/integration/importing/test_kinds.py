"""A second kind of workbook goes the same way as a registry, on both databases."""

from pathlib import Path

import pytest
from python_calamine import load_workbook
from sqlalchemy import select

from core.cases.model import CaseEvent, Creditor, EventKind
from core.importing.errors import FileKnown, MappingIncomplete
from core.importing.model import BatchState, ImportBatch, OnExisting
from core.importing.registry.kind import RegistryKind
from core.importing.report import write_report
from core.importing.service import Imports
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.errors import NotFound
from core.kernel.i18n import translator
from core.kernel.jobs import JobRunner
from core.kernel.uow import UnitOfWork
from tests.integration.importing.conftest import debtor, write_book
from tests.integration.importing.notes import TARGETS, NotesKind
from tests.integration.importing.test_import import bring_in, reload


@pytest.fixture
def imports(uow: UnitOfWork, clock: ManualClock, tmp_path: Path) -> Imports:
    return Imports(uow, clock, tmp_path / "imports", (RegistryKind(), NotesKind()))


@pytest.mark.slow
async def test_notes_and_cases_come_in_by_one_mechanism(
    uow: UnitOfWork, imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    registry = write_book(tmp_path / "r.xlsx", [debtor(n) for n in range(1, 4)])
    await bring_in(imports, runner, creditor, registry)
    rows = [["N-00001", "promised"], ["N-00002", "moved"], ["N-00002", "moved"], ["N-99999", "who?"]]
    path = write_book(tmp_path / "notes.xlsx", rows, ("Case no", "Note"))
    batch = await imports.receive(PROGRAM, creditor.id, path, "notes.xlsx", kind="notes")
    assert batch.columns == {"0": "case", "1": "note"}
    with pytest.raises(FileKnown):
        await imports.receive(PROGRAM, creditor.id, path, "notes.xlsx", kind="notes")
    with pytest.raises(MappingIncomplete):
        await imports.check(PROGRAM, batch.id, {0: "case"}, OnExisting.SKIP)
    await imports.check(PROGRAM, batch.id, {0: "case", 1: "note"}, OnExisting.SKIP)
    await runner.run_due()
    await imports.apply(PROGRAM, batch.id, valid_only=True)
    await runner.run_due()
    done: ImportBatch = await reload(imports, batch)
    assert (done.state, done.counts, done.applied_rows) == (BatchState.DONE, {"new": 2, "error": 2}, 2)
    async with uow.read() as session:
        notes = await session.scalars(select(CaseEvent.text).where(CaseEvent.kind == EventKind.NOTE))
        assert sorted(notes) == ["moved", "promised"]
    back = tmp_path / "back.xlsx"
    await write_report(
        uow, PROGRAM, batch.id, back, translator("en"), targets=TARGETS, errors_only=True, door=NotesKind.door
    )
    sheet = load_workbook(str(back)).get_sheet_by_index(0).to_python()
    assert [row[2] for row in sheet[1:]] == [
        "Case no.: The same case and claim stand in row 5 already.",
        "Case no.: The case number is missing.",
    ]


async def test_a_kind_nobody_brought_is_refused(imports: Imports, creditor: Creditor, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await imports.receive(PROGRAM, creditor.id, tmp_path / "r.xlsx", "r.xlsx", kind="poems")
