"""Workbooks that mean harm: each ends in a refusal in words, and never in more memory or time."""

import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import xlsxwriter

from core.importing import workbook
from core.importing.errors import NotAWorkbook, WorkbookTooLarge
from core.importing.reader import Line, Request
from core.importing.reading import Reading
from core.importing.registry.kind import RegistryKind
from core.importing.registry.rows import RegistryRow
from tests.factories.bombs import BOMBS, entity_book, raw_book, sheet
from tests.integration.importing.conftest import debtor, write_book


def asking(path: Path, sheet: str, header: int, reading: Reading) -> Request:
    """The question for a registry's rows."""
    return Request(path=str(path), sheet=sheet, header=header, reading=reading, row_reader=RegistryKind.row_reader)


def said(line: Line) -> RegistryRow:
    return msgspec.json.decode(line.data, type=RegistryRow)


async def look(path: Path) -> None:
    """What happens to every upload first."""
    workbook.inspect(path)
    await workbook.heads(Request(path=str(path)))


@pytest.mark.slow
@pytest.mark.parametrize("make", BOMBS, ids=lambda make: make.__name__)
async def test_bombs_are_refused_without_growing(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path / "bomb.xlsx")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WorkbookTooLarge):
        await look(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


async def test_external_entities_stay_outside(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET")
    path = entity_book(tmp_path / "xxe.xlsx", f'<!ENTITY e SYSTEM "file://{secret}">')
    workbook.inspect(path)
    try:
        seen = str(await workbook.heads(Request(path=str(path))))
    except NotAWorkbook:
        return
    assert "TOP-SECRET" not in seen


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 torn", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 torn"])
async def test_what_is_no_workbook_is_called_that(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(NotAWorkbook):
        await look(path)


async def test_hidden_sheets_are_not_offered_and_merged_cells_stand_in_every_row(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    book = xlsxwriter.Workbook(path)
    hidden, seen = book.add_worksheet("Hidden"), book.add_worksheet("Seen")
    seen.activate()
    hidden.hide()
    seen.write_row(0, 0, ("Case no.", "Debtor", "Claim no.", "Principal"))
    seen.merge_range(1, 0, 2, 0, "C-1")
    seen.merge_range(1, 1, 2, 1, "Doe Jane")
    seen.write_row(1, 2, ("1", 10))
    seen.write_row(2, 2, ("2", 20))
    book.close()
    assert [head.name for head in await workbook.heads(Request(path=str(path)))] == ["Seen"]
    reading = Reading(columns={0: "number", 1: "name", 2: "claim", 3: "principal"}, region="US", currency="USD")
    found = [line async for line in workbook.lines(asking(path, "Seen", 0, reading))]
    assert [(line.number, line.name, line.claim) for line in found] == [
        ("C-1", "Doe Jane", "1"),
        ("C-1", "Doe Jane", "2"),
    ]


@pytest.mark.slow
async def test_day_numbers_of_old_macs_are_read_from_1904(tmp_path: Path) -> None:
    head = '<row r="1">' + "".join(
        f'<c r="{cell}1" t="inlineStr"><is><t>{text}</t></is></c>'
        for cell, text in (("A", "Case no."), ("B", "Due date"))
    )
    path = raw_book(
        tmp_path / "mac.xlsx", sheet(f'{head}</row><row r="2"><c r="A2"><v>7</v></c><c r="B2"><v>43830</v></c></row>')
    )
    old = tmp_path / "old.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(old, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/workbook.xml":
                data = data.replace(b"<sheets>", b'<workbookPr date1904="1"/><sheets>')
            target.writestr(name, data)
    reading = Reading(columns={0: "number", 1: "due_on"}, region="RU", currency="RUB")
    days = [
        [str(said(line).due_on) async for line in workbook.lines(asking(one, "S", 0, reading))] for one in (path, old)
    ]
    assert days == [["2019-12-31"], ["2024-01-01"]]


@pytest.mark.slow
async def test_leaving_early_ends_the_reader(tmp_path: Path) -> None:
    path = write_book(tmp_path / "r.xlsx", [debtor(n) for n in range(1, 2000)])
    reading = Reading(columns={0: "number", 1: "name"}, region="RU", currency="RUB")
    lines = workbook.lines(asking(path, "Registry", 2, reading))
    assert (await anext(lines)).number == "N-00001"
    await lines.aclose()
