"""What planning needs of others."""

from collections.abc import Callable
from datetime import date
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession


class WorkCalendar(Protocol):
    """Which days people work."""

    async def work_days(self, session: AsyncSession, country: str) -> Callable[[date], bool]:
        """Says of a day whether it is a working day in ``country`` (ISO 3166; an unknown one: Monday to Friday)."""
        ...
