"""Bank files made for the tests: correct ones, odd ones and broken ones of every format, each odd in one way.

All people, accounts and tax numbers are invented.
"""

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

OURS = "40702810000000000001"
OTHER_OF_OURS = "40702810000000000002"
THEIRS = "40817810000000000123"
OUR_IBAN = "PL61109010140000071219812874"
THEIR_IBAN = "PL27114020040000300201355387"


@dataclass(frozen=True, kw_only=True)
class Move:
    """A movement as the test means it. ``out``: money that went."""

    amount: Decimal
    on: date = date(2026, 3, 3)
    doc_no: str = "101"
    payer: str = "Тестова Анна Ивановна"
    payer_account: str = THEIRS
    tax_id: str = "770000000001"
    purpose: str = "Оплата по договору ДЛ-000123/24"
    account: str = OURS
    out: bool = False


MOVES = (
    Move(amount=Decimal("1500.00")),
    Move(amount=Decimal("250.50"), doc_no="102", purpose="Погашение долга, дело № 77-001", payer="Пробный Пётр"),
    Move(amount=Decimal("99.99"), doc_no="103", purpose="Комиссия банка", out=True),
)
POLISH = (
    Move(
        amount=Decimal("1500.00"),
        payer="Łucja Próbna",
        payer_account=THEIR_IBAN,
        account=OUR_IBAN,
        tax_id="",
        purpose="Spłata sprawy 77/001",
    ),
    Move(
        amount=Decimal("250.50"),
        doc_no="102",
        payer="Jan Testowy",
        payer_account=THEIR_IBAN,
        account=OUR_IBAN,
        tax_id="",
        purpose="Rata 2 umowa ABC-12345",
    ),
    Move(
        amount=Decimal("99.99"),
        doc_no="103",
        payer="Bank",
        payer_account="",
        account=OUR_IBAN,
        tax_id="",
        purpose="Prowizja",
        out=True,
    ),
)


@dataclass(frozen=True, kw_only=True)
class StatementFile:
    """A file with what reading it must give. ``refused`` and ``remarks`` are (line, a piece of the reason).

    ``unreadable`` is a piece of the reason why the file as a whole is refused.
    """

    name: str
    data: bytes
    moves: Sequence[Move] = ()
    refused: Sequence[tuple[int, str]] = ()
    remarks: Sequence[str] = ()
    unreadable: str | None = None

    def __str__(self) -> str:
        return self.name


# -- 1CClientBankExchange ---------------------------------------------------------------------------------------------


def document(move: Move, **fields: str | None) -> list[str]:
    """The lines of a document; ``fields`` replace its own, None leaves one out."""
    on = move.on.strftime("%d.%m.%Y")
    payer, payee = (move.account, move.payer_account) if move.out else (move.payer_account, move.account)
    own: dict[str, str | None] = {
        "Номер": move.doc_no,
        "Дата": on,
        "Сумма": str(move.amount),
        "ДатаСписано": on if move.out else "",
        "ДатаПоступило": "" if move.out else on,
        "ПлательщикСчет": payer,
        "Плательщик": f"ИНН {move.tax_id} {move.payer}",
        "ПлательщикИНН": move.tax_id,
        "Плательщик1": move.payer,
        "ПолучательСчет": payee,
        "Получатель1": "ООО Взыскание",
        "НазначениеПлатежа": move.purpose,
    }
    own |= fields
    said = [f"{key}={value}" for key, value in own.items() if value is not None]
    return ["СекцияДокумент=Платежное поручение", *said, "КонецДокумента"]


def section(account: str, moves: Sequence[Move], *, on: date = date(2026, 3, 3), opening: str = "1000.00") -> list[str]:
    came = sum((move.amount for move in moves if not move.out), Decimal(0))
    went = sum((move.amount for move in moves if move.out), Decimal(0))
    day = on.strftime("%d.%m.%Y")
    return [
        "СекцияРасчСчет",
        f"ДатаНачала={day}",
        f"ДатаКонца={day}",
        f"РасчСчет={account}",
        f"НачальныйОстаток={opening}",
        f"ВсегоПоступило={came:.2f}",
        f"ВсегоСписано={went:.2f}",
        f"КонечныйОстаток={Decimal(opening) + came - went:.2f}",
        "КонецРасчСчет",
    ]


