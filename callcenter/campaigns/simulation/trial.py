"""Many days of one dialler in one setting."""

from collections.abc import Callable
from dataclasses import dataclass, field

from callcenter.campaigns.simulation.floor import Floor
from callcenter.campaigns.simulation.hours import Worst, worst_hour
from callcenter.campaigns.simulation.setting import Dialler, Setting

_DAY = 86_400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What days came to; two outcomes add up to the outcome of all their days."""

    days: int = 0
    staffed: float = 0.0
    """Seconds of all agents present."""
    worked: float = 0.0
    """Of these, in talk or wrap-up."""
    attempts: int = 0
    withdrawn: int = 0
    """Of the attempts, those hung up by the dialler while they rang."""
    answered: int = 0
    lost: int = 0
    """Of the answered calls, those abandoned."""
    worst: Worst = field(default_factory=Worst)
    """The worst hour of all days."""
    broken_days: int = 0
    """Days with an hour above the ceiling."""

    @property
    def busy(self) -> float:
        """Share of the agents' time."""
        return self.worked / max(1.0, self.staffed)

    @property
    def abandoned(self) -> float:
        """Share of the answered calls."""
        return self.lost / max(1, self.answered)

    @property
    def recalled(self) -> float:
        """Share of the attempts that were withdrawn."""
        return self.withdrawn / max(1, self.attempts)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            days=self.days + other.days,
            staffed=self.staffed + other.staffed,
            worked=self.worked + other.worked,
            attempts=self.attempts + other.attempts,
            withdrawn=self.withdrawn + other.withdrawn,
            answered=self.answered + other.answered,
            lost=self.lost + other.lost,
            worst=max(self.worst, other.worst, key=lambda hour: hour.share),
            broken_days=self.broken_days + other.broken_days,
        )


def trial(setting: Setting, dialler: Callable[[], Dialler], *, ceiling: float, days: int, seed: int) -> Outcome:
    """The dialler begins the first day knowing nothing and keeps what it learns."""
    one = dialler()
    outcome = Outcome()
    for number in range(days):
        begins = number * _DAY
        day = Floor(setting, one, seed + number, begins).run()
        worst = worst_hour(day.answered, day.abandoned, ceiling=ceiling, ends=begins + setting.day)
        outcome += Outcome(
            days=1,
            staffed=day.staffed,
            worked=day.busy,
            attempts=day.attempts,
            withdrawn=day.withdrawn,
            answered=len(day.answered),
            lost=len(day.abandoned),
            worst=worst,
            broken_days=int(worst.share > ceiling),
        )
    return outcome
