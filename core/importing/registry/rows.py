"""From the cells of a row to what it says of a case: pure, strict and explaining every fault."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from zoneinfo import available_timezones

import msgspec

from core.importing import cells
from core.importing.cells import Cell
from core.importing.reading import Fault, Faults, Reading
from core.importing.registry.fields import AMOUNT_TARGETS, ID_TARGETS
from core.kernel.i18n import LANGUAGES, msg
from core.parties.rules import EARLIEST_BIRTH, id_value

_ZONES = available_timezones()
_FIELD_LENGTHS = {
    "number": 60,
    "claim": 60,
    "name": 300,
    "contract_no": 80,
    "email": 254,
    "address": 500,
    "region": 120,
}
_LONGEST_TEXT = 2000
_CONTROL = re.compile(r"[\x00-\x1f]")


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody besides the debtor: a guarantor or a relative."""

    role: str
    name: str
    phones: list[str] = []
    relation: str | None = None


class RegistryRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one row says. Fields that are None or empty were not given, so an update leaves them as they are."""

    n: int
    number: str
    claim: str
    name: str
    birth_date: date | None = None
    ids: list[tuple[str, str]] = []
    phones: list[tuple[str, str]] = []
    addresses: list[str] = []
    region: str | None = None
    postcode: str | None = None
    emails: list[str] = []
    language: str | None = None
    timezone: str | None = None
    contract_no: str | None = None
    contract_on: date | None = None
    due_on: date | None = None
    limitation_on: date | None = None
    amounts: dict[str, Decimal] = {}
    currency: str | None = None
    priority: int | None = None
    comment: str | None = None
    others: list[Contact] = []


def read_row(n: int, row: Sequence[Cell], how: Reading) -> tuple[RegistryRow, list[Fault]]:
    """What row ``n`` (as Excel counts) says, and everything that is wrong with it."""
    given: dict[str, list[Cell]] = {}
    for index, target in how.columns.items():
        if index < len(row):
            given.setdefault(target, []).append(row[index])
    faults = Faults()
    number = _line(given, "number", faults)
    name = _name(given, faults)
    if not number:
        faults.add("number", msg("The case number is missing."))
    if not name:
        faults.add("name", msg("The debtor's name is missing."))
    amounts = _amounts(given, how, faults)
    return (
        RegistryRow(
            n=n,
            number=number,
            claim=_line(given, "claim", faults) or _line(given, "contract_no", faults) or "1",
            name=name,
            birth_date=_birth(given, how, faults),
            ids=_ids(given, faults),
            phones=_phones(given, how, faults),
            addresses=[
                one for one in (_short("address", cells.text(c), faults) for c in given.get("address", ())) if one
            ],
            region=_line(given, "region", faults) or None,
            postcode=_line(given, "postcode", faults)[:12] or None,
            emails=_emails(given, faults),
            language=_language(given, faults),
            timezone=_timezone(given, faults),
            contract_no=_line(given, "contract_no", faults) or None,
            contract_on=_day(given, "contract_on", how, faults),
            due_on=_day(given, "due_on", how, faults),
            limitation_on=_day(given, "limitation_on", how, faults),
            amounts=amounts,
            currency=_currency(given, how, faults),
            priority=_priority(given, faults),
            comment=cells.text(_first(given, "comment"))[:_LONGEST_TEXT] or None,
            others=_others(given, how, faults),
        ),
        faults.found,
    )


def _first(given: Mapping[str, list[Cell]], target: str) -> Cell:
    return next(iter(given.get(target, ())), None)


def _line(given: Mapping[str, list[Cell]], target: str, faults: Faults) -> str:
    if target not in given:
        return ""
    cell = _first(given, target)
    if target in ("number", "claim", "contract_no"):
        return _short(target, faults.reading(target, cells.digits, cell, ""), faults)
    return _short(target, cells.text(cell), faults)


def _short(target: str, written: str, faults: Faults) -> str:
    longest = _FIELD_LENGTHS.get(target, 120)
    if len(written) > longest:
        faults.add(target, msg("Longer than {count} characters.", count=longest))
    if _CONTROL.search(written):
        faults.add(target, msg("Holds control characters."))
        written = _CONTROL.sub("", written[:longest])
    return written[:longest]


def _name(given: Mapping[str, list[Cell]], faults: Faults) -> str:
    whole = _line(given, "name", faults)
    return whole or " ".join(
        filter(None, (_line(given, key, faults) for key in ("surname", "given_name", "middle_name")))
    )


def _day(given: Mapping[str, list[Cell]], target: str, how: Reading, faults: Faults) -> date | None:
    cell = _first(given, target)
    if cell is None:
        return None
    return faults.reading(
        target, lambda c: cells.day(c, epoch_1904=how.epoch_1904, month_first=how.american), cell, None
    )


def _birth(given: Mapping[str, list[Cell]], how: Reading, faults: Faults) -> date | None:
    born = _day(given, "birth_date", how, faults)
    if born is not None and born <= EARLIEST_BIRTH:
        faults.add("birth_date", msg("{value} is not a birth date.", value=born.isoformat()))
    return born


def _ids(given: Mapping[str, list[Cell]], faults: Faults) -> list[tuple[str, str]]:
    found = []
    for target, kind in ID_TARGETS.items():
        if target not in given:
            continue
        cell = _first(given, target)
        value = id_value(faults.reading(target, cells.digits, cell, ""))
        if value:
            found.append((kind.value, value))
    return found


_PHONE_KINDS = {"phone": "mobile", "home_phone": "home", "work_phone": "work"}


def _phones(given: Mapping[str, list[Cell]], how: Reading, faults: Faults) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for target, kind in _PHONE_KINDS.items():
        for e164 in _numbers(given, target, how, faults):
            found.setdefault(e164, kind)
    return list(found.items())


def _numbers(given: Mapping[str, list[Cell]], target: str, how: Reading, faults: Faults) -> list[str]:
    found: dict[str, None] = {}
    no_numbers: list[str] = []
    for cell in given.get(target, ()):
        found |= dict.fromkeys(faults.reading(target, lambda c: cells.phones(c, how.region), cell, no_numbers))
    return list(found)


def _emails(given: Mapping[str, list[Cell]], faults: Faults) -> list[str]:
    found: dict[str, None] = {}
    for cell in given.get("email", ()):
        for piece in cells.text(cell).replace(",", ";").split(";"):
            address = piece.strip().lower()
            if address and ("@" not in address[1:-1] or " " in address or len(address) > 254):
                faults.add("email", msg("{value} is not an e-mail address.", value=address[:80]))
            elif address:
                found[address] = None
    return list(found)


_LANGUAGE_WORDS = {"русский": "ru", "украинский": "uk", "українська": "uk", "ukr": "uk", "ua": "uk", "polski": "pl"}


def _language(given: Mapping[str, list[Cell]], faults: Faults) -> str | None:
    said = cells.text(_first(given, "language")).lower()
    if not said:
        return None
    code = _LANGUAGE_WORDS.get(said, said[:2])
    if code not in LANGUAGES:
        faults.add(
            "language", msg("{value} is not one of the languages: {known}.", value=said, known=", ".join(LANGUAGES))
        )
        return None
    return code


def _timezone(given: Mapping[str, list[Cell]], faults: Faults) -> str | None:
    said = cells.text(_first(given, "timezone"))
    if said and said not in _ZONES:
        faults.add("timezone", msg("{value} is not a time zone name like Europe/Warsaw.", value=said))
        return None
    return said or None


def _amounts(given: Mapping[str, list[Cell]], how: Reading, faults: Faults) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for target in AMOUNT_TARGETS:
        if target not in given:
            continue
        cell = _first(given, target)
        value = faults.reading(target, lambda c: cells.amount(c, comma_thousands=how.american), cell, None)
        if value is not None and value < 0:
            faults.add(target, msg("A debt cannot be below zero."))
        elif value is not None:
            found[target] = value
    return found


def _currency(given: Mapping[str, list[Cell]], how: Reading, faults: Faults) -> str | None:
    said = cells.text(_first(given, "currency")).upper()
    code = {"РУБ": "RUB", "ГРН": "UAH", "ZŁ": "PLN", "₽": "RUB", "₴": "UAH", "$": "USD", "RUR": "RUB"}.get(said, said)
    if code and code != how.currency:
        faults.add("currency", msg("The registry is in {currency}.", currency=how.currency))
    return code[:3] or None


def _priority(given: Mapping[str, list[Cell]], faults: Faults) -> int | None:
    said = cells.text(_first(given, "priority"))
    if not said:
        return None
    if not said.lstrip("-").isdecimal() or not -100 <= int(said) <= 100:
        faults.add("priority", msg("{value} is not a whole number from -100 to 100.", value=said[:20]))
        return None
    return int(said)


def _others(given: Mapping[str, list[Cell]], how: Reading, faults: Faults) -> list[Contact]:
    found = []
    for role in ("guarantor", "relative"):
        name = _line(given, f"{role}_name", faults)
        numbers = _numbers(given, f"{role}_phone", how, faults)
        relation = _line(given, "relation", faults) or None if role == "relative" else None
        if numbers and not name:
            faults.add(f"{role}_phone", msg("Whose phone it is is missing: fill the name."))
        elif name:
            found.append(Contact(role, name, numbers, relation))
    return found
