"""How agents hear of calls, and ask for them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession


class CallNews(Protocol):
    """What the call log tells its followers, as far as states need it: per collector what he does for the call now
    (``ringing``, ``talking``, ``hold``, ``wrap_up`` or ``idle``), ``since`` when, and in ``passed`` what he did before
    that."""

    @property
    def since(self) -> datetime: ...
    @property
    def call_id(self) -> int: ...
    @property
    def activities(self) -> Mapping[int, str]: ...
    @property
    def passed(self) -> Sequence[tuple[datetime, Mapping[int, str]]]: ...


class CallsUnderWay(Protocol):
    """The call log, as far as states have to agree with it."""

    async def activities(self, session: AsyncSession, call_ids: Collection[int]) -> set[tuple[int, int, str]]:
        """Of these calls who does what for which, as (user, call, activity); who is idle is left out."""
