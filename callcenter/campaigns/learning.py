"""What pacing learns of attempts, talk and wrap-up: when answers come and when agents become free. Pure.

Answers follow a hazard per half second of ringing, estimated as Kaplan and Meier do (Journal of the American
Statistical Association 53, 1958): answers at an age divided by the attempts that rang that long, so that attempts that
ended otherwise (busy, machine, given up) count for as long as they rang. Old attempts are forgotten little by little,
which is how drift is followed; a factor with a much shorter memory, answers observed over answers expected, follows
sudden changes of the answer rate.

A ``Row`` holds one probability per moment ahead in the fields of one integer, so that the rows of a hundred agents are
added by a hundred additions whatever the number of moments.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence

BIN = 0.5
"""Seconds of one step of ringing."""

Row = int
_FIELD = 32
_ONE = 1 << 20
_MASK = (1 << _FIELD) - 1
_DOUBT = 10.0
"""Answers that must be missing or too many before the level moves by as much as it doubts."""


def pack(values: Iterable[float]) -> Row:
    """One row of probabilities; up to 4,000 rows may be added."""
    row = 0
    for place, value in enumerate(values):
        row |= round(value * _ONE) << (_FIELD * place)
    return row


def unpack(row: Row, count: int) -> list[float]:
    """The ``count`` sums of a row."""
    return [(row >> shift & _MASK) / _ONE for shift in range(0, _FIELD * count, _FIELD)]


class Answers:
    """When and how often debtors answer. Memories are in attempts."""

    def __init__(self, ring_limit: float, shape_memory: float = 1500.0, level_memory: float = 100.0) -> None:
        self._bins = int(ring_limit / BIN) + 1
        self._hits = [0.0] * self._bins
        self._ends = [0.0] * self._bins
        self._weight, self._growth = 1.0, 1.0 + 1.0 / shape_memory
        self._keep = 1.0 - 1.0 / level_memory
        self._seen = self._expected = 0.0
        self._cumulated = [0.0] * (self._bins + 1)
        """Hazard up to an age."""
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
        if self._reached[-1]:
            self._seen = self._seen * self._keep + answered
            self._expected = self._expected * self._keep + self._cumulated[place + 1]

    def learn(self) -> None:
        """The curve anew from what was noted."""
        self._hits = [one / self._weight for one in self._hits]
        self._ends = [one / self._weight for one in self._ends]
        self._weight = 1.0
        ringing = sum(self._ends)
        cumulated, alive, reached = 0.0, 1.0, 0.0
        for place, (hits, ends) in enumerate(zip(self._hits, self._ends, strict=True), 1):
            hazard, leaving = (hits / ringing, ends / ringing) if ringing > 1e-9 else (0.0, 1.0)
            cumulated += hazard
            reached += alive * hazard
            alive *= max(0.0, 1.0 - leaving)
            ringing -= ends
            self._cumulated[place], self._alive[place], self._reached[place] = cumulated, alive, reached

    @property
    def rate(self) -> float:
        """Share of attempts that are answered, by the long memory."""
        return self._reached[-1]

    @property
    def level(self) -> float:
        """Answers of late over answers expected."""
        return (self._seen + _DOUBT) / (self._expected + _DOUBT)

    def moments(self, count: int) -> list[float]:
        """Seconds after dialling at which the middle of each of ``count`` equal shares of the answers has come."""
        return [bisect_right(self._reached, self.rate * (number + 0.5) / count) * BIN for number in range(count)]

    def within(self, moments: Sequence[float]) -> list[list[float]]:
        """By age in bins: the probability that an attempt still ringing is answered by each moment."""
        steps = [round(moment / BIN) for moment in moments]
        return [
            [
                min(
                    1.0, (self._reached[min(age + step, self._bins)] - self._reached[age]) / max(self._alive[age], 1e-6)
                )
                for step in steps
            ]
            for age in range(self._bins + 1)
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
