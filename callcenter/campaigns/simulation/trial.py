"""Many days of one dialler in one setting."""

from collections.abc import Callable
from dataclasses import dataclass

from callcenter.campaigns.simulation.floor import Floor
from callcenter.campaigns.simulation.hours import Worst, worst_hour
from callcenter.campaigns.simulation.setting import Dialler, Setting

_DAY = 86_400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """Shares over all days; the worst hour of all of them and on how many days an hour was above the ceiling."""

    days: int
    busy: float
    abandoned: float
    answered: int
    worst: Worst
    broken_days: int


def trial(setting: Setting, dialler: Callable[[], Dialler], *, ceiling: float, days: int, seed: int) -> Outcome:
    """The dialler begins the first day knowing nothing and keeps what it learns."""
    one = dialler()
    busy = staffed = 0.0
    answered = abandoned = broken = 0
    worst = Worst()
    for number in range(days):
        begins = number * _DAY
        day = Floor(setting, one, seed + number, begins).run()
        busy, staffed = busy + day.busy, staffed + day.staffed
        answered, abandoned = answered + len(day.answered), abandoned + len(day.abandoned)
        found = worst_hour(day.answered, day.abandoned, ceiling=ceiling, ends=begins + setting.day)
        broken += found.share > ceiling
        worst = max(worst, found, key=lambda hour: hour.share)
    return Outcome(
        days=days,
        busy=busy / staffed,
        abandoned=abandoned / max(1, answered),
        answered=answered,
        worst=worst,
        broken_days=broken,
    )
