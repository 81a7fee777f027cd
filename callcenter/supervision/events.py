"""What happened between supervisors and calls."""

from dataclasses import dataclass

from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchChanged(Event):
    """The supervisor ``user_id`` is now in a call in this ``mode``; None: no longer."""

    user_id: int
    watch_id: int
    call_id: int
    mode: str | None