def head(*accounts: str, encoding: str = "Windows") -> list[str]:
    return [
        "1CClientBankExchange",
        "ВерсияФормата=1.03",
        f"Кодировка={encoding}",
        "Отправитель=Банк-Тест",
        "ДатаНачала=03.03.2026",
        "ДатаКонца=03.03.2026",
        *(f"РасчСчет={account}" for account in accounts),
    ]


def one_c(
    moves: Sequence[Move] = MOVES,
    *,
    encoding: str = "cp1251",
    declared: str = "Windows",
    ends: str = "\r\n",
    sections: list[str] | None = None,
    tail: Sequence[str] = ("КонецФайла",),
    make: Callable[[Move], list[str]] = document,
) -> bytes:
    body = [line for move in moves for line in make(move)]
    lines = [*head(OURS, encoding=declared), *(section(OURS, moves) if sections is None else sections), *body, *tail]
    return (ends.join(lines) + ends).encode(encoding, errors="replace")


def line_of(data: bytes, piece: str, nth: int = 1, encoding: str = "cp1251") -> int:
    """The number of the ``nth`` line that begins with ``piece``."""
    lines = data.decode(encoding).replace("\r\n", "\n").split("\n")
    return [n for n, line in enumerate(lines, start=1) if line.startswith(piece)][nth - 1]


def _document_line(data: bytes, nth: int) -> int:
    return line_of(data, "СекцияДокумент", nth)


