"""Where a debtor's clock stands: explicit, else the phone's, else by its prefix, else by address, else every
candidate.

Where more than one zone remains, all of them are candidates and contact must be lawful in each.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from babel.core import get_global

from core.kernel.phones import zone_guesses

_REGIONAL = 4
"""More zones than this and the prefix data has given those of the whole calling code, foreign ones included."""

_WINTER = datetime(2026, 1, 15, tzinfo=UTC)

_POPULOUS = ("Europe/Moscow", "America/New_York")
"""The clocks that most people of Russia and of the United States keep."""


class ZoneSource(StrEnum):
    """What told us the zone; ``CANDIDATES`` when nothing told us one and every possible zone must agree."""

    EXPLICIT = "explicit"
    PHONE = "phone"
    PREFIX = "prefix"
    ADDRESS = "address"
    CANDIDATES = "candidates"


@dataclass(frozen=True, slots=True)
class DebtorZone:
    """IANA names, at least one; several mean that the debtor may be in any of them."""

    names: tuple[str, ...]
    source: ZoneSource

    def zones(self) -> tuple[ZoneInfo, ...]:
        """The same as zones."""
        return tuple(_zone(name) for name in self.names)

    def likeliest(self) -> ZoneInfo:
        """One of them, for what is no matter of law: where several remain, the one that most people of its country
        keep, else the middle one."""
        ordered = sorted(self.names, key=lambda name: (_winter_offset(name), name))
        return _zone(next((name for name in _POPULOUS if name in ordered), ordered[(len(ordered) - 1) // 2]))


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    """The library itself remembers eight: a country with more is read from its files again and again."""
    return ZoneInfo(name)


def resolve(
    *,
    explicit: str | None = None,
    of_phone: str | None = None,
    phone: str | None = None,
    address: tuple[str, ...] = (),
    country: str | None = None,
) -> DebtorZone:
    """The debtor's zone by the best source there is.

    ``phone`` is E.164; ``address`` holds the zones of the region he lives in; ``country`` (alpha-2) is the last
    resort, and without it UTC stands in. Names the time zone database does not know are passed over.
    """
    by_prefix = zones_of_phone(phone) if phone else ()
    by_address = _known(address)
    for names, source in (
        (_known((explicit,) if explicit else ()), ZoneSource.EXPLICIT),
        (_known((of_phone,) if of_phone else ()), ZoneSource.PHONE),
        (by_prefix, ZoneSource.PREFIX),
        (by_address, ZoneSource.ADDRESS),
    ):
        if len(names) == 1:
            return DebtorZone(names, source)
    candidates = by_address or by_prefix or zones_of_country(country) or ("UTC",)
    return DebtorZone(candidates, ZoneSource.CANDIDATES)


@lru_cache(maxsize=1024)
def zones_of_country(country: str | None) -> tuple[str, ...]:
    """Every zone of a country by ISO 3166 alpha-2, one of each set of zones that keep the same time."""
    return _distinct(_all_of_country(country))


def _all_of_country(country: str | None) -> tuple[str, ...]:
    return _known(get_global("territory_zones").get(country or "", ()))


@lru_cache(maxsize=4096)
def zones_of_phone(e164: str) -> tuple[str, ...]:
    """The zones a number may be in by its prefix, within the country of the number; empty where unknown.

    The prefix data knows only calling codes for mobiles, and names a foreign zone of the same offset where it lacks
    one of the country's own (Bucharest for Kaliningrad), hence the check against the country.
    """
    named = zone_guesses(e164)
    own = _all_of_country(_country(e164))
    if not own or not named or set(named) <= set(own):
        return _distinct(_known(named), named)
    if len(named) > _REGIONAL:
        return _distinct(own, named)
    offsets = {_winter_offset(name) for name in _known(named)}
    return _distinct(tuple(name for name in own if _winter_offset(name) in offsets) or own, named)


def _country(e164: str) -> str | None:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return None


def _known(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if _exists(name)))


@lru_cache(maxsize=1024)
def _exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _distinct(names: tuple[str, ...], known_as: tuple[str, ...] = ()) -> tuple[str, ...]:
    """One name for each set of zones whose clocks agree on every day of these years, preferably of ``known_as``."""
    main = set(get_global("windows_zone_mapping").values())
    kept = {_signature(name): name for name in sorted(names, key=lambda name: (name in known_as, name in main, name))}
    return tuple(sorted(kept.values()))


@lru_cache(maxsize=1024)
def _signature(name: str) -> tuple[timedelta, ...]:
    zone = ZoneInfo(name)
    days = (datetime(2025, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(6 * 365))
    return tuple(day.astimezone(zone).utcoffset() or timedelta() for day in days)


def _winter_offset(name: str) -> timedelta:
    return _WINTER.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
