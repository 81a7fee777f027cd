"""Opens statements and comma-separated values in the reading process of imports; workbooks are left to it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from core.importing.cells import Cell
from core.importing.reader import Line, Opened, Request, SheetHead, head_of, read_rows
from core.importing.reading import Fault, Reading
from core.kernel.i18n import Message
from core.payments.incoming.fields import HEADINGS
from core.payments.statements import table
from core.payments.statements.detect import MOST_BYTES, Format, detect, read
from core.payments.statements.lines import Item, NotAStatement, RefusedLine, Remark, StatementLine, StatementTooLarge

#: The field of a refusal that is about size.
TOO_LARGE = "size"
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_MARKERS = {
    Format.ONE_C: ("СекцияДокумент".encode("cp1251"), "СекцияДокумент".encode(), "СекцияДокумент".encode("cp866")),
    Format.MT940: (b":61:",),
    Format.CAMT053: (b"Ntry>",),
}


def open_file(request: Request) -> Opened | None:
    """A statement or a table in text, as the option ``format`` or its content says."""
    path = Path(request.path)
    if path.stat().st_size > MOST_BYTES:
        return _Refused(Fault(TOO_LARGE, StatementTooLarge.text))
    data = path.read_bytes()
    wanted = request.options.get("format", "auto")
    try:
        found = detect(data) if wanted == "auto" else Format(wanted)
    except NotAStatement as error:
        return _Refused(_fault(error.params["reason"]))
    except StatementTooLarge:
        return _Refused(Fault(TOO_LARGE, StatementTooLarge.text))
    if found is not Format.TABLE:
        return _Statement(data, found)
    return None if data.startswith(_WORKBOOK) else _Values(data)


def read_row(n: int, row: Sequence[Cell], how: Reading) -> tuple[StatementLine | RefusedLine, list[Fault]]:
    """A row of a table as a line of a statement."""
    item = table.line_of(n, row, how.columns, american=how.american, epoch_1904=how.epoch_1904)
    assert not isinstance(item, Remark), "a row is no remark"
    return item, _faults(item)


def _fault(reason: object) -> Fault:
    return Fault.of("", reason) if isinstance(reason, Message) else Fault("", str(reason))


def _faults(item: Item) -> list[Fault]:
    if isinstance(item, StatementLine):
        return []
    field = item.field if isinstance(item, RefusedLine) else ""
    return [Fault(field, item.reason, item.params)]


class _Refused:
    """A file that is not read at all."""

    def __init__(self, reason: Fault) -> None:
        self._reason = reason

    def heads(self) -> Iterator[SheetHead]:
        yield SheetHead(name="", height=0, rows=[], refusal=self._reason)

    def lines(self, request: Request, reading: Reading) -> Iterator[Line]:
        raise ValueError("refused before")


class _Statement:
    """A statement: its columns mean what they mean."""

    def __init__(self, data: bytes, format_: Format) -> None:
        self._data = data
        self._format = format_

    def heads(self) -> Iterator[SheetHead]:
        """As soon as its first movement can be read; how many follow is only estimated."""
        try:
            next(read(self._data, self._format), None)
        except NotAStatement as error:
            yield SheetHead(name="", height=0, rows=[], refusal=_fault(error.params["reason"]))
            return
        except StatementTooLarge:
            yield SheetHead(name="", height=0, rows=[], refusal=Fault(TOO_LARGE, StatementTooLarge.text))
            return
        height = max(self._data.count(marker) for marker in _MARKERS[self._format])
        yield SheetHead(name=self._format, height=height + 1, rows=[list(HEADINGS)], fixed=True)

    def lines(self, request: Request, reading: Reading) -> Iterator[Line]:
        encode = msgspec.json.Encoder().encode
        try:
            for item in read(self._data, self._format):
                if item.n >= request.first_row:
                    yield _line(item, encode(item), encode(_cells(item)))
        except StatementTooLarge as error:
            raise MemoryError from error


def _line(item: Item, data: bytes, cells: bytes) -> Line:
    movement = isinstance(item, StatementLine)
    return Line(
        n=item.n,
        number=item.doc_no[:60] if movement else "",  # type: ignore[union-attr]
        claim=str(item.n),
        name=item.payer_name[:300] if movement else "",  # type: ignore[union-attr]
        data=msgspec.Raw(data),
        cells=msgspec.Raw(cells),
        faults=_faults(item),
    )


def _cells(item: Item) -> list[str]:
    place = item.place or str(item.n)
    if not isinstance(item, StatementLine):
        return [place, *[""] * (len(HEADINGS) - 2), item.said if isinstance(item, RefusedLine) else ""]
    return [
        place,
        item.account,
        item.value_on.isoformat(),
        item.booked_on.isoformat(),
        item.direction,
        str(item.amount),
        item.currency,
        item.doc_no,
        item.payer_name,
        item.payer_account,
        item.payer_tax_id,
        item.purpose,
    ]


class _Values:
    """Comma-separated values: a sheet whose headings have to be found."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def heads(self) -> Iterator[SheetHead]:
        rows = (row for _, row in table.rows(self._data))
        yield head_of("csv", self._data.count(b"\n") + 1, rows)

    def lines(self, request: Request, reading: Reading) -> Iterator[Line]:
        return read_rows(table.rows(self._data), request, reading)
