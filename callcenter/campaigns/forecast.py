"""When agents become free and debtors answer within the time an attempt takes. Pure.

Looked at are the moments at which an attempt begun now would be answered, if it is: the middles of equal shares of
those answers, so that an average over them is an average over the attempt's own answer. One more moment is ``SOON``:
what can be withdrawn afterwards has not been answered by then.
"""

from collections.abc import Iterable, Sequence
from math import erfc, inf, log, sqrt
from typing import NamedTuple, Protocol

from callcenter.campaigns.learning import BIN, LEVELS, Answers, Durations, Row, pack, unpack

MOMENTS = 5
SOON = 1.0
"""Seconds within which the next look has been taken, and what is withdrawn by it has stopped ringing."""
_ALL = MOMENTS + 1
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

    def if_only(self, staying: float) -> "Moment":
        """The same with only this share of the agents."""
        return self._replace(free=staying * self.free, doubt=staying * self.doubt)

    def lacking(self, more_than: float, new: int, factor: float = 1.0) -> float:
        """Probability that, with ``new`` attempts begun now, more than so many answers find no agent, should answers be
        ``factor`` times as frequent as they seem.

        Answers are a sum of unlike coins, taken as the Poisson law of the same variance moved to the same mean; so are
        the agents of whom it is in doubt whether they will be free.
        """
        answers = (self.answers + new * self.chance) * factor
        squares = min(0.95 * answers, (self.squares + new * self.chance * self.chance) * factor * factor)
        return tail(squares, answers - squares, self.doubt, self.free - self.doubt + more_than + 0.5)


class Accidents(NamedTuple):
    """What must be survived at any moment."""

    staying: float
    """Only this share of the agents is there."""
    surge: float
    """So many times as many answer: survived up to ``deviations`` standard deviations beyond the expected."""
    deviations: float


class Bearable(NamedTuple):
    """What may be risked."""

    lack: float
    """Probability that an answer finds no agent."""
    left: int
    """Calls that may be lost."""
    if_half_leave: int
    """Calls that may be lost if so many agents leave now as ``accidents`` say."""
    missed: float
    """Probability that more are lost if they do."""
    breach: float
    """Probability that more than ``left`` are lost."""
    accidents: Accidents


Odds = Sequence[tuple[float, float]]
"""How often answers may really come, as factors of how often they seem to, the highest first; and how probable each
is."""


def breaks(moment: Moment, odds: Odds, new: int, bearable: Bearable) -> bool:
    """Whether more than ``left`` are lost with a probability above ``breach``, however often answers may really come.

    A few quiet seconds make the expected answer rate fall by half while it is still likely that they were chance; by
    the expected rate alone the lines dialled then are far too many. Fewer are lost at each lower factor, so that the
    sum ends where the factors left cannot turn it.
    """
    risk, rest = 0.0, 1.0
    for factor, odd in odds:
        lost = moment.lacking(bearable.left, new, factor)
        risk += odd * lost
        rest -= odd
        if risk > bearable.breach:
            return True
        if risk + rest * lost <= bearable.breach:
            return False
    return False


def bears(ahead: Iterable[Moment], odds: Odds, new: int, bearable: Bearable) -> bool:
    """Whether ``new`` attempts may begin now.

    This is what a decision spends its time on: hence one loop over plain numbers, and the tails only of the moments
    that are nearest to a lack in deviations, which are the worst but for a hair.
    """
    left, if_half_leave, (staying, surge, deviations) = (
        bearable.left,
        bearable.if_half_leave,
        bearable.accidents,
    )
    squared = deviations * deviations
    nearest, last, alone = inf, inf, inf
    tightest = breaking = deserted = None
    for moment in ahead:
        free, doubt, answers, squares, chance = moment
        answers += new * chance
        spread = answers - squares - new * chance * chance
        gap = left + free - surge * answers
        if gap < 0.0 or gap * gap < squared * (surge * spread + doubt):
            return False
        gap = if_half_leave + staying * free - answers
        if gap * abs(gap) < alone * (spread + staying * doubt + _NOTHING):
            alone, deserted = gap * abs(gap) / (spread + staying * doubt + _NOTHING), moment
        spread += doubt + _NOTHING
        gap = free + 0.5 - answers
        if gap * abs(gap) < nearest * spread:
            nearest, tightest = gap * abs(gap) / spread, moment
        gap += left
        if gap * abs(gap) < last * spread:
            last, breaking = gap * abs(gap) / spread, moment
    if tightest is None or breaking is None or deserted is None:
        return False
    return (
        tightest.lacking(0, new) < bearable.lack
        and deserted.if_only(staying).lacking(if_half_leave, new) <= bearable.missed
        and not breaks(breaking, odds, new, bearable)
    )


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
        self._soon: list[float] = []

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

    @property
    def odds(self) -> Odds:
        """What is believed of the answer rate of now, against the one that ``ahead`` expects."""
        level = self._answers.level
        return [(one / level, odd) for one, odd in zip(LEVELS, self._answers.levels, strict=True)]

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
        moments = [*self._answers.moments(MOMENTS), SOON]
        rings = self._answers.rows(moments)
        self._first, self._soon = rings[0], [row[MOMENTS] for row in rings]
        self._rings = [pack(_with_squares(row)) for row in rings]
        reach = [moment + self._connect_limit - BIN / 2 for moment in moments]
        self._talks = [pack(row) for row in self._talk.ends(reach, _TALK_STEP, _TALK_ROWS, self._wrap.quantiles(5))]
        self._wraps = [pack(_with_squares(row)) for row in self._wrap.ends(reach, BIN, _WRAP_ROWS)]

    def ahead(self, floor: Floor) -> list[Moment]:
        """The moments ahead of a floor, the last of them ``SOON``; only when ready."""
        rings = unpack(_total(self._rings, floor.now, floor.ringing, BIN), 2 * _ALL + 1)
        self._answers.look(rings[2 * _ALL])
        level = self._answers.level
        talks = unpack(_total(self._talks, floor.now, floor.talking, _TALK_STEP), _ALL)
        wraps = unpack(_total(self._wraps, floor.now, floor.wrapping, BIN), 2 * _ALL)
        there = floor.idle - floor.waiting
        return [
            Moment(
                there + talks[number] + wraps[number],
                talks[number] + wraps[number] - wraps[_ALL + number],
                rings[number] * level,
                rings[_ALL + number] * level * level,
                min(0.95, self._first[number] * level),
            )
            for number in range(_ALL)
        ]

    def soon(self, floor: Floor) -> list[float]:
        """How probable it is that each attempt in flight is answered within ``SOON``; only when ready."""
        level, last = self._answers.level, len(self._soon) - 1
        return [level * self._soon[min(int((floor.now - since) / BIN), last)] for since in floor.ringing]


def _with_squares(row: list[float]) -> Iterable[float]:
    """The chances by each moment, their squares, and what else the row holds."""
    yield from row[:_ALL]
    yield from (one * one for one in row[:_ALL])
    yield from row[_ALL:]


def _total(rows: list[Row], now: float, began: tuple[float, ...], step: float) -> Row:
    """The rows of all ages added; beyond the last it stands for all."""
    try:
        return sum([rows[int((now - since) / step)] for since in began])
    except IndexError:
        last = len(rows) - 1
        return sum([rows[min(int((now - since) / step), last)] for since in began])
