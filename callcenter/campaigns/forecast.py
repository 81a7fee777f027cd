"""When agents become free and debtors answer within the time an attempt takes. Pure.

Looked at are the moments at which an attempt begun now would be answered, if it is: the middles of equal shares of
those answers, so that an average over them is an average over the attempt's own answer.
"""

from collections.abc import Iterable
from math import erfc, inf, log, sqrt
from typing import NamedTuple, Protocol

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


def tail(steady: float, coming: float, leaving: float, least: float) -> float:
    """Probability that ``steady`` plus a Poisson number of mean ``coming`` less one of mean ``leaving`` is at least
    ``least``.

    Computed by the signed root of its large deviation (Chernoff's bound, made an approximation by the normal law:
    Bahadur and Rao, Annals of Mathematical Statistics 31, 1960); a normal law by itself makes rare clusters far too
    rare, and coins alike as many as fit mean and variance make the rarest impossible.
    """
    need = least - steady
    if need <= coming - leaving:
        return 0.5
    if coming < _NOTHING:
        return 0.0
    tilt = (need + sqrt(need * need + 4.0 * coming * leaving)) / (2.0 * coming)
    distance = need * log(tilt) - coming * (tilt - 1.0) - leaving * (1.0 / tilt - 1.0)
    return 0.5 * erfc(sqrt(distance)) if distance > 0.0 else 0.5


class Moment(NamedTuple):
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

    def lacking(self, more_than: float, new: int) -> float:
        """Probability that, with ``new`` attempts begun now, more than so many answers find no agent.

        Answers are a sum of unlike coins, taken as the Poisson law of the same variance moved to the same mean; so are
        the agents of whom it is in doubt whether they will be free.
        """
        squares = self.squares + new * self.chance * self.chance
        answers = self.answers + new * self.chance
        return tail(squares, answers - squares, self.doubt, self.free - self.doubt + more_than + 0.5)


class Accidents(NamedTuple):
    """What must be survived at any moment, ``deviations`` beyond the expected: that only the share ``staying`` of the
    agents is there, or that ``surge`` times as many answer."""

    staying: float
    surge: float
    deviations: float


class Bearable(NamedTuple):
    """What may be risked."""

    lack: float
    """Probability that an answer finds no agent."""
    left: int
    """Calls that may be lost."""
    breach: float
    """Probability that more than ``left`` are lost."""
    accidents: Accidents


def bears(ahead: Iterable[Moment], new: int, bearable: Bearable) -> bool:
    """Whether ``new`` attempts may begin now.

    This is what a decision spends its time on: hence one loop over plain numbers, and the tails only of the moments
    that are nearest to a lack in deviations, which are the worst but for a hair.
    """
    lack, left, breach, (staying, surge, deviations) = bearable
    squared = deviations * deviations
    nearest, last = inf, inf
    tightest = breaking = None
    for moment in ahead:
        free, doubt, answers, squares, chance = moment
        answers += new * chance
        spread = answers - squares - new * chance * chance
        gap = left + staying * free - answers
        if gap < 0.0 or gap * gap < squared * (spread + staying * doubt):
            return False
        gap = left + free - surge * answers
        if gap < 0.0 or gap * gap < squared * (surge * spread + doubt):
            return False
        spread += doubt + _NOTHING
        gap = free + 0.5 - answers
        if gap * abs(gap) < nearest * spread:
            nearest, tightest = gap * abs(gap) / spread, moment
        gap += left
        if gap * abs(gap) < last * spread:
            last, breaking = gap * abs(gap) / spread, moment
    if tightest is None or breaking is None:
        return False
    return tightest.lacking(0, new) < lack and breaking.lacking(left, new) <= breach


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
        rings = self._answers.rows(moments)
        self._first = rings[0]
        self._rings = [pack(_with_squares(row)) for row in rings]
        reach = [moment + self._connect_limit - BIN / 2 for moment in moments]
        self._talks = [pack(row) for row in self._talk.ends(reach, _TALK_STEP, _TALK_ROWS, self._wrap.quantiles(5))]
        self._wraps = [pack(_with_squares(row)) for row in self._wrap.ends(reach, BIN, _WRAP_ROWS)]

    def ahead(self, floor: Floor) -> list[Moment]:
        """The moments ahead of a floor; only when ready."""
        rings = unpack(_total(self._rings, floor.now, floor.ringing, BIN), 2 * MOMENTS + 1)
        self._answers.look(rings[2 * MOMENTS])
        level = self._answers.level
        talks = unpack(_total(self._talks, floor.now, floor.talking, _TALK_STEP), MOMENTS)
        wraps = unpack(_total(self._wraps, floor.now, floor.wrapping, BIN), 2 * MOMENTS)
        there = floor.idle - floor.waiting
        return [
            Moment(
                there + talks[number] + wraps[number],
                talks[number] + wraps[number] - wraps[MOMENTS + number],
                rings[number] * level,
                rings[MOMENTS + number] * level * level,
                min(0.95, self._first[number] * level),
            )
            for number in range(MOMENTS)
        ]


def _with_squares(row: list[float]) -> Iterable[float]:
    """The chances by each moment, their squares, and what else the row holds."""
    yield from row[:MOMENTS]
    yield from (one * one for one in row[:MOMENTS])
    yield from row[MOMENTS:]


def _total(rows: list[Row], now: float, began: tuple[float, ...], step: float) -> Row:
    """The rows of all ages added; beyond the last it stands for all."""
    try:
        return sum([rows[int((now - since) / step)] for since in began])
    except IndexError:
        last = len(rows) - 1
        return sum([rows[min(int((now - since) / step), last)] for since in began])
