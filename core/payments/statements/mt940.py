"""MT940: SWIFT's customer statement, in the dialects of European banks.

The fields are told apart here, so that each keeps its line number and one broken line does not take the others with it;
what is in a field is read by the library.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from mt940.models import Balance, Transactions
from mt940.options import Options
from mt940.processors import transaction_details_post_processor_with_space
from mt940.tags import TAG_BY_ID, StatementGLS, Tag

from core.kernel.i18n import msg
from core.payments.statements import text
from core.payments.statements.lines import (
    LONGEST_FIELD,
    Direction,
    Item,
    NotAStatement,
    RefusedLine,
    Remark,
    StatementLine,
    Unusable,
    above_zero,
    account_number,
    balances_differ,
    bounded,
    money,
    refused,
    remark,
    spaced,
)

_FIELD = re.compile(r":(\d{2}[A-Z]?):(.*)", re.DOTALL)
_END = re.compile(r"-\}?|\{[1-5]:.*")
_MARKED = re.compile(r"(?P<code>\d{3})(?P<sign>[^\w\s])(?=\d{2})")
_SLASHED = re.compile(r"/(NAME|ORDP|BENM|IBAN|CNTP|REMI|EREF|ADDR|BIC|ID|TRCD|MARF|CSID|ISDT|PREF|OCMT|USTD|STRD)/")
#: The library is content with any digits where the sum stands; a sum has a comma and the movement's type behind it.
_SOUND = re.compile(r"\d{6}(?:\d{4}|\s{4})?R?[DC][A-Z]?[\n ]?\d{1,13},\d{0,2}[A-Z]", re.IGNORECASE)
_ACCOUNT = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}|\d{10,34}")
_NO_REFERENCE = ("NONREF", "NOREF", "")
#: The library says what it cannot read in the log too, with the whole line: names and accounts of debtors.
logging.getLogger("mt940").setLevel(logging.CRITICAL)


@dataclass
class _Field:
    n: int
    tag: str
    value: str


@dataclass
class _Statement:
    """A statement while it is read. ``broken``: a line of it was refused, so its sums cannot add up."""

    n: int
    account: str = ""
    currency: str = ""
    opening: Decimal | None = None
    moved: Decimal = Decimal(0)
    broken: bool = False
    pending: _Field | None = None
    details: list[str] = field(default_factory=list)


def read(data: bytes) -> Iterator[Item]:
    """The movements of a file; after each statement whether it adds up. Raises ``NotAStatement``."""
    fields = list(_fields(text.decode(data)))
    if not any(one.tag == "20" for one in fields) or not any(one.tag.startswith("25") for one in fields):
        raise NotAStatement(reason=msg("it has no fields :20: and :25:."))
    statement = _Statement(n=1)
    for one in fields:
        if one.tag == "20":
            yield from _movement(statement)
            statement = _Statement(n=one.n)
        yield from _take(statement, one)
    yield from _movement(statement)


def _fields(written: str) -> Iterator[_Field]:
    current: _Field | None = None
    for n, line in text.lines(written):
        found = _FIELD.fullmatch(line.rstrip()) if line.startswith(":") else None
        if found is not None:
            if current is not None:
                yield current
            current = _Field(n, found[1], found[2])
        elif current is not None and _END.fullmatch(line.strip()):
            yield current
            current = None
        elif current is not None and len(current.value) <= LONGEST_FIELD:
            current.value += "\n" + line.rstrip()[: LONGEST_FIELD + 1]
    if current is not None:
        yield current


def _take(statement: _Statement, one: _Field) -> Iterator[Item]:
    if one.tag == "86":
        if statement.pending is not None:
            statement.details.append(one.value)
        return
    yield from _movement(statement)
    if one.tag.startswith("25"):
        statement.account = _account(one.value)
    elif one.tag.startswith("60"):
        yield from _opening(statement, one)
    elif one.tag == "61":
        statement.pending = one
    elif one.tag.startswith("62"):
        yield from _closing(statement, one)


def _account(value: str) -> str:
    """The account of field 25: an IBAN, or what stands behind the bank's code (``10020030/1234567``)."""
    bare = value.split("\n", maxsplit=1)[0].removeprefix("/").split("/")[-1]
    number = account_number(bare)
    return number[:-3] if re.fullmatch(r"(\d{10,31}|[A-Z]{2}\d{13,32})[A-Z]{3}", number) else number


def _opening(statement: _Statement, one: _Field) -> Iterator[Item]:
    try:
        balance = _balance(one)
    except Unusable as error:
        yield remark(one.n, error.message)
        return
    statement.currency = balance[1]
    statement.opening = balance[0] if statement.opening is None else statement.opening


def _closing(statement: _Statement, one: _Field) -> Iterator[Remark]:
    try:
        told, _ = _balance(one)
    except Unusable as error:
        yield remark(one.n, error.message)
        return
    if statement.opening is not None and not statement.broken and statement.opening + statement.moved != told:
        found = statement.opening + statement.moved
        yield remark(one.n, balances_differ(statement.account, told, found))


