"""What supervision needs to see of the floor, and what it asks of the exchange."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.supervision.lines import AgentLine, CallLine, QueueLine
from core.kernel.access import Actor


class Picture(Protocol):
    """The floor as it is in the database now. Nothing is narrowed to anybody's reach: the board does that."""

    async def agents(self, session: AsyncSession) -> Sequence[AgentLine]: ...

    async def calls(self, session: AsyncSession) -> Sequence[CallLine]: ...

    async def queues(self, session: AsyncSession, now: datetime) -> Sequence[QueueLine]: ...


class WatchMode(StrEnum):
    """How a supervisor is in a call: hears both; is heard by the collector; is heard by both."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchOrder:
    """Ring ``endpoint``, a supervisor's phone, into a call by the collector's ``leg``: whisper reaches his ear alone.
    ``watch_id`` is stored before and names the phone's channel, so that an order is never carried out twice."""

    watch_id: int
    call_id: int
    leg: str
    endpoint: str
    mode: WatchMode
    ring_seconds: int = 20


class Monitor(Protocol):
    """The exchange as a supervisor uses it. Orders raise ``TelephonyUnavailable`` or ``OrderRefused`` of the call log,
    are sent at most once and never replayed."""

    async def watch(self, order: WatchOrder) -> None: ...

    async def switch_watch(self, watch_id: int, mode: WatchMode) -> None: ...

    async def end_watch(self, watch_id: int) -> None:
        """Hang the supervisor's phone up; nothing happens when it is not in the call any more."""

    async def take_over(self, call_id: int, endpoint: str) -> None:
        """Give the debtor to this phone; the collector's leg ends."""

    def can_ring(self, endpoint: str, call_id: int) -> bool:
        """Whether a phone can be rung by the exchange the call is at; also True while that is not understood, whose own
        answer tells then."""

    def busy(self, endpoint: str) -> bool:
        """Whether a phone rings or talks, as far as is known."""

    def watches(self) -> frozenset[int] | None:
        """The watches whose phone is there now; None while an exchange is not understood."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """A call that goes on, with a collector who is in it and the Uniqueid of his leg."""

    call_id: int
    user_id: int
    leg: str


class WatchedCalls(Protocol):
    """The call log, as far as supervision needs it."""

    async def talking(
        self, session: AsyncSession, actor: Actor, right: str, call_id: int, collector: int | None = None
    ) -> Watched | None:
        """The call, when a collector whom the right reaches is in it now: this one, or who came last."""

    async def may_hear(self, session: AsyncSession, user_id: int, right: str, collector: int) -> bool:
        """Whether that user still has the right, and it reaches the collector."""

    async def reason_needed(self, session: AsyncSession, call_id: int) -> bool:
        """Whether the law of the debtor's case wants a reason stated for listening in."""

    async def endpoint(self, session: AsyncSession, user_id: int) -> str | None:
        """The phone a user is rung at."""
