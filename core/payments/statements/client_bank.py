"""1CClientBankExchange: the text exchange of Russian and Ukrainian client banks.

Read as banks really write it: sections and documents without their end mark, one account section for each day, keys in
any case, either date empty, values that run over several lines.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from core.kernel.i18n import Message, msg
from core.payments.statements import text
from core.payments.statements.lines import (
    LONGEST_FIELD,
    Direction,
    Item,
    NotAStatement,
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
    tax_id,
    totals_differ,
)

MARK = "1CClientBankExchange"
_CURRENCIES = {"810": "RUB", "643": "RUB", "840": "USD", "978": "EUR", "980": "UAH", "985": "PLN"}
_NAMED_TAX_ID = re.compile(r"^ИНН\s*\d+(?:\s*/?\s*КПП\s*\d+)?\s+", re.IGNORECASE)
_KEY = re.compile(r"\s*([^\W_]{2,40})\s*=(.*)", re.DOTALL)
_DOCUMENT, _DOCUMENT_END = "секциядокумент", "конецдокумента"
_SECTION, _SECTION_END = "секциярасчсчет", "конецрасчсчет"
_END = "конецфайла"
_PURPOSE = "назначениеплатежа"
#: A purpose over several lines may hold an equals sign: only these begin something else.
_KNOWN = re.compile(
    "номер|дата|сумма|плательщик|получатель|назначение|вид|очередность|код|статус|показатель|октмо|окато|"
    "квитанция|срок|условие|платеж|аккредитив|номерсчета|уин|состав|тип|основание"
)
_DOCUMENT_ENDS = re.compile(f"{_DOCUMENT}|{_DOCUMENT_END}|{_SECTION}|{_END}")
#: In the head and in account sections, which some banks write behind the documents.
_OWN_ACCOUNT = re.compile(r"^[^\S\n\r]*РасчСч[её]т[^\S\n\r]*=[^\S\n\r]*(\w[^\n\r]{0,60})", re.IGNORECASE | re.MULTILINE)


def read(data: bytes) -> Iterator[Item]:
    """The movements of a file, then what does not add up. Raises ``NotAStatement``."""
    written = text.decode(data)
    numbered = text.lines(written)
    first = next((line for _, line in numbered if line.strip()), "")
    if MARK.casefold() not in first.casefold():
        raise NotAStatement(reason=msg("it does not begin with {mark}.", mark=MARK))
    accounts = {account_number(found[1]) for found in _OWN_ACCOUNT.finditer(written)}
    yield from _Reader(accounts).items(numbered)


class _Section:
    """An account section: what the bank says of a period (usually a day)."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.fields: dict[str, str] = {}


