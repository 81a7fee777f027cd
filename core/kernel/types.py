"""Column types that keep promises the databases do not."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

#: An autoincrement key: SQLite only counts up plain INTEGER keys.
Key = BigInteger().with_variant(Integer, "sqlite")

#: Parts of the unit that amounts are stored in.
AMOUNT_SCALE = Decimal(10_000)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time. A naive value is refused when it is bound, not discovered a year later."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _units(value: Decimal | None) -> int | None:
    if value is None:
        return None
    scaled = value * AMOUNT_SCALE
    units = int(scaled)
    if units != scaled:
        raise ValueError(f"{value} has more than four decimals")
    return units


class Amount(TypeDecorator[Decimal]):
    """Exact money in ten-thousandths of the unit, as an integer: SQLite's NUMERIC is a float in disguise."""

    impl = BigInteger
    cache_ok = True

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return _units(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Decimal | None], int | None]:
        """Straight to the integer: no other type has to be asked on the way."""
        return _units

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)) / AMOUNT_SCALE
