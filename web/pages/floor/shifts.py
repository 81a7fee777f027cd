"""The plan of shifts: everybody's week, the form of a collector's days, and weeks copied."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from callcenter.productivity.rights import PLAN
from callcenter.productivity.shifts import WEEK, PlannedWeek, Shift, Shifts, weeks
from callcenter.productivity.timekeeping import BlockKind
from core.kernel.clock import read_day
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from web.forms import Form, parse, submitted
from web.page import go_to, page
from web.pages.reports.report_words import WEEKDAYS
from web.security import actor, right, route
from web.state import part, services

_DAY = timedelta(days=1)
#: Breaks that the form has room for.
_BREAKS = 3


def _own(at: time) -> time:
    """A time on the collector's own clocks: it names no zone."""
    if at.tzinfo is not None:
        raise ValueError("a time with a zone")
    return at


_Time = Annotated[time, AfterValidator(_own)]


class ShiftForm(Form):
    """Days of a week and their hours, or that they are ``off``."""

    day: list[date] = Field(default_factory=list)
    off: bool = False
    start: _Time | None = None
    end: _Time | None = None

    def shift(self, breaks: tuple[tuple[time, time], ...]) -> Shift | None:
        """The shift meant."""
        if not self.day:
            raise Invalid({"day": msg("Choose a day.")})
        if self.off:
            return None
        if self.start is None or self.end is None:
            raise Invalid({"end" if self.start else "start": msg("Give the hours, or choose that the days are off.")})
        return Shift(start=self.start, end=self.end, breaks=breaks)


class CopyForm(Form):
    """From one week onto another."""

    onto: date


async def show(request: Request) -> Response:
    """Everybody's week."""
    monday = _monday(request)
    async with services(request).uow.read() as session:
        found = await weeks(session, actor(request), monday)
    context = {
        "weeks": found,
        "days": [monday + n * _DAY for n in range(7)],
        "monday": monday,
        "before": monday - WEEK,
        "after": monday + WEEK,
        "hours": {week.user_id: _hours(week) for week in found},
    }
    return await page(request, "reports/shifts.html", context)


async def one(request: Request) -> Response:
    """The form of a collector's week."""
    return await _form(request, {})


async def save(request: Request) -> Response:
    """Plan days of a collector's week."""
    user_id, monday = request.path_params["id"], _monday(request)
    try:
        sent = await parse(request, ShiftForm)
        shift = sent.shift(_breaks(await submitted(request)))
        await part(request, Shifts).plan(actor(request), user_id, sent.day, shift)
    except Invalid as error:
        return await _form(request, error.fields)
    return go_to(f"/shifts?week={monday.isoformat()}")


async def copy(request: Request) -> Response:
    """Copy the week shown onto another."""
    monday, sent = _monday(request), await parse(request, CopyForm)
    onto = sent.onto - timedelta(days=sent.onto.weekday())
    if onto == monday:
        raise Invalid({"onto": msg("Choose another week.")})
    await part(request, Shifts).copy_week(actor(request), monday, onto)
    return go_to(f"/shifts?week={onto.isoformat()}")


async def _form(request: Request, errors: Mapping[str, Message]) -> Response:
    monday, user_id = _monday(request), request.path_params["id"]
    async with services(request).uow.read() as session:
        found = next((week for week in await weeks(session, actor(request), monday) if week.user_id == user_id), None)
    if found is None:
        raise NotFound
    data = await submitted(request) if request.method == "POST" else None
    context = {
        "week": found,
        "monday": monday,
        "days": [
            (day, name, _shift_of(blocks)) for (day, blocks), name in zip(found.days.items(), WEEKDAYS, strict=True)
        ],
        "values": _typed(data) if data is not None else _known(found),
        "errors": errors,
        "breaks": range(_BREAKS),
    }
    return await page(request, "reports/shift_form.html", context, status=422 if errors else 200)


def _typed(data: FormData) -> dict[str, object]:
    return {**{key: str(value) for key, value in data.items()}, "day": [str(one) for one in data.getlist("day")]}


def _known(week: PlannedWeek) -> dict[str, object]:
    """The first planned day's hours, and the days that have the same: what is planned otherwise is not chosen, and
    stays. A week without a plan begins with its working days."""
    shifts = {day: _shift_of(blocks) for day, blocks in week.days.items()}
    first = next((shift for shift in shifts.values() if shift is not None), None)
    if first is None:
        return {"day": [day.isoformat() for day in shifts if day.weekday() < 5]}
    values: dict[str, object] = {"day": [day.isoformat() for day, shift in shifts.items() if shift == first]}
    values |= {"start": f"{first.start:%H:%M}", "end": f"{first.end:%H:%M}"}
    for number, (start, end) in enumerate(first.breaks[:_BREAKS]):
        values |= {f"from-{number}": f"{start:%H:%M}", f"to-{number}": f"{end:%H:%M}"}
    return values


def _shift_of(blocks: Sequence[tuple[str, datetime, datetime]]) -> Shift | None:
    """A planned day as it was given; None for a day off."""
    if not blocks:
        return None
    breaks = tuple((start.time(), end.time()) for kind, start, end in blocks if kind == BlockKind.BREAK)
    return Shift(start=blocks[0][1].time(), end=blocks[-1][2].time(), breaks=breaks)


def _breaks(data: FormData) -> tuple[tuple[time, time], ...]:
    found = []
    for number in range(_BREAKS):
        begins, ends = str(data.get(f"from-{number}", "")).strip(), str(data.get(f"to-{number}", "")).strip()
        if begins or ends:
            try:
                found.append((_own(time.fromisoformat(begins)), _own(time.fromisoformat(ends))))
            except ValueError as error:
                raise Invalid({"breaks": msg("Give the beginning and the end of a break.")}) from error
    return tuple(found)


def _hours(week: PlannedWeek) -> float:
    """Planned time of the week in seconds, breaks included."""
    spent = sum((end - start for blocks in week.days.values() for _, start, end in blocks), timedelta())
    return spent / timedelta(seconds=1)


def _monday(request: Request) -> date:
    """The Monday of the week asked for, else of this one."""
    now: datetime = services(request).clock.now().astimezone(ZoneInfo(actor(request).timezone))
    try:
        day = read_day(request.query_params.get("week", ""))
    except ValueError:
        day = now.date()
    return day - timedelta(days=day.weekday())


_PLAN = right(PLAN)
routes = [
    route("/shifts", show, policy=_PLAN, name="shifts"),
    route("/shifts/copy", copy, policy=_PLAN, methods=["POST"], name="shifts.copy"),
    route("/shifts/{id:int}", one, policy=_PLAN, name="shift"),
    route("/shifts/{id:int}", save, policy=_PLAN, methods=["POST"], name="shift.save"),
]
