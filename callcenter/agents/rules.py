"""Which state a collector is in. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What a collector's time is counted as (domain 2.8: occupancy needs all of them)."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    RINGING = "ringing"
    TALKING = "talking"
    HOLD = "hold"
    WRAP_UP = "wrap_up"
    PAUSE = "pause"


#: What a collector may choose himself.
CHOICES = frozenset({State.AVAILABLE, State.PAUSE, State.OFFLINE})

#: With several calls at once the first of these decides.
_PRECEDENCE = (State.TALKING, State.HOLD, State.RINGING, State.WRAP_UP)


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Everything a state follows from. ``calls`` says per call what the collector does for it."""

    live: bool
    registered: bool
    choice: State
    reason: str | None
    calls: Mapping[int, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A state with what belongs to it: the reason of a pause, the call."""

    state: State
    reason: str | None = None
    call_id: int | None = None


def standing(desk: Desk) -> Standing:
    """The state of a desk: a call first, then whether he can be reached at all, then what he chose.

    A collector is reachable by an open screen or by a registered phone: a desk phone needs no screen.
    """
    for state in _PRECEDENCE:
        calls = sorted(call_id for call_id, activity in desk.calls.items() if activity == state)
        if calls:
            return Standing(state=state, call_id=calls[-1])
    if not (desk.live or desk.registered) or desk.choice is State.OFFLINE:
        return Standing(state=State.OFFLINE)
    if desk.choice is State.PAUSE:
        return Standing(state=State.PAUSE, reason=desk.reason)
    return Standing(state=State.AVAILABLE)
