"""Who gets which case: the first rule that fits decides, and of its people the one with the fewest open cases."""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.kernel.i18n import Message, msg

NO_RULE = msg("No assignment rule fits.")
ALL_FULL = msg("Everybody of the rule that fits holds as many cases as he may.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A rule in its place. What is None asks nothing; ``people`` are who may get the cases, ``max_load`` how many open
    ones each may hold (None: any number)."""

    rule_id: int
    people: Sequence[int]
    creditor_id: int | None = None
    stage_id: int | None = None
    language: str | None = None
    currency: str | None = None
    min_amount: Decimal | None = None
    max_amount: Decimal | None = None
    max_load: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Deal:
    """A case to hand out. ``holder`` is who has it now: it does not go back to him."""

    case_id: int
    creditor_id: int
    stage_id: int | None
    language: str | None
    currency: str
    amount: Decimal
    holder: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dealt:
    """Where a case goes by which rule, or why it goes nowhere."""

    user_id: int | None = None
    rule_id: int | None = None
    reason: Message | None = None


def fits(rule: Rule, case: Deal) -> bool:
    """Whether the rule speaks of the case. Both ends of the amounts belong to it."""
    asked = (
        (rule.creditor_id, case.creditor_id),
        (rule.stage_id, case.stage_id),
        (rule.language, case.language),
        (rule.currency, case.currency),
    )
    return (
        all(wanted is None or wanted == there for wanted, there in asked)
        and (rule.min_amount is None or case.amount >= rule.min_amount)
        and (rule.max_amount is None or case.amount <= rule.max_amount)
    )


def deal(cases: Iterable[Deal], rules: Sequence[Rule], loads: MutableMapping[int, int]) -> Mapping[int, Dealt]:
    """Hand the cases out in their order. ``loads`` (user → open cases) is brought up to what was dealt; of equal loads
    the one named first in the rule gets the case."""
    return {case.case_id: _one(case, rules, loads) for case in cases}


def _one(case: Deal, rules: Sequence[Rule], loads: MutableMapping[int, int]) -> Dealt:
    rule = next((one for one in rules if fits(one, case)), None)
    if rule is None:
        return Dealt(reason=NO_RULE)
    room = [
        user
        for user in rule.people
        if user != case.holder and (rule.max_load is None or loads.get(user, 0) < rule.max_load)
    ]
    if not room:
        return Dealt(rule_id=rule.rule_id, reason=ALL_FULL)
    chosen = min(room, key=lambda user: loads.get(user, 0))
    loads[chosen] = loads.get(chosen, 0) + 1
    if case.holder is not None:
        loads[case.holder] = max(loads.get(case.holder, 0) - 1, 0)
    return Dealt(user_id=chosen, rule_id=rule.rule_id)
