"""Reads a workbook in a process of its own, with a limit on memory and processor time, and prints it as lines of JSON.

``python -m core.importing.reader REQUEST`` where REQUEST is a :class:`Request` as JSON. A hostile workbook can abort
this process; it cannot harm anything else.
"""

import re
import resource
import sys
import zipfile
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

import msgspec
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from core.importing import cells
from core.importing.cells import Cell
from core.importing.headers import SEARCHED_ROWS
from core.importing.rows import Fault, Reading, RegistryRow, is_empty, read_row

MEMORY_LIMIT = 1_500_000_000
CPU_SECONDS = 600
MOST_ROWS = 500_000
MOST_COLUMNS = 300
LONGEST_CELL = 4000
_PREVIEW_ROWS = SEARCHED_ROWS + 10
EXIT_TOO_LARGE = 3
EXIT_UNREADABLE = 4


class Request(msgspec.Struct):
    """What to read: without ``reading`` the head of every visible sheet, with it the rows of ``sheet`` behind
    ``header`` (the row's index), from Excel's row ``first_row`` on."""

    path: str
    sheet: str = ""
    header: int = 0
    first_row: int = 0
    reading: Reading | None = None


class SheetHead(msgspec.Struct):
    """The first rows of a visible sheet as texts, and how many rows there are."""

    name: str
    height: int
    rows: list[list[str]]


class Line(msgspec.Struct, omit_defaults=True):
    """One row: what it says (``data``), what is wrong with it, and its cells as texts for the file that goes back."""

    n: int
    number: str
    claim: str
    name: str
    data: RegistryRow
    cells: list[str]
    faults: list[Fault] = []


def main(request: Request, out: BinaryIO) -> int:
    """Print what was asked for; the exit code says why not."""
    _limit()
    workbook = CalamineWorkbook.from_path(request.path)
    encoder = msgspec.json.Encoder()
    for item in _heads(workbook) if request.reading is None else _lines(workbook, request, request.reading):
        out.write(encoder.encode(item))
        out.write(b"\n")
    return 0


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _heads(workbook: CalamineWorkbook) -> Iterator[SheetHead]:
    for meta in workbook.sheets_metadata:
        if meta.visible == SheetVisibleEnum.Visible and meta.typ == SheetTypeEnum.WorkSheet:
            sheet = workbook.get_sheet_by_name(meta.name)
            _bounded(sheet)
            rows = [[cells.text(cell)[:200] for cell in row] for _, row in islice(_rows(sheet), _PREVIEW_ROWS)]
            yield SheetHead(name=meta.name, height=sheet.total_height, rows=rows)


def _bounded(sheet: CalamineSheet) -> None:
    if sheet.total_height > MOST_ROWS or sheet.total_width > MOST_COLUMNS:
        raise MemoryError


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, Sequence[Cell]]]:
    """(Excel's row number, cells from column A on); merged cells stand in every row they cover."""
    top, left = sheet.start or (0, 0)
    indent: list[Cell] = [""] * left
    spans = _vertical_spans(sheet)
    for n in range(1, top + 1):
        yield n, []
    carried: dict[int, tuple[int, Cell]] = {}
    for offset, raw in enumerate(sheet.iter_rows()):
        index = top + offset
        row: list[Cell] = [*indent, *raw]
        for column, (last, value) in carried.items():
            if index <= last and column < len(row):
                row[column] = value
        for column, last in spans.get(index, ()):
            if column < len(row):
                carried[column] = (last, row[column])
        yield index + 1, row


def _vertical_spans(sheet: CalamineSheet) -> dict[int, list[tuple[int, int]]]:
    """First row → (column, last row) of cells merged over several rows."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, _right) in islice(sheet.merged_cell_ranges or (), MOST_ROWS):
        if bottom > top:
            spans.setdefault(top, []).append((left, bottom))
    return spans


def _lines(workbook: CalamineWorkbook, request: Request, reading: Reading) -> Iterator[Line]:
    sheet = workbook.get_sheet_by_name(request.sheet)
    _bounded(sheet)
    reading = msgspec.structs.replace(reading, epoch_1904=_epoch_1904(request.path))
    first = max(request.header + 2, request.first_row)
    for n, row in _rows(sheet):
        if n < first or is_empty(row):
            continue
        short = [cell[:LONGEST_CELL] if isinstance(cell, str) else cell for cell in row]
        data, faults = read_row(n, short, reading)
        yield Line(
            n=n,
            number=data.number,
            claim=data.claim,
            name=data.name,
            data=data,
            cells=[cells.text(cell) for cell in short],
            faults=faults,
        )


def _epoch_1904(path: str) -> bool:
    """Whether day numbers count from 1904, as old Macs wrote them."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return False
        with archive.open("xl/workbook.xml") as part:
            head = part.read(1_000_000)
    return re.search(rb"<[\w:]*workbookPr\b[^>]*\bdate1904=[\"'](1|true)[\"']", head) is not None


def _run(argument: str) -> Any:
    try:
        return main(msgspec.json.decode(argument, type=Request), sys.stdout.buffer)
    except MemoryError:
        return EXIT_TOO_LARGE
    except BrokenPipeError:
        return 0
    except Exception:  # noqa: BLE001 - whatever a broken workbook raises means the same
        return EXIT_UNREADABLE


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1]))
