"""Calendars: the hours of each weekday, and the days that are different."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Annotated, Any

from pydantic import StringConstraints
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from callcenter.queues import calendars
from callcenter.queues.calendars import CalendarData, CalendarQuery
from callcenter.queues.hours import WEEK, Stretch
from callcenter.queues.model import Calendar, CalendarDay
from callcenter.queues.rights import EDIT, VIEW
from callcenter.queues.service import QueueService
from core.kernel.errors import Invalid
from core.kernel.i18n import Message, mark, msg
from web.export import export_list
from web.forms import Form, ZoneField, parse, submitted
from web.lists import Asked, ListSpec, asked, listed
from web.page import go_to, language_of, page
from web.pages.listing import Column, EmptyState, Row, TextCell, ZoneCell
from web.pages.zones import zone_options, zones_called
from web.security import actor, right, route
from web.state import part, services

WEEKDAYS: Mapping[int, Message] = {
    0: msg("Monday"),
    1: msg("Tuesday"),
    2: msg("Wednesday"),
    3: msg("Thursday"),
    4: msg("Friday"),
    5: msg("Saturday"),
    6: msg("Sunday"),
}
#: The day, its hours, its name. What begins as hours do and are none is no name: the day would be taken for a holiday.
_DAY = re.compile(
    r"(\d{4}-\d{2}-\d{2})((?:\s+\d{1,2}:\d{2}\s*[-–]\s*\d{1,2}:\d{2})*)(?:\s+(?!\d{1,2}\s*(?:[-–:.]|$))(.{1,120}))?"
)
_HOURS = re.compile(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
#: So often a day may be begun anew.
_MOST_STRETCHES = 12
_NO_TIME = msg("Write a time as 09:00.")
_NO_DAY = mark("Line {number} is no day: write it as 2026-12-31 or 2026-12-30 10:00-15:00")
_TWICE = mark("Line {number} gives {day} once more")
SPEC = ListSpec(
    key="calendars",
    title=msg("Hours of work"),
    path="/calendars",
    sort="name",
    search_hint=msg("Name or time zone"),
    export_right=VIEW,
    columns=(
        Column(key="name", label=msg("Name"), sortable=True),
        Column(key="zone", label=msg("Time zone"), sortable=True),
    ),
    empty=EmptyState(
        title=msg("No hours of work"), hint=msg("Without them queues are open day and night."), icon="calendar-time"
    ),
)


class CalendarForm(Form):
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    zone: ZoneField
    days: Annotated[str, StringConstraints(max_length=20_000)] = ""


async def show(request: Request) -> Response:
    """The calendars."""
    wanted = asked(request, SPEC)
    async with services(request).uow.read() as session:
        found = await calendars.page_of_calendars(session, actor(request), _query(request, wanted))
    create = (msg("Add hours"), "/calendars/new") if actor(request).may(EDIT) else None
    drawn = await listed(request, wanted, found, _row, create=create)
    return await page(request, "list_page.html", {"view": drawn})


async def download(request: Request) -> Response:
    """The same calendars as a file."""
    wanted = asked(request, SPEC)
    return await export_list(request, wanted, _query(request, wanted), calendars.page_of_calendars, _row)


def _query(request: Request, wanted: Asked) -> CalendarQuery:
    return wanted.wish(CalendarQuery, searched_zones=zones_called(wanted.search, language_of(request)))


def _row(row: Calendar) -> Row:
    href = f"/calendars/{row.id}"
    return Row(id=str(row.id), href=href, cells={"name": TextCell(row.name, href=href), "zone": ZoneCell(row.zone)})


async def new(request: Request) -> Response:
    """The form of new hours: a working week."""
    values: dict[str, Any] = {"zone": actor(request).timezone}
    values |= {f"from_{weekday}": "09:00" for weekday in range(5)} | {f"until_{day}": "18:00" for day in range(5)}
    return await _form(request, None, values)


async def one(request: Request) -> Response:
    """A calendar, to look at or to change."""
    row, days = await _known(request)
    values: dict[str, Any] = {"name": row.name, "zone": row.zone, "days": "\n".join(map(_line, days))}
    for weekday, stretches in row.week.items():
        for place, stretch in enumerate(stretches):
            values |= zip(_sides(int(weekday), place), stretch, strict=True)
    return await _form(request, row, values)


def _line(day: CalendarDay) -> str:
    hours = "".join(f" {start}-{end}" for start, end in day.hours)
    return f"{day.day.isoformat()}{hours} {day.name}".strip()


async def _known(request: Request) -> tuple[Calendar, Sequence[CalendarDay]]:
    async with services(request).uow.read() as session:
        return await calendars.get_calendar(session, actor(request), request.path_params["id"])


async def _form(
    request: Request, known: Calendar | None, values: Mapping[str, Any], faults: Invalid | None = None
) -> Response:
    context = {
        "known": known,
        "values": values,
        "faults": faults.fields if faults else {},
        "edits": actor(request).may(EDIT),
        "week": [(name, _places(weekday, values)) for weekday, name in WEEKDAYS.items()],
        "zones_": zone_options(actor(request).language),
    }
    return await page(request, "queues/calendar.html", context, status=422 if faults else 200)


async def add(request: Request) -> Response:
    """Add hours."""
    return await _save(request, None)


async def change(request: Request) -> Response:
    """Save hours."""
    return await _save(request, (await _known(request))[0])


async def _save(request: Request, known: Calendar | None) -> Response:
    held, me = services(request), actor(request)
    try:
        data = await _read(request)
        async with held.uow.write() as work:
            await calendars.save_calendar(work, me, known.id if known else None, data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, known, _closed_up(await submitted(request)), faults)
    return go_to("/calendars")


async def _read(request: Request) -> CalendarData:
    form, sent = await parse(request, CalendarForm), _closed_up(await submitted(request))
    faults: dict[str, Message] = {}
    week: dict[int, Sequence[Stretch]] = {}
    for weekday in WEEK:
        stretches = []
        for sides in _places(weekday, sent):
            if not any(side in sent for side in sides):
                continue
            wrong = [side for side in sides if not _is_time(sent[side])]
            faults |= dict.fromkeys(wrong, _NO_TIME)
            if not wrong:
                stretches.append((_time(sent[sides[0]]), _time(sent[sides[1]])))
        if stretches:
            week[weekday] = stretches
    try:
        days = _days(form.days)
    except Invalid as found:
        faults |= found.fields
    if faults:
        raise Invalid(faults)
    return CalendarData(name=form.name, zone=form.zone, week=week, days=days)


def _sides(weekday: int, place: int) -> tuple[str, str]:
    """The fields of a weekday's stretch at that place: its beginning and its end."""
    return calendars.field_of("from", weekday, place), calendars.field_of("until", weekday, place)


