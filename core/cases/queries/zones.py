"""What day it is for a debtor."""

from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.among import Among
from core.kernel.phones import zone_guesses
from core.parties.model import Party, Phone

_UTC = ZoneInfo("UTC")


async def debtor_zones(session: AsyncSession, party_ids: Collection[int]) -> Mapping[int, ZoneInfo]:
    """The zone of each party: what it said, else what its numbers' zones or prefixes suggest, else UTC."""
    wanted = set(party_ids)
    said = await session.execute(select(Party.id, Party.timezone).where(Among(Party.id, wanted)))
    zones = {party_id: ZoneInfo(name) for party_id, name in said if name}
    if len(zones) == len(wanted):
        return zones
    numbers = select(Phone.party_id, Phone.timezone, Phone.e164).where(Among(Phone.party_id, wanted - set(zones)))
    for party_id, stated, e164 in await session.execute(numbers.order_by(Phone.id)):
        names = (stated,) if stated else zone_guesses(e164)
        if names:
            zones.setdefault(party_id, ZoneInfo(names[0]))
    return {party_id: zones.get(party_id, _UTC) for party_id in wanted}


async def debtor_zone(session: AsyncSession, party_id: int) -> ZoneInfo:
    """The same for one party."""
    return (await debtor_zones(session, [party_id]))[party_id]
