"""Decisions over instalment plans (domain 2.3): the schedule, what may be agreed, and what has become of it."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from itertools import pairwise

from core.cases.model import InstalmentState, PlanState
from core.kernel.i18n import Message, msg
from core.kernel.money import CENT

#: A plan of one instalment is a promise.
FEWEST = 2
MOST = 60


class Rhythm(StrEnum):
    """How instalments follow each other."""

    WEEKLY = "weekly"
    TWO_WEEKLY = "two_weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Due:
    """An instalment that is agreed: a sum by a day."""

    on: date
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How an instalment stands: what is due by when, and what has come for it."""

    due_on: date
    amount: Decimal
    paid: Decimal


def equal_sums(total: Decimal, count: int) -> tuple[Decimal, ...]:
    """``count`` equal sums that add up to ``total``; what cannot be split evenly is in the last one."""
    each = (total / count).quantize(CENT, ROUND_DOWN)
    return (*(each for _ in range(count - 1)), total - each * (count - 1))


def sums_of(total: Decimal, each: Decimal) -> tuple[Decimal, ...]:
    """Sums of ``each`` until ``total`` is reached; the last one is what is left."""
    full, rest = divmod(total, each)
    return (*(each for _ in range(int(full))), *((rest,) if rest else ()))


def schedule(sums: Sequence[Decimal], first_on: date, rhythm: Rhythm) -> tuple[Due, ...]:
    """The instalments from ``first_on`` on."""
    return tuple(Due(_day(first_on, rhythm, n), amount) for n, amount in enumerate(sums))


def _day(first_on: date, rhythm: Rhythm, n: int) -> date:
    """The day of the ``n``-th instalment from 0. Monthly ones keep the day of the first, or the month's last day where
    the month is shorter: 31 January, 28 February, 31 March."""
    if rhythm is not Rhythm.MONTHLY:
        return first_on + timedelta(weeks=n * (2 if rhythm is Rhythm.TWO_WEEKLY else 1))
    years, month = divmod(first_on.month - 1 + n, 12)
    year = first_on.year + years
    return date(year, month + 1, min(first_on.day, monthrange(year, month + 1)[1]))


def plan_faults(dues: Sequence[Due], *, total: Decimal, owed: Decimal, today: date) -> dict[str, Message]:
    """What is wrong with a plan, by field; empty when it may be agreed. ``today`` is the debtor's."""
    faults: dict[str, Message] = {}
    if total <= 0:
        faults["total"] = msg("Enter a sum above zero.")
    elif total > owed:
        faults["total"] = msg("The debt is {owed}: a plan cannot be for more.", owed=f"{owed:.2f}")
    if not FEWEST <= len(dues) <= MOST:
        faults["instalments"] = msg("A plan has {fewest} to {most} instalments.", fewest=FEWEST, most=MOST)
    elif any(due.amount <= 0 for due in dues):
        faults["instalments"] = msg("Every instalment must be above zero.")
    elif sum(due.amount for due in dues) != total:
        faults["instalments"] = msg("The instalments must add up to {total}.", total=f"{total:.2f}")
    if dues and dues[0].on < today:
        faults["first_on"] = msg("The day has passed.")
    elif any(later.on <= earlier.on for earlier, later in pairwise(dues)):
        faults["first_on"] = msg("Every instalment must fall due after the one before.")
    return faults


def instalment_state(line: Standing, *, grace_days: int, as_of: date) -> InstalmentState:
    """Paid in full, late beyond its grace, or still to come."""
    if line.paid >= line.amount:
        return InstalmentState.PAID
    late = as_of > line.due_on + timedelta(days=grace_days)
    return InstalmentState.MISSED if late else InstalmentState.OPEN


def plan_state(lines: Sequence[Standing], *, grace_days: int, max_missed: int, as_of: date) -> PlanState:
    """What an agreed plan is on the debtor's day ``as_of``: whoever catches up is active again until it has
    defaulted."""
    states = [instalment_state(line, grace_days=grace_days, as_of=as_of) for line in lines]
    missed = states.count(InstalmentState.MISSED)
    if all(state is InstalmentState.PAID for state in states):
        return PlanState.COMPLETED
    if missed >= max_missed:
        return PlanState.DEFAULTED
    return PlanState.DELINQUENT if missed else PlanState.ACTIVE
