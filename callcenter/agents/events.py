"""What happened to collectors' states."""

from dataclasses import dataclass
from datetime import datetime

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
