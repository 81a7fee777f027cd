"""What happened to collectors' states."""

from dataclasses import dataclass
from datetime import datetime

from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentStateChanged(Event):
    """A collector is in another state since ``since``."""

    user_id: int
    state: str
    reason: str | None
    call_id: int | None
    since: datetime
