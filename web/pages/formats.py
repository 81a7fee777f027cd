"""How values read on screen: money, days, moments, spans and numbers, by the reader's language and time zone.

The reader is passed in, so every function is a pure one; ``web.rendering`` offers them to templates as filters.
"""

import re
from dataclasses import replace
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal, format_percent
from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

from core.kernel.i18n import Message
from core.kernel.money import Money

NOTHING = "—"
_POP_EMBEDDING, _POP_ISOLATE = "\u202c", "\u2069"
#: What ends each change of the direction of writing.
_ENDS = dict.fromkeys("\u202a\u202b\u202d\u202e", _POP_EMBEDDING) | dict.fromkeys("\u2066\u2067\u2068", _POP_ISOLATE)
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@cache
def zone_of(name: str) -> tzinfo:
    return ZoneInfo(name)


def money(value: Money | None, language: str) -> str:
    """A sum with hundredths and its currency behind it, so that columns line up: ``1 234,50 ₽``."""
    if value is None:
        return NOTHING
    return format_currency(value.amount, value.currency, "#,##0.00\u00a0¤", locale=language, currency_digits=False)


def amount(value: Decimal | None, currency: str, language: str) -> str:
    """The same of a bare sum whose currency stands beside it."""
    return NOTHING if value is None else money(Money(value, currency), language)


def month(value: date, language: str) -> str:
    """A month with its year: ``November 2026``."""
    return format_date(value, "LLLL y", locale=language)


def number(value: float | Decimal | None, language: str) -> str:
    return NOTHING if value is None else format_decimal(value, locale=language)


def percent(value: float | None, language: str) -> str:
    """A share between 0 and 1, with one decimal."""
    return NOTHING if value is None else format_percent(value, format="#,##0.0 %", locale=language)


def weekday(value: date, language: str) -> str:
    """The short name of the day in the week: ``Mon``."""
    return format_date(value, "EEE", locale=language)


def day(value: date | None, language: str) -> str:
    """A short date with its weekday and year: ``Thu 12 Nov 2026``."""
    return NOTHING if value is None else format_date(value, "EEE d MMM y", locale=language)


def near_day(value: date, language: str) -> str:
    """A day of the weeks to come, which needs no year: ``Thu 12 Nov``."""
    return format_date(value, "EEE d MMM", locale=language)


def moment(value: datetime | None, language: str, zone: str) -> str:
    """A moment in a zone, with the weekday: ``Thu 12 Nov 2026, 18:12``."""
    if value is None:
        return NOTHING
    return format_datetime(value, "EEE d MMM y, HH:mm", tzinfo=zone_of(zone), locale=language)


def clock(value: datetime | None, language: str, zone: str) -> str:
    """The time of day in a zone: ``18:12``."""
    return NOTHING if value is None else format_time(value, "HH:mm", tzinfo=zone_of(zone), locale=language)


def duration(seconds: float | None) -> str:
    """A span of time as a stop-watch shows it: ``0:07``, ``12:30``, ``1:02:03``."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


#: Nearly all numbers of a list are of this kind: to be written without being parsed, while a telephone rings or a list
#: of a hundred thousand is exported.
_RUSSIAN_MOBILE = re.compile(r"\+7(9\d\d)(\d{3})(\d\d)(\d\d)", re.ASCII)


def phone(value: str | None) -> str:
    """A number written as its country writes it abroad; what cannot be read as one is shown as it is."""
    if not value:
        return NOTHING
    if mobile := _RUSSIAN_MOBILE.fullmatch(value):
        return f"+7 {mobile[1]} {mobile[2]}-{mobile[3]}-{mobile[4]}"
    try:
        return format_number(parse(value, None), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return value


def readable(text: Message, language: str) -> Message:
    """``text`` with the sums and days among its values as the reader writes them, and its words closed."""
    return replace(text, params={name: _readable(value, language) for name, value in text.params.items()})


def _readable(value: object, language: str) -> object:
    match value:
        case Message():
            return readable(value, language)
        case Money():
            return money(value, language)
        case date() if not isinstance(value, datetime):
            return day(value, language)
        case str():
            return closed(value)
    return value


def closed(text: str) -> str:
    """``text`` with every change of the direction of writing that it begins also ended, so that what stands after it
    on a page reads as it should (Unicode Standard Annex 9, explicit formatting characters)."""
    if not _DIRECTIONS.search(text):
        return text
    ends: list[str] = []
    for letter in _DIRECTIONS.findall(text):
        if letter in _ENDS:
            ends.append(_ENDS[letter])
        elif letter == _POP_ISOLATE and letter in ends:
            while ends.pop() != _POP_ISOLATE:
                pass
        elif ends and ends[-1] == letter:
            ends.pop()
    return text + "".join(reversed(ends))
