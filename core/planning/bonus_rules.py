"""Bonuses of the staff (domain 2.6): salary of the role + percent of what was collected × coefficient of the plan's
achievement."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from core.kernel.i18n import Message, msg
from core.kernel.money import CENT

_HUNDRED = Decimal(100)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """From ``start`` percent of the plan on, itself included, what was collected counts times ``coefficient``."""

    start: Decimal
    coefficient: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """How a role's bonus is reckoned; see :class:`core.planning.model.BonusRule`."""

    percent: Decimal
    steps: tuple[Step, ...]
    without_plan: Decimal = Decimal(1)


#: Nothing below 80 % of the plan, the plain percent up to 100 %, a fifth more above it.
USUAL = (
    Step(start=Decimal(0), coefficient=Decimal(0)),
    Step(start=Decimal(80), coefficient=Decimal(1)),
    Step(start=Decimal("100.01"), coefficient=Decimal("1.2")),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bonus:
    """A month's bonus in one currency and what it was reckoned from. ``achieved`` is the percent of the plan, to the
    hundredth (None without a plan); ``amount`` is never below zero."""

    collected: Decimal
    plan: Decimal | None
    achieved: Decimal | None
    coefficient: Decimal
    percent: Decimal
    amount: Decimal


def bonus(rule: Rule, collected: Decimal, plan: Decimal | None) -> Bonus:
    """The bonus for what was collected, rounded once, half up, to the hundredth. More withdrawn than collected earns
    nothing and costs nothing."""
    achieved = (collected / plan * _HUNDRED).quantize(CENT, ROUND_HALF_UP) if plan else None
    coefficient = rule.without_plan if achieved is None else _coefficient(rule.steps, achieved)
    exact = max(collected, Decimal(0)) * rule.percent / _HUNDRED * coefficient
    return Bonus(
        collected=collected,
        plan=plan,
        achieved=achieved,
        coefficient=coefficient,
        percent=rule.percent,
        amount=exact.quantize(CENT, ROUND_HALF_UP),
    )


def rule_faults(rule: Rule) -> dict[str, Message]:
    """What is wrong with a rule, by field."""
    faults = {}
    if not 0 <= rule.percent <= _HUNDRED:
        faults["percent"] = msg("Give a percentage from 0 to 100.")
    if rule.without_plan < 0:
        faults["without_plan"] = msg("Give a number from 0 on.")
    for name in ("percent", "without_plan"):
        if getattr(rule, name) != round(getattr(rule, name), 4):
            faults[name] = msg("Use at most four decimals.")
    if not rule.steps or rule.steps[0].start != 0:
        faults["bands"] = msg("The first row begins at 0.")
    elif any(later.start <= earlier.start for earlier, later in pairwise(rule.steps)):
        faults["bands"] = msg("Each row begins above the one before it.")
    elif any(step.coefficient < 0 for step in rule.steps):
        faults["bands"] = msg("Give numbers from 0 on.")
    return faults


def _coefficient(steps: Sequence[Step], achieved: Decimal) -> Decimal:
    reached = [step for step in steps if step.start <= max(achieved, Decimal(0))]
    return max(reached, key=lambda step: step.start).coefficient
