"""What a simulated day is made of: a floor, its debtors, and what goes wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, inf, log, pi, sin
from random import Random
from typing import Protocol

from callcenter.campaigns.pacing import Move, View


@dataclass(frozen=True, kw_only=True, slots=True)
class Spell:
    """From ``begins`` to ``ends`` (seconds of the day) something is not as usual."""

    begins: float
    ends: float
    gone: float = 0.0
    """Share of the agents that leave at once, in the middle of whatever they do, and come back at the end."""
    answers: float = 1.0
    """Factor of the answer rate."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A floor of ``agents`` dialling for ``day`` seconds; all times are seconds.

    An attempt is answered with probability ``answer_rate`` after ``answer_first`` plus an exponential time of mean
    ``answer_mean``, provided that this is before ``ring_limit``; if not, it is given up after ``ring_limit``. Talk is
    gamma distributed with ``talk_shape`` and ``talk_mean``; ``wrap_up`` is what an agent takes afterwards, spread
    evenly over plus and minus ``wrap_spread``. ``drift`` is how far answer rate and talk swing around their means over
    the day (share of the mean).
    """

    agents: int
    day: float = 8 * 3600.0
    answer_rate: float = 0.3
    answer_first: float = 4.0
    answer_mean: float = 8.0
    ring_limit: float = 25.0
    connect_limit: float = 2.0
    talk_mean: float = 90.0
    talk_shape: float = 1.5
    wrap_up: float = 15.0
    wrap_spread: float = 0.0
    drift: float = 0.0
    spells: Callable[[Random], tuple[Spell, ...]] = field(default=lambda _random: ())
    step: float = 0.5
    """How often the dialler decides."""
    hang_up: float = 0.2
    """How long an attempt that is withdrawn still rings, and may be answered."""

    def swing(self, at: float, periods: float) -> float:
        """Factor by which drift moves a mean at second ``at`` of the day."""
        return 1.0 + self.drift * sin(2 * pi * periods * at / self.day) if self.drift else 1.0

    def answer_after(self, random: Random, at: float, factor: float) -> float:
        """Seconds until an attempt begun at ``at`` is answered; infinite if it never is."""
        if random.random() >= self.answer_rate * factor * self.swing(at, 1.5):
            return inf
        within = 1.0 - exp((self.answer_first - self.ring_limit) / self.answer_mean)
        return self.answer_first - self.answer_mean * log(1.0 - within * random.random())

    def talk(self, random: Random, at: float) -> float:
        return random.gammavariate(self.talk_shape, self.talk_mean * self.swing(at, 1.0) / self.talk_shape)

    def wrap(self, random: Random) -> float:
        return self.wrap_up + self.wrap_spread * (2 * random.random() - 1)


def trouble(day: float, *, gone: float = 0.5, answers: float = 2.0) -> Callable[[Random], tuple[Spell, ...]]:
    """Each day one drop and one spike at any time of it.

    In the drop 0.4 to 1 times the share ``gone`` of the agents leave at once for 5 to 40 minutes; in the spike the
    answer rate jumps for 2 to 20 minutes, by 0.4 to 1 times what takes it to ``answers`` times itself.
    """

    def spells(random: Random) -> tuple[Spell, ...]:
        drop, spike = random.uniform(0, day * 0.9), random.uniform(0, day * 0.9)
        return (
            Spell(begins=drop, ends=drop + random.uniform(300, 2400), gone=gone * random.uniform(0.4, 1)),
            Spell(
                begins=spike, ends=spike + random.uniform(120, 1200), answers=1 + (answers - 1) * random.uniform(0.4, 1)
            ),
        )

    return spells


class Dialler(Protocol):
    """What the simulated floor asks; the same words as the pacer's."""

    def answered(self, at: float, rang: float) -> None: ...
    def unanswered(self, at: float, rang: float) -> None: ...
    def abandoned(self, at: float) -> None: ...
    def connected(self, at: float) -> None: ...
    def talked(self, seconds: float) -> None: ...
    def wrapped(self, seconds: float) -> None: ...
    def decide(self, view: View) -> Move: ...