def one_c_files() -> list[StatementFile]:
    def file(name: str, data: bytes, **expected: object) -> StatementFile:
        return StatementFile(name=f"1c {name}", data=data, **{"moves": MOVES, **expected})  # type: ignore[arg-type]

    plain = one_c()
    without = {
        key: one_c(make=lambda move, key=key: [line for line in document(move) if not line.startswith(key)])  # type: ignore[misc]
        for key in ("КонецДокумента", "Плательщик1")
    }
    lower = one_c(
        make=lambda move: [
            line.replace("ПолучательСчет", "ПОЛУЧАТЕЛЬСчЁт").replace("ПлательщикИНН", "плательщикинн")
            for line in document(move)
        ]
    )
    comma = one_c(make=lambda move: document(move, Сумма=f"{move.amount:,}".replace(",", " ").replace(".", ",")))
    both = one_c(make=lambda move: document(move, ДатаСписано=move.on.strftime("%d.%m.%Y")))
    other_date = one_c(
        make=lambda move: document(move) if move.out else document(move, ДатаСписано="03.03.2026", ДатаПоступило="")
    )
    split = one_c(
        make=lambda move: document(
            move,
            НазначениеПлатежа=None,
            НазначениеПлатежа1=move.purpose.partition(" ")[0],
            НазначениеПлатежа2=move.purpose.partition(" ")[2],
        )
    )
    broken_lines = one_c(
        make=lambda move: [
            line.replace(" ", "\n", 1) if line.startswith("НазначениеПлатежа") else line for line in document(move)
        ]
    )
    unsectioned = one_c(sections=[line for line in section(OURS, MOVES) if line != "КонецРасчСчет"])
    days = [*section(OURS, MOVES[:1]), *section(OURS, MOVES[1:], on=date(2026, 3, 4), opening="2500.00")]
    second = replace(MOVES[0], account=OTHER_OF_OURS, doc_no="201")
    several = one_c((*MOVES, second), sections=[*section(OURS, MOVES), *section(OTHER_OF_OURS, [second])])
    settlement = one_c(
        make=lambda move: [
            line.replace("ПолучательСчет", "ПолучательРасчСчет").replace("ПлательщикСчет", "ПлательщикРасчСчет")
            for line in document(move)
        ]
    )
    bad_sum = one_c(make=lambda move: document(move, **({"Сумма": "12О.50"} if move.doc_no == "102" else {})))
    minus = one_c(make=lambda move: document(move, **({"Сумма": "-250.50"} if move.doc_no == "102" else {})))
    bad_date = one_c(
        make=lambda move: document(move, **({"ДатаПоступило": "31.02.2026"} if move.doc_no == "102" else {}))
    )
    foreign = one_c(
        make=lambda move: document(move, **({"ПолучательСчет": "40702810999999999999"} if move.doc_no == "102" else {}))
    )
    wrong_total = plain.replace("ВсегоПоступило=1750.50".encode("cp1251"), "ВсегоПоступило=9999.00".encode("cp1251"))
    wrong_balance = plain.replace("КонечныйОстаток=2650.51".encode("cp1251"), "КонечныйОстаток=1.00".encode("cp1251"))
    cut = one_c(tail=())[: -len("КонецДокумента\r\n".encode("cp1251")) - 12]
    long = one_c(
        make=lambda move: document(move, **({"НазначениеПлатежа": "я" * 10_000_000} if move.doc_no == "102" else {}))
    )
    twins = (MOVES[0], MOVES[0])
    two, three = (MOVES[0], MOVES[2]), [MOVES[0], MOVES[1]]
    return [
        file("as the book says", plain),
        file("in DOS encoding as declared", one_c(encoding="cp866", declared="DOS")),
        file("in UTF-8 though it says Windows", one_c(encoding="utf-8")),
        file("in UTF-8 with a mark", one_c(encoding="utf-8-sig", declared="UTF-8")),
        file("in UTF-16 with a mark", one_c(encoding="utf-16")),
        file("in UTF-16 without a mark", one_c(encoding="utf-16-le")),
        file("in Windows encoding though it says DOS", one_c(declared="DOS")),
        file("with Unix ends of lines", one_c(ends="\n")),
        file("with old Macintosh ends of lines", one_c(ends="\r")),
        file("with documents that have no end", without["КонецДокумента"]),
        file("with sections that have no end", unsectioned),
        file("with a section for each day", one_c(sections=days)),
        file("with keys in another case", lower),
        file("with the payer's name behind his tax number", without["Плательщик1"]),
        file("with sums that have commas and spaces", comma),
        file("with both dates filled", both),
        file("with only the other date filled", other_date),
        file("with accounts under their other key", settlement),
        file("with a purpose in numbered parts", split),
        file("with a purpose broken into lines", broken_lines),
        file("of several accounts", several, moves=(*MOVES, second)),
        file("with the sections behind the documents", one_c(sections=[], tail=(*section(OURS, MOVES), "КонецФайла"))),
        file("with the same payment twice", one_c(twins), moves=twins),
        file("without an end mark", one_c(tail=()), remarks=["no end mark"]),
        file(
            "cut off in the middle of a document",
            cut,
            moves=three,
            refused=[(_document_line(plain, 3), "in the middle")],
            remarks=["no end mark"],
        ),
        file("with a letter in a sum", bad_sum, moves=two, refused=[(_document_line(plain, 2), "not a sum")]),
        file("with a sum below zero", minus, moves=two, refused=[(_document_line(plain, 2), "above zero")]),
        file("with a day that does not exist", bad_date, moves=two, refused=[(_document_line(plain, 2), "not a date")]),
        file(
            "with a stranger's accounts",
            foreign,
            moves=two,
            refused=[(_document_line(plain, 2), "account is one of this")],
            remarks=["1750.50 came in"],
        ),
        file("with a wrong total", wrong_total, remarks=["do not add up", "9999.00 came in"]),
        file("with a wrong balance", wrong_balance, remarks=["do not add up"]),
        file("with a line of twenty megabytes", long, moves=two, refused=[(_document_line(plain, 2), "Longer than")]),
        file("without a single document", one_c(()), moves=()),
    ]


# -- MT940 ------------------------------------------------------------------------------------------------------------


def mt940(
    moves: Sequence[Move] = POLISH,
    *,
    encoding: str = "utf-8",
    account: str = f"/{OUR_IBAN}",
    closing: Decimal | None = None,
    details: Callable[[Move], str] | None = None,
    head: str = "",
    tail: str = "-\r\n",
    dated: Callable[[Move], str] = lambda move: move.on.strftime("%y%m%d%m%d"),
    mark: Callable[[Move], str] = lambda move: "D" if move.out else "C",
) -> bytes:
    moved = sum((-move.amount if move.out else move.amount for move in moves), Decimal(0))
    ends = Decimal("1000.00") + moved if closing is None else closing
    lines = [":20:STMT001", f":25:{account}", ":28C:1/1", ":60F:C260302PLN1000,00"]
    for move in moves:
        lines.append(
            f":61:{dated(move)}{mark(move)}{str(move.amount).replace('.', ',')}NTRF{move.doc_no}//BR{move.doc_no}"
        )
        lines.append(f":86:{(details or numbered)(move)}")
    lines.append(f":62F:C260303PLN{str(ends).replace('.', ',')}")
    return (head + "\r\n".join(lines) + "\r\n" + tail).encode(encoding)


