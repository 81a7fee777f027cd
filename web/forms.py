"""From a submitted form to a typed value, or to ``Invalid`` with a message per field."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar, get_origin
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from core.kernel.clock import YEARS
from core.kernel.errors import Invalid
from core.kernel.i18n import Message, mark, msg
from core.kernel.phones import normalise


class Form(BaseModel):
    """The base of every form. Text is trimmed; an empty field is an absent one."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="ignore", frozen=True)


F = TypeVar("F", bound=BaseModel)

_MOST_FIELDS = 1000
#: What people read, by the kind of pydantic's error.
_TEXTS = {
    "missing": msg("This is needed."),
    "extra_forbidden": msg("There is no field of this name."),
    "string_type": msg("This is needed."),
    "int_parsing": msg("Choose one of the list."),
    "enum": msg("Choose one of the list."),
    "literal_error": msg("Choose one of the list."),
    "decimal_parsing": msg("Give a number."),
    "date_from_datetime_parsing": msg("Give a date."),
    "date_parsing": msg("Give a date."),
    "datetime_from_date_parsing": msg("Give a date and a time."),
    "datetime_parsing": msg("Give a date and a time."),
    "bool_parsing": msg("Say yes or no."),
    "phone": msg("This is no telephone number. Write it with the country code, for example +44 20 7946 0000."),
    "email": msg("This is no e-mail address."),
    "zone": msg("Choose a time zone."),
    "currency": msg("Give the three letters of a currency, for example EUR."),
    "country": msg("Give the two letters of a country, for example PL."),
    "key": msg("Use only Latin letters, digits, hyphens and underscores."),
    "login": msg("Use only letters, digits, dots, hyphens, underscores and the sign @."),
    "digits": msg("Use only digits."),
    "clock": msg("Give a time of the day, for example 09:30."),
}
#: The same where a number is beyond its bound, and what pydantic calls the bound.
_BOUNDS = {
    "greater_than": (mark("Give a number above {bound}."), "gt"),
    "greater_than_equal": (mark("Give a number from {bound} on."), "ge"),
    "less_than": (mark("Give a number below {bound}."), "lt"),
    "less_than_equal": (mark("Give a number up to {bound}."), "le"),
}
_OTHER = msg("This value does not fit here.")
#: What every database, clock and zone can still hold.
_BIGGEST = 2**53 - 1
_DIGITS = 15
_BIGGEST_SUM = Decimal(10**14)


async def parse(request: Request, kind: type[F]) -> F:
    """The request's form, or the JSON a script of a page sends, as a ``kind``; raises ``Invalid``."""
    return typed(await submitted(request), kind)


async def submitted(request: Request, *, most_fields: int = _MOST_FIELDS) -> FormData:
    """What was sent, as it was typed: to show it again beside what is wrong with it."""
    if "json" not in request.headers.get("content-type", ""):
        return storable(await request.form(max_fields=most_fields))
    try:
        sent = await request.json()
    except (ValueError, RecursionError) as error:
        raise Invalid from error
    if not isinstance(sent, dict):
        raise Invalid
    pairs = (
        (str(name), item) for name, value in sent.items() for item in (value if isinstance(value, list) else [value])
    )
    return storable(FormData([(name, str(item)) for name, item in pairs if item is not None]))


def storable(data: FormData) -> FormData:
    """``data`` itself; raises ``Invalid`` for a text that no database keeps: with NUL, or half of a UTF-16 pair."""
    if faults := {name: _OTHER for name, value in data.multi_items() if not is_storable(name + _text(value))}:
        raise Invalid(faults)
    return data


def _text(value: str | UploadFile) -> str:
    return value if isinstance(value, str) else value.filename or ""


def is_storable(text: str) -> bool:
    """Whether a database keeps ``text``."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def typed(data: FormData, kind: type[F]) -> F:
    """``data`` as a ``kind``; raises ``Invalid``."""
    try:
        found = kind.model_validate(_values(data, kind))
    except ValidationError as error:
        raise Invalid({str(fault["loc"][0]): fault_text(dict(fault)) for fault in error.errors()}) from error
    if beyond := {name: _OTHER for name, value in found if not _fits(value)}:
        raise Invalid(beyond)
    return found


def is_position(text: str) -> bool:
    """Whether ``text`` is a whole number from 0 on that a database keeps; to be asked before ``int``."""
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def _fits(value: object) -> bool:
    """Whether a number or day is one that can be stored and reckoned with."""
    match value:
        case bool():
            return True
        case int():
            return abs(value) <= _BIGGEST
        case Decimal():
            return abs(value) < _BIGGEST_SUM
        case date():
            return value.year in YEARS
        case list() | tuple():
            return all(map(_fits, value))
    return True


def _values(data: FormData, kind: type[BaseModel]) -> dict[str, Any]:
    """Lists where the form has lists; empty texts left out."""
    values: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        if get_origin(field.annotation) in (list, tuple, set, frozenset):
            values[name] = [item for item in data.getlist(name) if item != ""]
        elif (value := data.get(name)) not in (None, "") and not (isinstance(value, str) and value.isspace()):
            values[name] = value
    return values


def fault_text(fault: dict[str, Any]) -> Message:
    """What people read about one of pydantic's faults."""
    context = fault.get("ctx") or {}
    if fault["type"] == "string_too_long":
        return msg("Use at most {count} characters.", count=context["max_length"])
    if fault["type"] == "string_too_short":
        return msg("Use at least {count} characters.", count=context["min_length"])
    if fault["type"] in _BOUNDS:
        text, bound = _BOUNDS[fault["type"]]
        return msg(text, bound=str(context[bound]))
    return _TEXTS.get(fault["type"], _OTHER)


def _phone(value: object) -> object:
    if value is None:
        return None
    number = normalise(str(value), region="")
    if number is None:
        raise PydanticCustomError("phone", "not a telephone number")
    return number


def _email(value: str) -> str:
    name, at, host = value.partition("@")
    if not (name and at and "." in host) or set(value) & set(" <>,;\r\n\t"):
        raise PydanticCustomError("email", "not an address")
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise PydanticCustomError("zone", "not a zone")
    return value


def like(pattern: str, kind: str) -> AfterValidator:
    """Takes only a text that as a whole looks like ``pattern``; ``kind`` leads to what people read otherwise."""
    whole = re.compile(pattern)

    def look(value: str) -> str:
        if whole.fullmatch(value) is None:
            raise PydanticCustomError(kind, "written otherwise")
        return value

    return AfterValidator(look)


#: A telephone number in any written form, kept as E.164.
PhoneField = Annotated[str, BeforeValidator(_phone)]
EmailField = Annotated[str, StringConstraints(max_length=254), AfterValidator(_email)]
ZoneField = Annotated[str, AfterValidator(_zone)]
Line = Annotated[str, StringConstraints(max_length=120)]
#: ISO 4217 and ISO 3166, in letters of either size.
CurrencyField = Annotated[str, StringConstraints(to_upper=True), like("[A-Z]{3}", "currency")]
CountryField = Annotated[str, StringConstraints(to_upper=True), like("[A-Z]{2}", "country")]
#: How administrators name what programs and files refer to.
KEY = like("[A-Za-z0-9_-]+", "key")
