"""What cells mean: whatever a creditor writes is read right or refused, never guessed."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.importing.cells import Unreadable, amount, day, digits, phones, text
from core.importing.headers import Vocabulary, heading
from core.importing.registry.fields import TARGETS
from core.parties.folding import fold
from core.parties.rules import name_key
from core.parties.search import terms

WORDS = Vocabulary(TARGETS)
SUMS = st.decimals(min_value=0, max_value=Decimal("9999999999.99"), places=2)
DAYS = st.dates(min_value=date(1950, 1, 1), max_value=date(2049, 12, 31))
ANY_CELL = st.one_of(
    st.none(), st.text(max_size=60), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes()
)


@given(
    SUMS,
    st.sampled_from(["\u00a0", "\u202f", " ", "'", ""]),
    st.sampled_from([",", "."]),
    st.sampled_from(["", " ₽", " zł", "$"]),
)
def test_a_sum_is_read_in_every_usual_spelling(value: Decimal, thousands: str, point: str, sign: str) -> None:
    whole, fraction = f"{value:,.2f}".split(".")
    written = whole.replace(",", thousands) + point + fraction + sign
    assert amount(written) == value


@given(SUMS)
def test_a_sum_as_a_number_loses_no_cent(value: Decimal) -> None:
    assert amount(float(value)) == value


@given(SUMS.filter(lambda value: value >= 1000))
def test_both_separators_tell_themselves_apart(value: Decimal) -> None:
    american = f"{value:,.2f}"
    european = american.translate(str.maketrans(",.", ".,"))
    assert amount(american) == amount(european) == value


@pytest.mark.parametrize("written", ["1.234", "1,234", "12.345.67", "1,2,3", "abc", "--1", "1e5", "∞", "NaN"])
def test_what_can_be_read_two_ways_is_refused(written: str) -> None:
    with pytest.raises(Unreadable):
        amount(written)


@given(DAYS)
def test_a_day_is_read_from_a_number_and_from_every_usual_text(value: date) -> None:
    serial = (value - date(1899, 12, 30)).days
    assert day(serial) == day(float(serial)) == day(f"{value:%d.%m.%Y}") == day(value.isoformat()) == value
    assert day(f"{value:%m/%d/%Y}", month_first=True) == day(f"{value:%d.%m.%y}") == value
    assert day(serial - 1462, epoch_1904=True) == value


@pytest.mark.parametrize(
    "written", ["31.02.2025", "2025", "1.1", "00.00.0000", "12.13.2025", 0.5, -3, 10**7, "01.01.1800"]
)
def test_an_impossible_day_is_refused(written: str | float) -> None:
    with pytest.raises(Unreadable):
        day(written)


@given(
    st.lists(st.integers(0, 9_999_999), min_size=1, max_size=5, unique=True), st.sampled_from([";", ",", " / ", "\n"])
)
def test_several_phones_in_a_cell_are_all_found(numbers: list[int], between: str) -> None:
    written = between.join(f"8 (900) {n // 10_000:03}-{n // 100 % 100:02}-{n % 100:02}" for n in numbers)
    assert phones(written, "RU") == [f"+7900{n:07}" for n in numbers]


@given(st.integers(79_000_000_000, 79_009_999_999))
def test_a_phone_that_became_a_number_is_still_that_phone(number: int) -> None:
    assert phones(number, "RU") == phones(float(number), "RU") == phones(f"+{number}", "RU") == [f"+{number}"]


def test_a_number_that_lost_digits_is_not_made_up() -> None:
    with pytest.raises(Unreadable):
        phones("7.9123E+10", "RU")
    assert phones("7.9000000011E+10", "RU") == ["+79000000011"]
    with pytest.raises(Unreadable):
        digits("1.2E+11")


def test_leading_zeros_of_a_text_are_kept() -> None:
    assert digits("00123") == "00123"
    assert text(123.0) == "123"


@given(ANY_CELL)
def test_no_cell_breaks_a_reader(cell: object) -> None:
    for read in (amount, day, digits, lambda value: phones(value, "RU")):
        with suppress(Unreadable):
            read(cell)  # type: ignore[arg-type]


@given(st.text(max_size=80))
def test_folding_twice_changes_nothing_and_search_pieces_are_found_in_it(written: str) -> None:
    folded = fold(written)
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Иванов Пётр", "пЕтР ИВАНОВ"),
        ("O'Connor  Anna-Maria", "anna maria o’connor"),
        ("ООО «Ромашка»", 'ООО "РОМАШКА"'),
        ("Łącka Żaneta", "lacka zaneta"),
    ],
)
def test_one_name_has_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("typed", "pieces"),
    [
        ("+7 (900) 000-00-01", ["000000001"]),
        ("89000000001", ["000000001"]),
        ("2024-000123", ["2024-000123"]),
        ("иванов ив", ["иванов"]),
        ("Ёлкин 12345", ["елкин", "12345"]),
    ],
)
def test_what_is_typed_becomes_what_is_searched(typed: str, pieces: list[str]) -> None:
    assert terms(typed) == pieces


@pytest.mark.parametrize(
    ("title", "target"),
    [
        ("№ дела", "number"), ("Nr sprawy", "number"), ("Номер справи", "number"), ("Case no.", "number"),
        ("ФИО должника", "name"), ("ПІБ боржника", "name"), ("Imię i nazwisko", "name"), ("Debtor", "name"),
        ("Сумма долга, руб.", "principal"), ("Сума боргу (грн)", "principal"), ("Kwota główna", "principal"),
        ("Data urodzenia", "birth_date"), ("РНОКПП", "rnokpp"), ("PESEL", "pesel"), ("Телефон моб.", "phone"),
        ("Столбец 7", None),
    ],
)  # fmt: skip
def test_headings_are_understood_in_four_languages(title: str, target: str | None) -> None:
    assert WORDS.meaning(title) == target


def test_the_row_of_headings_is_found_below_a_letterhead() -> None:
    rows = [["Bank"], [""], ["Registry", "12.03.2026"], ["№ дела", "ФИО", "Долг"], ["1", "Иванов", "5"]]
    assert WORDS.header_row(rows, {}) == 3
    assert WORDS.header_row(rows[:3], {}) is None
    assert WORDS.header_row([["Akte", "Wer"]], {"akte": "number", "wer": "name"}) == 0


def test_one_meaning_goes_to_one_column_unless_many_may_have_it() -> None:
    assert WORDS.suggest(["Долг", "Сумма долга", "Телефон", "Моб. телефон"], {}) == {
        0: "principal",
        2: "phone",
        3: "phone",
    }
    assert WORDS.suggest(["Долг", "Сумма долга"], {heading("Долг"): "", heading("Сумма долга"): "principal"}) == {
        1: "principal"
    }
