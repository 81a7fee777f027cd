"""What every reader of bank files yields: lines, refused lines, and remarks on the statement as a whole."""

from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeAlias

import msgspec

from core.kernel.errors import Invalid
from core.kernel.i18n import Message, mark, msg

#: A field that is longer is no field of a payment but a broken or hostile file. Less than a cell of an import holds.
LONGEST_FIELD = 3_900
_LENGTHS = {
    "doc_no": 60,
    "payer_name": 300,
    "payer_account": 40,
    "payer_tax_id": 20,
    "bank_ref": 60,
    "account": 40,
    "case_number": 60,
}
_LARGEST = Decimal(10) ** 13


class NotAStatement(Invalid):
    """The file is in none of the formats that are read, or it is broken from the start."""

    code = "not_a_statement"
    text = mark("This file cannot be read as a bank statement or a table of payments: {reason}")


class StatementTooLarge(Invalid):
    """The file is, or unpacks to, more than a statement can be."""

    code = "statement_too_large"
    text = mark("This file is too large or unpacks to far more than it seems. Ask the bank for shorter periods.")


class Direction(StrEnum):
    """Which way money went, seen from our account."""

    IN = "in"
    OUT = "out"


class StatementLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="line"):
    """A movement on one of our accounts.

    ``n`` is the line of the file it begins on. ``amount`` is above zero; ``currency`` is "" where the format does not
    say it (it is the account's then). ``paid_to`` is the account the payer wrote when it is not ``account`` itself: a
    virtual one. ``reversal``: the bank took an earlier movement back. ``case_number`` is only told by tables. ``place``
    is where the line stands when ``n`` alone does not say it (in archives, and where several stand on one line).
    """

    n: int
    account: str
    currency: str
    amount: Decimal
    value_on: date
    booked_on: date
    direction: Direction
    doc_no: str = ""
    payer_name: str = ""
    payer_account: str = ""
    payer_tax_id: str = ""
    purpose: str = ""
    bank_ref: str = ""
    paid_to: str = ""
    reversal: bool = False
    case_number: str = ""
    place: str = ""

    @property
    def number(self) -> str:
        """What the list of an import calls it by."""
        return self.doc_no

    @property
    def claim(self) -> str:
        """Every line is one of its own, however alike two are."""
        return str(self.n)

    @property
    def name(self) -> str:
        """Who paid."""
        return self.payer_name


class RefusedLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="refused"):
    """A movement that could not be read: why, in which field, and what stood there (shortened)."""

    n: int
    reason: str
    params: dict[str, str] = {}
    field: str = ""
    said: str = ""
    place: str = ""
    number: str = ""
    name: str = ""

    @property
    def claim(self) -> str:
        """Every line is one of its own."""
        return str(self.n)

    @property
    def message(self) -> Message:
        return Message(self.reason, self.params)


class Remark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="remark"):
    """Something about a statement as a whole that does not add up; its lines are read all the same."""

    n: int
    reason: str
    params: dict[str, str] = {}
    place: str = ""

    @property
    def message(self) -> Message:
        return Message(self.reason, self.params)


Item: TypeAlias = StatementLine | RefusedLine | Remark


class Unusable(Exception):
    """A field of a line does not say what it should."""

    def __init__(self, field: str, message: Message) -> None:
        super().__init__(message.msgid)
        self.field = field
        self.message = message


def refused(n: int, message: Message, *, field: str = "", said: str = "") -> RefusedLine:
    """A refused line from a message."""
    return RefusedLine(n=n, reason=message.msgid, params=_texts(message), field=field, said=said[:300])


def remark(n: int, message: Message) -> Remark:
    """A remark from a message."""
    return Remark(n=n, reason=message.msgid, params=_texts(message))


def _texts(message: Message) -> dict[str, str]:
    return {key: str(value) for key, value in message.params.items()}


def bounded(line: StatementLine) -> StatementLine | RefusedLine:
    """The line, or its refusal when a field is longer than it can be kept or the sum is none."""
    for name, longest in (*_LENGTHS.items(), ("purpose", LONGEST_FIELD)):
        if len(getattr(line, name)) > longest:
            told = msg("Longer than {count} characters.", count=longest)
            return refused(line.n, told, field=name, said=getattr(line, name))
    return line


def money(written: str, field: str = "amount") -> Decimal:
    """A sum as banks write it: digits, a point or comma before at most two decimals, perhaps spaces between thousands.

    Raises :class:`Unusable`.
    """
    bare = written.strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
    try:
        value = Decimal(bare)
    except InvalidOperation as error:
        raise Unusable(field, msg("{value} is not a sum of money.", value=written[:40])) from error
    if not bare.isascii() or not value.is_finite() or abs(value) >= _LARGEST or _decimals(value) > 2:
        raise Unusable(field, msg("{value} is not a sum of money.", value=written[:40]))
    return value.quantize(Decimal("0.01"))


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def above_zero(value: Decimal) -> Decimal:
    """``value`` itself. Raises :class:`Unusable` for what is no payment."""
    if value <= 0:
        raise Unusable("amount", msg("The sum of a payment must be above zero."))
    return value


def spaced(text: str) -> str:
    """On one line, single spaces."""
    return " ".join(text.split())


def account_number(written: str) -> str:
    """An account's digits or IBAN without spaces and dashes, upper case."""
    return "".join(character for character in written if character.isalnum()).upper()


def tax_id(written: str) -> str:
    """A tax number without spaces; "" for what banks write when there is none (zeros)."""
    bare = "".join(character for character in written if character.isalnum()).upper()
    return bare if bare.strip("0") else ""


def balances_differ(account: str, told: Decimal, found: Decimal) -> Message:
    """The balances of a statement do not follow from its movements."""
    return msg(
        "The balances of account {account} do not add up: {found} is left, the bank says {told}.",
        account=account,
        found=found,
        told=told,
    )


def totals_differ(account: str, direction: Direction, told: Decimal, found: Decimal) -> Message:
    """The total the bank tells for one direction is not what the lines add up to."""
    if direction is Direction.IN:
        return msg(
            "The bank says {told} came in on account {account}; the lines add up to {found}.",
            told=told,
            account=account,
            found=found,
        )
    return msg(
        "The bank says {told} went out of account {account}; the lines add up to {found}.",
        told=told,
        account=account,
        found=found,
    )
