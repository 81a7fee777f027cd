"""Reads a workbook in a process of its own, with a limit on memory and processor time, and prints it as lines of JSON,
each a list of items.

``python -m core.importing.reader REQUEST`` where REQUEST is a :class:`Request` as JSON. A hostile workbook can abort
this process; it cannot harm anything else.
"""

import importlib
import re
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

import msgspec
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from core.importing import cells
from core.importing.cells import Cell
from core.importing.headers import SEARCHED_ROWS
from core.importing.reading import Fault, Reading, RowReader, is_empty

MEMORY_LIMIT = 1_500_000_000
CPU_SECONDS = 600
MOST_ROWS = 500_000
MOST_COLUMNS = 300
LONGEST_CELL = 4000
_PREVIEW_ROWS = SEARCHED_ROWS + 10
_PIECE_BYTES = 64_000
EXIT_TOO_LARGE = 3
EXIT_UNREADABLE = 4


class Request(msgspec.Struct):
    """What to read: without ``reading`` the head of every visible sheet, with it the rows of ``sheet`` behind
    ``header`` (the row's index), from Excel's row ``first_row`` on, each read by ``row_reader`` (``module:function``).
    """

    path: str
    sheet: str = ""
    header: int = 0
    first_row: int = 0
    reading: Reading | None = None
    row_reader: str = ""


class SheetHead(msgspec.Struct):
    """The first rows of a visible sheet as texts, and how many rows there are."""

    name: str
    height: int
    rows: list[list[str]]


class Line(msgspec.Struct, omit_defaults=True):
    """One row: what it says (``data``), what is wrong with it, and its cells as texts for the file that goes back.

    ``data`` and ``cells`` stay the JSON they are stored as.
    """

    n: int
    number: str
    claim: str
    name: str
    data: msgspec.Raw
    cells: msgspec.Raw
    faults: list[Fault] = []


def main(request: Request, out: BinaryIO) -> int:
    """Print what was asked for; the exit code says why not."""
    _limit()
    workbook = CalamineWorkbook.from_path(request.path)
    encoder = msgspec.json.Encoder()
    items = _heads(workbook) if request.reading is None else _lines(workbook, request, request.reading)
    for piece in _pieces(encoder.encode(item) for item in items):
        out.write(b"[" + b",".join(piece) + b"]\n")
    return 0


def _pieces(items: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Items together until they are long enough: who reads them is woken once for many."""
    piece: list[bytes] = []
    size = 0
    for item in items:
        piece.append(item)
        size += len(item)
        if size >= _PIECE_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


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
    module, _, function = request.row_reader.partition(":")
    read_row: RowReader = getattr(importlib.import_module(module), function)
    first, encode = max(request.header + 2, request.first_row), msgspec.json.Encoder().encode
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
            data=msgspec.Raw(encode(data)),
            cells=msgspec.Raw(encode([cells.text(cell) for cell in short])),
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