def numbered(move: Move) -> str:
    name = f"?32{move.payer}" if move.payer else ""
    account = f"?38{move.payer_account}" if move.payer_account else ""
    return f"051?00Przelew?20{move.purpose}{account}{name}"


def slashed(move: Move) -> str:
    account = f"/IBAN/{move.payer_account}" if move.payer_account else ""
    return f"/TRCD/051{account}/NAME/{move.payer}/REMI/{move.purpose}"


def mt940_files() -> list[StatementFile]:
    def file(name: str, data: bytes, **expected: object) -> StatementFile:
        return StatementFile(name=f"mt940 {name}", data=data, **{"moves": POLISH, **expected})  # type: ignore[arg-type]

    plain = mt940()
    free = [replace(move, payer="", payer_account="") for move in POLISH]
    two = (POLISH[0], POLISH[2])
    block = "{1:F01BANKPLPWXXXX0000000000}{2:I940BANKPLPWXXXXN}{4:\r\n"
    wrapped = lambda move: numbered(move).replace("?38", "\r\n?38").replace("?32", "\r\n?32")  # noqa: E731
    return [
        file("as the book says", plain),
        file("in SWIFT's envelope", mt940(head=block, tail="-}\r\n")),
        file("in Polish DOS encoding", mt940(encoding="cp852")),
        file("in Polish Windows encoding", mt940(encoding="cp1250")),
        file("in Latin 2", mt940(encoding="iso8859-2")),
        file("with a byte-order mark", mt940(encoding="utf-8-sig")),
        file("with another sign before the numbers", mt940(details=lambda move: numbered(move).replace("?", "<"))),
        file("with words between slashes", mt940(details=slashed)),
        file("with details over several lines", mt940(details=wrapped)),
        file("with free details", mt940(details=lambda move: move.purpose), moves=free),
        file("without entry dates", mt940(dated=lambda move: move.on.strftime("%y%m%d"))),
        file("with a bank's code before the account", mt940(account=f"PL10901014/{OUR_IBAN}")),
        file(
            "of two accounts",
            plain + mt940((replace(POLISH[0], account=THEIR_IBAN),), account=THEIR_IBAN),
            moves=(*POLISH, replace(POLISH[0], account=THEIR_IBAN)),
        ),
        file(
            "without an account number",
            plain.replace(f":25:/{OUR_IBAN}".encode(), b":25:"),
            moves=(),
            refused=[(5, "of which account"), (7, "of which account"), (9, "of which account")],
        ),
        file(
            "with a sum that is none", plain.replace(b"C250,50", b"C2X0,50"), moves=two, refused=[(7, "cannot be read")]
        ),
        file(
            "with a day that does not exist",
            mt940(dated=lambda move: "2613451345" if move.doc_no == "102" else "2603030303"),
            moves=two,
            refused=[(7, "cannot be read")],
        ),
        file("with a wrong balance", mt940(closing=Decimal("5.00")), remarks=["do not add up"]),
        file(
            "with a payment taken back",
            mt940(
                mark=lambda move: "RC" if move.doc_no == "102" else "D" if move.out else "C", closing=Decimal("2149.51")
            ),
            moves=(POLISH[0], replace(POLISH[1], out=True), POLISH[2]),
        ),
    ]


# -- CAMT.053 ---------------------------------------------------------------------------------------------------------


def entry(move: Move, *, batch: str = "", version: int = 2, state: str = "BOOK", extra: str = "") -> str:
    mark = "DBIT" if move.out else "CRDT"
    party = "Cdtr" if move.out else "Dbtr"
    name = f"<Pty><Nm>{move.payer}</Nm></Pty>" if version >= 8 else f"<Nm>{move.payer}</Nm>"
    sts = f"<Sts><Cd>{state}</Cd></Sts>" if version >= 8 else f"<Sts>{state}</Sts>"
    account = f"<{party}Acct><Id><IBAN>{move.payer_account}</IBAN></Id></{party}Acct>" if move.payer_account else ""
    details = batch or (
        f"<NtryDtls><TxDtls><Refs><AcctSvcrRef>BR{move.doc_no}</AcctSvcrRef><EndToEndId>{move.doc_no}</EndToEndId></Refs>"
        f"<RltdPties><{party}>{name}</{party}>{account}</RltdPties>"
        f"<RmtInf><Ustrd>{move.purpose}</Ustrd></RmtInf></TxDtls></NtryDtls>"
    )
    return (
        f'<Ntry><Amt Ccy="PLN">{move.amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{extra}{sts}'
        f"<BookgDt><Dt>{move.on}</Dt></BookgDt><ValDt><Dt>{move.on}</Dt></ValDt>{details}</Ntry>"
    )


