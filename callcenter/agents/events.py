"""What happened to collectors' states."""

from dataclasses import dataclass
from datetime import datetime

from callcenter.agents.rules import Wish
from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentStateChanged(Event):
    """A collector, of the department ``unit_id``, is in another state since ``since``."""

    user_id: int
    unit_id: int | None
    state: str
    reason: str | None
    call_id: int | None
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentAlarmRaised(Event):
    """A collector has been longer in a state than he may; the stretch began at ``since``."""

    user_id: int
    unit_id: int | None
    kind: str
    reason: str | None
    allowed_seconds: int
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentSent(Event):
    """Somebody else, named ``by``, chose a collector's state for him, or signed him out."""

    user_id: int
    wish: Wish
    by: str
    signed_out: bool = False
