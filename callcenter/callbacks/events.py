"""What happened to callbacks."""

from dataclasses import dataclass
from datetime import datetime

from core.kernel.events import Event
from core.kernel.i18n import Message


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackEvent(Event):
    """Something about one callback. With ``user_id`` None it concerns everybody of ``unit_id`` (None: everybody)."""

    callback_id: int
    user_id: int | None
    unit_id: int | None
    case_id: int | None
    party_id: int | None
    phone: str
    window_start: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackSoon(CallbackEvent):
    """It falls due in a few minutes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackDue(CallbackEvent):
    """It is to be called now; ``escalated`` when its owner could not for too long."""

    escalated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackMoved(CallbackEvent):
    """The law forbids it at its time; it now stands at ``window_start``, for ``reason``."""

    reason: Message | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackChanged(CallbackEvent):
    """It was planned, taken, changed or closed."""

    state: str
