"""What pacing learns of attempts, talk and wrap-up: when answers come and when agents become free. Pure.

Answers follow a hazard per half second of ringing, estimated as Kaplan and Meier do (Journal of the American
Statistical Association 53, 1958): answers at an age divided by the attempts that rang that long, so that attempts that
ended otherwise (busy, machine, given up) count for as long as they rang. Old attempts are forgotten little by little.
Drift and sudden changes of the answer rate are followed by ``Level``, a factor on that hazard.

A ``Row`` holds one probability per moment ahead in the fields of one integer, so that the rows of a hundred agents are
added by a hundred additions whatever the number of moments.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from math import exp, log
from operator import mul

BIN = 0.5
"""Seconds of one step of ringing."""

Row = int
_FIELD = 32
_ONE = 1 << 20
_MASK = (1 << _FIELD) - 1
LEVELS = tuple(0.4 * 6.25 ** (number / 8) for number in range(8, -1, -1))
"""Factors of the answer rate that are told apart, the highest first."""
_SPREAD, _FLOOR = 0.35, 1e-3
"""Of the logarithm of a level that is entered; and what is added, so that none is impossible."""
_NEVER_NONE = 1e-12
_LASTS = 450.0
"""Answers for which a level lasts, in the mean."""


def pack(values: Iterable[float]) -> Row:
    """One row of probabilities; up to 4,000 rows may be added."""
    row = 0
    for place, value in enumerate(values):
        row |= round(value * _ONE) << (_FIELD * place)
    return row


def unpack(row: Row, count: int) -> list[float]:
    """The ``count`` sums of a row."""
    return [(row >> shift & _MASK) / _ONE for shift in range(0, _FIELD * count, _FIELD)]


class Level:
    """How the answer rate of now stands to the one learned over a long time: a hidden factor that mostly stays and at
    times jumps to another, filtered forward (Rabiner, Proceedings of the IEEE 77, 1989).

    What is weighed is answers against the hazard that all attempts went through since the last look, those that still
    ring included: were attempts counted when they end, the answers of many dialled at once would come first, their
    failures at the ringing limit, and the level would swing with every batch.
    """

    def __init__(self) -> None:
        entered = [exp(-0.5 * (log(level) / _SPREAD) ** 2) + _FLOOR for level in LEVELS]
        total = sum(entered)
        self._entered = [one / total for one in entered]
        self.held = self._entered
        """Probability of each of ``LEVELS``."""
        self.mean = 1.0
        """The factor expected."""

    def weigh(self, answers: int, hazard: float) -> None:
        """So many answers came of attempts that together went through so much hazard."""
        jump = min(0.5, hazard / _LASTS)
        evidence = [answers * log(level) - hazard * level for level in LEVELS]
        most = max(evidence)
        held = [
            max(_NEVER_NONE, one + jump * (new - one)) * exp(seen - most)
            for one, new, seen in zip(self.held, self._entered, evidence, strict=True)
        ]
        total = sum(held)
        self.held = [one / total for one in held]
        self.mean = sum(map(mul, self.held, LEVELS))


class Answers:
    """When and how often debtors answer. ``shape_memory`` is in attempts."""

    def __init__(self, ring_limit: float, shape_memory: float = 6000.0) -> None:
        self._bins = int(ring_limit / BIN) + 1
        self._hits = [0.0] * self._bins
        self._ends = [0.0] * self._bins
        self._weight, self._growth = 1.0, 1.0 + 1.0 / shape_memory
        self._level = Level()
        self._gone = [0.0] * self._bins
        """Hazard that an attempt of an age has gone through."""
        self._before: float | None = None
        self._through, self._came = 0.0, 0
        """Hazard of the attempts that ended since the curve was drawn; answers since the last look."""
        self._alive = [1.0] * (self._bins + 1)
        self._reached = [0.0] * (self._bins + 1)
        self.count = 0
        """Answers noted."""

    def note(self, rang: float, *, answered: bool) -> None:
        """An attempt ended after ringing ``rang`` seconds."""
        place = min(int(rang / BIN), self._bins - 1)
        self._ends[place] += self._weight
        if answered:
            self._hits[place] += self._weight
            self.count += 1
        self._weight *= self._growth
        self._through += self._gone[place]
        self._came += answered

    def look(self, ringing: float) -> None:
        """Follow the answer rate; ``ringing`` is the hazard the attempts in flight have gone through."""
        through = self._through + ringing
        if self._before is None:
            self._before = through
        elif self._came or through > self._before:
            self._level.weigh(self._came, max(0.0, through - self._before))
            self._before = max(self._before, through)
        self._came = 0

    def learn(self) -> None:
        """The curve anew from what was noted."""
        self._hits = [one / self._weight for one in self._hits]
        self._ends = [one / self._weight for one in self._ends]
        self._weight = 1.0
        ringing = sum(self._ends)
        cumulated, alive, reached = 0.0, 1.0, 0.0
        for place, (hits, ends) in enumerate(zip(self._hits, self._ends, strict=True), 1):
            hazard, leaving = (hits / ringing, ends / ringing) if ringing > 1e-9 else (0.0, 1.0)
            self._gone[place - 1] = cumulated + hazard / 2
            cumulated += hazard
            reached += alive * hazard
            alive *= max(0.0, 1.0 - leaving)
            ringing -= ends
            self._alive[place], self._reached[place] = alive, reached
        self._before, self._through = None, 0.0

    @property
    def rate(self) -> float:
        """Share of attempts that are answered, by the long memory."""
        return self._reached[-1]

    @property
    def level(self) -> float:
        """Factor of the answer rate of late."""
        return self._level.mean

    @property
    def levels(self) -> list[float]:
        """Probability that it is each of ``LEVELS``."""
        return self._level.held

    def moments(self, count: int) -> list[float]:
        """Seconds after dialling at which the middle of each of ``count`` equal shares of the answers has come."""
        return [bisect_right(self._reached, self.rate * (number + 0.5) / count) * BIN for number in range(count)]

    def rows(self, moments: Sequence[float]) -> list[list[float]]:
        """By age in bins: the probabilities that an attempt still ringing is answered by each moment, and at the end
        the hazard it has gone through."""
        steps = [round(moment / BIN) for moment in moments]
        return [
            [min(1.0, (self._reached[min(age + step, self._bins)] - self._reached[age]) / alive) for step in steps]
            + [self._gone[age]]
            for age, alive in enumerate(max(one, 1e-6) for one in self._alive[: self._bins])
        ]


class Durations:
    """The last durations of talk or wrap-up, in seconds."""

    def __init__(self, memory: int = 400) -> None:
        self._last: deque[float] = deque(maxlen=memory)
        self._sorted: list[float] = []

    def __len__(self) -> int:
        return len(self._last)

    def note(self, seconds: float) -> None:
        self._last.append(seconds)

    @property
    def mean(self) -> float:
        return sum(self._sorted) / max(1, len(self._sorted))

    def learn(self) -> None:
        """The curve anew from what was noted."""
        self._sorted = sorted(self._last)

    def quantiles(self, count: int) -> list[float]:
        """The middles of ``count`` equal shares."""
        return [self._sorted[int(len(self._sorted) * (number + 0.5) / count)] for number in range(count)]

    def ends(
        self, moments: Sequence[float], step: float, rows: int, then: Sequence[float] = (0.0,)
    ) -> list[list[float]]:
        """By age in steps: the probability that it ends, and that one of ``then`` (equally likely) passes after it, by
        each moment.

        One imagined longer duration keeps an age beyond all that was seen from looking like an end that is due.
        """
        known = self._sorted
        table = []
        for age in (number * step for number in range(min(rows, int(known[-1] / step) + 2))):
            over = bisect_right(known, age)
            share = 1.0 / ((len(known) - over + 1) * len(then))
            table.append(
                [
                    share * sum(bisect_right(known, age + moment - after) - over for after in then if after < moment)
                    for moment in moments
                ]
            )
        return table
