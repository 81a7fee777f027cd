"""Reading a report out of the sums, within the reader's reach."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.productivity import slots
from callcenter.productivity.asking import Ask, By, Part, Piece, part_of_day, pieces
from callcenter.productivity.counters import AMOUNTS, DAY_COUNTERS, DAYS, SLOT_COUNTERS, TIME_COUNTERS
from callcenter.productivity.going_on import time_so_far
from callcenter.productivity.kpis import Number
from callcenter.productivity.model import Rollup, RollupDay
from callcenter.productivity.ports import RawFigures
from callcenter.productivity.rights import VIEW
from callcenter.productivity.slots import FIRST_WEEKDAY, PER_DAY, PER_HOUR, slot_of
from core.cases.model import Case, CaseState
from core.kernel.access import Actor, Scope
from core.kernel.among import Among
from core.people.access import reaches

#: The counters of a line by name.
Counters = Mapping[str, Number]
#: The parts of a line, one for each breakdown.
Parts = tuple[Part, ...]
#: Counters of cases as they are now.
CASE_COUNTERS = ("active_cases", "outstanding", "cases_called")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a report."""

    parts: Parts
    counters: Counters


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """A report: its lines in the order of their parts, and the sums over all of them."""

    lines: tuple[Line, ...]
    total: Counters


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asks what of which moment."""

    session: AsyncSession
    actor: Actor
    ask: Ask


_Found = dict[Parts, dict[str, Number]]


async def read(
    session: AsyncSession, actor: Actor, raw: RawFigures, ask: Ask, counters: Iterable[str], *, now: datetime
) -> Figures:
    """The counters asked for. Raises ``Forbidden`` without the right to figures."""
    actor.require(VIEW)
    wanted = set(counters)
    found: _Found = defaultdict(dict)
    asked = _Asked(session, actor, ask)
    await _from_slots(asked, [name for name in SLOT_COUNTERS if name in wanted], found, slot_of(now))
    if time := wanted & set(TIME_COUNTERS):
        for so_far, numbers in await time_so_far(session, actor, raw, ask, now=now):
            _add(found[so_far], {name: number for name, number in numbers.items() if name in time})
    for parts in [parts for parts, numbers in found.items() if not any(numbers.values())]:
        del found[parts]  # all of it belonged to another day, or is still to come
    await _from_days(asked, [name for name in DAY_COUNTERS + AMOUNTS if name in wanted], found)
    if wanted & set(CASE_COUNTERS) and not ask.clocked:
        await _from_cases(asked, raw, found)
    lines = tuple(Line(parts=parts, counters=values) for parts, values in sorted(found.items(), key=_order))
    total: dict[str, Number] = {}
    for line in lines:
        _add(total, line.counters)
    return Figures(lines=lines, total=total)


def _order(item: tuple[Parts, Any]) -> tuple[str, ...]:
    return tuple(f"{part:012}" if isinstance(part, int) else str(part) for part in item[0])


def _add(into: dict[str, Number], more: Mapping[str, Number]) -> None:
    for name, number in more.items():
        into[name] = into.get(name, 0) + number


async def _from_slots(asked: _Asked, counters: Sequence[str], found: _Found, now: int) -> None:
    session, actor, ask = asked.session, asked.actor, asked.ask
    if not counters:
        return
    for piece in pieces(ask, now, by_user=actor.require(VIEW) != Scope.ALL):
        for row in await session.execute(_slots(actor, ask, piece, counters)):
            width = len(ask.by)
            numbers: dict[str, Number] = {
                name: piece.sign * int(number) for name, number in zip(counters, row[width:], strict=True)
            }
            if any(numbers.values()):
                parts = _parts(ask, piece, row[:width])
                if parts in found:
                    _add(found[parts], numbers)
                else:
                    found[parts] = numbers


def _slots(actor: Actor, ask: Ask, piece: Piece, counters: Sequence[str]) -> Select[Any]:
    shown = [_part(by, ask, piece).label(f"by_{by}") for by in ask.by]
    sums = [func.coalesce(func.sum(getattr(Rollup, name)), 0) for name in counters]
    reach = reaches(actor, VIEW, owner=Rollup.user_id)
    return (
        select(*shown, *sums)
        .where(
            Rollup.cube == piece.cube.number,
            Rollup.slot >= piece.span.start,
            Rollup.slot < piece.span.end,
            *([] if piece.only is None else [Among(Rollup.slot, piece.only)]),
            *(getattr(Rollup, by.value) == value for by, value in ask.filters.items()),
            *([] if reach is None else [reach]),
        )
        .group_by(*(_group(by, one, piece) for one, by in zip(shown, ask.by, strict=True) if by is not By.MONTH))
    )


def _group(by: By, shown: ColumnElement[Any], piece: Piece) -> ColumnElement[Any]:
    """What tells the rows of a part apart. A day of UTC has one slot: in the order of the rows nothing is sorted."""
    return Rollup.slot.expression if by is By.DAY and piece.cube is DAYS else shown


def _part(by: By, ask: Ask, piece: Piece) -> ColumnElement[Any]:
    """The part a row belongs to, as a whole number for what the clock says (months are told by their piece)."""
    if by is By.MONTH:
        return literal(None)
    if by in ask.columns:
        column: ColumnElement[Any] = getattr(Rollup, by.value).expression
        return column
    local = Rollup.slot + literal(piece.offset)
    if by is By.HOUR:
        return local % PER_DAY // PER_HOUR
    day = local // PER_DAY
    if by is By.WEEKDAY:
        return (day + FIRST_WEEKDAY) % 7
    return day - (day + FIRST_WEEKDAY) % 7 if by is By.WEEK else day


def _parts(ask: Ask, piece: Piece, values: Sequence[Any]) -> Parts:
    return tuple(_value(by, piece, value) for by, value in zip(ask.by, values, strict=True))


def _value(by: By, piece: Piece, value: Any) -> Part:
    if by is By.MONTH:
        assert piece.month is not None
        return piece.month
    if by in (By.DAY, By.WEEK):
        return slots.local_day(int(value) * PER_DAY, 0)
    known: Part = value
    return known


async def _from_days(asked: _Asked, counters: Sequence[str], found: _Found) -> None:
    """Promises and money, which have a day and no hour."""
    session, actor, ask = asked.session, asked.actor, asked.ask
    foreign = {By.CAMPAIGN, By.QUEUE, By.DIRECTION, By.HOUR}
    if not counters or foreign & {*ask.by, *ask.filters}:
        return
    columns = [getattr(RollupDay, one.value) for one in ask.columns]
    dated = [RollupDay.day] if ask.clocked else []
    reach = reaches(actor, VIEW, owner=RollupDay.user_id)
    statement: Select[Any] = (
        select(*columns, *dated, *(_of_days(name, ask) for name in counters))
        .where(
            RollupDay.day >= ask.first,
            RollupDay.day <= ask.last,
            *(getattr(RollupDay, by.value) == value for by, value in ask.filters.items()),
            *([] if reach is None else [reach]),
        )
        .group_by(*columns, *dated)
    )
    for row in await session.execute(statement):
        own = dict(zip(ask.columns, row, strict=False))
        width = len(columns) + len(dated)
        parts = tuple(own[by] if by in own else part_of_day(by, row[width - 1]) for by in ask.by)
        numbers = {
            name: (Decimal(number) if name in AMOUNTS else int(number))
            for name, number in zip(counters, row[width:], strict=True)
        }
        _add(found[parts], numbers)


def _of_days(name: str, ask: Ask) -> ColumnElement[Any]:
    """Money of the report's currency alone; promises of all of them."""
    column = getattr(RollupDay, name)
    meant = case((RollupDay.currency == ask.currency, column), else_=0) if name in AMOUNTS else column
    return func.coalesce(func.sum(meant), 0)


