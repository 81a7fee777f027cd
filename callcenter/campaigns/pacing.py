"""How many attempts a dialler starts now. Pure: no I/O, no clock; time comes in with the view of the floor."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What a campaign may, whatever the dialler knows.

    ``ceiling``: the share of calls answered by a human that may be abandoned, in any rolling hour. 0 means that no
    attempt is started without an agent waiting for it (progressive dialling).
    ``ring_limit``: seconds after which an unanswered attempt is given up.
    ``connect_limit``: seconds an answered debtor waits for an agent before the call counts as abandoned.
    ``most_per_agent``: hard bound of lines in flight per agent on the campaign.
    """

    ceiling: float
    ring_limit: float = 25.0
    connect_limit: float = 2.0
    most_per_agent: float = 4.0


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


class Pacer:
    """Decides for one campaign; holds what it has learned of its debtors and agents."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def answered(self, at: float, rang: float) -> None:
        """A human answered after ``rang`` seconds."""

    def unanswered(self, at: float, rang: float) -> None:
        """No human will answer: no answer, busy, machine, failed."""

    def abandoned(self, at: float) -> None:
        """An answered debtor found no agent within the limit, or hung up waiting for one."""

    def connected(self, at: float) -> None:
        """An answered debtor was given to an agent."""

    def talked(self, seconds: float) -> None:
        """A conversation ended after ``seconds``."""

    def wrapped(self, seconds: float) -> None:
        """A wrap-up ended after ``seconds``."""

    def decide(self, view: View) -> int:
        """Attempts to start now, at least 0: one for every agent for whom no debtor rings or waits yet."""
        bound = int(self._policy.most_per_agent * view.staffed) - len(view.ringing)
        return max(0, min(view.idle - view.waiting - len(view.ringing), bound))
