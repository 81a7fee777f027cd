"""What telephony tells about phones: whether they can be rung at all, and whether they are in use."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class PhoneUse(StrEnum):
    """Asterisk's device state, as far as anybody here cares."""

    IDLE = "idle"
    RINGING = "ringing"
    BUSY = "busy"
    HELD = "held"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneState:
    """One phone (a PJSIP endpoint) of one exchange. ``reachable``: registered and answering; ``since`` aware UTC."""

    server: str
    endpoint: str
    reachable: bool
    use: PhoneUse
    since: datetime


class PhoneReports(Protocol):
    """Who wants to know that phones changed. Must be quick; losing a report costs a refresh, never a fact."""

    async def phones_changed(self, phones: tuple[PhoneState, ...]) -> None: ...
