"""When agents become free and debtors answer within the time an attempt takes. Pure.

Looked at are the moments at which an attempt begun now would be answered, if it is: the middles of equal shares of
those answers, so that an average over them is an average over the attempt's own answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import erfc, log, sqrt
from typing import Protocol

from callcenter.campaigns.learning import BIN, Answers, Durations, Row, pack, unpack

MOMENTS = 5
_TALK_STEP, _TALK_ROWS = 8.0, 60
_WRAP_ROWS = 240
_NOTHING = 1e-6
_RELEARN, _RETRY = 240.0, 10.0
"""Seconds after which the curves are drawn anew; and while too little is known."""
_PER_AGENT, _AT_LEAST, _AT_MOST = 4, 50, 380
"""Conversations per agent that must have ended: the first to end are the short ones, and would make all seem short."""


class Floor(Protocol):
    """What a forecast needs of a view."""

    @property
    def now(self) -> float: ...
    @property
    def idle(self) -> int: ...
    @property
    def talking(self) -> tuple[float, ...]: ...
    @property
    def wrapping(self) -> tuple[float, ...]: ...
    @property
    def ringing(self) -> tuple[float, ...]: ...
    @property
    def waiting(self) -> int: ...
    @property
    def staffed(self) -> int: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """One moment ahead, and what will have happened by then."""

    free: float
    """Agents idle now or by then, less the debtors who wait for one; mean."""
    doubt: float
    """Its variance."""
    answers: float
    """Attempts in flight that will have been answered; mean."""
    squares: float
    """Sum of the squares of their probabilities."""
    chance: float
    """Probability that an attempt begun now will have been answered."""

    def with_new(self, attempts: int) -> tuple[float, float]:
        """``answers`` and ``squares`` when so many more are begun now."""
        return self.answers + attempts * self.chance, self.squares + attempts * self.chance**2

    def risk(self, new: int) -> float:
        """Probability that one more answer at this moment finds no agent, with ``new`` other attempts begun now.

        That is the tail of a sum of unlike coins, taken as binomial with the same mean and variance and computed by the
        signed root of its large deviation (Chernoff's bound, made an approximation by the normal law: Bahadur and Rao,
        Annals of Mathematical Statistics 31, 1960); a normal law by itself makes rare clusters of answers far too
        rare. The doubt of the agents widens it.
        """
        answers, squares = self.with_new(new)
        need = self.free - 0.5
        if need <= answers:
            return 0.5
        if answers < _NOTHING:
            return 0.0
        one = max(_NOTHING, min(0.95, squares / answers))
        coins = answers / one
        if need >= coins:
            return 0.0
        distance = need * log(need / answers) + (coins - need) * log((1.0 - need / coins) / (1.0 - one))
        variance = answers * (1.0 - one)
        return 0.5 * erfc(sqrt(distance * variance / (variance + self.doubt)))

    def shortage(self, new: int, *, lost: float, surge: float, deviations: float) -> float:
        """Debtors without an agent by then, with ``new`` attempts begun now, in the worse of two accidents.

        Either the share ``lost`` of the agents goes at once, or ``surge`` times as many answer; ``deviations`` of the
        answers are added.
        """
        answers, squares = self.with_new(new)
        worse = max(surge * answers - self.free, answers - (1.0 - lost) * self.free)
        return worse + deviations * sqrt(max(0.0, answers - squares))


class Forecaster:
    """What was learned, as tables by age."""

    def __init__(self, ring_limit: float, connect_limit: float) -> None:
        self._connect_limit = connect_limit
        self._answers = Answers(ring_limit)
        self._talk, self._wrap = Durations(), Durations()
        self._due = 0.0
        self._rings: list[Row] = []
        self._talks: list[Row] = []
        self._wraps: list[Row] = []
        self._first: list[float] = []

    def rang(self, seconds: float, *, answered: bool) -> None:
        self._answers.note(seconds, answered=answered)

    def talked(self, seconds: float) -> None:
        self._talk.note(seconds)

    def wrapped(self, seconds: float) -> None:
        self._wrap.note(seconds)

    @property
    def ready(self) -> bool:
        """Enough is known."""
        return bool(self._first)

    @property
    def handling(self) -> float:
        """Mean seconds of a conversation and its wrap-up, of those learned from."""
        return self._talk.mean + self._wrap.mean

    def learn(self, now: float, staffed: int) -> None:
        """Draws the curves anew when it is time."""
        if now < self._due:
            return
        enough = max(_AT_LEAST, min(_AT_MOST, _PER_AGENT * staffed))
        if min(self._answers.count, len(self._wrap)) < enough:
            self._due = now + _RETRY
            return
        self._due = now + _RELEARN
        for learned in (self._answers, self._talk, self._wrap):
            learned.learn()
        moments = self._answers.moments(MOMENTS)
        rings = self._answers.within(moments)
        self._first = rings[0]
        self._rings = [pack(_with_squares(row)) for row in rings]
        reach = [moment + self._connect_limit - BIN / 2 for moment in moments]
        self._talks = [pack(row) for row in self._talk.ends(reach, _TALK_STEP, _TALK_ROWS, self._wrap.quantiles(5))]
        self._wraps = [pack(_with_squares(row)) for row in self._wrap.ends(reach, BIN, _WRAP_ROWS)]

    def ahead(self, floor: Floor) -> list[Moment]:
        """The moments ahead of a floor; only when ready."""
        level = self._answers.level
        answers = unpack(_total(self._rings, floor.now, floor.ringing, BIN), 2 * MOMENTS)
        talks = unpack(_total(self._talks, floor.now, floor.talking, _TALK_STEP), MOMENTS)
        wraps = unpack(_total(self._wraps, floor.now, floor.wrapping, BIN), 2 * MOMENTS)
        there = floor.idle - floor.waiting
        return [
            Moment(
                free=there + talks[number] + wraps[number],
                doubt=talks[number] + wraps[number] - wraps[MOMENTS + number],
                answers=answers[number] * level,
                squares=answers[MOMENTS + number] * level * level,
                chance=min(0.95, self._first[number] * level),
            )
            for number in range(MOMENTS)
        ]


def _with_squares(row: list[float]) -> Iterable[float]:
    yield from row
    yield from (one * one for one in row)


def _total(rows: list[Row], now: float, began: tuple[float, ...], step: float) -> Row:
    """The rows of all ages added."""
    last = len(rows) - 1
    return sum([rows[min(int((now - since) / step), last)] for since in began])
