"""What recordings need from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.access import Actor


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