def statement(
    moves: Sequence[Move] = POLISH,
    *,
    closing: Decimal | None = None,
    account: str = OUR_IBAN,
    entries: Sequence[str] | None = None,
    version: int = 2,
) -> str:
    moved = sum((-move.amount if move.out else move.amount for move in moves), Decimal(0))
    ends = Decimal("1000.00") + moved if closing is None else closing
    balance = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='PLN'>{amount}</Amt>"
        "<CdtDbtInd>CRDT</CdtDbtInd></Bal>\n"
        for kind, amount in (("OPBD", Decimal("1000.00")), ("CLBD", ends))
    )
    body = "\n".join(entries if entries is not None else [entry(move, version=version) for move in moves])
    return f"<Stmt><Id>1</Id>\n<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>PLN</Ccy></Acct>\n{balance}{body}\n</Stmt>\n"


def camt(*statements: str, version: int = 2, prefix: str = "", before: str = "", encoding: str = "utf-8") -> bytes:
    body = "".join(statements or [statement(version=version)])
    text = (
        f"<?xml version='1.0' encoding='{encoding}'?>{before}\n"
        f"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02d}'><BkToCstmrStmt>\n"
        f"{body}</BkToCstmrStmt></Document>"
    )
    if prefix:
        text = text.replace("</", "</\0").replace("<", f"<{prefix}:").replace(f"<{prefix}:/\0", f"</{prefix}:")
        text = text.replace(f"<{prefix}:?", "<?").replace(f"<{prefix}:!", "<!").replace("xmlns=", f"xmlns:{prefix}=")
    return text.encode(encoding)


def transaction(move: Move, *, amount: bool = True) -> str:
    told = f'<Amt Ccy="PLN">{move.amount}</Amt>' if amount else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{move.doc_no}</EndToEndId></Refs>{told}<RltdPties><Dbtr><Nm>{move.payer}</Nm></Dbtr>"
        f"<DbtrAcct><Id><IBAN>{move.payer_account}</IBAN></Id></DbtrAcct></RltdPties>"
        f"<RmtInf><Ustrd>{move.purpose}</Ustrd></RmtInf></TxDtls>\n"
    )


