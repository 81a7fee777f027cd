"""What a report is asked for, and where in the sums the answer lies. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from callcenter.productivity import slots
from callcenter.productivity.counters import (
    BLOCKS,
    BOOK,
    CLOCK,
    DAY_DIMENSIONS,
    DAYS,
    FLOOR,
    FULL,
    TIME_DIMENSIONS,
    Cube,
)
from callcenter.productivity.kpis import Family, Kpi
from callcenter.productivity.slots import Span

MOST_DIMENSIONS = 2
#: A period longer than this has no answer in a second.
MOST_DAYS = 366 * 3


class By(StrEnum):
    """What figures can be broken down by. The values of the first seven are columns of the sums."""

    USER = "user_id"
    UNIT = "unit_id"
    CREDITOR = "creditor_id"
    STAGE = "stage_id"
    CAMPAIGN = "campaign_id"
    QUEUE = "queue"
    DIRECTION = "direction"
    HOUR = "hour"
    WEEKDAY = "weekday"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


CLOCKED = (By.HOUR, By.WEEKDAY, By.DAY, By.WEEK, By.MONTH)
#: A value of a breakdown: an id or code (0 and "" for none), an hour, a weekday (Monday is 0), or a day.
Part = int | str | date


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A report: days ``first`` to ``last`` by the clocks of ``zone``, broken down by ``by``, for some values of columns
    only. Money is that of ``currency``."""

    first: date
    last: date
    zone: ZoneInfo
    by: tuple[By, ...] = ()
    filters: Mapping[By, int | str] = field(default_factory=dict)
    currency: str = ""

    @property
    def span(self) -> Span:
        return slots.days(self.first, self.last, self.zone)

    @property
    def columns(self) -> tuple[By, ...]:
        return tuple(one for one in self.by if one not in CLOCKED)

    @property
    def clocked(self) -> tuple[By, ...]:
        return tuple(one for one in self.by if one in CLOCKED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Rows of one cube that belong to a report, all of month ``month`` when months are told apart, in which the
    reader's clocks are ``offset`` slots ahead of UTC. ``only`` these slots of the span; ``sign`` -1: they were counted
    where they do not belong, and are taken away there."""

    cube: Cube
    span: Span
    offset: int = 0
    month: date | None = None
    only: tuple[int, ...] | None = None
    sign: int = 1


def answers(kpi: Kpi, ask: Ask) -> bool:
    """Whether the figure exists for what is asked: what it is made of must have every breakdown and filter."""
    wanted = {*ask.by, *ask.filters}
    return all(wanted <= _KNOWN[family] for family in kpi.families)


_KNOWN: Mapping[Family, frozenset[By]] = {
    Family.CALLS: frozenset(By),
    Family.TIME: frozenset({*(By(name) for name in TIME_DIMENSIONS), *CLOCKED}),
    Family.DAYS: frozenset({*(By(name) for name in DAY_DIMENSIONS), *CLOCKED} - {By.HOUR}),
    Family.CASES: frozenset(By(name) for name in DAY_DIMENSIONS),
}


def pieces(ask: Ask, now: int, *, by_user: bool) -> Iterator[Piece]:
    """Where the answer lies, up to the slot ``now``, which is a piece of its own. ``by_user``: rights look at the
    collector. What tells hours or days apart needs slots; else long periods come from days and blocks."""
    columns = {one.value for one in (*ask.columns, *ask.filters)} | ({"user_id"} if by_user else set())
    clocked = set(ask.clocked) - {By.MONTH}
    spans = list(months(ask)) if By.MONTH in ask.by else [(None, ask.span)]
    for month, span in spans:
        past = Span(span.start, min(span.end, now))
        for piece in _clocked(past, columns, clocked, ask.zone) if clocked else _summed(past):
            yield replace(piece, month=month)
        if span.start <= now < span.end:
            yield Piece(cube=FULL, span=Span(now, now + 1), offset=slots.offset_at(now, ask.zone), month=month)


def _summed(span: Span) -> Iterator[Piece]:
    cubes = {1: FULL, DAYS.size: DAYS, BLOCKS.size: BLOCKS}
    for size, spans in slots.cover(span).items() if len(span) else ():
        for one in spans:
            yield Piece(cube=cubes[size], span=one)


def _clocked(span: Span, columns: set[str], clocked: set[By], zone: ZoneInfo) -> Iterator[Piece]:
    """Where clocks do not change, from sums of days: by hour those of each half-hour, by day those of UTC's days, whose
    ends belong to another day of the reader's."""
    finest = next((cube for cube in (FLOOR, BOOK) if columns <= set(cube.dimensions)), FULL)
    for stretch in slots.stretches(span, zone) if len(span) else ():
        lasting = Span(stretch.start, stretch.end)
        inner = Span(lasting.start, lasting.start)
        if clocked == {By.HOUR} and columns <= set(CLOCK.dimensions):
            inner = slots.inner(lasting, CLOCK.size)
            parts: Iterable[Piece] = [Piece(cube=CLOCK, span=inner, offset=stretch.offset)]
        elif By.HOUR not in clocked and finest is FULL:
            inner = slots.inner(lasting, DAYS.size)
            parts = _of_days(inner, stretch.offset)
        if len(inner):
            yield from parts
        for rest in slots.around(lasting, inner):
            yield Piece(cube=finest, span=rest, offset=stretch.offset)


def _of_days(span: Span, offset: int) -> Iterator[Piece]:
    yield Piece(cube=DAYS, span=span)
    first, last = (slots.PER_DAY - offset, slots.PER_DAY) if offset > 0 else (0, -offset)
    ends = tuple(day + slot for day in range(span.start, span.end, slots.PER_DAY) for slot in range(first, last))
    if ends:
        yield Piece(cube=FULL, span=span, only=ends, sign=-1)
        yield Piece(cube=FULL, span=span, only=ends, offset=offset)


def months(ask: Ask) -> Iterator[tuple[date, Span]]:
    """The months of a report, each as far as it lies within."""
    month = ask.first.replace(day=1)
    while month <= ask.last:
        following = (month + timedelta(days=32)).replace(day=1)
        first, last = max(month, ask.first), min(following - timedelta(days=1), ask.last)
        yield month, slots.days(first, last, ask.zone)
        month = following


def part_of_day(by: By, day: date) -> Part:
    """Which part of a breakdown by the calendar a day belongs to."""
    match by:
        case By.WEEKDAY:
            return day.weekday()
        case By.WEEK:
            return day - timedelta(days=day.weekday())
        case By.MONTH:
            return day.replace(day=1)
    return day


def spans_of(ask: Ask, parts: Mapping[By, Part]) -> list[Span]:
    """The slots of one line of a report."""
    first, last = ask.first, ask.last
    for by in (By.DAY, By.WEEK, By.MONTH):
        day = parts.get(by)
        if isinstance(day, date):
            first, last = max(first, day), min(last, _last_of(by, day))
    if last < first:
        return []
    span = slots.days(first, last, ask.zone)
    hour, weekday = parts.get(By.HOUR), parts.get(By.WEEKDAY)
    if hour is None and weekday is None:
        return [span]
    hours = frozenset({hour}) if isinstance(hour, int) else frozenset(range(24))
    weekdays = frozenset({weekday}) if isinstance(weekday, int) else frozenset(range(7))
    return list(slots.at_clock(span, ask.zone, hours, weekdays))


def _last_of(by: By, day: date) -> date:
    if by is By.MONTH:
        return (day + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return day + timedelta(days=6) if by is By.WEEK else day


def shifted(ask: Ask, how: str) -> Ask | None:
    """The period to compare with: the one before, of the same length, or the same days of last year."""
    if how == "before":
        length = ask.last - ask.first + timedelta(days=1)
        return replace(ask, first=ask.first - length, last=ask.last - length)
    if how == "year":
        return replace(ask, first=_a_year_before(ask.first), last=_a_year_before(ask.last))
    return None


def _a_year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)
