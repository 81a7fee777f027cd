"""What happened to queues."""

from dataclasses import dataclass

from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuesChanged(Event):
    """Queues, their settings or their members are not what they were: look again."""
