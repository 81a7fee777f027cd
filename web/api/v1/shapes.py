"""What values look like in the API: times, money, phones, ids, pages."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from core.kernel.money import Money as Sum

#: JavaScript's numbers are exact up to here.
BIGGEST_ID = 2**53 - 1
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_CENTS = 2

T = TypeVar("T")


class Shape(BaseModel):
    """The base of everything that is answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sent(BaseModel):
    """The base of everything that is sent. Unknown names are refused: a misspelt one would be silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _utc(value: datetime) -> datetime:
    if not _EARLIEST <= value <= _LATEST:
        raise ValueError("a time between 2000 and 2100 is needed")
    return value.astimezone(UTC)


def _iso(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: Decimal) -> str:
    """At least two decimals, more only when they say something."""
    whole, _, decimals = f"{value:.4f}".partition(".")
    return f"{whole}.{decimals[:_CENTS]}{decimals[_CENTS:].rstrip('0')}"


Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
#: A moment that is sent; any zone, but it must name one.
When = Annotated[AwareDatetime, AfterValidator(_utc)]
#: A moment that is answered: UTC with a ``Z``.
Utc = Annotated[datetime, PlainSerializer(_iso, return_type=str)]
E164 = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$", examples=["+79000000001"])]
#: Text without NUL, which no database keeps.
Word = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00]*$")]
Text = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
Note = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["RUB"])]
_Amount = Annotated[
    Decimal, Field(max_digits=14, decimal_places=4), PlainSerializer(_plain, return_type=str, when_used="json")
]


class Money(Shape):
    """An exact amount, as text, in a currency (ISO 4217)."""

    amount: _Amount = Field(examples=["1234.56"])
    currency: Currency


class MoneySent(Sent):
    """A sum above zero. The amount is text: a JSON number may have lost its cents on the way."""

    amount: Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,2})?$", examples=["1234.56"])]
    currency: Currency

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.amount)


def money(amount: Decimal, currency: str) -> Money:
    """A sum as it is answered."""
    return Money(amount=Sum(amount, currency).amount, currency=currency)


class Page(Shape, Generic[T]):
    """One page. ``next`` is the cursor of the page behind it, to be sent as ``after``; null at the end."""

    items: list[T]
    next: str | None


class Paged(Sent):
    """Where a page begins and how long it is."""

    after: Annotated[str, Field(max_length=500, pattern=r"^[A-Za-z0-9_-]*$")] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class Nothing(Sent):
    """No fields at all."""


class Problem(BaseModel):
    """A problem document (RFC 9457). ``code`` is stable; ``title`` and ``detail`` are in the reader's language.

    ``errors`` says per field what is wrong; a code may bring values of its own beside these.
    """

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: dict[str, str] | None = None
