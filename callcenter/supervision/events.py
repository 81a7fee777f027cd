"""What happened between supervisors and calls."""

from dataclasses import dataclass

from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchChanged(Event):
    """The supervisor ``user_id`` is now in a call with this ``collector_id`` and in this ``mode``; None: no longer."""

    user_id: int
    watch_id: int
    call_id: int
    collector_id: int
    mode: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageSent(Event):
    """A supervisor, named ``by``, says something to the collectors ``user_ids``."""

    message_id: int
    user_ids: frozenset[int]
    by: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRead(Event):
    """``read`` of the ``sent`` receivers of a message of ``author_id`` have read it."""

    message_id: int
    author_id: int
    read: int
    sent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AdviceGiven(Event):
    """Advice for the collector ``agent_id`` in his call."""

    note_id: int
    call_id: int
    agent_id: int
    by: str
    text: str
