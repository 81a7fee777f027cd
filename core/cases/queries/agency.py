"""The agency's own calendar."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import String, column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

#: The company's row belongs to ``core.planning``, which stands above: only its time zone is read here.
_COMPANY = table("company", column("timezone", String))


async def agency_day(session: AsyncSession, at: datetime) -> date:
    """The day it is at the agency; by UTC as long as the company has not been entered."""
    zone = await session.scalar(select(_COMPANY.c.timezone))
    return at.astimezone(ZoneInfo(zone or "UTC")).date()
