"""Calendars as use cases: hours of the week, and days that are different."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.queues.errors import CalendarNeeded, MenuKeepsHours, NoSuchCalendar
from callcenter.queues.events import QueuesChanged
from callcenter.queues.hours import WEEK, Hours, Stretch
from callcenter.queues.model import Calendar, CalendarDay, Queue
from callcenter.queues.ports import Menus
from callcenter.queues.rights import EDIT, VIEW
from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.errors import Invalid
from core.kernel.i18n import Message, msg
from core.kernel.paging import Listing, Wish, fetch_listing
from core.kernel.uow import Work

_ORDERS: Mapping[str, ColumnElement[Any]] = {"name": Calendar.name.expression, "zone": Calendar.zone.expression}


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarData:
    """What may be said of a calendar: the hours of each weekday (none: closed) and of days out of the ordinary, each
    with a name."""

    name: str
    zone: str
    week: Mapping[int, Sequence[Stretch]]
    days: Mapping[date, tuple[str, Sequence[Stretch]]] = field(default_factory=dict)


async def list_calendars(session: AsyncSession, actor: Actor) -> Sequence[Calendar]:
    """Every calendar, by name."""
    actor.require(VIEW)
    return (await session.scalars(select(Calendar).order_by(Calendar.name, Calendar.id))).all()


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarQuery(Wish):
    """Which calendars: ``search`` is part of a name, or what the ``searched_zones`` are called by who asks."""

    searched_zones: Collection[str] = ()


async def page_of_calendars(session: AsyncSession, actor: Actor, wish: CalendarQuery) -> Listing[Calendar]:
    """A page of calendars. Raises ``Invalid`` for a damaged cursor."""
    actor.require(VIEW)
    wanted = select(Calendar)
    if wish.search:
        named = Calendar.name.icontains(wish.search, autoescape=True)
        wanted = wanted.where(or_(named, Calendar.zone.in_(wish.searched_zones)))
    found = await fetch_listing(session, wanted, _ORDERS, Calendar.id.expression, wish)
    return found.of([row.Calendar for row in found.rows])


async def get_calendar(session: AsyncSession, actor: Actor, calendar_id: int) -> tuple[Calendar, Sequence[CalendarDay]]:
    """A calendar with its days out of the ordinary. Raises ``NoSuchCalendar``."""
    actor.require(VIEW)
    row = await session.get(Calendar, calendar_id)
    if row is None:
        raise NoSuchCalendar
    return row, await _days(session, calendar_id)


async def hours_of(session: AsyncSession, calendar_id: int) -> Hours | None:
    """A calendar as the rules read it; None for one that is gone."""
    row = await session.get(Calendar, calendar_id)
    if row is None:
        return None
    days = {day.day: _stretches(day.hours) for day in await _days(session, calendar_id)}
    week = {int(weekday): _stretches(stretches) for weekday, stretches in row.week.items()}
    return Hours(zone=ZoneInfo(row.zone), week=week, days=days)


async def save_calendar(
    work: Work, actor: Actor, calendar_id: int | None, data: CalendarData, *, at: datetime
) -> Calendar:
    """Add a calendar, or change the one of that id. Raises ``NoSuchCalendar``, ``Invalid``."""
    actor.require(EDIT)
    _check(data)
    row = Calendar(name="", zone="", week={}) if calendar_id is None else await work.session.get(Calendar, calendar_id)
    if row is None:
        raise NoSuchCalendar
    week = {str(weekday): _told(stretches) for weekday, stretches in data.week.items()}
    days = {day.isoformat(): [name, _told(stretches)] for day, (name, stretches) in data.days.items()}
    before = (
        {}
        if calendar_id is None
        else {one.day.isoformat(): [one.name, one.hours] for one in await _days(work.session, calendar_id)}
    )
    changes = {
        "name": (row.name, data.name),
        "timezone": (row.zone, data.zone),
        "hours": (row.week, week),
        "days": (before, days),
    }
    row.name, row.zone, row.week = data.name, data.zone, week
    work.session.add(row)
    await work.session.flush()
    await work.session.execute(delete(CalendarDay).where(CalendarDay.calendar_id == row.id))
    work.session.add_all(
        CalendarDay(calendar_id=row.id, day=day, name=name, hours=_told(stretches))
        for day, (name, stretches) in data.days.items()
    )
    work.emit(QueuesChanged(at=at))
    record(work, actor, "calendars.saved", ("calendar", row.id), changes, at=at)
    return row


async def delete_calendar(
    work: Work, actor: Actor, calendar_id: int, *, at: datetime, menus: Menus | None = None
) -> None:
    """Remove a calendar that no queue and no menu goes by. Raises ``NoSuchCalendar``, ``CalendarNeeded``."""
    actor.require(EDIT)
    row = await work.session.get(Calendar, calendar_id, with_for_update=True)
    if row is None:
        raise NoSuchCalendar
    if menus is not None and (names := await menus.keeping(work.session, calendar_id)):
        raise MenuKeepsHours(menus=", ".join(names))
    if await work.session.scalar(select(Queue.id).where(Queue.calendar_id == calendar_id).limit(1)) is not None:
        raise CalendarNeeded
    await work.session.execute(delete(CalendarDay).where(CalendarDay.calendar_id == calendar_id))
    await work.session.delete(row)
    record(work, actor, "calendars.removed", ("calendar", calendar_id), {"name": (row.name, None)}, at=at)


def field_of(side: str, weekday: int, place: int = 0) -> str:
    """What a form calls the beginning (``from``) or the end (``until``) of a weekday's stretch at that place."""
    return f"{side}_{weekday}_{place}" if place else f"{side}_{weekday}"


def _check(data: CalendarData) -> None:
    if not data.week.keys() <= set(WEEK):
        raise Invalid
    for weekday, hours in data.week.items():
        for place, side, text in _faults(hours):
            raise Invalid({field_of(side, weekday, place): text})
    for _, hours in data.days.values():
        for _, _, text in _faults(hours):
            raise Invalid({"days": text})


def _faults(hours: Sequence[Stretch]) -> Iterator[tuple[int, str, Message]]:
    """What is wrong in the stretches of one day: the place of the stretch, the side of it, and why."""
    for place, (start, end) in enumerate(hours):
        if end <= start and end != time(0):
            yield place, "until", msg("The end is before the beginning.")
        elif place and (hours[place - 1][1] == time(0) or start < hours[place - 1][1]):
            yield place, "from", msg("This begins before the hours given before it are over.")


async def _days(session: AsyncSession, calendar_id: int) -> Sequence[CalendarDay]:
    wanted = select(CalendarDay).where(CalendarDay.calendar_id == calendar_id).order_by(CalendarDay.day)
    return (await session.scalars(wanted)).all()


def _stretches(told: Sequence[Sequence[str]]) -> tuple[Stretch, ...]:
    return tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in told)


def _told(stretches: Sequence[Stretch]) -> list[list[str]]:
    return [[start.isoformat("minutes"), end.isoformat("minutes")] for start, end in stretches]
