"""How the ceiling is judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

HOUR = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Worst:
    """The worst hour of a day."""

    share: float = 0.0
    calls: int = 0
    """Answered calls of that hour."""


def worst_hour(answered: Sequence[float], abandoned: Sequence[float], *, ceiling: float, ends: float) -> Worst:
    """The largest share abandoned / answered by a human of any 60 minutes of one day.

    A call belongs to the moment at which it was answered; ``abandoned`` are the moments of those answered calls that
    found no agent, both ascending. Judged is every window of 3,600 s, at whatever second it begins, up to the end of
    the day's work, ``ends``. It may begin before the work did, so that the first minutes of a day are judged by
    themselves. A window with fewer than 1/``ceiling`` calls is left out: one abandoned call is above the ceiling there.
    """
    least = ceil(1 / ceiling - 1e-9)
    if not abandoned:
        return Worst()
    lost_calls = set(abandoned)
    events = sorted([(at, 1, at) for at in answered] + [(at + HOUR, -1, at) for at in answered])
    worst, calls, lost = Worst(), 0, 0
    for number, (now, step, at) in enumerate(events):
        if now > ends:
            break
        calls += step
        lost += step * (at in lost_calls)
        settled = number + 1 == len(events) or events[number + 1][0] > now
        if settled and calls >= least and lost / calls > worst.share:
            worst = Worst(share=lost / calls, calls=calls)
    return worst