class _Reader:
    """The state of a reading. ``accounts`` are ours."""

    def __init__(self, accounts: Collection[str]) -> None:
        self._accounts = accounts
        self._sections: list[_Section] = []
        self._fields: dict[str, str] = {}
        self._last_key = ""
        self._document: int | None = None
        self._ended = False
        self._found: dict[tuple[str, Direction], Decimal] = {}
        self._refused: set[str] = set()

    def items(self, numbered: Iterator[tuple[int, str]]) -> Iterator[Item]:
        n = 1
        for n, line in numbered:
            word = _key(line.strip()[:100])
            if _DOCUMENT_ENDS.match(word):
                yield from self._document_ends(whole=True)
            if word == _END:
                self._ended = True
                break
            self._take(n, line, word)
        yield from self._document_ends(whole=False)
        yield from self._remarks(n)

    def _document_ends(self, *, whole: bool) -> Iterator[Item]:
        if self._document is not None:
            yield self._movement(self._document, self._fields, whole=whole)
            self._document = None

    def _take(self, n: int, line: str, word: str) -> None:
        if word.startswith(_DOCUMENT):
            self._document, self._fields, self._last_key = n, {}, ""
        elif word.startswith(_SECTION):
            section = _Section(n)
            self._sections.append(section)
            self._fields, self._last_key = section.fields, ""
        elif word in (_DOCUMENT_END, _SECTION_END):
            self._fields, self._last_key = {}, ""
        else:
            self._field(line)

    def _field(self, line: str) -> None:
        found = _KEY.fullmatch(line)
        if found is None or (self._last_key.startswith(_PURPOSE) and not _KNOWN.match(_key(found[1]))):
            if self._last_key and line.strip() and len(self._fields[self._last_key]) <= LONGEST_FIELD:
                self._fields[self._last_key] += " " + line.strip()[: LONGEST_FIELD + 1]
            return
        key, value = _key(found[1]), found[2].strip()[: LONGEST_FIELD + 1]
        self._fields[key] = f"{self._fields[key]} {value}" if key in self._fields and value else value
        self._last_key = key if self._document is not None else ""

    def _movement(self, n: int, fields: Mapping[str, str], *, whole: bool) -> Item:
        if not whole:
            return self._refuse(n, fields, "", msg("The file ends in the middle of this document."))
        try:
            line = bounded(self._line(n, fields))
        except Unusable as error:
            return self._refuse(n, fields, error.field, error.message)
        if isinstance(line, StatementLine):
            way = (line.account, line.direction)
            self._found[way] = self._found.get(way, Decimal(0)) + line.amount
        else:
            self._refused.update(_accounts(fields, "плательщик"), _accounts(fields, "получатель"))
        return line

    def _refuse(self, n: int, fields: Mapping[str, str], field: str, message: Message) -> Item:
        self._refused.update(_accounts(fields, "плательщик"), _accounts(fields, "получатель"))
        return refused(n, message, field=field, said="; ".join(f"{key}={value}" for key, value in fields.items()))

    def _line(self, n: int, fields: Mapping[str, str]) -> StatementLine:
        account, direction = self._side(fields)
        came, went = fields.get("датапоступило", ""), fields.get("датасписано", "")
        first, second = (came, went) if direction is Direction.IN else (went, came)
        on = _day(first or second or fields.get("дата", ""))
        return StatementLine(
            n=n,
            account=account,
            currency=_CURRENCIES.get(account[5:8], "") if account.isdecimal() and len(account) == 20 else "",
            amount=above_zero(money(fields.get("сумма", ""))),
            value_on=on,
            booked_on=on,
            direction=direction,
            doc_no=spaced(fields.get("номер", "")),
            payer_name=_payer(fields),
            payer_account=next(iter(_accounts(fields, "плательщик")), ""),
            payer_tax_id=tax_id(fields.get("плательщикинн", "")),
            purpose=_purpose(fields),
        )

    def _side(self, fields: Mapping[str, str]) -> tuple[str, Direction]:
        """Our account and which way the money went: in, when our account is on the payee's side."""
        payers, payees = _accounts(fields, "плательщик"), _accounts(fields, "получатель")
        came, went = bool(fields.get("датапоступило")), bool(fields.get("датасписано"))
        if self._accounts:
            payers, payees = ([one for one in side if one in self._accounts] for side in (payers, payees))
        elif came == went:
            payers = payees = []
        if payees and not (went and not came and payers):
            return payees[0], Direction.IN
        if payers:
            return payers[0], Direction.OUT
        raise Unusable("account", msg("Neither the payer's nor the payee's account is one of this statement."))

    def _remarks(self, last: int) -> Iterator[Remark]:
        if not self._ended:
            yield remark(last, msg("The file has no end mark: it may have been cut off."))
        told: dict[tuple[str, Direction], Decimal] = {}
        where: dict[str, int] = {}
        for section in self._sections:
            account = account_number(section.fields.get("расчсчет", ""))
            where.setdefault(account, section.n)
            try:
                yield from self._section(section, account, told)
            except Unusable as error:
                yield remark(section.n, error.message)
        for (account, direction), total in told.items():
            found = self._found.get((account, direction), Decimal(0))
            if total != found and account not in self._refused:
                yield remark(where[account], totals_differ(account, direction, total, found))

    def _section(self, section: _Section, account: str, told: dict[tuple[str, Direction], Decimal]) -> Iterator[Remark]:
        """Add what the section says came and went to ``told``; remark when its own balances do not follow from it."""
        sums = {
            key: money(section.fields[key])
            for key in ("начальныйостаток", "всегопоступило", "всегосписано", "конечныйостаток")
            if section.fields.get(key)
        }
        for key, direction in (("всегопоступило", Direction.IN), ("всегосписано", Direction.OUT)):
            if key in sums:
                told[account, direction] = told.get((account, direction), Decimal(0)) + sums[key]
        if len(sums) == 4:
            ends = sums["начальныйостаток"] + sums["всегопоступило"] - sums["всегосписано"]
            if ends != sums["конечныйостаток"]:
                yield remark(section.n, balances_differ(account, sums["конечныйостаток"], ends))


def _key(written: str) -> str:
    return written.casefold().replace("ё", "е")


def _accounts(fields: Mapping[str, str], side: str) -> list[str]:
    """The accounts of a side; some banks write it under one key, some under the other."""
    written = (account_number(fields.get(f"{side}{name}", "")) for name in ("счет", "расчсчет"))
    return [one for one in written if one]


def _payer(fields: Mapping[str, str]) -> str:
    return spaced(fields.get("плательщик1") or _NAMED_TAX_ID.sub("", fields.get("плательщик", "")))


def _purpose(fields: Mapping[str, str]) -> str:
    whole = fields.get(_PURPOSE, "")
    parts = [fields[key] for n in range(1, 10) if (key := f"{_PURPOSE}{n}") in fields]
    return spaced(whole or " ".join(parts))


def _day(written: str) -> date:
    try:
        return datetime.strptime(written.strip(), "%d.%m.%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        told = msg("{value} is not a date. Write it as 31.12.2025.", value=written[:20])
        raise Unusable("value_on", told) from error