def _places(weekday: int, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields of a weekday's stretches, and of one more, to be filled."""
    fields = [_sides(weekday, place) for place in range(_MOST_STRETCHES)]
    return fields[: sum(any(values.get(side) for side in sides) for sides in fields) + 1]


def _closed_up(sent: FormData) -> dict[str, str]:
    """What was sent, without gaps between the stretches of a day."""
    values = {name: str(sent[name]) for name in CalendarForm.model_fields if name in sent}
    for weekday in WEEK:
        sides = [_sides(weekday, place) for place in range(_MOST_STRETCHES)]
        given = [[str(sent.get(side) or "").strip() for side in pair] for pair in sides]
        for pair, texts in zip(sides, filter(any, given), strict=False):
            values |= zip(pair, texts, strict=True)
    return values


def _days(text: str) -> Mapping[date, tuple[str, Sequence[Stretch]]]:
    """The days that are different. Raises ``Invalid`` for the first line that is none, or one more of the same."""
    days: dict[date, tuple[str, Sequence[Stretch]]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            day, what = _day(line.strip())
        except ValueError:
            raise Invalid({"days": msg(_NO_DAY, number=number)}) from None
        if day in days:
            raise Invalid({"days": msg(_TWICE, number=number, day=day.isoformat())})
        days[day] = what
    return days


def _day(line: str) -> tuple[date, tuple[str, Sequence[Stretch]]]:
    found = _DAY.fullmatch(line)
    if found is None:
        raise ValueError
    hours = tuple((_time(start), _time(end)) for start, end in _HOURS.findall(found[2]))
    return date.fromisoformat(found[1]), (found[3] or "", hours)


def _is_time(text: str) -> bool:
    try:
        _time(text)
    except ValueError:
        return False
    return True


def _time(text: str) -> time:
    if _CLOCK.fullmatch(text) is None:
        raise ValueError
    return time.fromisoformat(text.zfill(5) if text != "24:00" else "00:00").replace(second=0)


async def delete(request: Request) -> Response:
    """Remove a calendar."""
    await part(request, QueueService).delete_calendar(actor(request), request.path_params["id"])
    return go_to("/calendars")


_VIEW, _EDIT = right(VIEW), right(EDIT)
routes = (
    route("/calendars", show, policy=_VIEW, name="calendars"),
    route("/calendars/export", download, policy=_VIEW, name="calendars.export"),
    route("/calendars/new", new, policy=_EDIT, name="calendar.new"),
    route("/calendars", add, policy=_EDIT, methods=["POST"], name="calendar.add"),
    route("/calendars/{id:int}", one, policy=_VIEW, name="calendar"),
    route("/calendars/{id:int}", change, policy=_EDIT, methods=["POST"], name="calendar.change"),
    route("/calendars/{id:int}/delete", delete, policy=_EDIT, methods=["POST"], name="calendar.delete"),
)
