"""What pacing is compared with."""

from heapq import heappop, heappush
from random import Random

from callcenter.campaigns.pacing import Move, View
from callcenter.campaigns.simulation.setting import Setting


class FixedRatio:
    """Keeps ``lines`` attempts ringing for every agent who waits; 1 is progressive dialling. Learns nothing."""

    def __init__(self, lines: float) -> None:
        self._lines = lines

    def answered(self, at: float, rang: float) -> None: ...
    def unanswered(self, at: float, rang: float) -> None: ...
    def abandoned(self, at: float) -> None: ...
    def connected(self, at: float) -> None: ...
    def talked(self, seconds: float) -> None: ...
    def wrapped(self, seconds: float) -> None: ...

    def decide(self, view: View) -> Move:
        return Move(start=max(0, int(self._lines * (view.idle - view.waiting)) - len(view.ringing)))


def foreseen_busy(setting: Setting, seed: int) -> float:
    """Busy share of a dialler that knows how long every conversation and every ringing will last, on a calm day.

    It dials each debtor who will answer so long before an agent becomes free as the debtor takes to answer, and nobody
    is abandoned; what is left idle is the ringing of the day's first calls.
    """
    random = Random(seed)
    free = [0.0] * setting.agents
    busy = 0.0
    while free[0] < setting.day:
        at = heappop(free)
        begins = max(at, setting.answer_first + random.expovariate(1 / setting.answer_mean)) if at == 0 else at
        ends = begins + setting.talk(random, at) + setting.wrap(random)
        busy += max(0.0, min(ends, setting.day) - begins)
        heappush(free, ends)
    return busy / (setting.agents * setting.day)
