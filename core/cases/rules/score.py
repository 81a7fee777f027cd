"""Which case is worth working on next: a sum of visible factors, each with its weight.

Every factor gives 0 to 100 points. The score is their mean by weight, in tenths of a point (0 to 1000). What does not
change by the hour is the static part, kept on the case and indexed; the rest is worked out for the few best.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from math import log10

#: The most points a factor gives, and how many parts a point of the score has.
MOST = 100
PARTS = 10
#: A debt of this many units of its currency, or more, gives all points; each power of ten below gives a sixth less.
_BIG_POWER = 6
#: Days from which an old debt gives nothing.
_OLD_DAYS = 1095
#: For so many days a case counts as newly given.
_NEW_DAYS = 7
_UNKNOWN = 50
#: The heaviest a factor may weigh.
HEAVIEST = 100


class Factor(StrEnum):
    """What speaks for working on a case now."""

    PROMISE_DUE = "promise_due"
    BROKEN = "broken"
    PLANNED = "planned"
    BEST_HOUR = "best_hour"
    ATTEMPTS = "attempts"
    BALANCE = "balance"
    AGE = "age"
    PRIORITY = "priority"
    NEW = "new"


#: What does not change by the hour.
STATIC = (Factor.BROKEN, Factor.BALANCE, Factor.AGE, Factor.PRIORITY)

WEIGHTS: Mapping[Factor, int] = {
    Factor.PROMISE_DUE: 25,
    Factor.BROKEN: 20,
    Factor.PLANNED: 20,
    Factor.BEST_HOUR: 15,
    Factor.ATTEMPTS: 10,
    Factor.BALANCE: 15,
    Factor.AGE: 10,
    Factor.PRIORITY: 15,
    Factor.NEW: 10,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class StaticFacts:
    """What is known of a case without looking at the clock. ``due_since`` is when its oldest claim fell due."""

    amount: Decimal
    due_since: date | None
    priority: int
    broken_promises: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of a case now.

    ``promise_due`` is the day of an open promise, ``planned_at`` the next action, ``given_at`` when the collector got
    the case; ``hour`` is the debtor's local hour, ``best_hour`` the one most talks with him began in. ``left`` of
    ``most`` attempts remain by contact law (None: it counts none, or was not asked).
    """

    static: StaticFacts
    promise_due: date | None = None
    planned_at: datetime | None = None
    given_at: datetime | None = None
    hour: int = 0
    best_hour: int | None = None
    left: int | None = None
    most: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One factor of a score: its points and its weight among all weights. ``share`` is what it adds to the score."""

    factor: Factor
    points: int
    weight: int
    share: int


def weights_of(stored: Mapping[str, int]) -> dict[Factor, int]:
    """The house's weights: what is stored, within bounds, the shipped ones for what is not."""
    return {factor: min(max(stored.get(factor, shipped), 0), HEAVIEST) for factor, shipped in WEIGHTS.items()}


def static_points(facts: StaticFacts, today: date) -> dict[Factor, int]:
    """Points of the factors that are kept on the case."""
    return {
        Factor.BROKEN: _broken(facts.broken_promises),
        Factor.BALANCE: _balance(facts.amount),
        Factor.AGE: _age(facts.due_since, today),
        Factor.PRIORITY: _bounded(facts.priority * 10),
    }


def static_score(facts: StaticFacts, weights: Mapping[Factor, int], today: date) -> int:
    """The part of the score that is kept on the case, in tenths of a point."""
    return _sum(static_points(facts, today), weights)


def explain(facts: Facts, weights: Mapping[Factor, int], now: datetime, today: date) -> tuple[Line, ...]:
    """Every factor with what it adds, the heaviest first; ``today`` is the debtor's. Their shares add up to the
    score."""
    return tuple(sorted(_lines(_points(facts, now, today), weights), key=lambda line: (-line.share, line.factor)))


def worth(facts: Facts, weights: Mapping[Factor, int], now: datetime, today: date) -> int:
    """The score without its explanation."""
    return _sum(_points(facts, now, today), weights)


def _points(facts: Facts, now: datetime, today: date) -> dict[Factor, int]:
    return {
        **static_points(facts.static, today),
        Factor.PROMISE_DUE: _promise(facts.promise_due, today),
        Factor.PLANNED: _planned(facts.planned_at, now),
        Factor.BEST_HOUR: _hour(facts.hour, facts.best_hour),
        Factor.ATTEMPTS: _attempts(facts.left, facts.most),
        Factor.NEW: _new(facts.given_at, now),
    }


def score(lines: Sequence[Line]) -> int:
    """The score in tenths of a point, 0 to 1000."""
    return sum(line.share for line in lines)


def _lines(points: Mapping[Factor, int], weights: Mapping[Factor, int]) -> list[Line]:
    every = sum(weights.values()) or 1
    return [
        Line(factor=factor, points=given, weight=weights[factor], share=_share(given, weights[factor], every))
        for factor, given in points.items()
    ]


def _sum(points: Mapping[Factor, int], weights: Mapping[Factor, int]) -> int:
    every = sum(weights.values()) or 1
    return sum(_share(given, weights[factor], every) for factor, given in points.items())


def _share(given: int, weight: int, every: int) -> int:
    """Rounded down each, so that a part can be kept and the rest added to it."""
    return given * weight * PARTS // every


def _bounded(points: int) -> int:
    return min(max(points, 0), MOST)


def _balance(amount: Decimal) -> int:
    """By the power of ten, so that a million is not worth a thousand times a thousand."""
    return 0 if amount < 1 else _bounded(int(MOST * log10(amount) / _BIG_POWER))


def _age(due_since: date | None, today: date) -> int:
    """A fresh debt is collected most easily."""
    if due_since is None:
        return _UNKNOWN
    return _bounded(MOST - MOST * (today - due_since).days // _OLD_DAYS)


def _broken(count: int) -> int:
    """The first broken promise asks for a word at once; who breaks every one is believed less."""
    return 0 if count <= 0 else max(MOST - 30 * (count - 1), 10)


def _promise(due: date | None, today: date) -> int:
    """Today's promise is reminded of first, then one within its grace, then tomorrow's."""
    if due is None:
        return 0
    days = (due - today).days
    return MOST if days == 0 else 80 if days < 0 else 60 if days == 1 else 0


def _planned(at: datetime | None, now: datetime) -> int:
    """Half for what is due now, more for every day it is late."""
    return 0 if at is None or at > now else _bounded(50 + 10 * (now - at).days)


def _hour(hour: int, best: int | None) -> int:
    """The hour he was reached in before, less for its neighbours, half of it while none is known."""
    if best is None:
        return _UNKNOWN
    apart = min((hour - best) % 24, (best - hour) % 24)
    return (MOST, 60, 30)[apart] if apart <= 2 else 0


def _attempts(left: int | None, most: int | None) -> int:
    """All while the law counts none; else by what is left."""
    return MOST if left is None or not most else _bounded(MOST * left // most)


def _new(given_at: datetime | None, now: datetime) -> int:
    """All on the day the case was given, falling over a week."""
    return 0 if given_at is None else _bounded(MOST - MOST * (now - given_at).days // _NEW_DAYS)


def best_hour(talks: Sequence[datetime]) -> int | None:
    """The hour most talks began in; of several the one talked in last. ``talks`` are in the debtor's own time, in
    their order."""
    hours = [talk.hour for talk in talks]
    return max(reversed(hours), key=hours.count) if hours else None