async def _from_cases(asked: _Asked, raw: RawFigures, found: _Found) -> None:
    """Active cases as they are now, and how many of them were called, by whomever."""
    session, actor, ask = asked.session, asked.actor, asked.ask
    owned: Mapping[By, Any] = {
        By.USER: Case.collector_id,
        By.UNIT: Case.unit_id,
        By.CREDITOR: Case.creditor_id,
        By.STAGE: Case.stage_id,
    }
    if not {*ask.by, *ask.filters} <= owned.keys():
        return
    columns = [func.coalesce(owned[by], 0).label(f"by_{by}") for by in ask.by]
    reach = reaches(actor, VIEW, owner=Case.collector_id)
    mine = [func.coalesce(owned[by], 0) == value for by, value in ask.filters.items()]
    amount = func.sum(case((Case.currency == ask.currency, Case.open_amount), else_=Decimal(0)))
    called = func.count(case((raw.was_called(Case.id, ask.span), 1)))
    counted = {"active_cases": func.count(Case.id), "outstanding": amount, "cases_called": called}
    statement: Select[Any] = (
        select(*columns, *counted.values())
        .where(and_(Case.state == CaseState.OPEN, *mine), *([] if reach is None else [reach]))
        .group_by(*columns)
    )
    for row in await session.execute(statement):
        numbers = dict(zip(counted, row[len(columns) :], strict=True))
        _add(found[tuple(row[: len(columns)])], numbers | {"outstanding": Decimal(numbers["outstanding"] or 0)})
