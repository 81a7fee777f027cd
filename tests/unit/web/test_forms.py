"""What people read beside a field that does not look as it must."""

from typing import Annotated

import pytest
from pydantic import StringConstraints
from starlette.datastructures import FormData

from core.kernel.errors import Invalid
from web.forms import KEY, CountryField, CurrencyField, Form, like, typed


class Fields(Form):
    currency: CurrencyField = "EUR"
    country: CountryField = "PL"
    key: Annotated[str, StringConstraints(max_length=8, to_lower=True), KEY] = "key"
    at: Annotated[str, like(r"([01]\d|2[0-3]):[0-5]\d", "clock")] = "09:00"


def read(**sent: str) -> Fields:
    return typed(FormData(sent), Fields)


def test_letters_of_either_size_are_taken() -> None:
    found = read(currency=" pln ", country="ua", key="Stage_2")
    assert (found.currency, found.country, found.key) == ("PLN", "UA", "stage_2")


@pytest.mark.parametrize(
    ("field", "text", "hint"),
    [
        ("currency", "zł", "for example EUR"),
        ("currency", "EURO", "for example EUR"),
        ("country", "Poland", "for example PL"),
        ("key", "a b", "Latin letters"),
        ("key", "ключ", "Latin letters"),
        ("key", "much-too-long", "at most"),
        ("at", "25:00", "time of the day"),
        ("at", "09:00\n1", "time of the day"),
    ],
)
def test_whoever_wrote_it_otherwise_is_told_how(field: str, text: str, hint: str) -> None:
    with pytest.raises(Invalid) as told:
        read(**{field: text})
    assert hint in str(told.value.fields[field])
