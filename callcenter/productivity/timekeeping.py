"""Collectors' time by half-hours: what they did, and how far that is what was planned. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from callcenter.productivity.slots import Span, slots_of, start_of

_MS = timedelta(milliseconds=1)


class BlockKind(StrEnum):
    """What a stretch of time is planned for."""

    WORK = "work"
    BREAK = "break"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A collector's time in one state (``agents.rules.State``). One that goes on ends now."""

    user_id: int
    unit_id: int | None
    state: str
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A planned stretch of a collector's time."""

    user_id: int
    unit_id: int | None
    kind: str
    start: datetime
    end: datetime


#: States that count, by their counter. Being offline is the absence of all of them.
COUNTER_OF: Mapping[str, str] = {
    "available": "available_ms",
    "ringing": "ringing_ms",
    "talking": "talking_ms",
    "hold": "hold_ms",
    "wrap_up": "wrap_up_ms",
    "pause": "pause_ms",
}
#: The planned kind of state for work: everything but pauses and being away.
WORKING = frozenset(COUNTER_OF) - {"pause"}

#: Slot, user and unit (0: none).
Place = tuple[int, int, int]
_Key = TypeVar("_Key", bound=Hashable)


def spent(stretches: Iterable[Stretch], plan: Iterable[Planned], span: Span) -> dict[Place, dict[str, int]]:
    """The time counters of every slot in ``span``, in milliseconds.

    Adherence = time in the planned kind of state / planned time. In planned work that kind is any state but pause and
    offline, in a planned break it is pause or offline.
    """
    found: dict[Place, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    working: dict[int, list[Stretch]] = defaultdict(list)
    for one in stretches:
        if one.state in WORKING:
            working[one.user_id].append(one)
        counter = COUNTER_OF.get(one.state)
        for slot, start, end in _cut(one.start, one.end, span):
            if counter is not None:
                found[slot, one.user_id, one.unit_id or 0][counter] += (end - start) // _MS
    for block in plan:
        for slot, start, end in _cut(block.start, block.end, span):
            worked = sum((_overlap(one, start, end) for one in working.get(block.user_id, ())), timedelta())
            kept = worked if block.kind == BlockKind.WORK else (end - start) - worked
            counters = found[slot, block.user_id, block.unit_id or 0]
            counters["planned_ms"] += (end - start) // _MS
            counters["adhered_ms"] += kept // _MS
    return {place: dict(counters) for place, counters in found.items() if any(counters.values())}


def unsummed(
    fresh: Iterable[Stretch], plan: Iterable[Planned], span: Span, now: datetime
) -> dict[Place, dict[str, int]]:
    """What the time counters of ``span`` are, as of ``now``, more than their sums, which know all of the plan and the
    states that are over but for the ``fresh`` ones: those are added, what is planned after ``now`` is taken away.

    Nothing that is summed need be looked at: every counter is a sum over stretches, over blocks, or over pairs of them.
    """
    blocks = list(plan)
    so_far = [replace(block, end=min(block.end, now)) for block in blocks]
    return difference(spent((), blocks, span), spent(fresh, so_far, span))


def difference(
    old: Mapping[_Key, Mapping[str, int]], new: Mapping[_Key, Mapping[str, int]]
) -> dict[_Key, dict[str, int]]:
    """What has to be added to ``old`` to become ``new``; keys without a change are left out."""
    changes: dict[_Key, dict[str, int]] = {}
    for key in old.keys() | new.keys():
        before, after = old.get(key, {}), new.get(key, {})
        names = [name for name in before.keys() | after.keys() if before.get(name, 0) != after.get(name, 0)]
        if names:
            changes[key] = {name: after.get(name, 0) - before.get(name, 0) for name in names}
    return changes


def _cut(start: datetime, end: datetime, span: Span) -> Iterator[tuple[int, datetime, datetime]]:
    """The parts of ``[start, end)`` by the slots of ``span``."""
    touched = slots_of(start, end)
    for slot in range(max(touched.start, span.start), min(touched.end, span.end)):
        yield slot, max(start, start_of(slot)), min(end, start_of(slot + 1))


def _overlap(one: Stretch, start: datetime, end: datetime) -> timedelta:
    return max(timedelta(), min(one.end, end) - max(one.start, start))
