"""How many attempts a dialler starts now, and which it hangs up again. Pure: no I/O, no clock; time comes in with the
view of the floor.

An attempt is started while the risk that its answer finds no agent is below what may be risked now (``forecast``), and
what may be risked follows from the calls that may still be abandoned without breaking the ceiling in an hour that ends
now or later (``budget``): the fewer are left, the safer each attempt must be. Where a policy allows it, attempts that
still ring are withdrawn when a breach threatens (``withdrawal``), and so many more may be begun. Until enough is
learned, while nothing is left, and where the team is too small for its ceiling, dialling is progressive: an attempt per
waiting agent.
``docs/decisions/0018-predictive-pacing.md`` says how the figures below were found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import NamedTuple

from callcenter.campaigns.budget import HOUR, Budget
from callcenter.campaigns.forecast import Accidents, Bearable, Forecaster, Moment, Odds, bears, breaks
from callcenter.campaigns.withdrawal import surplus


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What a campaign may, whatever the dialler knows.

    ``ceiling``: the share of calls answered by a human that may be abandoned, in any rolling hour. 0 means that no
    attempt is started without an agent waiting for it (progressive dialling).
    ``ring_limit``: seconds after which an unanswered attempt is given up.
    ``connect_limit``: seconds an answered debtor waits for an agent before the call counts as abandoned.
    ``most_per_agent``: hard bound of lines in flight per agent on the campaign.
    ``withdraws``: whether attempts may be hung up while they ring, before ``ring_limit``.
    """

    ceiling: float
    ring_limit: float = 25.0
    connect_limit: float = 2.0
    most_per_agent: float = 4.0
    withdraws: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """The floor of one campaign at one instant; times are seconds of one monotonic scale."""

    now: float
    idle: int
    """Agents waiting for a call of this campaign."""
    talking: tuple[float, ...]
    """Since when each busy agent talks."""
    wrapping: tuple[float, ...]
    """Since when each agent is in wrap-up."""
    ringing: tuple[float, ...]
    """When each attempt in flight was dialled."""
    waiting: int
    """Answered debtors nobody talks to yet."""

    @property
    def staffed(self) -> int:
        return self.idle + len(self.talking) + len(self.wrapping)


class Move(NamedTuple):
    """What to do now."""

    start: int = 0
    """Attempts to start."""
    withdraw: tuple[int, ...] = ()
    """Attempts to hang up, as places in ``View.ringing``."""


class Caution(NamedTuple):
    """How much is risked by a start."""

    lack: float
    """An answer may find no agent so many times as often as the ceiling says."""
    many: float
    """Calls left from which on it may; with fewer left, so much less."""
    breach: float
    """Risk at any moment that more calls are abandoned than may be, for each that an hour may hold."""
    missed: float
    """The same should half of the agents leave at that moment."""
    accidents: Accidents


_FINAL = Caution(1.0, 16.0, 2.5e-7, 2e-4, Accidents(staying=0.5, surge=2.0, deviations=2.3))
"""What is begun rings until it is answered or given up: half of the agents gone at once, or twice the answers, must be
borne by what is in flight."""
_REVOCABLE = Caution(2.0, 8.0, 1e-5, 1.0, Accidents(staying=0.5, surge=1.0, deviations=0.0))
"""What is begun can be withdrawn: an accident is met when it happens, and the ceiling is kept by ``_BREACH`` then."""
_BREACH = 2.5e-7
"""The risk of a breach within the coming second, from which on attempts are withdrawn, for each call an hour may hold
abandoned."""
_BREACHES, _MISSES = 24.0, 5.0
"""Up to so many such calls: where an hour may hold few, the bound is met at more moments of a day."""
_LEAST_LACK = 1e-4
"""What an answer may always risk: to dial progressively would leave the hour short of calls to hold the lost ones
against."""
_KEPT, _KEPT_BY_HALF, _KEPT_OF_CREW = 0.65, 0.5, 0.85
"""Share of the past hour's pace of answers relied upon: in any hour; from the moment at which half of the agents have
left; and of what those who are there now would have answered, because dialling is slower where less is left."""
_JUDGE_EVERY = 5.0
_LEAST_ALLOWED = 4.0
"""Calls an hour must be allowed to hold abandoned for a promise about every hour to be kept while over-dialling."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What can be promised to a team."""

    predictive: bool
    """Whether the wanted ceiling can be kept in every hour while dialling more than the agents who wait."""
    lowest: float
    """The lowest ceiling for which it could."""
    allowed: float
    """Calls that an hour may hold abandoned at the wanted ceiling."""


def verdict(ceiling: float, *, agents: int, handling: float) -> Verdict:
    """Whether ``agents`` with calls of mean ``handling`` seconds (talk and wrap-up) may dial predictively.

    An hour of a small team holds so few calls that one or two bad moments are above any low ceiling: the promise is
    refused where an hour of agents busy 0.8 of the time may hold fewer than four abandoned calls, and the pacer then
    dials progressively. Raises ValueError when ``handling`` is not positive.
    """
    if handling <= 0:
        raise ValueError("a call takes time")
    calls = agents * 0.8 * HOUR / handling
    lowest = _LEAST_ALLOWED / calls if calls else 1.0
    return Verdict(predictive=ceiling >= lowest, lowest=min(1.0, lowest), allowed=ceiling * calls)


