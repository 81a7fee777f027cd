"""Any list as a file: an Excel workbook or CSV, made in a thread, and harmless to whoever opens it."""

import csv
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import xlsxwriter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from core.kernel.access import Actor
from core.kernel.i18n import Message, Translator, translator
from core.kernel.money import Money
from core.kernel.paging import Page, Wish
from web.lists import EXPORT_BATCH, Asked, row_by_row
from web.pages.listing import (
    Cell,
    Column,
    DayCell,
    DurationCell,
    MoneyCell,
    NumberCell,
    PhoneCell,
    Row,
    StateCell,
    TextCell,
    TimeCell,
    ZoneCell,
)
from web.security import actor
from web.state import services

Line = TypeVar("Line")
W = TypeVar("W", bound=Wish)

#: Excel's own limit, less the header.
_SHEET_ROWS = 1_048_575
#: A spreadsheet reads a text that begins so as a formula (OWASP: CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
#: Columns that are there to be heard.
_SOUND = frozenset({"play", "recording"})
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Value = str | int | float | Decimal | datetime | date | None


class _Writer(Protocol):
    def write(self, rows: Sequence[Sequence[Value]]) -> None: ...

    def close(self) -> None: ...


async def export(
    request: Request, name: str, columns: Sequence[Column], batches: AsyncIterator[Sequence[Row]]
) -> Response:
    """The file of ``columns`` over all rows of ``batches``; ``?format=csv`` or a workbook. ``name`` has no suffix.

    What is taken away is told in the audit trail before it leaves: which list, what was asked of it, how many rows."""
    suffix = "csv" if request.query_params.get("format") == "csv" else "xlsx"
    count = 0

    async def counted() -> AsyncIterator[Sequence[Row]]:
        nonlocal count
        async for rows in batches:
            count += len(rows)
            yield rows

    path = await written(actor(request), suffix, columns, counted())
    done = BackgroundTask(path.unlink, missing_ok=True)
    try:
        told = {"rows": (None, count), "asked": (None, _question(request)), "format": (None, suffix)}
        await services(request).looks.looked(actor(request), ("list", name[:60]), "list.exported", told)
    except BaseException:
        await done()
        raise
    media = "text/csv; charset=utf-8" if suffix == "csv" else XLSX
    return FileResponse(path, media_type=media, filename=f"{name}.{suffix}", background=done)


def _question(request: Request) -> str | None:
    """What was asked of the list, as its address says it."""
    pairs = [pair for pair in request.query_params.multi_items() if pair[1] and pair[0] not in ("format", "saved")]
    return urlencode(pairs)[:2000] or None


async def export_list(
    request: Request,
    wanted: Asked,
    wish: W,
    read: Callable[[AsyncSession, Actor, W], Awaitable[Page[Line]]],
    row: Callable[[Line], Row],
) -> Response:
    """The file of the whole list that is wished for, its cursors apart: of the columns that are shown."""

    async def batch(after: str | None) -> Page[Line]:
        async with services(request).uow.read() as session:
            return await read(session, actor(request), replace(wish, after=after, before=None, size=EXPORT_BATCH))

    return await export(request, wanted.spec.key, without_sound(wanted.shown), row_by_row(batch, row))


def without_sound(columns: Iterable[Column]) -> list[Column]:
    """The columns that a file can hold."""
    return [column for column in columns if column.key not in _SOUND]


async def written(reader: Actor, suffix: str, columns: Sequence[Column], batches: AsyncIterator[Sequence[Row]]) -> Path:
    """A temporary ``csv`` or ``xlsx`` in the reader's language and zone, for the caller to take away."""
    texts, zone = translator(reader.language), ZoneInfo(reader.timezone)
    path = await run_in_threadpool(_temporary, suffix)
    try:
        make: Callable[[Path], _Writer] = _Csv if suffix == "csv" else _Workbook
        writer = await run_in_threadpool(make, path)
        await run_in_threadpool(writer.write, [[texts.render(column.label) for column in columns]])
        async for rows in batches:
            await run_in_threadpool(writer.write, [_values(row, columns, texts, zone) for row in rows])
        await run_in_threadpool(writer.close)
    except BaseException:
        await run_in_threadpool(path.unlink, missing_ok=True)
        raise
    return path


def _temporary(suffix: str) -> Path:
    handle, name = tempfile.mkstemp(suffix=f".{suffix}", prefix="export-")
    os.close(handle)
    return Path(name)


def _values(row: Row, columns: Iterable[Column], texts: Translator, zone: ZoneInfo) -> list[Value]:
    return [cell_value(row.cells.get(column.key), texts, zone) for column in columns]


def cell_value(cell: Cell | None, texts: Translator, zone: ZoneInfo) -> Value:
    """What a cell is worth in a file: numbers stay numbers, times are in the reader's zone."""
    match cell:
        case TextCell(text=text):
            return texts.render(text) if isinstance(text, Message) else text
        case NumberCell(number=number):
            return number
        case MoneyCell(money=Money() as money):
            return money.amount
        case TimeCell(at=datetime() as at, zone=own):
            return at.astimezone(ZoneInfo(own) if own else zone).replace(tzinfo=None)
        case DayCell(day=day):
            return day
        case DurationCell(seconds=seconds):
            return seconds
        case StateCell(state=state) if state is not None:
            return texts.render(state.word) if isinstance(state.word, Message) else state.word
        case PhoneCell(number=number):
            return number
        case ZoneCell(name=name):
            return name
    return None


class _Csv:
    """UTF-8 with a mark, which Excel needs to see that it is; a text that looks like a formula is quoted."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)

    def write(self, rows: Sequence[Sequence[Value]]) -> None:
        self._writer.writerows([harmless(value) for value in row] for row in rows)

    def close(self) -> None:
        self._file.close()


def harmless(value: Value) -> Value:
    """A text no spreadsheet takes for a formula; a telephone number with its plus stays one."""
    if not isinstance(value, str) or not value.startswith(_FORMULA_STARTS):
        return value
    return value if value[0] == "+" and value[1:].isdigit() else f"'{value}"


class _Workbook:
    """One sheet after the other, written row by row so that memory stays flat. Texts are never read as formulas."""

    def __init__(self, path: Path) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd hh:mm",
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._header: Sequence[Value] | None = None
        self._sheet: Any = None
        self._next = 0

    def write(self, rows: Sequence[Sequence[Value]]) -> None:
        for row in rows:
            if self._header is None:
                self._header = row
            elif self._sheet is None or self._next > _SHEET_ROWS:
                self._open()
                self._put(row)
            else:
                self._put(row)

    def close(self) -> None:
        if self._sheet is None:
            self._open()
        self._book.close()

    def _open(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._next = 0
        self._put(self._header or ())

    def _put(self, row: Sequence[Value]) -> None:
        for column, value in enumerate(row):
            if isinstance(value, str):
                self._sheet.write_string(self._next, column, value[:32_767])
            elif isinstance(value, date) and not isinstance(value, datetime):
                self._sheet.write_datetime(self._next, column, value, self._day)
            elif value is not None:
                self._sheet.write(self._next, column, value)
        self._next += 1
