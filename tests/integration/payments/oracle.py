"""Debts reckoned a second time, from what happened and by nothing of the product: day by day, rank by rank.

Sums are whole ten-thousandths. Interest is simple, by 365 days, on the principal owed when a day began.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

UNIT = 10_000
CENT = UNIT // 100
PARTS = (
    "principal",
    "contractual_interest",
    "statutory_interest",
    "penalty",
    "creditor_fees",
    "court_costs",
    "agency_fees",
)
COSTS = ("court_costs", "creditor_fees", "agency_fees")
#: Ranks by scheme, written down from the texts once more.
RANKS: dict[str, Sequence[Sequence[str]]] = {
    "RU_319": (COSTS, ("contractual_interest",), ("principal",), ("statutory_interest", "penalty")),
    "PL_451": ((*COSTS, "contractual_interest", "statutory_interest", "penalty"), ("principal",)),
    "OLDEST_FIRST": ((*COSTS, "contractual_interest", "principal", "statutory_interest", "penalty"),),
    "PRINCIPAL_FIRST": (("principal",), ("contractual_interest", "statutory_interest", "penalty", *COSTS)),
    "PRO_RATA": (PARTS,),
}
POOLED = {"PRINCIPAL_FIRST", "PRO_RATA"}

#: Component of a claim.
Spot = tuple[int, str]


@dataclass
class Debt:
    """A claim: its opening entries and what has moved since, each (value date, component, sum)."""

    claim: int
    due: date
    percent: int | None
    moves: list[tuple[date, str, int]] = field(default_factory=list)

    def on(self, day: date) -> dict[str, int]:
        """What is owed at the end of a day."""
        owed = dict.fromkeys(PARTS, 0)
        for at, part, amount in self.moves:
            if at <= day:
                owed[part] += amount
        owed["statutory_interest"] += self._interest(day)
        return owed

    def payable(self, day: date) -> dict[str, int]:
        """What a payment of that day can still pay."""
        now = self.on(day)
        last = max((at for at, _, _ in self.moves), default=day)
        later = self.on(last) if last > day else now
        return {part: min(now[part], later[part]) for part in PARTS if min(now[part], later[part]) > 0}

    def _interest(self, until: date) -> int:
        if self.percent is None:
            return 0
        total, day = 0, self.due + timedelta(days=1)
        by_day: dict[date, int] = defaultdict(int)
        for at, part, amount in self.moves:
            if part == "principal":
                by_day[at] += amount
        principal = sum(amount for at, amount in by_day.items() if at < day)
        while day <= until:
            total += max(principal, 0)
            principal += by_day.get(day, 0)
            day += timedelta(days=1)
        cents = Fraction(total * self.percent, UNIT * 100 * 365 * CENT)
        return int((cents * 2 + 1) // 2) * CENT


def shared(amount: int, opens: Sequence[int]) -> list[int]:
    """By proportion, the largest remainders up."""
    total = sum(opens)
    if amount >= total:
        return list(opens)
    exact = [Fraction(amount * one, total * CENT) for one in opens]
    cents = [int(one) for one in exact]
    order = sorted(range(len(opens)), key=lambda n: (cents[n] - exact[n], n))
    for n in order[: amount // CENT - sum(cents)]:
        cents[n] += 1
    return [one * CENT for one in cents]


def split(amount: int, debts: Iterable[Debt], scheme: str, day: date) -> dict[Spot, int]:
    """Where a payment of that day goes; the due days of the claims differ."""
    found: dict[Spot, int] = {}
    queue = sorted(debts, key=lambda debt: (debt.due > day, debt.due))
    pools = [queue] if scheme in POOLED else [[debt] for debt in queue]
    payable = {debt.claim: debt.payable(day) for debt in queue}
    for pool in pools:
        for rank in RANKS[scheme]:
            spots = [(debt.claim, part) for debt in pool for part in rank if part in payable[debt.claim]]
            opens = [payable[claim][part] for claim, part in spots]
            if scheme == "PRO_RATA":
                takes = shared(amount, opens)
            else:
                takes, left = [], amount
                for one in opens:
                    takes.append(min(one, left))
                    left -= takes[-1]
            found.update({spot: take for spot, take in zip(spots, takes, strict=True) if take})
            amount -= sum(takes)
    return found
