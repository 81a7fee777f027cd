"""Reports: figures of any period by what one likes, beside another period, as bars, files and for print."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from callcenter.calls.rights import VIEW as CALLS_VIEW
from callcenter.productivity import drill, slots
from callcenter.productivity.asking import Ask, By, Part, answers, shifted
from callcenter.productivity.kpis import KPIS, Family, Kpi, Unit, value
from callcenter.productivity.names import Names, house_currency, names
from callcenter.productivity.ports import RawFigures
from callcenter.productivity.report import PENETRATION_DAYS, Counters, Figures, Parts, read
from callcenter.productivity.rights import EXPORT, VIEW
from core.kernel.i18n import Message, msg, translator
from core.people import queries as people
from web.export import export
from web.lists import saved_views
from web.page import language_of, page
from web.pages.charts import Bar, Chart, chart
from web.pages.formats import day as day_text
from web.pages.formats import month as month_text
from web.pages.listing import Align, Cell, Column, DurationCell, NumberCell, Row, TextCell
from web.pages.report_ask import Asked, asked
from web.pages.report_words import (
    BY_LABELS,
    BY_NAMES,
    COMPARISONS,
    DIRECTIONS,
    PERIODS,
    SHIPPED,
    WEEKDAYS,
    reads,
)
from web.printing import Printer
from web.rendering import render
from web.security import actor, right, route
from web.state import part, services

LIST = "reports"
#: Breakdowns besides the collector that are chosen from a list.
_NAMED = ("unit", "creditor", "stage")
#: Lines drawn as bars; more are read better in the table.
_MOST_BARS = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One figure on screen: what it reads, what it was before, what it is made of, the calls behind it."""

    reads: str
    then: str | None
    made_of: str | None
    href: str | None
    value: Decimal | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownLine:
    """A line: the names of its parts, and its figures."""

    names: tuple[str | Message, ...]
    figures: tuple[Shown, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A report read, with all that is needed to show it."""

    asked: Asked
    figures: Figures
    then: Figures | None
    then_ask: Ask | None
    names: Mapping[By, Names]
    language: str
    opens: bool

    def lines(self) -> list[ShownLine]:
        """Every line in the order it is read."""
        before = {line.parts: line.counters for line in self.then.lines} if self.then else {}
        found = []
        for line in self.figures.lines:
            counters = before.get(self._then_parts(line.parts)) if self.then else None
            parts = dict(zip(self.asked.ask.by, line.parts, strict=True))
            found.append(
                ShownLine(
                    names=tuple(self.name(by, one) for by, one in parts.items()),
                    figures=tuple(self._shown(kpi, line.counters, counters, parts) for kpi in self.asked.kpis),
                )
            )
        return found if self.asked.ask.clocked else sorted(found, key=lambda line: [str(one) for one in line.names])

    def total(self) -> tuple[Shown, ...]:
        """The figures over everything."""
        counters = self.then.total if self.then else None
        return tuple(self._shown(kpi, self.figures.total, counters, {}) for kpi in self.asked.kpis)

    def chart(self, lines: Sequence[ShownLine]) -> Chart | None:
        """The bars of the figure chosen."""
        at = self.asked.kpis.index(self.asked.chart) if self.asked.chart in self.asked.kpis else 0
        kpi = self.asked.kpis[at]
        if not self.asked.ask.by or len(lines) > _MOST_BARS:
            return None
        before = {line.parts: line.counters for line in self.then.lines} if self.then else {}
        bars = []
        for line in self.figures.lines:
            then = value(kpi, before.get(self._then_parts(line.parts), {})).value if self.then else None
            now = value(kpi, line.counters).value
            parts = zip(self.asked.ask.by, line.parts, strict=True)
            name = " · ".join(self.text(self.name(by, one)) for by, one in parts)
            bars.append(Bar(name=name, reads=reads(kpi, now, self.language, self.currency), value=now, then=then))
        ordered = bars if self.asked.ask.clocked else sorted(bars, key=lambda bar: -(bar.value or Decimal(-1)))
        return chart(kpi.label, ordered)

    @property
    def currency(self) -> str:
        return self.asked.ask.currency

    def text(self, name: str | Message) -> str:
        """A name in the reader's language."""
        return translator(self.language).render(name) if isinstance(name, Message) else name

    def name(self, by: By, one: Part) -> str | Message:
        """What a part of a breakdown is called."""
        if by is By.WEEKDAY:
            return WEEKDAYS[int(str(one))]
        if by is By.HOUR:
            return f"{one:02}:00"
        if isinstance(one, date):
            return month_text(one, self.language) if by is By.MONTH else day_text(one, self.language)
        if by is By.DIRECTION:
            return DIRECTIONS.get(str(one), msg("none"))
        if not one:
            return msg("nobody") if by is By.USER else msg("none")
        known = self.names.get(by, {})
        return known.get(one, f"{one}") if isinstance(one, int) else one

    def _then_parts(self, parts: Parts) -> Parts:
        """The line of the other period that this one is compared with: the same, or the day as far into it."""
        assert self.then_ask is not None
        ask = self.asked.ask
        return tuple(
            self.then_ask.first + (one - ask.first) if isinstance(one, date) and by is By.DAY else one
            for by, one in zip(ask.by, parts, strict=True)
        )

    def _shown(self, kpi: Kpi, counters: Counters, before: Counters | None, parts: Mapping[By, Part]) -> Shown:
        if not answers(kpi, self.asked.ask) or _too_long(kpi, self.asked.ask):
            return Shown(reads="–", then=None, made_of=None, href=None, value=None)
        now = value(kpi, counters)
        then = None if before is None or Family.CASES in kpi.families else value(kpi, before).value
        return Shown(
            reads=reads(kpi, now.value, self.language, self.currency),
            then=None if before is None else reads(kpi, then, self.language, self.currency),
            made_of=_made_of(kpi, now.over, now.under),
            href=self._href(kpi, counters, parts),
            value=now.value,
        )

    def _href(self, kpi: Kpi, counters: Counters, parts: Mapping[By, Part]) -> str | None:
        if not self.opens or kpi.counter is None or not counters.get(kpi.counter, counters.get(kpi.over[0])):
            return None
        cell = drill.Cell(counter=kpi.counter, ask=self.asked.ask, parts=parts)
        return f"/calls?{urlencode({'behind': drill.write(cell)})}"


def _too_long(kpi: Kpi, ask: Ask) -> bool:
    """Whether different cases are not counted for a period like this."""
    return "cases_called" in kpi.over and ask.last - ask.first >= timedelta(days=PENETRATION_DAYS)


def _made_of(kpi: Kpi, over: Any, under: Any) -> str | None:
    """Both numbers of a share of counted things."""
    counted = kpi.unit is Unit.PERCENT and under and kpi.families <= {Family.CALLS, Family.CASES}
    return f"{int(over)} / {int(under)}" if counted else None


async def show(request: Request) -> Response:
    """The report as a page."""
    report = await _report(request)
    wanted, lines = report.asked, report.lines()
    query = urlencode(wanted.pairs)
    async with services(request).uow.read() as session:
        mine = {str(user.id): user.full_name for user in await people.colleagues(session, actor(request), VIEW)}
    choices: Mapping[str, Mapping[Any, str]] = {"user": mine, **{name: report.names[BY_NAMES[name]] for name in _NAMED}}
    context = {
        "report": report,
        "choices": choices,
        "asked": wanted,
        "lines": lines,
        "total": report.total(),
        "chart": report.chart(lines),
        "labels": BY_LABELS,
        "by_names": BY_NAMES,
        "periods": PERIODS,
        "comparisons": COMPARISONS,
        "shipped": SHIPPED,
        "kpis": KPIS,
        "query": query,
        "saved": await saved_views(request, LIST, wanted.pairs),
        "exports": actor(request).may(EXPORT),
        "may_share": actor(request).may("views.share"),
        "directions": DIRECTIONS,
        "rounded": slots.is_rounded(wanted.ask.span, wanted.ask.zone),
        "shipped_query": {key: _shipped(key, wanted) for key in SHIPPED},
    }
    return await page(request, "reports/report.html", context)


def _shipped(key: str, wanted: Asked) -> str:
    """The address of a shipped report for the same period and comparison."""
    kept = [pair for pair in wanted.pairs if pair[0] in ("period", "from", "to", "compare")]
    known = SHIPPED[key]
    return urlencode([*kept, *(("by", one) for one in known.by), *(("col", one) for one in known.figures)])


async def download(request: Request) -> Response:
    """The same as a workbook or CSV."""
    report = await _report(request)
    wanted = report.asked
    columns = [Column(key=by, label=BY_LABELS[by]) for by in wanted.ask.by]
    columns += [Column(key=f"kpi-{kpi.key}", label=kpi.label, align=Align.END) for kpi in wanted.kpis]
    name = f"report-{wanted.ask.first.isoformat()}-{wanted.ask.last.isoformat()}"
    return await export(request, name, columns, _batches(report))


async def _batches(report: Report) -> AsyncIterator[Sequence[Row]]:
    total = ShownLine(names=tuple(msg("All") for _ in report.asked.ask.by), figures=report.total())
    yield [_file_row(report, number, line) for number, line in enumerate([*report.lines(), total])]


def _file_row(report: Report, number: int, line: ShownLine) -> Row:
    cells: dict[str, Cell] = {by: TextCell(name) for by, name in zip(report.asked.ask.by, line.names, strict=True)}
    for kpi, one in zip(report.asked.kpis, line.figures, strict=True):
        cells[f"kpi-{kpi.key}"] = _file_cell(kpi, one)
    return Row(id=str(number), cells=cells)


def _file_cell(kpi: Kpi, one: Shown) -> Cell:
    if one.value is None:
        return TextCell(None)
    if kpi.unit is Unit.SECONDS:
        return DurationCell(round(one.value))
    return NumberCell(one.value.quantize(Decimal("0.0001")))


async def print_it(request: Request) -> Response:
    """The same as PDF."""
    report = await _report(request)
    context = {
        "report": report,
        "asked": report.asked,
        "lines": report.lines(),
        "total": report.total(),
        "labels": BY_LABELS,
        "language": language_of(request),
        "zone": actor(request).timezone,
    }
    written = await part(request, Printer).pdf(render("reports/report_print.html", context))
    ask = report.asked.ask
    name = f"report-{ask.first.isoformat()}-{ask.last.isoformat()}.pdf"
    return Response(
        written, media_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


async def _report(request: Request) -> Report:
    held, me, raw = services(request), actor(request), part(request, RawFigures)
    zone, now = ZoneInfo(me.timezone), held.clock.now()
    async with held.uow.read() as session:
        wanted = asked(request.query_params, now.astimezone(zone).date(), zone, await house_currency(session))
        counters = {name for kpi in wanted.kpis for name in (*kpi.counters, kpi.counter) if name}
        figures = await read(session, me, raw, wanted.ask, counters, now=now)
        then_ask = shifted(wanted.ask, wanted.compare)
        then = await read(session, me, raw, then_ask, counters, now=now) if then_ask else None
        known = {by: await names(session, by) for by in (By.USER, By.UNIT, By.CREDITOR, By.STAGE)}
    return Report(
        asked=wanted,
        figures=figures,
        then=then,
        then_ask=then_ask,
        names=known,
        language=language_of(request),
        opens=me.may(CALLS_VIEW),
    )


_VIEW, _EXPORT = right(VIEW), right(EXPORT)
routes = [
    route("/reports", show, policy=_VIEW, name="reports"),
    route("/reports/export", download, policy=_EXPORT, name="reports.export"),
    route("/reports/pdf", print_it, policy=_EXPORT, name="reports.pdf"),
]
