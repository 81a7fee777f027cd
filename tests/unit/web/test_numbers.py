"""Numbers that are written without being parsed read as those that are."""

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st

from web.pages.formats import phone


@given(st.from_regex(r"\+79\d{9}", fullmatch=True, alphabet="+0123456789"))
def test_a_mobile_number_is_written_as_the_library_writes_it(e164: str) -> None:
    number = phonenumbers.parse(e164, None)
    assert phone(e164) == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def test_what_is_no_number_is_shown_as_it_is() -> None:
    assert phone("+4822") == "+48 22"
    assert phone("anybody") == "anybody"
    assert phone(None) == "—"
