"""What a report adds to the sums of collectors' time, which are made of what is over, and seconds later: states go on,
some have just ended, and the half-hour goes on too."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.productivity import slots
from callcenter.productivity.asking import Ask, By, Part, part_of_day
from callcenter.productivity.counters import NOTHING
from callcenter.productivity.model import ShiftBlock
from callcenter.productivity.ports import RawFigures
from callcenter.productivity.rights import VIEW
from callcenter.productivity.shifts import planned
from callcenter.productivity.slots import PER_DAY, PER_HOUR, Span, slot_of, start_of
from callcenter.productivity.timekeeping import Place, Planned, Stretch, unsummed
from core.kernel.access import Actor
from core.kernel.among import Among
from core.people.access import reaches


async def time_so_far(
    session: AsyncSession, actor: Actor, raw: RawFigures, ask: Ask, *, now: datetime
) -> list[tuple[tuple[Part, ...], Mapping[str, int]]]:
    """Parts of the report's lines, each with what its time counters are more (or less) than their sums as of ``now``;
    nothing for a period that is over, unless a state has been going on since or is not summed yet."""
    span = Span(ask.span.start, min(ask.span.end, slot_of(now) + 1))
    states = [one for one in await raw.unsummed(session, actor, now) if slot_of(one.start) < span.end]
    if not len(span) or not (states or slot_of(now) < span.end):
        return []
    found = unsummed(states, await _plan(session, actor, states, span, now), span, now)
    return [(_parts(place, ask), counters) for place, counters in found.items() if _is_meant(place, ask)]


async def _plan(
    session: AsyncSession, actor: Actor, states: Iterable[Stretch], span: Span, now: datetime
) -> Iterable[Planned]:
    """What is planned for the half-hour that goes on, and for the time of these states: asked for by the day on which
    they began, so that one forgotten for a month does not bring everybody's month."""
    reach = reaches(actor, VIEW, owner=ShiftBlock.user_id)
    blocks = await planned(session, now, start_of(slot_of(now) + 1), *([] if reach is None else [reach]))
    began: dict[int, set[int]] = defaultdict(set)
    for one in states:
        began[max(slot_of(one.start), span.start) // PER_DAY].add(one.user_id)
    for day, users in began.items():
        blocks |= await planned(session, start_of(day * PER_DAY), now, Among(ShiftBlock.user_id, users))
    return blocks.values()


def _is_meant(place: Place, ask: Ask) -> bool:
    return all(_dimension(by, place) == wanted for by, wanted in ask.filters.items())


def _parts(place: Place, ask: Ask) -> tuple[Part, ...]:
    slot = place[0]
    offset = slots.offset_at(slot, ask.zone)
    hour, day = (slot + offset) % PER_DAY // PER_HOUR, slots.local_day(slot, offset)
    return tuple(
        _dimension(by, place) if by in ask.columns else hour if by is By.HOUR else part_of_day(by, day) for by in ask.by
    )


def _dimension(by: By, place: Place) -> int | str:
    """Time has a collector and a team, and nothing of what calls have."""
    _, user, unit = place
    return user if by is By.USER else unit if by is By.UNIT else NOTHING[by.value]
