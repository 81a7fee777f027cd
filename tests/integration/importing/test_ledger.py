"""A registry writes the ledger: what was handed over, and what the creditor corrects afterwards."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.cases.model import COMPONENTS, Case, Claim, Component, Creditor, LedgerEntry, LedgerTransaction, Posting
from core.importing.service import Imports
from core.kernel.clock import ManualClock
from core.kernel.jobs import JobRunner
from core.kernel.uow import UnitOfWork
from tests.integration.cases.ledger import group_of, pay
from tests.integration.importing.conftest import debtor, write_book
from tests.integration.importing.test_import import bring_in

pytestmark = pytest.mark.slow


async def _differences(uow: UnitOfWork) -> list[tuple[int, str]]:
    """Claims and components whose copy is not the sum of their entries."""
    async with uow.read() as session:
        assert await session.scalar(select(func.sum(LedgerEntry.amount))) == 0
        keys = (LedgerEntry.claim_id, LedgerEntry.component)
        posted = select(*keys, func.sum(LedgerEntry.amount)).group_by(*keys)
        sums = {(claim, component): amount for claim, component, amount in await session.execute(posted)}
        return [
            (claim.id, name)
            for claim in await session.scalars(select(Claim))
            for name in COMPONENTS
            if getattr(claim, name) != sums.get((claim.id, name), 0)
        ]


async def test_every_row_is_opened_in_the_ledger(
    uow: UnitOfWork, imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    rows = [*(debtor(n) for n in range(1, 31)), debtor(1, contract="K-other", phones="")]
    await bring_in(imports, runner, creditor, write_book(tmp_path / "r.xlsx", rows))
    assert await _differences(uow) == []
    async with uow.read() as session:
        credits = select(func.count()).where(LedgerEntry.claim_id.is_(None)).select_from(LedgerEntry)
        assert await session.scalar(credits) == 1
        first = (await session.scalars(select(Case).where(Case.number == "N-00001"))).one()
    assert first.open_amount == Decimal("2027.68")


async def test_a_repeated_figure_changes_nothing_and_another_is_what_is_owed_now(
    uow: UnitOfWork, imports: Imports, runner: JobRunner, creditor: Creditor, clock: ManualClock, tmp_path: Path
) -> None:
    await bring_in(imports, runner, creditor, write_book(tmp_path / "r.xlsx", [debtor(1), debtor(2)]))
    async with uow.write() as work:
        case = (await work.session.scalars(select(Case).where(Case.number == "N-00001"))).one()
        claim = (await work.session.scalars(select(Claim).where(Claim.case_id == case.id))).one()
        await pay(work, clock, case, claim.id, {Component.PRINCIPAL: "201.50"}, clock.now().date())
    again = write_book(tmp_path / "s.xlsx", [debtor(1), debtor(2, sum=900)])
    batch = await bring_in(imports, runner, creditor, again)
    assert batch.counts == {"skip": 1, "update": 1}
    lower = await bring_in(imports, runner, creditor, write_book(tmp_path / "t.xlsx", [debtor(1, sum=700)]))
    assert lower.counts == {"update": 1}
    assert await _differences(uow) == []
    async with uow.read() as session:
        owed = {claim.number: claim.principal for claim in await session.scalars(select(Claim))}
        assert sorted(owed.values()) == [Decimal(700), Decimal(900)]
        kind = select(func.count()).where(LedgerTransaction.kind == Posting.ADJUSTMENT).select_from(LedgerTransaction)
        assert await session.scalar(kind) == 2
        assert (await session.get_one(Case, case.id)).open_amount == Decimal("712.34")


async def test_a_registry_of_a_creditor_whose_claims_bear_interest(
    uow: UnitOfWork, imports: Imports, runner: JobRunner, creditor: Creditor, clock: ManualClock, tmp_path: Path
) -> None:
    async with uow.write() as work:
        group = await group_of(work, clock, [(date(2020, 1, 1), "10")])
        (await work.session.get_one(Creditor, creditor.id)).interest_group_id = group
    await bring_in(imports, runner, creditor, write_book(tmp_path / "r.xlsx", [debtor(1)]))
    async with uow.read() as session:
        claim = (await session.scalars(select(Claim))).one()
        case = (await session.scalars(select(Case))).one()
    assert claim.interest_group_id == group
    assert case.balance_on == clock.now().date()
    assert claim.stated["principal"] == "1001.5"


async def test_statutory_interest_and_limitation_of_a_registry(
    uow: UnitOfWork, imports: Imports, runner: JobRunner, creditor: Creditor, tmp_path: Path
) -> None:
    headings = ("Номер дела", "ФИО", "Сумма долга", "Проценты по ст. 395", "Дата просрочки", "Срок исковой давности")
    rows = [
        ["S-1", "Должников Демьян", 1000, "12,50", date(2025, 3, 10), None],
        ["S-2", "Должников Демид", 1000, 0, date(2025, 3, 10), date(2027, 1, 1)],
    ]
    await bring_in(imports, runner, creditor, write_book(tmp_path / "r.xlsx", rows, headings))
    rows[0][4] = rows[1][4] = date(2025, 4, 10)
    rows[1][5] = None
    assert await _differences(uow) == []

    async def claims() -> dict[str, Claim]:
        async with uow.read() as session:
            found = await session.execute(select(Case.number, Claim).join(Claim, Claim.case_id == Case.id))
            return {row.number: row.Claim for row in found}

    before = await claims()
    assert before["S-1"].statutory_interest == Decimal("12.50")
    assert (before["S-1"].limitation_on, before["S-1"].limitation_by) == (date(2028, 3, 11), "RU_196")
    assert (before["S-2"].limitation_on, before["S-2"].limitation_by) == (date(2027, 1, 1), "stated")
    await bring_in(imports, runner, creditor, write_book(tmp_path / "s.xlsx", rows, headings))
    after = await claims()
    assert after["S-1"].limitation_on == date(2028, 4, 11)
    assert after["S-2"].limitation_on == date(2027, 1, 1)
