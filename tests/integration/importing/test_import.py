"""A registry from the file to the cases, on both databases."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from python_calamine import load_workbook
from sqlalchemy import delete, func, select, update

from core.cases.lookup import who_is_calling
from core.cases.model import Case, CaseParty, Claim, Creditor
from core.importing.errors import BatchBusy, FileKnown, MappingIncomplete
from core.importing.model import BatchState, ImportBatch, ImportRow, OnExisting, Outcome
from core.importing.queries import rows_of
from core.importing.registry.fields import TARGETS
from core.importing.registry.kind import RegistryKind
from core.importing.report import write_report
from core.importing.service import APPLY_JOB, Imports
from core.kernel.access import PROGRAM, Actor
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden
from core.kernel.i18n import translator
from core.kernel.jobs import JobRunner
from core.kernel.uow import UnitOfWork
from core.parties.model import Party, Phone
from tests.integration.importing.conftest import debtor, write_book


async def bring_in(
    imports: Imports,
    runner: JobRunner,
    creditor: Creditor,
    path: Path,
    on_existing: OnExisting = OnExisting.UPDATE,
    *,
    apply: bool = True,
) -> ImportBatch:
    batch = await imports.receive(PROGRAM, creditor.id, path, path.name, order_number="O-1")
    await imports.check(PROGRAM, batch.id, {int(k): v for k, v in batch.columns.items()}, on_existing)
    await runner.run_due()
    if apply:
        await imports.apply(PROGRAM, batch.id, valid_only=True)
        await runner.run_due()
    return await reload(imports, batch)


async def reload(imports: Imports, batch: ImportBatch) -> ImportBatch:
    async with imports._uow.read() as session:
        return await session.get_one(ImportBatch, batch.id)


async def count(uow: UnitOfWork, table: type[Any]) -> int:
    async with uow.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_registry_becomes_cases_that_can_be_found(
    uow: UnitOfWork, clock: ManualClock, imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "r.xlsx", [debtor(n) for n in range(1, 301)])
    batch = await bring_in(imports, runner, creditor, path)
    assert (batch.state, batch.counts, batch.applied_rows) == (BatchState.DONE, {"new": 300}, 300)
    async with uow.read() as session:
        case = (await session.scalars(select(Case).where(Case.number == "N-00007"))).one()
        assert str(case.open_amount) == "1019.84"
        assert case.debtor_name == "Должников Демьян 00007"
        assert "79000000007" in case.search_text
        caller = await who_is_calling(session, PROGRAM, "8 900 000-00-07", region="RU", now=clock.now())
    assert [one.case_id for one in caller.candidates] == [case.id]


@pytest.mark.slow
async def test_faults_are_told_by_field_and_the_file_comes_back(
    uow: UnitOfWork, imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    rows = [
        debtor(1),
        debtor(2, born="31.02.1980"),
        debtor(3, phones="12; 8 900 000 00 03"),
        debtor(4, sum="1.234", number=""),
        debtor(1),
        debtor(6, name='=HYPERLINK("http://bad.example")'),
    ]
    batch = await bring_in(imports, runner, creditor, write_book(tmp_path / "r.xlsx", rows))
    assert batch.counts == {"new": 2, "error": 4}
    async with uow.read() as session:
        lines = await rows_of(session, PROGRAM, batch.id, outcome=Outcome.ERROR)
    assert [(line.n, [str(TARGETS[fault.field].label) for fault in line.faults]) for line in lines] == [
        (5, ["Birth date"]),
        (6, ["Phones (mobile)"]),
        (7, ["Case no.", "Principal"]),
        (8, ["Case no."]),
    ]
    back = tmp_path / "back.xlsx"
    await write_report(uow, PROGRAM, batch.id, back, translator("en"), targets=TARGETS, errors_only=False)
    sheet = load_workbook(str(back)).get_sheet_by_index(0).to_python()
    assert sheet[0][:4] == ["Row", "Outcome", "Error", "Номер дела"]
    assert sheet[2][2] == "Birth date: 31.02.1980 is not a date. Write it as 31.12.2025."
    assert sheet[6][4] == '=HYPERLINK("http://bad.example")'  # a text, not a formula


@pytest.mark.slow
async def test_the_same_file_is_refused_and_the_same_claim_compared(
    uow: UnitOfWork, imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "r.xlsx", [debtor(1), debtor(2)])
    await bring_in(imports, runner, creditor, path)
    with pytest.raises(FileKnown):
        await imports.receive(PROGRAM, creditor.id, path, "other-name.xlsx")
    again = write_book(tmp_path / "s.xlsx", [debtor(1), debtor(2, sum=5, phones="+79000009999"), debtor(3)])
    batch = await bring_in(imports, runner, creditor, again)
    assert batch.counts == {"skip": 1, "update": 1, "new": 1}
    async with uow.read() as session:
        changed = (await rows_of(session, PROGRAM, batch.id, outcome=Outcome.UPDATE))[0]
        case = (await session.scalars(select(Case).where(Case.number == "N-00002"))).one()
    assert changed.diff == {"principal": ("1002.5", "5.0000")}
    assert str(case.open_amount) == "17.34"
    assert "79000009999" in case.search_text
    assert await count(uow, Case) == 3
    third = write_book(tmp_path / "t.xlsx", [debtor(1, sum=7), debtor(4)])
    batch = await bring_in(imports, runner, creditor, third, OnExisting.SKIP)
    assert batch.counts == {"skip": 1, "new": 1}


@pytest.mark.slow
async def test_one_person_on_several_rows_stays_one_person(
    uow: UnitOfWork, imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    first = debtor(1)
    by_inn = debtor(2, inn=first[3], name="Должников Д.", phones="+79000000002")
    by_name = debtor(3, name="Демьян ДОЛЖНИКОВ 00001", born=first[2], inn="")
    second_claim = debtor(1, contract="K-other", phones="")
    await bring_in(imports, runner, creditor, write_book(tmp_path / "r.xlsx", [first, by_inn, by_name, second_claim]))
    async with uow.read() as session:
        people = (await session.scalars(select(CaseParty.party_id))).all()
        claims = await session.scalar(select(func.count()).select_from(Claim))
        phones = (await session.scalars(select(Phone.e164).order_by(Phone.number))).all()
    assert len(people) == 3
    assert len(set(people)) == 1
    assert claims == 4
    assert phones == ["+79000000001", "+79000000002", "+79000000003"]
    assert await count(uow, Case) == 3


@pytest.mark.slow
async def test_a_stop_keeps_what_is_done_and_going_on_ends_it(
    uow: UnitOfWork, imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "r.xlsx", [debtor(n) for n in range(1, 251)])
    batch = await bring_in(imports, runner, creditor, path, apply=False)
    await imports.apply(PROGRAM, batch.id, valid_only=True)
    applying = imports._applying
    async with uow.read() as session:
        writer = await RegistryKind().writer(session, await session.get_one(ImportBatch, batch.id))
    assert await applying.write(batch.id, writer, await applying.waiting(batch.id, 90))
    await imports.stop(PROGRAM, batch.id)
    await runner.run_due()
    assert await count(uow, Case) == 90
    await imports.apply(PROGRAM, batch.id, valid_only=True)
    await runner.run_due()
    batch = await reload(imports, batch)
    assert (batch.state, batch.applied_rows, await count(uow, Case), await count(uow, Party)) == (
        BatchState.DONE,
        250,
        250,
        251,
    )


@pytest.mark.slow
async def test_going_on_while_the_stopped_job_is_still_ending(
    uow: UnitOfWork, clock: ManualClock, imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "r.xlsx", [debtor(n) for n in range(1, 31)])
    batch = await bring_in(imports, runner, creditor, path, apply=False)
    await imports.apply(PROGRAM, batch.id, valid_only=True)
    await imports.stop(PROGRAM, batch.id)

    async def ending(payload: Mapping[str, Any]) -> None:
        """The job has seen the stop; before it is settled somebody goes on."""
        await imports.handlers[APPLY_JOB](payload)
        if (await reload(imports, batch)).state == BatchState.STOPPED:
            await imports.apply(PROGRAM, batch.id, valid_only=True)

    assert await JobRunner(uow, clock, {APPLY_JOB: ending}).run_due() == 2
    assert (await reload(imports, batch)).state == BatchState.DONE
    assert await count(uow, Case) == 30


async def test_a_second_run_over_the_same_rows_changes_nothing(
    uow: UnitOfWork, imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "r.xlsx", [debtor(n) for n in range(1, 51)])
    batch = await bring_in(imports, runner, creditor, path)
    async with uow.write() as work:
        await work.session.execute(update(ImportRow).values(applied=False))
        await work.session.execute(update(ImportBatch).values(state=BatchState.APPLYING))
    await imports.handlers["import.apply"]({"batch": batch.id})
    assert [await count(uow, table) for table in (Case, Claim, Phone)] == [50, 50, 50]


@pytest.mark.slow
async def test_a_dry_run_cut_short_continues_where_it_stopped(
    uow: UnitOfWork, imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "r.xlsx", [debtor(n) for n in range(1, 601)])
    batch = await bring_in(imports, runner, creditor, path, apply=False)
    async with uow.write() as work:  # as a kill after the first transaction leaves it
        await work.session.execute(delete(ImportRow).where(ImportRow.n > 253))
        await work.session.execute(update(ImportBatch).values(state=BatchState.CHECKING, checked_rows=250, counts={}))
    await imports.handlers["import.check"]({"batch": batch.id})
    batch = await reload(imports, batch)
    assert (batch.state, batch.checked_rows, batch.counts) == (BatchState.CHECKED, 600, {"new": 600})


async def test_columns_are_remembered_for_the_creditor(
    imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    headings = ["Номер дела", "Кто", "Столько"]
    path = write_book(tmp_path / "r.xlsx", [["A", "Иванов Иван", 5]], [*headings, "Телефон"])
    batch = await imports.receive(PROGRAM, creditor.id, path, "r.xlsx")
    assert batch.columns == {"0": "number", "3": "phone"}
    with pytest.raises(MappingIncomplete):
        await imports.check(PROGRAM, batch.id, {0: "number"}, OnExisting.UPDATE)
    chosen = {0: "number", 1: "name", 2: "principal"}
    await imports.check(PROGRAM, batch.id, chosen, OnExisting.UPDATE)
    second = write_book(tmp_path / "s.xlsx", [["B", 5, "Петров Пётр"]], [headings[0], headings[2], headings[1]])
    batch = await imports.receive(PROGRAM, creditor.id, second, "s.xlsx")
    assert batch.columns == {"0": "number", "1": "principal", "2": "name"}


async def test_faulty_rows_hold_up_the_whole_unless_they_are_left_out(
    imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "r.xlsx", [debtor(1), debtor(2, sum="abc")])
    batch = await bring_in(imports, runner, creditor, path, apply=False)
    with pytest.raises(BatchBusy):
        await imports.apply(PROGRAM, batch.id, valid_only=False)
    await imports.apply(PROGRAM, batch.id, valid_only=True)


async def test_only_who_has_the_right_imports(imports: Imports, creditor: Creditor, tmp_path: Path) -> None:
    nobody = Actor(user_id=7, login="nobody", rights={})
    with pytest.raises(Forbidden):
        await imports.receive(nobody, creditor.id, tmp_path / "r.xlsx", "r.xlsx")
