"""Which case a payment is for: numbers however they are written, and no case taken unasked when two are likely."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.payments.rules.matching import AUTOMATIC, Candidate, Clues, Why, automatic, rank, similarity, weigh
from core.payments.rules.references import SHORTEST_KEY, key_of, parts_of, references

_DEBT = Decimal("5000.00")


def _clues(purpose: str = "", **said: object) -> Clues:
    told = {"amount": Decimal("1500.00"), "currency": "RUB", **said}
    return Clues(references=references(purpose), **told)  # type: ignore[arg-type]


def _case(case_id: int = 1, number: str = "ДЛ-000123/24", **said: object) -> Candidate:
    told: dict[str, object] = {"currency": "RUB", "numbers": {number: None}, "balance": _DEBT, **said}
    return Candidate(case_id=case_id, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "purpose",
    [
        "Оплата по договору ДЛ-000123/24 от 01.02.2024",
        "оплата дл-000123/24",
        "ОПЛАТА ДЛ 000123 / 24 БЕЗ НДС",
        "по договору №ДЛ-123/24",
        "договор ДЛ–123–24 сумма 1500.00",
        "ДЛ000123/24",
        "Погашение займа (ДЛ-000123/24) Тестов Т.Т.",
        "ДЛ_000123_24",
        "dog. N ДЛ № 000123/24",
    ],
)
def test_a_number_is_found_however_it_is_written(purpose: str) -> None:
    assert [reason.why for reason in weigh(_clues(purpose), _case()).reasons] == [Why.NUMBER]


@pytest.mark.parametrize(
    ("written", "number"), [("AB-12345", "АВ-12345"), ("МК 00777/X", "MK-777/Х"), ("СНТ77001", "CHT-77001")]
)
def test_letters_of_the_other_alphabet_are_the_same(written: str, number: str) -> None:
    assert weigh(_clues(f"opłata {written}"), _case(number=number)).score >= AUTOMATIC


@pytest.mark.parametrize(
    "purpose",
    ["Оплата", "за 01.02.2024", "НДС 1234.56", "ДЛ-000124/24", "тел. 89000000123", "ДЛ-0001230/24", "123", "24"],
)
def test_other_numbers_are_not_the_number(purpose: str) -> None:
    assert weigh(_clues(purpose), _case()).score == 0


def test_leading_zeros_count_for_how_telling_a_number_is() -> None:
    cases = [_case(n, f"D000{n}") for n in (2, 3)]
    clues = _clues("за D0002 или дело D0003, спасибо")
    assert [match.score for match in rank(clues, cases)] == [85, 85]
    assert automatic(rank(clues, cases)) is None
    assert rank(_clues("квартира D 2"), cases) == []


def test_the_digits_alone_are_only_alike() -> None:
    match = weigh(_clues("оплата дл 12324"), _case())
    assert [reason.why for reason in match.reasons] == [Why.NUMBER_LIKE]
    assert automatic([match]) is None


def test_a_short_number_counts_only_behind_a_word_that_announces_it() -> None:
    short = _case(number="117")
    assert weigh(_clues("оплата 117"), short).score == 0
    assert weigh(_clues("оплата по делу № 117"), short).score >= AUTOMATIC
    assert weigh(_clues("за Петрова договор 117, спасибо"), short).score >= AUTOMATIC
    assert weigh(_clues("wpłata sprawa nr 117"), short).score >= AUTOMATIC


def test_the_claim_that_is_named_is_designated_unless_two_are() -> None:
    case = _case(numbers={"C-1": None, "ДОГ-55501": 11, "ДОГ-55502": 12})
    assert weigh(_clues("по договору ДОГ-55501"), case).claim_id == 11
    assert weigh(_clues("ДОГ-55501 и ДОГ-55502"), case).claim_id is None


def test_the_payers_tax_number_is_enough_for_one_case_but_not_for_two() -> None:
    clues = _clues(payer_tax_id="770000000001")
    one, other = (_case(n, tax_ids=frozenset({"770000000001"})) for n in (1, 2))
    assert automatic(rank(clues, [one])) is not None
    assert automatic(rank(clues, [one, other])) is None
    promised = _case(3, tax_ids=frozenset({"770000000001"}), promised=frozenset({Decimal("1500.00")}))
    taken = automatic(rank(clues, [one, promised]))
    assert taken is not None
    assert taken.case_id == 3


def test_a_number_of_one_and_the_tax_id_of_another_is_for_people_to_decide() -> None:
    clues = _clues("ДЛ-000123/24", payer_tax_id="770000000001")
    assert automatic(rank(clues, [_case(1), _case(2, "X-99999", tax_ids=frozenset({"770000000001"}))])) is None


def test_a_name_and_a_sum_are_shown_but_never_taken_unasked() -> None:
    clues = _clues(payer_name="ТЕСТОВА АННА ИВАНОВНА")
    ranked = rank(clues, [_case(names=["Тестова Анна Ивановна"], promised=frozenset({Decimal("1500.00")}))])
    assert ranked[0].score == 60
    assert automatic(ranked) is None


def test_an_account_that_paid_often_becomes_sure_with_time() -> None:
    scores = [weigh(_clues(), _case(paid_before=times)).score for times in (0, 1, 3, 5, 50)]
    assert scores == [0, 60, 70, 80, 80]


def test_a_virtual_account_ends_in_the_number_of_the_case() -> None:
    virtual = _clues(virtual="PL00109010140000000000077001")
    assert [reason.why for reason in weigh(virtual, _case(number="77/001")).reasons] == []
    assert [reason.why for reason in weigh(virtual, _case(number="77001")).reasons] == [Why.VIRTUAL_ACCOUNT]


def test_another_currency_is_no_candidate_and_a_closed_case_never_automatic() -> None:
    assert rank(_clues("ДЛ-000123/24"), [_case(currency="EUR")]) == []
    closed = rank(_clues("ДЛ-000123/24"), [_case(closed=True)])
    assert closed[0].score == 55
    assert automatic(closed) is None


def test_every_reason_can_be_read() -> None:
    clues = _clues("ДЛ-000123/24", payer_name="Тестова А.И.", payer_tax_id="7")
    case = _case(names=["Тестова Анна Ивановна"], tax_ids=frozenset({"7"}), closed=True, balance=Decimal("1500.00"))
    told = [str(reason.message) for reason in weigh(clues, case).reasons]
    assert told == [
        "Number ДЛ-000123/24 is in the purpose",
        "The payer's tax number is the debtor's",
        "The payer's name resembles Тестова Анна Ивановна",
        "The sum is the balance",
        "The case is closed",
    ]


@pytest.mark.parametrize(
    ("one", "other", "like"),
    [
        ("анна иванова", "анна иванова", True),
        ("а и тестова", "анна ивановна тестова", True),
        ("п п тестова", "анна ивановна тестова", False),
        ("тестова", "анна ивановна тестова", False),
        ("анна ивановна тестовa", "анна ивановна тестова", True),
        ("", "анна", False),
    ],
)
def test_names_are_alike_by_spelling_or_initials(one: str, other: str, like: bool) -> None:
    assert (similarity(one, other) >= 0.75) is like


_NUMBERS = st.from_regex(r"[A-ZА-Я]{1,3}[-/ ]?[1-9][0-9]{3,7}(/[0-9]{2})?", fullmatch=True)


@given(_NUMBERS, st.sampled_from(["оплата по {}", "{} НДС не облагается", "договор № {} от 01.02.2024", "({})"]))
def test_every_number_is_found_in_any_sentence(number: str, sentence: str) -> None:
    found = references(sentence.format(number))
    assert key_of(number) in {one.key for one in found}
    assert parts_of(number) in {one.parts for one in found}


@given(st.text(max_size=400))
def test_any_text_is_looked_through_in_bounds(purpose: str) -> None:
    found = references(purpose)
    assert len(found) <= 130
    assert all(SHORTEST_KEY <= len(one.key) <= 60 for one in found)


@given(
    st.lists(
        st.builds(
            Candidate,
            case_id=st.integers(1, 5),
            currency=st.just("RUB"),
            paid_before=st.integers(0, 9),
            closed=st.booleans(),
            tax_ids=st.sampled_from([frozenset[str](), frozenset({"7"})]),
        ),
        unique_by=lambda one: one.case_id,
    )
)
def test_the_order_of_candidates_does_not_matter_and_a_close_second_forbids(candidates: list[Candidate]) -> None:
    clues = _clues(payer_tax_id="7")
    ranked = rank(clues, candidates)
    assert ranked == rank(clues, list(reversed(candidates)))
    taken = automatic(ranked)
    if taken is not None:
        assert all(taken.score - other.score >= 20 for other in ranked[1:])
