"""Half-hours: the grain of every figure. Pure.

A slot is a half-hour of UTC, numbered from 1970-01-01T00:00Z. Zones differ from UTC by whole slots, except those with a
quarter of an hour (Nepal, the Chatham Islands, Eucla): theirs are rounded down to the half-hour, and whoever shows
figures says so (:func:`is_rounded`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SLOT = timedelta(minutes=30)
PER_HOUR = 2
PER_DAY = 48
#: Thirty days: what long periods are summed from.
PER_BLOCK = 30 * PER_DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1)
#: 1970-01-01 was a Thursday.
FIRST_WEEKDAY = 3


@dataclass(frozen=True, slots=True)
class Span:
    """Slots ``[start, end)``."""

    start: int
    end: int

    def __len__(self) -> int:
        return max(0, self.end - self.start)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Slots ``[start, end)`` in which a zone's clock is ``offset`` slots ahead of UTC."""

    start: int
    end: int
    offset: int


def slot_of(moment: datetime) -> int:
    """The slot in which an aware moment lies."""
    return (moment - _EPOCH) // SLOT


def start_of(slot: int) -> datetime:
    """When a slot begins, aware UTC."""
    return _EPOCH + slot * SLOT


def slots_of(since: datetime, until: datetime) -> Span:
    """The slots that ``[since, until)`` touches."""
    return Span(slot_of(since), slot_of(until - timedelta(microseconds=1)) + 1) if until > since else Span(0, 0)


def days(first: date, last: date, zone: ZoneInfo) -> Span:
    """The days from ``first`` to ``last``, both included, as the clocks of ``zone`` have them."""
    return Span(_midnight(first, zone), _midnight(last + timedelta(days=1), zone))


def offset_at(slot: int, zone: ZoneInfo) -> int:
    """How many slots the clocks of ``zone`` are ahead of UTC."""
    return (start_of(slot).astimezone(zone).utcoffset() or timedelta()) // SLOT


def is_rounded(span: Span, zone: ZoneInfo) -> bool:
    """Whether the zone's clocks are off the half-hours of UTC somewhere in ``span``."""
    return any(
        (start_of(slot).astimezone(zone).utcoffset() or timedelta()) % SLOT
        for slot in range(span.start, span.end, PER_DAY)
    )


def stretches(span: Span, zone: ZoneInfo) -> list[Stretch]:
    """``span`` cut where the clocks of ``zone`` change."""
    found: list[Stretch] = []
    start, offset = span.start, offset_at(span.start, zone)
    slot = span.start
    while slot < span.end:
        ahead = min(slot + PER_DAY, span.end)
        if offset_at(ahead, zone) != offset:
            change = _change(slot, ahead, zone)
            found.append(Stretch(start, change, offset))
            start, offset = change, offset_at(change, zone)
        slot = ahead
    found.append(Stretch(start, span.end, offset))
    return [one for one in found if one.end > one.start]


def cover(span: Span) -> dict[int, list[Span]]:
    """``span`` as blocks, days and slots that do not overlap, as few as there can be: by the size of the piece."""
    blocks = inner(span, PER_BLOCK)
    pieces: dict[int, list[Span]] = {PER_BLOCK: [blocks], PER_DAY: [], 1: []}
    for rest in around(span, blocks):
        whole = inner(rest, PER_DAY)
        pieces[PER_DAY].append(whole)
        pieces[1] += around(rest, whole)
    return {size: kept for size, spans in pieces.items() if (kept := [one for one in spans if len(one)])}


def local_day(slot: int, offset: int) -> date:
    """The calendar day of a slot where clocks are ``offset`` slots ahead."""
    return _EPOCH_DAY + timedelta(days=(slot + offset) // PER_DAY)


def at_clock(span: Span, zone: ZoneInfo, hours: frozenset[int], weekdays: frozenset[int]) -> Iterator[Span]:
    """The parts of ``span`` in which the clocks of ``zone`` show one of ``hours`` (0 to 23) on one of ``weekdays``
    (Monday is 0); neighbours are joined."""
    begun: int | None = None
    for piece in stretches(span, zone):
        for slot in range(piece.start, piece.end):
            local = slot + piece.offset
            wanted = local % PER_DAY // PER_HOUR in hours and (local // PER_DAY + FIRST_WEEKDAY) % 7 in weekdays
            if wanted and begun is None:
                begun = slot
            elif not wanted and begun is not None:
                yield Span(begun, slot)
                begun = None
    if begun is not None:
        yield Span(begun, span.end)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return slot_of(datetime.combine(day, time(), tzinfo=zone).astimezone(UTC))


def _change(low: int, high: int, zone: ZoneInfo) -> int:
    """The first slot after ``low`` with the offset of ``high``."""
    before = offset_at(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_at(middle, zone) == before else (low, middle)
    return high


def inner(span: Span, size: int) -> Span:
    """The whole pieces of ``size`` within ``span``."""
    start, end = -(-span.start // size) * size, span.end // size * size
    return Span(start, end) if end > start else Span(span.start, span.start)


def around(span: Span, within: Span) -> list[Span]:
    """What of ``span`` lies before and after the part ``within`` it, if anything does."""
    return [one for one in (Span(span.start, within.start), Span(within.end, span.end)) if len(one)]
