"""The figures of a day, by collector and hour; every figure opens the calls behind it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from callcenter.productivity.ports import DayCalls
from callcenter.productivity.queries import DayFigures, day_figures
from callcenter.productivity.rights import EXPORT, VIEW
from callcenter.productivity.rules import Drill, Figure, Line
from core.kernel.clock import read_day
from core.kernel.i18n import Message, msg
from web.export import export
from web.page import page
from web.pages.listing import Align, Cell, Column, DayCell, DurationCell, Row, TextCell
from web.security import actor, right, route
from web.state import part, services

_HOUR = timedelta(hours=1)

LABELS: Mapping[Figure, Message] = {
    Figure.CALLS_IN: msg("Calls in"),
    Figure.CALLS_OUT: msg("Calls out"),
    Figure.ANSWERED: msg("Answered"),
    Figure.TALK_SECONDS: msg("Talk"),
    Figure.HOLD_SECONDS: msg("Hold"),
    Figure.WRAP_SECONDS: msg("Wrap-up"),
    Figure.CONTACTS: msg("Contacts"),
    Figure.RIGHT_PARTY: msg("Right-party contacts"),
    Figure.PROMISES: msg("Promises"),
}
FORMULAS: Mapping[Figure, Message] = {
    Figure.CALLS_IN: msg("Incoming calls whose collector he is, by the hour in which they began."),
    Figure.CALLS_OUT: msg("Outgoing calls whose collector he is, by the hour in which they began."),
    Figure.ANSWERED: msg("Calls in which somebody of the other side talked with a person."),
    Figure.TALK_SECONDS: msg("Sum of the time the other side talked, without hold."),
    Figure.HOLD_SECONDS: msg("Sum of the time the other side was on hold."),
    Figure.WRAP_SECONDS: msg("Sum of the time from the end of a call to its result."),
    Figure.CONTACTS: msg("Calls whose result means that somebody was reached."),
    Figure.RIGHT_PARTY: msg("Calls whose result means that the debtor himself was reached."),
    Figure.PROMISES: msg("Calls with the result promise or plan."),
}
_SECONDS = frozenset({Figure.TALK_SECONDS, Figure.HOLD_SECONDS, Figure.WRAP_SECONDS})


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureCell:
    """A figure and the address of the calls behind it (None where there are none)."""

    value: int
    is_time: bool
    href: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureRow:
    """One collector's day, or one of his hours (``hour`` is when it began)."""

    name: str
    hour: datetime | None
    cells: tuple[FigureCell, ...]


async def show(request: Request) -> Response:
    """The table of a day."""
    figures = await _figures(request)
    rows = [row for one in figures.collectors for row in _rows(figures, one.day, one.hours)]
    totals = tuple(FigureCell(value=figures.total[one], is_time=one in _SECONDS, href=None) for one in Figure)
    context = {
        "figures": figures,
        "labels": [(LABELS[figure], FORMULAS[figure]) for figure in Figure],
        "rows": rows,
        "totals": totals,
        "before": figures.day - timedelta(days=1),
        "after": figures.day + timedelta(days=1),
        "exports": actor(request).may(EXPORT),
    }
    return await page(request, "productivity/day.html", context)


async def download(request: Request) -> Response:
    """The same table as a file: a line for each collector and hour."""
    figures = await _figures(request)
    columns = [
        Column(key="day", label=msg("Day")),
        Column(key="hour", label=msg("Hour")),
        Column(key="name", label=msg("Collector")),
        *(Column(key=figure, label=LABELS[figure], align=Align.END) for figure in Figure),
    ]
    return await export(request, f"day-{figures.day.isoformat()}", columns, _batches(figures))


async def _batches(figures: DayFigures) -> AsyncIterator[Sequence[Row]]:
    for one in figures.collectors:
        yield [_file_row(figures, line) for line in one.hours]


def _file_row(figures: DayFigures, line: Line) -> Row:
    hour = line.since.astimezone(ZoneInfo(figures.zone))
    cells: dict[str, Cell] = {figure: _file_cell(figure, line.values[figure]) for figure in Figure}
    cells |= {"day": DayCell(figures.day), "hour": TextCell(f"{hour:%H:%M}"), "name": TextCell(_name(figures, line))}
    return Row(id=f"{line.user_id}-{hour.isoformat()}", cells=cells)


def _file_cell(figure: Figure, value: int) -> Cell:
    return DurationCell(value) if figure in _SECONDS else TextCell(value)


async def _figures(request: Request) -> DayFigures:
    held, me = services(request), actor(request)
    calls = part(request, DayCalls)
    async with held.uow.read() as session:
        return await day_figures(session, me, calls, _day(request, held.clock.now()))


def _day(request: Request, now: datetime) -> date:
    """The day asked for, else today where the reader is."""
    try:
        return read_day(request.query_params.get("day", ""))
    except ValueError:
        return now.astimezone(ZoneInfo(actor(request).timezone)).date()


def _rows(figures: DayFigures, day: Line, hours: Sequence[Line]) -> list[FigureRow]:
    whole = FigureRow(name=_name(figures, day), hour=None, cells=_cells(figures, day))
    return [whole, *(FigureRow(name="", hour=hour.since, cells=_cells(figures, hour)) for hour in hours)]


def _cells(figures: DayFigures, line: Line) -> tuple[FigureCell, ...]:
    return tuple(
        FigureCell(
            value=line.values[figure],
            is_time=figure in _SECONDS,
            href=f"/calls?{urlencode(address(figures, line.drill(figure)))}" if line.values[figure] else None,
        )
        for figure in Figure
    )


def address(figures: DayFigures, drill: Drill) -> dict[str, str]:
    """The call log's parameters that open exactly the calls behind a figure."""
    found = {"owner": str(drill.owner_id), "started-from": figures.day.isoformat()}
    found["started-to"] = figures.day.isoformat()
    if drill.until - drill.since <= _HOUR:
        found["hour"] = drill.since.isoformat()
    if drill.direction is not None:
        found["direction"] = drill.direction
    if drill.fate is not None:
        found["fate"] = drill.fate
    return found


def _name(figures: DayFigures, line: Line) -> str:
    return figures.names[line.user_id]


routes = [
    route("/day", show, policy=right(VIEW), name="day"),
    route("/day/export", download, policy=right(EXPORT), name="day.export"),
]
