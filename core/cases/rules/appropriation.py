"""Which payment counts for which promise or instalment: first in, first out (domain 2.2)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    PROMISE = "promise"
    INSTALMENT = "instalment"


#: What money is counted for: a promise or an instalment, by its id.
Purpose = tuple[Kind, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """What stands settled on a case of one payment, in the case's currency.

    ``entered_at`` is when the payment became known. With it a payment of the very day is told from what was agreed
    later that day; without it the day alone decides.
    """

    payment_id: int
    value_on: date
    amount: Decimal
    entered_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """A purpose, how much it takes (``enough`` of it before any later one), and the days whose money counts for it.

    ``ended_at`` is set on what was called off: it keeps what had come until then.
    """

    purpose: Purpose
    amount: Decimal
    enough: Decimal
    made_at: datetime
    first_day: date
    last_day: date | None = None
    ended_at: datetime | None = None

    def admits(self, money: Received) -> bool:
        """Whether the payment may count for it."""
        if money.value_on < self.first_day or (self.last_day is not None and money.value_on > self.last_day):
            return False
        if money.entered_at is None:
            return self.ended_at is None or money.value_on < self.ended_at.date()
        if money.value_on == self.first_day and money.entered_at < self.made_at:
            return False
        return self.ended_at is None or money.entered_at <= self.ended_at


def appropriated(payments: Sequence[Received], windows: Sequence[Window]) -> Mapping[tuple[int, Purpose], Decimal]:
    """How much of each payment counts for each purpose; nothing counts twice, no purpose gets more than its amount.

    Payments go by value date, windows in the order they are given. Every one gets enough before an earlier one is
    filled beyond that: a promise that is kept already does not break its successor.
    """
    need = {window.purpose: window.enough for window in windows}
    room = {window.purpose: window.amount - window.enough for window in windows}
    shares: dict[tuple[int, Purpose], Decimal] = defaultdict(Decimal)
    for money in sorted(payments, key=lambda one: (one.value_on, one.payment_id)):
        left = max(money.amount, Decimal(0))
        admitted = [window.purpose for window in windows if window.admits(money)]
        for places in (need, room):
            for purpose in admitted:
                share = min(left, places[purpose])
                if share > 0:
                    places[purpose] -= share
                    shares[money.payment_id, purpose] += share
                    left -= share
    return dict(shares)