def zipped(*files: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def camt_files() -> list[StatementFile]:
    def file(name: str, data: bytes, **expected: object) -> StatementFile:
        return StatementFile(name=f"camt053 {name}", data=data, **{"moves": POLISH, **expected})  # type: ignore[arg-type]

    two = (POLISH[0], POLISH[2])
    both = replace(POLISH[0], amount=Decimal("1750.50"))
    batch = entry(both, batch="<NtryDtls><Btch/>\n" + transaction(POLISH[0]) + transaction(POLISH[1]) + "</NtryDtls>")
    blind = entry(
        both,
        batch="<NtryDtls>"
        + transaction(POLISH[0], amount=False)
        + transaction(POLISH[1], amount=False)
        + "</NtryDtls>",
    )
    short = entry(
        replace(both, amount=Decimal("1700.00")),
        batch="<NtryDtls>" + transaction(POLISH[0]) + transaction(POLISH[1]) + "</NtryDtls>",
    )
    entries = [entry(move) for move in POLISH]
    structured = [
        one.replace("<Ustrd>", "<Strd><CdtrRefInf><Ref>").replace("</Ustrd>", "</Ref></CdtrRefInf></Strd>")
        for one in entries
    ]
    in_parts = [entry(replace(move, purpose=move.purpose.replace(" ", "</Ustrd><Ustrd>", 1))) for move in POLISH]
    second = replace(POLISH[0], account=THEIR_IBAN)
    taken_back = [entries[0], entry(replace(POLISH[1], out=True), extra="<RvslInd>true</RvslInd>"), entries[2]]
    bomb = "<!DOCTYPE d [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"
    outside = "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>"
    plain = camt()
    return [
        file("as the book says", plain),
        file("of version 8, whose parties are wrapped", camt(version=8)),
        file("of version 13", camt(version=13)),
        file("with a namespace prefix", camt(prefix="ns2")),
        file("in Polish Windows encoding", camt(encoding="cp1250")),
        file("in UTF-16", camt(encoding="utf-16")),
        file("on a single line", plain.replace(b"\n", b"")),
        file("with structured references", camt(statement(entries=structured))),
        file("with a purpose in parts", camt(statement(entries=in_parts))),
        file("with a batch of payments", camt(statement(entries=[batch, entries[2]]))),
        file(
            "with a batch that has no sums",
            camt(statement(entries=[blind, entries[2]])),
            moves=POLISH[2:],
            refused=[(7, "no sums of their own")],
        ),
        file(
            "with a batch that does not add up",
            camt(statement(entries=[short, entries[2]])),
            moves=POLISH[2:],
            refused=[(7, "add up to")],
        ),
        file("of two accounts", camt(statement(), statement((second,), account=THEIR_IBAN)), moves=(*POLISH, second)),
        file(
            "zipped, several statements",
            zipped(("1.xml", plain), ("2.xml", camt(statement((second,), account=THEIR_IBAN)))),
            moves=(*POLISH, second),
        ),
        file(
            "zipped with a file that is none",
            zipped(("1.xml", plain), ("readme.txt", b"hello")),
            remarks=["readme.txt"],
        ),
        file(
            "with an entry taken back",
            camt(statement(entries=taken_back, closing=Decimal("2149.51"))),
            moves=(POLISH[0], replace(POLISH[1], out=True), POLISH[2]),
        ),
        file(
            "with an entry not booked yet",
            camt(statement(two, entries=[entries[0], entry(POLISH[1], state="PDNG"), entries[2]])),
            moves=two,
            refused=[(8, "not booked")],
        ),
        file(
            "with an entry without direction",
            camt(statement(entries=[entries[0], entries[1].replace("CRDT", "WHAT"), entries[2]])),
            moves=two,
            refused=[(8, "came or went")],
        ),
        file(
            "with an entry without dates",
            camt(
                statement(
                    entries=[entries[0], entries[1].replace("BookgDt", "ADt").replace("ValDt", "BDt"), entries[2]]
                )
            ),
            moves=two,
            refused=[(8, "neither a booking")],
        ),
        file("with a wrong balance", camt(statement(closing=Decimal("1.00"))), remarks=["do not add up"]),
        file("cut off", plain[: plain.rindex(b"<Ntry>") + 40], moves=POLISH[:2], refused=[(9, "broken from here")]),
        file("with a billion laughs", camt(before=bomb), moves=(), unreadable="document type"),
        file("that asks for a file of ours", camt(before=outside), moves=(), unreadable="document type"),
        file(
            "that is an intraday report",
            plain.replace(b"camt.053", b"camt.052").replace(b"BkToCstmrStmt", b"BkToCstmrAcctRpt"),
            moves=(),
            unreadable="intraday",
        ),
        file("zipped twice", zipped(("a.zip", zipped(("1.xml", plain)))), moves=(), unreadable="archive within"),
    ]


# -- what is no statement at all --------------------------------------------------------------------------------------


def hopeless_files() -> list[StatementFile]:
    return [
        StatementFile(name="an empty file", data=b"", unreadable="empty"),
        StatementFile(name="a file of blanks", data=b"\r\n  \r\n", unreadable="empty"),
        StatementFile(name="a picture", data=b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, unreadable="not text"),
        StatementFile(name="a letter", data=b"Dear Sir or Madam", unreadable="unknown"),
        StatementFile(name="a broken archive", data=b"PK\x03\x04" + b"\0" * 200, unreadable="broken"),
        StatementFile(name="an empty archive", data=zipped(), unreadable="empty"),
        StatementFile(
            name="a page of the bank", data=b"<html><body>Log in</body></html>", unreadable="no bank statement"
        ),
    ]


def all_files() -> list[StatementFile]:
    """Every file made here."""
    return [*one_c_files(), *mt940_files(), *camt_files(), *hopeless_files()]
