"""Reads a workbook, or what else a kind of import can open, in a process of its own, with a limit on memory and
processor time, and prints it as lines of JSON, each a list of items.

``python -m core.importing.reader REQUEST`` where REQUEST is a :class:`Request` as JSON. A hostile file can abort this
process; it cannot harm anything else.
"""

import importlib
import re
import resource
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO, Protocol

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

    ``opener`` is asked first for files that are no workbooks; ``options`` are what it was told beside the file.
    """

    path: str
    sheet: str = ""
    header: int = 0
    first_row: int = 0
    reading: Reading | None = None
    row_reader: str = ""
    opener: str = ""
    options: dict[str, str] = {}


class SheetHead(msgspec.Struct):
    """The first rows of a visible sheet as texts, and how many rows there are.

    ``fixed``: the first row are headings that mean what they say. ``refusal``: why the file cannot be read at all.
    """

    name: str
    height: int
    rows: list[list[str]]
    fixed: bool = False
    refusal: Fault | None = None


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


class Opened(Protocol):
    """A file in the reading process."""

    def heads(self) -> Iterator[SheetHead]: ...

    def lines(self, request: Request, reading: Reading) -> Iterator[Line]: ...


#: What opens files of a kind by itself: None leaves a file to the reader of workbooks.
Opener = Callable[[Request], Opened | None]


def main(request: Request, out: BinaryIO) -> int:
    """Print what was asked for; the exit code says why not."""
    _limit()
    opened = (_named(request.opener)(request) if request.opener else None) or _Workbook(request.path)
    encoder = msgspec.json.Encoder()
    items = opened.heads() if request.reading is None else opened.lines(request, request.reading)
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


def _named(place: str) -> Any:
    """What stands at ``module:function``."""
    module, _, function = place.partition(":")
    return getattr(importlib.import_module(module), function)


class _Workbook:
    """A workbook, opened."""

    def __init__(self, path: str) -> None:
        self._workbook = CalamineWorkbook.from_path(path)

    def heads(self) -> Iterator[SheetHead]:
        for meta in self._workbook.sheets_metadata:
            if meta.visible == SheetVisibleEnum.Visible and meta.typ == SheetTypeEnum.WorkSheet:
                sheet = self._workbook.get_sheet_by_name(meta.name)
                _bounded(sheet)
                yield head_of(meta.name, sheet.total_height, (row for _, row in _rows(sheet)))

    def lines(self, request: Request, reading: Reading) -> Iterator[Line]:
        sheet = self._workbook.get_sheet_by_name(request.sheet)
        _bounded(sheet)
        reading = msgspec.structs.replace(reading, epoch_1904=_epoch_1904(request.path))
        return read_rows(_rows(sheet), request, reading)


def head_of(name: str, height: int, rows: Iterable[Sequence[Cell]]) -> SheetHead:
    """The head of a sheet whose headings have to be found."""
    shown = [[cells.text(cell)[:200] for cell in row] for row in islice(rows, _PREVIEW_ROWS)]
    return SheetHead(name=name, height=height, rows=shown)


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


def read_rows(rows: Iterable[tuple[int, Sequence[Cell]]], request: Request, reading: Reading) -> Iterator[Line]:
    """What the rows behind the headings say, each read by the kind's own reader."""
    read_row: RowReader = _named(request.row_reader)
    first, encode = max(request.header + 2, request.first_row), msgspec.json.Encoder().encode
    for n, row in rows:
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
