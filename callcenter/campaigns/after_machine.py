"""The rest of a number after an answering machine took a call there, by the law of the number's country.

Only a call for which a collector is certainly there is free of it: one that is dialled for a collector who waits for
it, or that he dials himself.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.campaigns.machines import MACHINE
from callcenter.campaigns.model import CampaignAttempt

#: Calling code → how long. United Kingdom: Ofcom's "24 hour policy" within its statement on persistent misuse, since
#: 1 February 2011: once detection took a call for an answering machine's, further calls to that number within the same
#: 24 hours need the guaranteed presence of a live operator. Counted here from that call on, which is never shorter than
#: a reading by calendar days.
RESTS: Mapping[str, timedelta] = MappingProxyType({"+44": timedelta(hours=24)})
#: Why an entry waits.
RULE = "machine_rest"


async def rests_until(session: AsyncSession, phone: str, now: datetime) -> datetime | None:
    """When the rest of the number (E.164) is over; None when it does not rest. All campaigns count."""
    rest = next((rest for code, rest in RESTS.items() if phone.startswith(code)), None)
    if rest is None:
        return None
    at = CampaignAttempt.at
    met = select(func.max(at)).where(CampaignAttempt.phone == phone, CampaignAttempt.answered_by == MACHINE)
    last = await session.scalar(met.where(at > now - rest))
    return last + rest if last is not None else None
