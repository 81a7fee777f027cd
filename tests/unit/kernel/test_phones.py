"""Numbers of countries where every number has one length are not parsed: they must come out as if they were."""

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.kernel.phones import normalise, typed_digits

REGIONS = ("RU", "UA", "PL", "US", "DE", "")
DIGITS = st.one_of(
    st.from_regex(r"7\d{10}|48\d{9}|380\d{9}|1\d{10}", fullmatch=True, alphabet="0123456789"),
    st.text("0123456789", min_size=1, max_size=15),
)


def by_the_library(digits: str, region: str, *, plus: bool) -> str | None:
    """What the library makes of the digits, taken as a national number first when they have no plus."""
    for text in ["+" + digits] if plus else ([digits] if region else []) + ["+" + digits]:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


@given(DIGITS, st.sampled_from(REGIONS), st.booleans())
@example("79000000001", "RU", False)
@example("79000000001", "DE", False)
@example("380500000001", "UA", False)
@example("12025550143", "US", False)
def test_a_plain_number_is_what_the_library_says(digits: str, region: str, plus: bool) -> None:
    if digits.startswith("00") and not plus:
        return
    assert normalise("+" * plus + digits, region) == by_the_library(digits, region, plus=plus)


@pytest.mark.parametrize("written", ["+7 900 000-00-01", "8 (900) 000-00-01", "7 900 000 00 01", "007 9000000001"])
def test_every_spelling_is_one_number(written: str) -> None:
    assert normalise(written, "RU") == "+79000000001"
    assert (typed_digits(written) or "no number") in "+79000000001", "and is found by it"


@pytest.mark.parametrize(
    ("typed", "sought"), [("(900) 0000", "9000000"), ("123", None), ("C-20417", None), ("", None), ("8900", "8900")]
)
def test_a_part_of_a_number_is_sought_by_its_digits(typed: str, sought: str | None) -> None:
    assert typed_digits(typed) == sought
