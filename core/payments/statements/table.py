"""Tables of payments: workbooks and comma-separated values whose columns are mapped to meanings."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from core.importing import cells
from core.importing.cells import Cell, Unreadable
from core.kernel.i18n import msg
from core.payments.statements import text
from core.payments.statements.lines import (
    Direction,
    Item,
    StatementLine,
    Unusable,
    account_number,
    bounded,
    refused,
    tax_id,
)

_DELIMITERS = ";\t|,"


def rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """(line it begins on, cells) of comma-separated values; the separator is the one that splits the lines most
    evenly."""
    written = text.decode(data).replace("\x00", "")
    csv.field_size_limit(len(written) + 1)
    source = csv.reader(io.StringIO(written, newline=""), delimiter=_delimiter(written))
    begins = 1
    for row in source:
        yield begins, row
        begins = source.line_num + 1


def _delimiter(written: str) -> str:
    sample = [line for line in written[:20_000].splitlines()[:40] if line.strip()]

    def evenness(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in sample]
        common = max(set(counts), key=counts.count, default=0)
        return (counts.count(common) if common else 0, common)

    return max(_DELIMITERS, key=evenness)


def line_of(
    n: int,
    row: Sequence[Cell],
    columns: Mapping[int, str],
    *,
    account: str = "",
    american: bool = False,
    epoch_1904: bool = False,
) -> Item:
    """A row as a movement. ``columns`` goes from a column's index to what it means, ``account`` is ours when no column
    says it. A sum below zero is money that went out."""
    given: dict[str, Cell] = {}
    for index, target in columns.items():
        if index < len(row) and not given.get(target):
            given[target] = row[index]
    try:
        return bounded(_line(n, given, account, american=american, epoch_1904=epoch_1904))
    except Unusable as error:
        return refused(n, error.message, field=error.field, said="; ".join(map(cells.text, row)))


def _line(n: int, given: Mapping[str, Cell], account: str, *, american: bool, epoch_1904: bool) -> StatementLine:
    said = {key: cells.text(cell) for key, cell in given.items()}
    try:
        amount = cells.amount(given.get("amount"), comma_thousands=american)
        value_on = cells.day(given.get("value_on"), epoch_1904=epoch_1904, month_first=american)
        booked_on = cells.day(given.get("booked_on"), epoch_1904=epoch_1904, month_first=american)
        numbers = {key: cells.digits(given.get(key)) for key in ("account", "payer_account", "payer_tax_id", "doc_no")}
        case_number = cells.digits(given.get("case_number"))
    except Unreadable as error:
        raise Unusable("", error.message) from error
    on = value_on or booked_on
    if on is None:
        raise Unusable("value_on", msg("The date is missing."))
    if not amount:
        raise Unusable("amount", msg("The sum is missing."))
    if amount != round(amount, 2):
        raise Unusable("amount", msg("{value} is not a sum of money.", value=str(amount)))
    return StatementLine(
        n=n,
        account=account_number(numbers["account"]) or account,
        currency=_CURRENCIES.get(said.get("currency", "").upper(), said.get("currency", "").upper()),
        amount=round(abs(amount), 2),
        value_on=on,
        booked_on=booked_on or on,
        direction=Direction.IN if amount > 0 else Direction.OUT,
        doc_no=numbers["doc_no"],
        payer_name=said.get("payer_name", ""),
        payer_account=account_number(numbers["payer_account"]),
        payer_tax_id=tax_id(numbers["payer_tax_id"]),
        purpose=said.get("purpose", ""),
        case_number=case_number,
    )


_CURRENCIES = {"РУБ": "RUB", "RUR": "RUB", "₽": "RUB", "ГРН": "UAH", "₴": "UAH", "ZŁ": "PLN", "$": "USD", "€": "EUR"}
