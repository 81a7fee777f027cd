"""Bars as data: how long each is, in parts of a hundred. Whatever they show stands in a table beside them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.kernel.i18n import Message

#: More bars than these are drawn as columns side by side.
MOST_ROWS = 31


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One value with its name and, as text, what it reads; ``then`` is the value compared with."""

    name: str | Message
    reads: str
    value: Decimal | None
    then: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """A bar with its lengths from 0 to 100."""

    name: str | Message
    reads: str
    length: float
    then: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Bars against one scale. ``upright`` ones stand side by side, ``step`` apart."""

    title: str | Message
    bars: tuple[Drawn, ...]
    upright: bool
    step: float
    compared: bool


def chart(title: str | Message, bars: Sequence[Bar]) -> Chart | None:
    """The chart of these bars; None when there is nothing to see."""
    values = [abs(one) for bar in bars for one in (bar.value, bar.then) if one is not None]
    most = max(values, default=Decimal(0))
    if not most:
        return None
    drawn = tuple(
        Drawn(
            name=bar.name,
            reads=bar.reads,
            length=_length(bar.value or Decimal(0), most),
            then=None if bar.then is None else _length(bar.then, most),
        )
        for bar in bars
    )
    compared = any(bar.then is not None for bar in bars)
    upright = len(bars) > MOST_ROWS
    return Chart(title=title, bars=drawn, upright=upright, step=round(100 / len(bars), 4), compared=compared)


def _length(value: Decimal, most: Decimal) -> float:
    return round(float(max(Decimal(0), value) / most * 100), 2)
