"""Every bank file made for the tests: each movement once, each refused line with its number and reason."""

import contextlib
import io
import zipfile
from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.payments.statements import camt053, client_bank, mt940, text
from core.payments.statements.detect import MOST_UNPACKED, Format, detect, read
from core.payments.statements.lines import (
    Direction,
    Item,
    NotAStatement,
    RefusedLine,
    Remark,
    StatementLine,
    StatementTooLarge,
    money,
)
from tests.factories import statements
from tests.factories.statements import Move, StatementFile


def _said(move: Move) -> tuple[object, ...]:
    way = Direction.OUT if move.out else Direction.IN
    name, account = ("", "") if move.out else (move.payer, move.payer_account)
    return move.account, move.amount, move.on, way, move.doc_no, name, account, move.purpose


def _told(line: StatementLine) -> tuple[object, ...]:
    out = line.direction is Direction.OUT
    name, account = ("", "") if out else (line.payer_name, line.payer_account)
    return line.account, line.amount, line.value_on, line.direction, line.doc_no, name, account, line.purpose


def _of(kind: type, items: Iterable[Item]) -> list[Item]:
    return [item for item in items if isinstance(item, kind)]


@pytest.mark.parametrize("file", statements.all_files(), ids=str)
def test_each_movement_once_and_each_refusal_with_its_line_and_reason(file: StatementFile) -> None:
    if file.unreadable is not None:
        with pytest.raises(NotAStatement, match=file.unreadable):
            list(read(file.data))
        return
    items = list(read(file.data))
    lines = _of(StatementLine, items)
    assert [_told(line) for line in lines] == [_said(move) for move in file.moves]  # type: ignore[arg-type]
    refused = [item for item in items if isinstance(item, RefusedLine)]
    assert [item.n for item in refused] == [n for n, _ in file.refused]
    for item, (_, reason) in zip(refused, file.refused, strict=True):
        assert reason in str(item.message)
    remarks = [str(item.message) for item in items if isinstance(item, Remark)]
    assert len(remarks) == len(file.remarks)
    assert all(piece in said for said, piece in zip(remarks, file.remarks, strict=True))


def test_there_are_at_least_forty_files() -> None:
    assert len({file.data for file in statements.all_files()}) >= 40


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (statements.one_c_files(), Format.ONE_C),
        (statements.mt940_files(), Format.MT940),
        (statements.camt_files(), Format.CAMT053),
    ],
)
def test_the_format_is_told_by_the_content(files: list[StatementFile], expected: Format) -> None:
    assert {detect(file.data) for file in files if file.unreadable is None} == {expected}


def test_line_numbers_rise_strictly_even_on_one_line_and_across_an_archive() -> None:
    plain = statements.camt().replace(b"\n", b"")
    items = list(read(statements.zipped(("a.xml", plain), ("b.xml", statements.camt()))))
    numbers = [item.n for item in items]
    assert numbers == sorted(set(numbers))
    assert [item.place for item in items] == ["a.xml:1"] * 3 + ["b.xml:7", "b.xml:8", "b.xml:9"]


def test_a_reversal_is_told_apart() -> None:
    lines = [line for file in statements.camt_files() for line in _lines(file) if line.reversal]
    assert [(line.amount, line.direction) for line in lines] == [(Decimal("250.50"), Direction.OUT)]


def _lines(file: StatementFile) -> list[StatementLine]:
    return [] if file.unreadable else [item for item in read(file.data) if isinstance(item, StatementLine)]


def test_a_table_is_recognised() -> None:
    assert detect("Дата;Сумма;Назначение\r\n03.11.2026;10,00;Долг".encode("cp1251")) is Format.TABLE
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert detect(book.getvalue()) is Format.TABLE


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_does() -> None:
    bomb = statements.zipped(("1.xml", b"0" * (MOST_UNPACKED + 1)))
    assert len(bomb) < 1_000_000
    with pytest.raises(StatementTooLarge):
        list(read(bomb, Format.CAMT053))


def test_what_is_nested_too_deeply_is_refused() -> None:
    deep = b"<Document>" + b"<Stmt>" * 500 + b"</Stmt>" * 500 + b"</Document>"
    assert [item for item in read(deep) if isinstance(item, StatementLine)] == []


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for prefix in (b"1CClientBankExchange\n", b":20:X\r\n:25:1\r\n", b"<a>", b""):
        with contextlib.suppress(NotAStatement, StatementTooLarge):
            list(read(prefix + data))


@given(st.text(alphabet=":/?0123456789ACDRN,\n", max_size=200))
def test_any_mt940_field_is_read_or_refused(said: str) -> None:
    list(mt940.read(f":20:X\n:25:{statements.OUR_IBAN}\n:60F:C261102PLN1,00\n:61:{said}\n:86:{said}".encode()))


@given(st.text(alphabet="=ДатаСум\nКонецДокумента0123.", max_size=200))
def test_any_document_is_read_or_refused(said: str) -> None:
    list(client_bank.read(f"1CClientBankExchange\nСекцияДокумент=X\n{said}".encode()))


@given(st.text(alphabet="<>/NtryAmtStmt \"'=&;", max_size=200))
def test_any_xml_is_read_or_refused(said: str) -> None:
    with contextlib.suppress(NotAStatement):
        list(camt053.read(f"<Document><Stmt>{said}</Stmt></Document>".encode()))


@given(
    st.decimals(min_value=0, max_value=10**12, places=2),
    st.sampled_from([".", ","]),
    st.sampled_from(["", " ", "\u00a0"]),
)
def test_sums_are_read_however_they_are_grouped(value: Decimal, point: str, gap: str) -> None:
    whole, fraction = f"{value:,.2f}".split(".")
    assert money(whole.replace(",", gap) + point + fraction) == value


@pytest.mark.parametrize("written", ["", "1.234", "NaN", "1e400", "1,2,3", "٣", "99999999999999", "--1"])
def test_what_is_no_sum_is_refused(written: str) -> None:
    with pytest.raises(Exception, match="not a sum"):
        money(written)


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_cyrillic_is_told_by_its_looks(encoding: str) -> None:
    said = "Плательщик=ООО «Тест»\r\nНазначениеПлатежа=Оплата по договору займа № 12, НДС не облагается"
    if encoding == "cp866":
        said = said.replace("«", '"').replace("»", '"')
    assert text.decode(said.encode(encoding)) == said


@pytest.mark.parametrize("encoding", ["cp1250", "iso8859-2", "cp852"])
def test_polish_is_told_by_its_looks(encoding: str) -> None:
    said = "Łucja Próbna\r\nspłata zadłużenia, część druga"
    assert text.decode(said.encode(encoding)) == said