def _balance(one: _Field) -> tuple[Decimal, str]:
    found: Any = next(iter(_parsed(one, TAG_BY_ID[int(one.tag[:2])], "balance").values()))
    assert isinstance(found, Balance)
    amount = getattr(found.amount, "amount", None)
    if not isinstance(amount, Decimal):
        raise Unusable("balance", msg("Field {tag} cannot be read.", tag=one.tag))
    return amount, str(getattr(found.amount, "currency", "") or "").upper()


def _parsed(one: _Field, tag: Tag, name: str) -> dict[str, Any]:
    """What the library makes of a field. Raises :class:`Unusable` for what it cannot read."""
    context = Transactions(options=Options.all())
    try:
        raw: dict[str, Any] = dict(tag.parse(context, one.value.strip()))
        return dict(tag(context, raw))
    except (RuntimeError, ValueError, ArithmeticError) as error:
        raise Unusable(name, msg("Field {tag} cannot be read.", tag=one.tag)) from error


_STATEMENT = StatementGLS()  # references longer than the standard's sixteen characters are common


def _movement(statement: _Statement) -> Iterator[StatementLine | RefusedLine]:
    """The movement that waited for its details, if there is one."""
    one, statement.pending = statement.pending, None
    details, statement.details = "\n".join(statement.details), []
    if one is None:
        return
    try:
        line = bounded(_line(statement, one, details))
    except Unusable as error:
        line = refused(one.n, error.message, field=error.field, said=spaced(one.value))
    if isinstance(line, RefusedLine):
        statement.broken = True
    else:
        statement.moved += line.amount if line.direction is Direction.IN else -line.amount
    yield line


def _line(statement: _Statement, one: _Field, details: str) -> StatementLine:
    if not _SOUND.match(one.value):
        raise Unusable("line", msg("Field {tag} cannot be read.", tag=one.tag))
    said = _parsed(one, _STATEMENT, "line")
    if not statement.account:
        raise Unusable("account", msg("The statement does not say of which account it is."))
    signed = said["amount"].amount
    amount = above_zero(money(str(abs(signed))))
    on = said["date"]
    booked = said.get("entry_date") or on
    told = _details(details)
    return StatementLine(
        n=one.n,
        account=statement.account,
        currency=statement.currency,
        amount=amount,
        value_on=_plain(on),
        booked_on=_plain(booked),
        direction=Direction.IN if signed > 0 else Direction.OUT,
        doc_no=_reference(said.get("customer_reference")),
        bank_ref=_reference(said.get("bank_reference")),
        payer_name=told.get("name", ""),
        payer_account=told.get("account", ""),
        purpose=told.get("purpose", "") or spaced(said.get("extra_details") or ""),
        reversal=str(said["status"]).upper().startswith("R"),
    )


def _plain(day: date) -> date:
    return date(day.year, day.month, day.day)


def _reference(written: str | None) -> str:
    bare = spaced(written or "")
    return "" if bare.upper() in _NO_REFERENCE else bare


def _details(details: str) -> dict[str, str]:
    """Name, account and purpose out of field 86: numbered subfields, words between slashes, or free text."""
    joined = "".join(line.strip("\r") for line in details.split("\n"))
    marked = _MARKED.match(joined)
    if marked is not None:
        return _numbered(joined.replace(marked["sign"], "?"))
    if _SLASHED.search(joined):
        return _slashed(joined)
    return {"purpose": spaced(details.replace("\n", " "))}


def _numbered(joined: str) -> dict[str, str]:
    context = Transactions(options=Options.all())
    tag, raw = TAG_BY_ID[86], {"transaction_details": joined}
    told = transaction_details_post_processor_with_space(context, tag, raw, dict(raw))
    accounts = (told.get(key) for key in ("gvc_applicant_iban", "applicant_iban"))
    extra = re.search(r"\?38([^?]*)", joined)
    number = next((account_number(one) for one in accounts if one), "") or account_number(extra[1] if extra else "")
    purpose = " ".join(filter(None, (told.get("purpose"), told.get("additional_purpose"))))
    return {"name": spaced(told.get("applicant_name") or ""), "account": number, "purpose": spaced(purpose)}


def _slashed(joined: str) -> dict[str, str]:
    pieces = _SLASHED.split(joined)
    said: dict[str, str] = {}
    for word, value in zip(pieces[1::2], pieces[2::2], strict=True):
        said[word] = spaced(f"{said.get(word, '')} {value.strip('/')}")
    account = _ACCOUNT.search(account_number(said.get("IBAN", "") or said.get("CNTP", "").split("/")[0]))
    name = said.get("NAME") or next((p for p in said.get("CNTP", "").split("/")[2:3]), "") or said.get("ORDP", "")
    purpose = " ".join(filter(None, (said.get(word, "") for word in ("REMI", "USTD", "STRD", "EREF"))))
    return {"name": spaced(name), "account": account[0] if account else "", "purpose": purpose.removeprefix("USTD//")}
