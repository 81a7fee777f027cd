"""What cases need from outside."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession


class PlannedWork(Protocol):
    """Something that plans work on cases besides tasks and promises: callbacks of the call floor."""

    async def earliest(self, session: AsyncSession, case_ids: Collection[int]) -> Mapping[int, datetime]:
        """When it next wants each of the cases; those it does not want are absent."""