class Pacer:
    """Decides for one campaign; holds what it has learned of its debtors and agents."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._budget = Budget(policy.ceiling)
        self._forecaster = Forecaster(policy.ring_limit, policy.connect_limit)
        self._judge_at = 0.0
        self._crew = 0.0
        """The agents of the past hour, at most; who has left is forgotten within an hour."""
        self._bearable: Bearable | None = None
        """What may be risked by a start; None where none beyond the agents who wait may be begun."""
        self._endurable = Bearable(
            lack=1.0, left=0, if_half_leave=0, missed=1.0, breach=_BREACH, accidents=_REVOCABLE.accidents
        )
        """What may be risked by what is in flight."""

    def change(self, policy: Policy) -> None:
        """Go on under another policy. What the last hour holds stays; answers are learned anew when their time limits
        are others."""
        if (policy.ring_limit, policy.connect_limit) != (self._policy.ring_limit, self._policy.connect_limit):
            self._forecaster = Forecaster(policy.ring_limit, policy.connect_limit)
        self._policy = policy
        self._budget.change(policy.ceiling)
        self._judge_at = 0.0

    def answered(self, at: float, rang: float) -> None:
        """A human answered after ``rang`` seconds."""
        self._forecaster.rang(rang, answered=True)
        self._budget.answered(at)

    def unanswered(self, at: float, rang: float) -> None:
        """No human will answer: no answer, busy, machine, failed, withdrawn."""
        self._forecaster.rang(rang, answered=False)

    def abandoned(self, at: float) -> None:
        """An answered debtor found no agent within the limit, or hung up waiting for one."""
        self._budget.abandoned(at - self._policy.connect_limit)
        self._judge_at = at

    def connected(self, at: float) -> None:
        """An answered debtor was given to an agent."""

    def talked(self, seconds: float) -> None:
        """A conversation ended after ``seconds``."""
        self._forecaster.talked(seconds)

    def wrapped(self, seconds: float) -> None:
        """A wrap-up ended after ``seconds``."""
        self._forecaster.wrapped(seconds)

    def decide(self, view: View) -> Move:
        """Attempts to start now, at least 0 and within ``most_per_agent``, or those to withdraw; to be asked every half
        second, and sooner when something has happened."""
        if self._policy.withdraws and not view.staffed:
            return Move(withdraw=tuple(range(len(view.ringing))))
        self._forecaster.learn(view.now, view.staffed)
        bound = int(self._policy.most_per_agent * view.staffed) - len(view.ringing)
        sure = max(0, min(view.idle - view.waiting - len(view.ringing), bound))
        if not self._forecaster.ready:
            return Move(start=sure, withdraw=self._unhoped(view))
        if view.now >= self._judge_at:
            self._judge(view)
        *ahead, soon = self._forecaster.ahead(view)
        new = sure
        if self._bearable is not None:
            new = max(sure, _most(ahead, self._forecaster.odds, bound, self._bearable))
        if new or not self._policy.withdraws or not breaks(soon, self._forecaster.odds, 0, self._endurable):
            return Move(start=new)
        return Move(withdraw=surplus(soon, self._forecaster.soon(view), self._forecaster.odds, self._endurable))

    def _unhoped(self, view: View) -> tuple[int, ...]:
        """While nothing is known, attempts beyond the agents who wait: an inbound call has taken one, or one has left.
        Those that have rung least go first."""
        surplus = len(view.ringing) + view.waiting - view.idle if self._policy.withdraws else 0
        youngest = sorted(range(len(view.ringing)), key=lambda place: -view.ringing[place])
        return tuple(youngest[: max(0, surplus)])

    def verdict(self, agents: int) -> Verdict | None:
        """What can be promised to so many agents by what was learned; None while too little is known."""
        if not self._forecaster.ready:
            return None
        return verdict(self._policy.ceiling, agents=agents, handling=max(1.0, self._forecaster.handling))

    def _judge(self, view: View) -> None:
        self._judge_at = view.now + _JUDGE_EVERY
        found = self.verdict(view.staffed)
        self._crew = max(view.staffed, self._crew + (view.staffed - self._crew) * _JUDGE_EVERY / HOUR)
        there = _KEPT_OF_CREW * view.staffed / max(1.0, self._crew)
        left, if_half_leave = (self._budget.left(view.now, min(kept, there)) for kept in (_KEPT, _KEPT_BY_HALF))
        allowed = self._budget.allowed(view.now)
        caution = _REVOCABLE if self._policy.withdraws else _FINAL
        bearable = Bearable(
            lack=max(_LEAST_LACK, self._policy.ceiling * caution.lack * left / max(caution.many, allowed)),
            left=floor(left),
            if_half_leave=max(0, floor(if_half_leave)),
            missed=caution.missed * min(_MISSES, allowed),
            breach=caution.breach * min(_BREACHES, allowed),
            accidents=caution.accidents,
        )
        self._endurable = bearable._replace(
            left=max(0, bearable.left), breach=_BREACH * min(_BREACHES, max(1.0, allowed))
        )
        promised = found is not None and found.predictive and left >= 0
        self._bearable = bearable if promised else None


def _most(ahead: Sequence[Moment], odds: Odds, bound: int, bearable: Bearable) -> int:
    """As many as are borne; each more is a greater risk."""
    for new in range(1, bound + 1):
        if not bears(ahead, odds, new, bearable):
            return new - 1
    return max(0, bound)
