"""Registries as creditors send them, made on the spot."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from core.cases.model import Creditor, Jurisdiction
from core.cases.service.creditors import CreditorData, add_creditor
from core.importing.registry.kind import RegistryKind
from core.importing.service import Imports
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.jobs import JobRunner
from core.kernel.uow import UnitOfWork

HEADINGS = ("Номер дела", "ФИО должника", "Дата рождения", "ИНН", "Телефоны", "Сумма долга", "Проценты", "№ договора")


def write_book(path: Path, rows: Sequence[Sequence[Any]], headings: Sequence[str] = HEADINGS) -> Path:
    """A workbook with a title line, the headings and ``rows``."""
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_numbers": False})
    sheet = book.add_worksheet("Registry")
    dated = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet.write(0, 0, "Registry of debtors")
    for line, row in enumerate([headings, *rows], start=2):
        for column, value in enumerate(row):
            if isinstance(value, date | datetime):
                sheet.write_datetime(line, column, value, dated)
            else:
                sheet.write(line, column, value)
    book.close()
    return path


def debtor(n: int, **changes: Any) -> list[Any]:
    """A faultless row of the number ``n``."""
    row: dict[str, Any] = {
        "number": f"N-{n:05}",
        "name": f"Должников Демьян {n:05}",
        "born": date(1980, 1, 1 + n % 28),
        "inn": f"{100000000000 + n}",
        "phones": f"+7900{n:07}",
        "sum": 1000.5 + n,
        "interest": "12,34",
        "contract": f"K{n}",
    }
    return list((row | changes).values())


@pytest.fixture
async def creditor(uow: UnitOfWork, clock: ManualClock) -> Creditor:
    async with uow.write() as work:
        data = CreditorData(name="Northern Loans", jurisdiction=Jurisdiction.RU, region="RU", currency="RUB")
        return await add_creditor(work, PROGRAM, data, at=clock.now())


@pytest.fixture
def imports(uow: UnitOfWork, clock: ManualClock, tmp_path: Path) -> Imports:
    return Imports(uow, clock, tmp_path / "imports", (RegistryKind(),))


@pytest.fixture
def runner(uow: UnitOfWork, clock: ManualClock, imports: Imports) -> JobRunner:
    return JobRunner(uow, clock, imports.handlers)
