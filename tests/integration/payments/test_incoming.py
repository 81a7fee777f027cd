"""Statements and tables on their way into the books, on both databases: each payment once, whatever happens."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import load_workbook

from core.importing.errors import FileKnown
from core.importing.model import BatchState, OnExisting, Outcome
from core.importing.report import write_report
from core.importing.service import APPLY_JOB
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.i18n import translator
from core.kernel.uow import UnitOfWork
from core.payments.incoming.fields import DOOR, TARGETS
from core.payments.model import MoneyAccount
from core.payments.statements.lines import NotAStatement
from tests.factories import statements
from tests.integration.importing.conftest import write_book
from tests.integration.payments.house import House, build

pytestmark = pytest.mark.slow


@pytest.fixture
async def house(uow: UnitOfWork, clock: ManualClock, tmp_path: Path) -> House:
    return await build(uow, clock, tmp_path)


async def test_a_statement_is_read_matched_and_settled(house: House) -> None:
    batch = await house.bring(statements.one_c())
    assert (batch.state, batch.counts, batch.applied_rows) == (BatchState.DONE, {"new": 2, "skip": 1}, 2)
    payments = await house.payments()
    assert [(one.amount, one.settled, one.case_id) for one in payments] == [
        (Decimal("1500.00"), Decimal("1500.00"), house.cases["ДЛ-000123/24"].id),
        (Decimal("250.50"), Decimal("250.50"), house.cases["77-001"].id),
    ]
    rows = await house.rows(batch.id)
    assert [row.result_id for row in rows] == [payments[0].id, payments[1].id, None]
    told = [[str(fault.message) for fault in row.faults] for row in rows]
    assert told[0][:2] == ["Settled on ДЛ-000123/24 (100 of 100).", "Number ДЛ-000123/24 is in the purpose"]
    assert told[2] == ["Money that went out."]


async def test_a_dry_run_writes_nothing_and_the_same_file_is_refused(house: House) -> None:
    batch = await house.bring(statements.one_c(), apply=False)
    assert (batch.state, batch.counts) == (BatchState.CHECKED, {"new": 2, "skip": 1})
    assert await house.payments() == []
    with pytest.raises(FileKnown):
        await house.bring(statements.one_c(), "the same by another name.txt")


async def test_the_same_payments_in_another_file_are_known(house: House) -> None:
    await house.bring(statements.one_c())
    again = await house.bring(statements.one_c(encoding="utf-8"))
    assert (again.state, again.counts, again.applied_rows) == (BatchState.DONE, {"known": 2, "skip": 1}, 0)
    overlapping = (*statements.MOVES, statements.Move(amount=Decimal("7.00"), doc_no="104"))
    later = await house.bring(statements.one_c(overlapping))
    assert later.counts == {"known": 2, "new": 1, "skip": 1}
    assert len(await house.payments()) == 3


async def test_two_alike_in_one_file_are_two_and_stay_two(house: House) -> None:
    twins = (statements.MOVES[0], statements.MOVES[0])
    assert (await house.bring(statements.one_c(twins))).counts == {"new": 2}
    assert (await house.bring(statements.one_c(twins, encoding="cp866"))).counts == {"known": 2}
    triplets = (*twins, statements.MOVES[0])
    assert (await house.bring(statements.one_c(triplets))).counts == {"known": 2, "new": 1}
    assert len(await house.payments()) == 3


async def test_the_same_in_two_formats_is_left_out_or_brought_in_with_a_flag(house: House) -> None:
    await house.bring(statements.mt940())
    other = await house.bring(statements.camt().replace(b"<EndToEndId>10", b"<EndToEndId>E-10"))
    assert other.counts == {"known": 2, "skip": 1}
    assert "May be payment no." in str((await house.rows(other.id))[0].faults[0].message)
    flagged = statements.camt(version=8).replace(b"<EndToEndId>10", b"<EndToEndId>F-10")
    anyway = await house.bring(flagged, on_existing=OnExisting.UPDATE)
    assert anyway.counts == {"new": 2, "skip": 1}
    first, second, third, fourth = await house.payments()
    assert [one.settled for one in (first, second)] == [one.amount for one in (first, second)]
    assert [(one.settled, one.match["double"]) for one in (third, fourth)] == [(0, first.id), (0, second.id)]


async def test_what_is_not_ours_or_taken_back_or_wrong_is_told_by_line(house: House, tmp_path: Path) -> None:
    files = {file.name: file for file in statements.all_files()}
    back = await house.bring(files["mt940 with a payment taken back"].data)
    faults = {row.n: str(row.faults[0].message) for row in await house.rows(back.id) if row.outcome == Outcome.ERROR}
    assert faults == {7: "The bank took an earlier movement back. Withdraw that payment by hand."}
    stranger = await house.bring(statements.mt940(account="DE02120300000000202051", tail="--\r\n"))
    assert stranger.counts == {"error": 2, "skip": 1}
    total = await house.bring(files["1c with a wrong total"].data)
    wrong = [row for row in await house.rows(total.id) if row.outcome == Outcome.ERROR]
    assert ["9999.00" in str(row.faults[0].message) for row in wrong] == [False, True]
    path = tmp_path / "back.xlsx"
    await write_report(
        house.uow, PROGRAM, total.id, path, translator("en"), targets=TARGETS, errors_only=True, door=DOOR
    )
    sheet = load_workbook(str(path)).get_sheet_by_index(0).to_python()
    assert sheet[0][:5] == ["Row", "Outcome", "Error", "Place", "Our account"]
    assert [row[0] for row in sheet[1:]] == [str(row.n) for row in wrong]


async def test_an_unsure_payment_waits_with_its_candidates(house: House) -> None:
    both = "ДЛ-000123/24 или дело № 77-001"
    unsure = statements.Move(amount=Decimal("10.00"), purpose=both, payer="Кто-то", payer_account="", tax_id="")
    nobody = statements.Move(amount=Decimal("11.00"), purpose="Долг", payer="Никто", payer_account="", tax_id="")
    await house.bring(statements.one_c((unsure, nobody)))
    first, second = await house.payments()
    assert (first.case_id, first.settled, second.case_id) == (None, 0, None)
    named = {house.cases["ДЛ-000123/24"].id, house.cases["77-001"].id}
    assert {one["case_id"] for one in first.match["candidates"]} == named
    assert second.match == {"candidates": []}


async def test_tables_come_in_by_their_columns(house: House, tmp_path: Path) -> None:
    headings = ("Дата платежа", "Сумма", "Плательщик", "Номер дела", "Наш счет")
    rows = [
        ["03.03.2026", "1 500,00", "Тестова А.И.", "ДЛ-123/24", statements.OURS],
        ["04.03.2026", "1.234", "Пробный Пётр", "77-001", statements.OURS],
        ["", "5,00", "Пробный Пётр", "77-001", statements.OURS],
        ["05.03.2026", "5,00", "Пробный Пётр", "77-001", ""],
    ]
    path = write_book(tmp_path / "table.xlsx", rows, headings)
    batch = await house.bring(path.read_bytes(), "table.xlsx")
    assert batch.counts == {"new": 1, "error": 3}
    errors = [str(row.faults[0].message) for row in await house.rows(batch.id) if row.outcome == Outcome.ERROR]
    assert errors == [
        "Is 1.234 thousands or a fraction? Write it with two decimals.",
        "The date is missing.",
        "Choose our account: the file does not name it.",
    ]
    text = "\r\n".join(";".join(row) for row in (headings, rows[0], rows[3])).encode("cp1251")
    values = await house.bring(text, "table.csv")
    assert values.counts == {"known": 1, "error": 1}


async def test_what_is_no_statement_is_refused_with_the_reason(house: House) -> None:
    for file in statements.all_files():
        if file.unreadable is not None:
            with pytest.raises(NotAStatement, match=file.unreadable):
                await house.bring(file.data, file.name)


async def test_two_who_apply_overlapping_files_at_once_post_each_payment_once(house: House) -> None:
    moves = [statements.Move(amount=Decimal(100 + n), doc_no=str(n), purpose="ДЛ-000123/24") for n in range(60)]
    batches = [await house.bring(statements.one_c(part), apply=False) for part in (moves[:40], moves[20:])]
    for batch in batches:
        assert batch.counts["new"] == 40
        await house.imports.apply(PROGRAM, batch.id, valid_only=True)
    await asyncio.gather(*(house.imports.handlers[APPLY_JOB]({"batch": batch.id}) for batch in batches))
    payments = await house.payments()
    assert sorted(one.amount for one in payments) == [Decimal(100 + n) for n in range(60)]
    assert sum(one.settled for one in payments) == await house.settled("ДЛ-000123/24")
    assert {(await house.batch(batch.id)).state for batch in batches} == {BatchState.DONE}


async def test_an_account_closed_meanwhile_is_told_row_by_row(house: House) -> None:
    batch = await house.bring(statements.one_c(), apply=False)
    async with house.uow.write() as work:
        account = await work.session.get_one(MoneyAccount, 1)
        account.active = False
    await house.imports.apply(PROGRAM, batch.id, valid_only=True)
    await house.imports.handlers[APPLY_JOB]({"batch": batch.id})
    done = await house.batch(batch.id)
    assert done.state == BatchState.DONE
    outcomes = [row.outcome for row in await house.rows(batch.id)]
    assert outcomes == [Outcome.ERROR, Outcome.ERROR, Outcome.SKIP]
    assert await house.payments() == []


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_every_file_of_every_format_brings_each_payment_once(house: House) -> None:
    expected, seen = set(), set()
    for file in statements.all_files():
        if file.unreadable is None and file.data not in seen:
            seen.add(file.data)
            batch = await house.bring(file.data, file.name)
            assert batch.state == BatchState.DONE, file.name
            expected |= {
                (move.account, move.amount, move.on, move.doc_no, move.payer_account, move.purpose)
                for move in file.moves
                if not move.out
            }
            refused = [row.n for row in await house.rows(batch.id) if row.outcome == Outcome.ERROR]
            assert {n for n, _ in file.refused} <= set(refused), file.name
    payments = await house.payments()
    assert len({one.fingerprint for one in payments}) == len(payments)
    found = {(one.account_id, one.amount, one.value_on, one.purpose) for one in payments}
    assert len(found) <= len(expected)
