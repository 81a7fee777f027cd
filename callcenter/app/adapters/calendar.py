"""The calendars of contact law, lent to whoever plans work."""

from collections.abc import Callable
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.compliance.law.days import DayType
from callcenter.compliance.law.terms import Jurisdiction
from callcenter.compliance.rulebook import profile_of


class LawCalendar:
    """Implements ``core.planning.ports.WorkCalendar`` with the agency's own single dates laid over."""

    async def work_days(self, session: AsyncSession, country: str) -> Callable[[date], bool]:
        """A country without a profile works Monday to Friday."""
        known = country in set(Jurisdiction)
        profile = await profile_of(session, Jurisdiction(country) if known else Jurisdiction.NONE)
        return lambda day: profile.calendar.day_type(day) is DayType.WORKING
