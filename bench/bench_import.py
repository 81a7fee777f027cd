"""A registry of 100,000 rows × 20 columns, from the file to the cases, beside bare reading plus bare bulk insert."""

import asyncio
import resource
import sqlite3
import tempfile
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlalchemy import update

from bench.figure import Figure, percentile
from callcenter.app.models import metadata
from core.cases.model import Creditor, Jurisdiction
from core.cases.service.creditors import CreditorData, add_creditor
from core.importing.command import import_file
from core.importing.registry.kind import RegistryKind
from core.importing.service import Imports
from core.kernel.access import PROGRAM
from core.kernel.bus import Bus
from core.kernel.clock import SystemClock
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork

ROWS = 100_000
_HEADINGS = (
    "Номер дела", "ФИО должника", "Дата рождения", "ИНН", "Паспорт", "Телефон", "Домашний телефон", "Адрес", "Регион",
    "Индекс", "E-mail", "Договор", "Дата договора", "Дата просрочки", "Основной долг", "Проценты", "Пени", "Комиссия",
    "Валюта", "Комментарий",
)  # fmt: skip
_TABLES = (
    "parties", "party_ids", "phones", "addresses", "emails", "cases", "claims", "case_parties", "case_events",
)  # fmt: skip


def _registry(path: Path, rows: int) -> None:
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("Registry")
    dated = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet.write_row(0, 0, _HEADINGS)
    born, signed = date(1960, 1, 1), date(2020, 1, 1)
    for n in range(1, rows + 1):
        sheet.write_row(n, 0, (f"B-{n:07}", f"Долговский Мирон {n:07}"))
        sheet.write_datetime(n, 2, born + timedelta(days=n % 15000), dated)
        sheet.write_row(
            n,
            3,
            (f"{100_000_000_000 + n}", f"45 00 {n:06}", f"+7 900 {n:07}"[:16], "", f"Город, улица {n % 500}, {n % 90}"),
        )
        sheet.write_row(n, 8, ("Область", f"{100000 + n % 800000}", f"d{n}@example.org", f"K-{n}"))
        sheet.write_datetime(n, 12, signed + timedelta(days=n % 900), dated)
        sheet.write_datetime(n, 13, signed + timedelta(days=900 + n % 300), dated)
        sheet.write_row(n, 14, (1000.5 + n, 10.25, "1 234,50", 0, "RUB", "Передано"))
    book.close()


def _processor() -> float:
    """Processor seconds of this process and of those it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _bare_read(path: Path) -> float:
    start = perf_counter()
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert len(rows) > 1
    return perf_counter() - start


def _bare_insert(filled: Path, empty: Path) -> float:
    """Everything the import wrote, as ready-made rows, inserted table by table into the same schema, once."""
    source = sqlite3.connect(filled)
    target = sqlite3.connect(empty, isolation_level=None)
    target.execute("PRAGMA synchronous=FULL")
    target.execute("PRAGMA journal_mode=WAL")
    spent = 0.0
    for table in ("creditors", "orders", *_TABLES):
        cursor = source.execute(f"SELECT * FROM {table}")
        rows, marks = cursor.fetchall(), ", ".join("?" * len(cursor.description))
        start = perf_counter()
        target.execute("BEGIN IMMEDIATE")
        target.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        target.execute("COMMIT")
        spent += perf_counter() - start
    return spent


async def _schema(path: Path) -> Database:
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with database.writer_engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    return database


async def _others(uow: UnitOfWork, waits: list[float], lags: list[float]) -> None:
    """Somebody else's small writes, and how late the event loop comes, while the import runs."""
    while True:
        start = perf_counter()
        await asyncio.sleep(0.02)
        lags.append((perf_counter() - start - 0.02) * 1000)
        start = perf_counter()
        async with uow.write() as work:
            await work.session.execute(update(Creditor).where(Creditor.id == 1).values(active=True))
        waits.append((perf_counter() - start) * 1000)


async def run(*, small: bool = False) -> list[Figure]:
    """Make the registry, import it, and do the bare work beside it."""
    rows = 500 if small else ROWS
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        book, filled, empty = (Path(folder) / name for name in ("registry.xlsx", "filled.db", "empty.db"))
        await asyncio.to_thread(_registry, book, rows)
        database = await _schema(filled)
        await (await _schema(empty)).close()
        uow, clock = UnitOfWork(database, Bus()), SystemClock()
        async with uow.write() as work:
            data = CreditorData(name="Bench", jurisdiction=Jurisdiction.RU, region="RU", currency="RUB")
            await add_creditor(work, PROGRAM, data, at=clock.now())
        waits: list[float] = []
        lags: list[float] = []
        others = asyncio.create_task(_others(uow, waits, lags))
        imports = Imports(uow, clock, Path(folder), (RegistryKind(),))
        start, worked = perf_counter(), _processor()
        summary = await import_file(imports, uow, PROGRAM, book, creditor_name="Bench")
        ours, our_work = perf_counter() - start, _processor() - worked
        others.cancel()
        assert summary.counts == {"new": rows}, summary
        await database.close()
        worked = _processor()
        read = await asyncio.to_thread(_bare_read, book)
        inserted = await asyncio.to_thread(_bare_insert, filled, empty)
        bare_work = _processor() - worked
    return [
        Figure(
            name=f"import {rows:,} rows × 20, file to cases",
            value=ours,
            unit="s",
            reference=read + inserted,
            reference_name=f"bare read {read:.1f} s + bare insert {inserted:.1f} s",
            aim="≤ 3×",
        ),
        Figure(
            name="the same in processor time, of all its processes",
            value=our_work,
            unit="s",
            reference=bare_work,
            reference_name="bare read + bare insert",
        ),
        Figure(name="another's write meanwhile (p50)", value=percentile(waits, 0.5), unit="ms"),
        Figure(name="another's write meanwhile (p99)", value=percentile(waits, 0.99), unit="ms", aim="≤ 100"),
        Figure(name="lag of the event loop meanwhile (p99)", value=percentile(lags, 0.99), unit="ms", aim="≤ 50"),
    ]
