"""CAMT.053: the ISO 20022 account statement, versions 1 to 13 alike.

Read with SAX: the document is never in memory as a whole, each entry knows the line it begins on, and a document type
declaration (which entities need) is refused before anything is expanded.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.expatreader import create_parser

from core.kernel.i18n import msg
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

_PIECE = 64_000
_DEEPEST = 60
_ZERO = Decimal(0)


@dataclass
class _Node:
    """An element without its namespace."""

    name: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["_Node"] = field(default_factory=list)
    text: str = ""

    def all(self, path: str) -> list["_Node"]:
        found = [self]
        for name in path.split("/"):
            found = [child for node in found for child in node.children if child.name == name]
        return found

    def first(self, *paths: str) -> str:
        """The text of the first of ``paths`` that says something."""
        return next((spaced(node.text) for path in paths for node in self.all(path) if node.text.strip()), "")


def read(data: bytes) -> Iterator[Item]:
    """The movements of a file; after each statement whether it adds up. Raises ``NotAStatement``."""
    parser = create_parser(forbid_dtd=True)
    handler = _Handler(parser)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(handler)
    source = io.BytesIO(data)
    try:
        while piece := source.read(_PIECE):
            parser.feed(piece)
            yield from handler.drain()
        parser.close()
    except DefusedXmlException as error:
        raise NotAStatement(reason=msg("it declares a document type, which no bank does.")) from error
    except (SAXException, UnicodeError, ValueError) as error:
        if not handler.statements:
            raise NotAStatement(reason=msg("it is not well-formed XML.")) from error
        yield from handler.drain()
        yield refused(handler.line, msg("The file is broken from here on: it may have been cut off."))
        return
    yield from handler.drain()
    if not handler.statements:
        raise NotAStatement(reason=msg("it holds no bank statement (BkToCstmrStmt)."))


class _Handler(ContentHandler):
    """Builds the elements within a statement one by one and lets go of each entry once it is read."""

    def __init__(self, locator: Locator) -> None:
        super().__init__()
        self.statements = 0
        self._place = locator
        self._stack: list[_Node] = []
        self._depth = 0
        self._statement: _Statement | None = None
        self._ready: list[Item] = []

    @property
    def line(self) -> int:
        return self._place.getLineNumber() or 1

    def drain(self) -> Iterator[Item]:
        ready, self._ready = self._ready, []
        yield from ready

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: AttributesNSImpl) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SAXException("too deep")
        if self._statement is None:
            if name[1] == "Stmt":
                self._statement, self.statements = _Statement(self.line), self.statements + 1
            return
        said = {key[1]: value for key, value in attrs.items()}
        self._stack.append(_Node(name[1], self.line, said))

    def characters(self, content: str) -> None:
        if self._stack and len(self._stack[-1].text) <= LONGEST_FIELD:
            self._stack[-1].text += content

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:
        self._depth -= 1
        if self._statement is None:
            return
        if not self._stack:
            self._ready.extend(self._statement.remarks())
            self._statement = None
            return
        node = self._stack.pop()
        if self._stack:
            self._stack[-1].children.append(node)
        else:
            self._ready.extend(self._statement.take(node))


class _Statement:
    """A statement while its parts come in: account, balances, the summary, entries."""

    def __init__(self, line: int) -> None:
        self._line = line
        self._account = ""
        self._currency = ""
        self._balances: dict[str, Decimal] = {}
        self._moved = {Direction.IN: _ZERO, Direction.OUT: _ZERO}
        self._told: dict[Direction, Decimal] = {}
        self._broken = False

    def take(self, node: _Node) -> Iterator[Item]:
        try:
            if node.name == "Acct":
                self._account = account_number(node.first("Id/IBAN", "Id/Othr/Id"))
                self._currency = node.first("Ccy").upper()
            elif node.name == "Bal":
                self._balance(node)
            elif node.name == "TxsSummry":
                self._summary(node)
            elif node.name == "Ntry":
                yield from self._entry(node)
        except Unusable as error:
            self._broken = True
            if node.name == "Ntry":
                yield refused(node.line, error.message, field=error.field, said=_shown(node))
            else:
                yield remark(node.line, error.message)

    def _balance(self, node: _Node) -> None:
        amount = money(node.first("Amt"), "balance")
        kind = node.first("Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry").upper()
        self._balances[kind] = -amount if node.first("CdtDbtInd").upper() == "DBIT" else amount
        self._currency = self._currency or _currency(node)

    def _summary(self, node: _Node) -> None:
        for direction, part in ((Direction.IN, "TtlCdtNtries"), (Direction.OUT, "TtlDbtNtries")):
            if written := node.first(f"{part}/Sum"):
                self._told[direction] = money(written, "balance")

    def _entry(self, entry: _Node) -> Iterator[Item]:
        state = entry.first("Sts/Cd", "Sts").upper()
        if state not in ("BOOK", ""):
            told = msg("The bank has not booked this entry yet (state {state}).", state=state[:10])
            yield refused(entry.line, told, field="state", said=_shown(entry))
            return
        total, direction = above_zero(money(entry.first("Amt"))), _direction(entry)
        self._moved[direction] += total
        parts = entry.all("NtryDtls/TxDtls")
        if len(parts) < 2:
            yield self._checked(self._movement(entry, parts[0] if parts else entry, total, direction))
            return
        sums = [self._part(part, direction) for part in parts]
        if sum(sums) != total:
            told = msg(
                "The payments in this entry add up to {found}, the entry says {told}.", found=sum(sums), told=total
            )
            raise Unusable("amount", told)
        for part, signed in zip(parts, sums, strict=True):
            way = direction if signed > 0 else _other(direction)
            try:
                yield self._checked(self._movement(entry, part, above_zero(abs(signed)), way))
            except Unusable as error:
                yield refused(part.line, error.message, field=error.field, said=_shown(part))

    def _part(self, part: _Node, of: Direction) -> Decimal:
        """The sum of one of several payments in an entry, below zero when it goes against the entry."""
        written = part.first("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
        if not written:
            raise Unusable("amount", msg("The payments in this entry have no sums of their own."))
        amount = money(written)
        return amount if not part.first("CdtDbtInd") or _direction(part) is of else -amount

    def _movement(self, entry: _Node, part: _Node, amount: Decimal, direction: Direction) -> StatementLine:
        if not self._account:
            raise Unusable("account", msg("The statement does not say of which account it is."))
        booked, value = _day(entry, "BookgDt"), _day(entry, "ValDt")
        on = value or booked
        if on is None:
            raise Unusable("value_on", msg("The entry has neither a booking nor a value date."))
        payer = "Dbtr" if direction is Direction.IN else "Cdtr"
        paid_to = account_number(part.first("RltdPties/CdtrAcct/Id/IBAN", "RltdPties/CdtrAcct/Id/Othr/Id"))
        return StatementLine(
            n=part.line,
            account=self._account,
            currency=_currency(entry) or self._currency,
            amount=amount,
            value_on=on,
            booked_on=booked or on,
            direction=direction,
            doc_no=_reference(part.first("Refs/EndToEndId", "Refs/InstrId", "Refs/PmtInfId")),
            bank_ref=_reference(part.first("Refs/AcctSvcrRef") or entry.first("AcctSvcrRef", "NtryRef")),
            payer_name=part.first(*(f"RltdPties/{way}/Nm" for way in (f"{payer}/Pty", payer, f"Ultmt{payer}/Pty"))),
            payer_account=account_number(
                part.first(f"RltdPties/{payer}Acct/Id/IBAN", f"RltdPties/{payer}Acct/Id/Othr/Id")
            ),
            payer_tax_id=tax_id(
                part.first(
                    *(
                        f"RltdPties/{party}/Id/{kind}/Othr/Id"
                        for party in (f"{payer}/Pty", payer)
                        for kind in ("PrvtId", "OrgId")
                    )
                )
            ),
            purpose=_purpose(entry, part),
            paid_to=paid_to if direction is Direction.IN and paid_to != self._account else "",
            reversal=entry.first("RvslInd").lower() in ("true", "1"),
        )

    def _checked(self, line: StatementLine) -> Item:
        found = bounded(line)
        self._broken = self._broken or found is not line
        return found

    def remarks(self) -> Iterator[Remark]:
        """What does not add up once the statement is read."""
        if self._broken:
            return
        for direction, told in self._told.items():
            if told != self._moved[direction]:
                yield remark(self._line, totals_differ(self._account, direction, told, self._moved[direction]))
        opening = self._balances.get("OPBD", self._balances.get("PRCD"))
        closing = self._balances.get("CLBD")
        left = (opening or _ZERO) + self._moved[Direction.IN] - self._moved[Direction.OUT]
        if opening is not None and closing is not None and left != closing:
            yield remark(self._line, balances_differ(self._account, closing, left))


def _other(direction: Direction) -> Direction:
    return Direction.OUT if direction is Direction.IN else Direction.IN


def _direction(node: _Node) -> Direction:
    said = node.first("CdtDbtInd").upper()
    if said not in ("CRDT", "DBIT"):
        raise Unusable("direction", msg("The entry does not say whether money came or went."))
    return Direction.IN if said == "CRDT" else Direction.OUT


def _currency(node: _Node) -> str:
    return next((one.attributes.get("Ccy", "").upper() for one in node.all("Amt")), "")


def _day(entry: _Node, name: str) -> date | None:
    written = entry.first(f"{name}/Dt", f"{name}/DtTm")
    if not written:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError as error:
        told = msg("{value} is not a date. Write it as 31.12.2025.", value=written[:20])
        raise Unusable("value_on", told) from error


def _reference(written: str) -> str:
    return "" if written.upper() in ("NOTPROVIDED", "NONREF") else written


def _purpose(entry: _Node, part: _Node) -> str:
    free = [spaced(node.text) for node in part.all("RmtInf/Ustrd")]
    structured = [
        spaced(node.text)
        for path in ("CdtrRefInf/Ref", "RfrdDocInf/Nb", "AddtlRmtInf")
        for node in part.all(f"RmtInf/Strd/{path}")
    ]
    said = spaced(" ".join((*free, *structured)))
    return said or part.first("AddtlTxInf") or entry.first("AddtlNtryInf")


def _shown(node: _Node) -> str:
    """The texts of an element, for who has to look the entry up."""
    own = [spaced(node.text)] if node.text.strip() else []
    return "; ".join((*own, *filter(None, map(_shown, node.children))))[:300]
