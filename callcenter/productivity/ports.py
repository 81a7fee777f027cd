"""What figures are made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.access import Actor


class CallFact(Protocol):
    """One call, counted for the collector whose call it is. Seconds are whole."""

    @property
    def user_id(self) -> int: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def direction(self) -> str: ...
    @property
    def answered(self) -> bool: ...
    @property
    def contact(self) -> bool: ...
    @property
    def right_party(self) -> bool: ...
    @property
    def promise(self) -> bool: ...
    @property
    def talk_seconds(self) -> int: ...
    @property
    def hold_seconds(self) -> int: ...
    @property
    def wrap_seconds(self) -> int: ...


class DayCalls(Protocol):
    """The call log, as far as figures need it."""

    async def between(
        self, session: AsyncSession, actor: Actor, since: datetime, until: datetime
    ) -> Sequence[CallFact]:
        """The calls that began in ``[since, until)`` and that the actor may see."""
