"""What day it is for a debtor."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.among import Among
from core.parties.model import Address, ContactQuality, Party, Phone
from core.parties.regions import zones_of_address
from core.parties.zones import resolve


async def debtor_zones(session: AsyncSession, party_ids: Collection[int]) -> Mapping[int, ZoneInfo]:
    """The clock of each party, from the same sources and in the same order as contact law has it; the likeliest where
    several remain (``core.parties.zones``)."""
    wanted = set(party_ids)
    said = await session.execute(select(Party.id, Party.timezone).where(Among(Party.id, wanted)))
    zones = {party_id: ZoneInfo(name) for party_id, name in said if name}
    rest = wanted - set(zones)
    if not rest:
        return zones
    stated, numbers = await _numbers(session, rest)
    addresses = await address_zones(session, rest)
    for party_id in rest:
        found = resolve(of_phone=stated.get(party_id), phone=numbers.get(party_id), address=addresses[party_id])
        zones[party_id] = found.likeliest()
    return zones


async def debtor_zone(session: AsyncSession, party_id: int) -> ZoneInfo:
    """The same for one party."""
    return (await debtor_zones(session, [party_id]))[party_id]


async def _numbers(session: AsyncSession, party_ids: Collection[int]) -> tuple[dict[int, str], dict[int, str]]:
    """The first zone stated for a number of each party, and his first number."""
    stated: dict[int, str] = {}
    numbers: dict[int, str] = {}
    known = select(Phone.party_id, Phone.timezone, Phone.e164).where(Among(Phone.party_id, party_ids))
    for party_id, zone, e164 in await session.execute(known.order_by(Phone.id)):
        numbers.setdefault(party_id, e164)
        if zone:
            stated.setdefault(party_id, zone)
    return stated, numbers


async def address_zones(session: AsyncSession, party_ids: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    """The zones of all addresses of each party that are not known to be wrong: he may be at any of them."""
    found: dict[int, dict[str, None]] = defaultdict(dict)
    known = select(Address.party_id, Address.country, Address.region).where(
        Among(Address.party_id, party_ids), Address.quality != ContactQuality.WRONG
    )
    for party_id, country, region in await session.execute(known.order_by(Address.id)):
        found[party_id] |= dict.fromkeys(zones_of_address(country, region))
    return {party_id: tuple(found[party_id]) for party_id in party_ids}
