"""Decisions over promises to pay (domain 2.2): which may be taken, and what has become of one."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from core.cases.model import PromiseState
from core.kernel.i18n import Message, msg
from core.kernel.money import CENT

#: The furthest day a promise may name when its type sets none, counted from today (domain 2.2).
PROMISE_DAYS = 14
_WHOLE = Decimal(100)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How far and how much may be promised. ``amount`` None: as much as is owed."""

    days: int = PROMISE_DAYS
    amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pledge:
    """What was promised, and how it is judged: by ``threshold_percent`` of ``amount`` until ``grace_days`` after
    ``due_on``."""

    amount: Decimal
    due_on: date
    grace_days: int = 0
    threshold_percent: Decimal = _WHOLE

    @property
    def last_day(self) -> date:
        """The last day on which money still counts."""
        return self.due_on + timedelta(days=self.grace_days)

    @property
    def enough(self) -> Decimal:
        """The sum from which the promise is kept, in whole hundredths: nobody pays less than one."""
        return (self.amount * self.threshold_percent / _WHOLE).quantize(CENT, ROUND_CEILING)


def promise_faults(
    amount: Decimal, due_on: date, *, owed: Decimal, today: date, limits: Limits | None = None
) -> dict[str, Message]:
    """What is wrong with a promise, by field; empty when it may be taken.

    ``today`` is the debtor's. The sum must be positive, no more than is owed and within the limits, the day today or
    later.
    """
    bounds = limits or Limits()
    faults: dict[str, Message] = {}
    if amount <= 0:
        faults["amount"] = msg("Enter a sum above zero.")
    elif amount > owed:
        faults["amount"] = msg("The debt is {owed}: a promise cannot be for more.", owed=f"{owed:.2f}")
    elif bounds.amount is not None and amount > bounds.amount:
        faults["amount"] = msg("A promise of this type may be for at most {most}.", most=f"{bounds.amount:.2f}")
    if due_on < today:
        faults["due_on"] = msg("The day has passed.")
    elif due_on > today + timedelta(days=bounds.days):
        faults["due_on"] = msg("The day may be at most {days} days away.", days=bounds.days)
    return faults


def decide(pledge: Pledge, *, paid: Decimal, today: date) -> PromiseState:
    """What a promise is on the debtor's day ``today`` when ``paid`` has come for it in time.

    Kept as soon as enough has come; partly kept or broken once the days of grace are over.
    """
    if paid >= pledge.enough:
        return PromiseState.KEPT
    if today <= pledge.last_day:
        return PromiseState.OPEN
    return PromiseState.PARTLY_KEPT if paid > 0 else PromiseState.BROKEN
