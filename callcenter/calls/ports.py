"""What the call log needs from outside: a telephone exchange, and a gate that knows the law."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from callcenter.calls.facts import CallState


@dataclass(frozen=True, kw_only=True, slots=True)
class DialOrder:
    """Ring ``endpoint`` (a collector's phone) and, once it answers, dial ``number`` showing ``show_number``.

    ``call_id`` is already reserved in the database and travels with both channels, so that an order is never carried
    out twice and its call is recognised. ``auto_answer`` asks the browser phone to take the first leg by itself.
    """

    call_id: int
    endpoint: str
    number: str
    show_number: str | None
    auto_answer: bool = True
    ring_seconds: int = 45


@dataclass(frozen=True, kw_only=True, slots=True)
class TelephonyStatus:
    """The lamp: ``up`` while every configured exchange answers; ``detail`` is a msgid, ``since`` aware UTC."""

    up: bool
    detail: str
    since: datetime


class Telephony(Protocol):
    """The exchange as the call floor sees it. Orders raise ``TelephonyUnavailable`` or ``OrderRefused``, are sent at
    most once and are never replayed."""

    def status(self) -> TelephonyStatus: ...

    async def dial(self, order: DialOrder) -> None: ...

    async def hang_up(self, call_id: int) -> None:
        """End every leg of the call."""

    async def hold(self, call_id: int) -> None:
        """Park the customer with music; the collector's leg ends and can be rung back by ``ring_back``."""

    async def ring_back(self, call_id: int, endpoint: str) -> None:
        """Ring ``endpoint`` into a held call (after a reload, a crash or ``hold``)."""

    async def blind_transfer(self, call_id: int, target: str) -> None:
        """Send the customer to ``target`` (an extension or queue number), the collector is free."""

    async def attended_transfer(self, call_id: int, target: str) -> None:
        """Hold the customer and call ``target`` from the collector's leg."""

    async def pause_recording(self, call_id: int) -> None: ...

    async def resume_recording(self, call_id: int) -> None: ...


class CallReports(Protocol):
    """Where the bridge delivers what it saw. Implemented by ``callcenter.calls.service``; one unit of work a batch."""

    async def report(self, calls: tuple[CallState, ...]) -> None: ...

    async def live_calls(self, server: str) -> tuple[CallState, ...]:
        """Calls of that exchange that the log believes are still going on (what resync has to reconcile)."""
