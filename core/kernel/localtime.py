"""Instants at which a local clock shows a given time, right through the nights on which it is put forward or back."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The date on the zone's wall calendar."""
    return at.astimezone(zone).date()


def minute_of_day(at: datetime, zone: ZoneInfo) -> int:
    """Whole minutes the zone's clock shows past midnight."""
    local = at.astimezone(zone)
    return local.hour * 60 + local.minute


@lru_cache(maxsize=4096)
def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """When ``day`` begins there: midnight, or the end of the gap where the clock skips midnight. Aware UTC."""
    return instants(day, 0, zone)[0]


@lru_cache(maxsize=8192)
def instants(day: date, minute: int, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants at which the clock shows that minute of ``day``: one, two where the hour is repeated, and the
    moment of the jump where it is skipped. Aware UTC, ascending."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return (first,) if first == second else (first, second)
    return (_jump(second, first, zone),)


@lru_cache(maxsize=4096)
def edges(day: date, minutes: frozenset[int], zone: ZoneInfo) -> tuple[datetime, ...]:
    """Every instant of ``day`` at which a rule with those boundaries can change its mind: the boundaries, midnight,
    and the moment the clock is changed. Aware UTC, ascending."""
    found = {at for minute in (0, *minutes) for at in instants(day, minute, zone)}
    begin, end = first_instant(day, zone), first_instant(day + timedelta(days=1), zone)
    if begin.astimezone(zone).utcoffset() != end.astimezone(zone).utcoffset():
        found.add(_jump(begin, end, zone))
    return tuple(sorted(found))


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second with the offset of ``after``; the offset changes once between the two."""
    target = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == target:
            after = middle
        else:
            before = middle
    return after
