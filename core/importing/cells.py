"""What a cell means: dates, sums, numbers and phones as creditors really write them.

A cell is whatever the workbook held: a text, a number, a date. Every reader here returns the value, None for an empty
cell, or raises :class:`Unreadable` with a message for the one who has to mend the file.
"""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from core.kernel.i18n import Message, msg
from core.kernel.phones import normalise

Cell = str | int | float | bool | date | datetime | time | timedelta | None

_EPOCH_1900 = date(1899, 12, 30)
_EPOCH_1904 = date(1904, 1, 1)
_EARLIEST, _LATEST = date(1900, 1, 1), date(2100, 12, 31)
_SCIENTIFIC = re.compile(r"([+-]?\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_FOUR_DECIMALS = Decimal("0.0001")
_LARGEST = Decimal(10) ** 13
_DATE = re.compile(r"(\d{1,4})[./\-\s](\d{1,2})[./\-\s](\d{1,4})(?:[ T].*)?")
_CENTURY_SPLIT = 50
_EXACT_FLOAT = 2**53
_PHONE_SPLIT = re.compile(r"[;,/|\n\r]+")
_EXTENSION = re.compile(r"\s*(?:доб|ext|вн|wewn?|x)\.?\s*\d{1,6}\s*$", re.IGNORECASE)
_CURRENCY = re.compile(r"(?:руб(?:лей|\.)?|р\.|грн\.?|zł|zl|usd|eur|rub|uah|pln|[₽₴$€])", re.IGNORECASE)


class Unreadable(Exception):
    """The cell does not say what its column should; ``message`` tells how to mend it."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.msgid)
        self.message = message


def text(cell: Cell) -> str:
    """The cell as text: whole numbers without a point, dates in ISO form, spaces tidied."""
    if isinstance(cell, str):  # most cells are
        return " ".join(cell.split())
    if cell is None or isinstance(cell, bool):
        return "" if cell is None else str(int(cell))
    if isinstance(cell, float):
        return _plain_number(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return " ".join(str(cell).split())


def _plain_number(value: float) -> str:
    if value.is_integer() and abs(value) < _EXACT_FLOAT:
        return str(int(value))
    return format(Decimal(repr(value)), "f") if abs(value) < _EXACT_FLOAT else repr(value)


def digits(cell: Cell) -> str:
    """An identifier: its text, with what Excel shortened to ``7.9E+10`` written out. Leading zeros of texts are
    kept."""
    written = text(cell)
    shortened = _SCIENTIFIC.fullmatch(written)
    if shortened is None:
        return written
    whole, fraction, exponent = shortened[1], shortened[2] or "", int(shortened[3])
    if len(fraction) < exponent:
        raise Unreadable(msg("Excel shortened {value} and digits are lost. Format the column as text.", value=written))
    return whole + fraction[:exponent]


def day(cell: Cell, *, epoch_1904: bool = False, month_first: bool = False) -> date | None:
    """A calendar date from a date, a serial number, or a text like ``31.12.2025``, ``2025-12-31`` or ``31/12/25``."""
    if isinstance(cell, datetime):
        return _sane(cell.date(), cell)
    if isinstance(cell, date):
        return _sane(cell, cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _serial(float(cell), epoch_1904=epoch_1904)
    written = text(cell)
    if not written:
        return None
    found = _DATE.fullmatch(written)
    if found is None:
        if re.fullmatch(r"\d{5}(?:[.,]\d+)?", written):
            return _serial(float(written.replace(",", ".")), epoch_1904=epoch_1904)
        raise _not_a_date(written)
    return _sane(_from_parts(found[1], found[2], found[3], month_first=month_first, written=written), written)


def _serial(number: float, *, epoch_1904: bool) -> date:
    if not 1 <= number < 100_000:
        raise _not_a_date(_plain_number(number))
    return _sane((_EPOCH_1904 if epoch_1904 else _EPOCH_1900) + timedelta(days=int(number)), number)


def _from_parts(first: str, second: str, third: str, *, month_first: bool, written: str) -> date:
    try:
        if len(first) == 4:
            return date(int(first), int(second), int(third))
        if len(third) not in (2, 4):
            raise _not_a_date(written)
        year = int(third) if len(third) == 4 else _full_year(int(third))
        month, day_of_month = (int(first), int(second)) if month_first else (int(second), int(first))
        return date(year, month, day_of_month)
    except ValueError as error:
        raise _not_a_date(written) from error


def _full_year(short: int) -> int:
    return 2000 + short if short < _CENTURY_SPLIT else 1900 + short


def _sane(value: date, written: object) -> date:
    if not _EARLIEST <= value <= _LATEST:
        raise _not_a_date(str(written))
    return value


def _not_a_date(written: str) -> Unreadable:
    return Unreadable(msg("{value} is not a date. Write it as 31.12.2025.", value=written))


def amount(cell: Cell, *, comma_thousands: bool = False) -> Decimal | None:
    """A sum from a number or a text with spaces, a currency sign, a comma or a point for the decimals.

    ``comma_thousands`` is how the United States write. ``1.234`` in a text may be a thousand or a fraction: refused.
    """
    if isinstance(cell, bool | date | datetime | time | timedelta):
        raise _not_a_sum(text(cell) if isinstance(cell, bool | date) else str(cell))
    if isinstance(cell, int | float):
        return _bounded(Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell), cell)
    written = text(cell)
    if not written:
        return None
    bare = _CURRENCY.sub("", written).replace(" ", "").replace("'", "").replace("−", "-")
    negative = bare.startswith("(") and bare.endswith(")")
    bare = bare.strip("()")
    if not re.fullmatch(r"[+-]?[\d.,]*\d[.,]?", bare):
        raise _not_a_sum(written)
    value = _bounded(Decimal(_pointed(bare, written, comma_thousands=comma_thousands)), written)
    return -value if negative else value


def _pointed(bare: str, written: str, *, comma_thousands: bool) -> str:
    """The digits with a point for the decimals and nothing between the thousands."""
    last = max(bare.rfind(","), bare.rfind("."))
    if last == -1:
        return bare
    separator, other = bare[last], "." if bare[last] == "," else ","
    if other in bare:
        return bare.replace(other, "").replace(separator, ".") if bare.count(separator) == 1 else _unclear(written)
    groups = bare.lstrip("+-").split(separator)
    in_threes = len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    if len(groups) > 2:
        return bare.replace(separator, "") if in_threes else _unclear(written)
    if in_threes and groups[0].strip("0"):
        return bare.replace(",", "") if separator == "," and comma_thousands else _unclear(written)
    return bare.replace(separator, ".")


def _unclear(written: str) -> str:
    raise Unreadable(msg("Is {value} thousands or a fraction? Write it with two decimals.", value=written))


def _bounded(value: Decimal, written: object) -> Decimal:
    if not value.is_finite() or abs(value) >= _LARGEST:
        raise _not_a_sum(str(written))
    try:
        return value.quantize(_FOUR_DECIMALS, ROUND_HALF_EVEN)
    except InvalidOperation as error:
        raise _not_a_sum(str(written)) from error


def _not_a_sum(written: str) -> Unreadable:
    return Unreadable(msg("{value} is not a sum of money.", value=written))


def phones(cell: Cell, region: str) -> list[str]:
    """The numbers of a cell as E.164, each once; several may stand in one cell between ``; , /``.

    Raises :class:`Unreadable` when one of them is no telephone number.
    """
    found: dict[str, None] = {}
    whole = "" if cell is None else digits(cell) if not isinstance(cell, str) or _SCIENTIFIC.fullmatch(cell) else cell
    for piece in _PHONE_SPLIT.split(whole):
        bare = _EXTENSION.sub("", piece).strip()
        if not re.search(r"\d", bare):
            continue
        e164 = normalise(digits(bare), region)
        if e164 is None:
            raise Unreadable(msg("{value} is not a telephone number.", value=text(piece)))
        found[e164] = None
    return list(found)
