"""What recordings need from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.access import Actor
from core.kernel.uow import Work

Subject = tuple[str, object]
"""What an audit entry is about: its kind and its id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallMark:
    """A bookmark set during the call, ``at_ms`` after the answer, where the recording begins."""

    at_ms: int
    label: str
    author_id: int
    created_at: datetime


class CallLookup(Protocol):
    """The call log."""

    async def by_uniqueid(self, session: AsyncSession, server: str, uniqueid: str) -> int | None:
        """The call to which that channel belongs, None while the log does not know it."""

    def visible_ids(self, actor: Actor, right: str) -> Select[int]:
        """Ids of the calls the actor may see by ``right``, to be used as a subquery. Raises ``Forbidden`` without
        it."""

    async def marks(self, session: AsyncSession, call_id: int) -> Sequence[CallMark]:
        """The bookmarks the collector set while talking."""


class LiveChannels(Protocol):
    """What an exchange says is going on."""

    async def live_uniqueids(self, server: str) -> frozenset[str] | None:
        """Uniqueids of every channel alive on ``server``; None when it cannot be known now."""


class Recorder(Protocol):
    """Muting a call's recording while the time line goes on. ``Unavailable`` when the exchange does not answer,
    any other ``DomainError`` when it refuses (the call is over)."""

    async def pause_recording(self, call_id: int) -> None: ...

    async def resume_recording(self, call_id: int) -> None: ...


class AuditTrail(Protocol):
    """Who did what, and who looked at what."""

    def record(
        self,
        work: Work,
        actor: Actor,
        action: str,
        subject: Subject,
        changes: Mapping[str, tuple[object, object]] | None = None,
        *,
        at: datetime,
    ) -> None:
        """Add an entry to the transaction of ``work``."""

    async def looked(self, actor: Actor, subject: Subject, action: str) -> None:
        """Return once the look is on disk."""
