"""Case numbers out of a file: a workbook, CSV or plain text, one number a row.

The column is the one whose heading means the case number, else the first that is filled; headings need not be there.
"""

import asyncio
import csv
from collections.abc import Sequence
from pathlib import Path

import msgspec

from core.importing import cells, workbook
from core.importing.cells import Cell
from core.importing.errors import NoNumbers, WorkbookTooLarge
from core.importing.headers import SEARCHED_ROWS, Vocabulary, heading
from core.importing.reader import Request
from core.importing.reading import Fault, Reading
from core.importing.registry.fields import TARGETS

MOST_BYTES = 20_000_000
MOST_NUMBERS = 100_000
_LONGEST = 60
_WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_NUMBER = "number"
_HEADINGS = Vocabulary(TARGETS)


class NumberRow(msgspec.Struct, frozen=True):
    """A row of which nothing but the number is read."""

    number: str
    claim: str = ""
    name: str = ""


def read_number(_n: int, row: Sequence[Cell], reading: Reading) -> tuple[NumberRow, list[Fault]]:
    """The number of a row, by the one column there is."""
    column = next(iter(reading.columns))
    return NumberRow(cells.text(row[column])[:_LONGEST] if column < len(row) else ""), []


async def numbers_in(path: Path) -> list[str]:
    """The numbers in the order of the file. Raises ``NotAWorkbook``, ``WorkbookTooLarge`` or ``NoNumbers``."""
    with path.open("rb") as file:
        start = file.read(4)
    found = await (_in_workbook(path) if start.startswith(_WORKBOOK_STARTS) else asyncio.to_thread(_in_text, path))
    if not found:
        raise NoNumbers()
    if len(found) > MOST_NUMBERS:
        raise WorkbookTooLarge()
    return found


async def _in_workbook(path: Path) -> list[str]:
    await asyncio.to_thread(workbook.inspect, path)
    for sheet in await workbook.heads(Request(path=str(path))):
        place = _place(sheet.rows)
        if place is not None:
            header, column = place
            request = Request(
                path=str(path),
                sheet=sheet.name,
                header=header,
                reading=Reading(columns={column: _NUMBER}, region="", currency=""),
                row_reader=f"{__name__}:{read_number.__name__}",
            )
            return [line.number async for line in workbook.lines(request) if line.number]
    return []


def _in_text(path: Path) -> list[str]:
    """CSV by any of the usual separators, or a number a line."""
    if path.stat().st_size > MOST_BYTES:
        raise WorkbookTooLarge()
    raw = path.read_bytes()
    if b"\x00" in raw and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NoNumbers()
    lines = _decoded(raw).splitlines()
    separator = max(";\t,", key=lambda one: sum(one in line for line in lines[:SEARCHED_ROWS]))
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    except csv.Error as error:
        raise NoNumbers() from error
    place = _place(rows)
    if place is None:
        return []
    header, column = place
    return [row[column][:_LONGEST] for row in rows[header + 1 :] if column < len(row) and row[column]]


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1251", errors="replace")  # what Excel writes where the numbers have letters


def _place(rows: Sequence[Sequence[str]]) -> tuple[int, int] | None:
    """The index of the row of headings (-1: there is none) and of the column; None for a sheet without a word."""
    for index, row in enumerate(rows[:SEARCHED_ROWS]):
        for column, text in enumerate(row):
            if heading(text) and _HEADINGS.meaning(text) == _NUMBER:
                return index, column
    first = next((column for row in rows for column, text in enumerate(row) if text), None)
    return None if first is None else (-1, first)
