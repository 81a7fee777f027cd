"""Reports as files: a workbook, CSV or PDF, downloaded or mailed."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams

from callcenter.productivity.kpis import Kpi, Unit
from callcenter.productivity.ports import RawFigures, ReportFile
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.i18n import Message, msg
from core.kernel.uow import UnitOfWork
from web.export import XLSX, written
from web.pages.formats import day
from web.pages.listing import Align, Cell, Column, DurationCell, NumberCell, Row, TextCell
from web.pages.reports.report_view import Report, Shown, ShownLine, read_report
from web.pages.reports.report_words import BY_LABELS
from web.printing import Printer
from web.rendering import render

PDF = "application/pdf"


_BATCH = 200


class MadeReports:
    """Implements ``callcenter.productivity.ports.ReportFiles``."""

    def __init__(self, uow: UnitOfWork, clock: Clock, raw: RawFigures, printer: Printer) -> None:
        self._uow = uow
        self._clock = clock
        self._raw = raw
        self._printer = printer

    async def make(self, actor: Actor, query: str, format: str, due: datetime) -> ReportFile:
        async with self._uow.read() as session:
            report = await read_report(session, actor, self._raw, QueryParams(query), now=self._clock.now(), due=due)
        if format == "pdf":
            content, media = await self._printer.pdf(await run_in_threadpool(printed, report)), PDF
        else:
            path = await written(actor, format, columns_of(report), batches_of(report))
            try:
                content, media = await run_in_threadpool(path.read_bytes), XLSX
            finally:
                await run_in_threadpool(path.unlink, missing_ok=True)
        ask = report.asked.ask
        period = " – ".join(dict.fromkeys((day(ask.first, actor.language), day(ask.last, actor.language))))
        return ReportFile(name=f"{name_of(report)}.{format}", media=media, period=period, content=content)


def name_of(report: Report) -> str:
    """The file's name without its suffix."""
    ask = report.asked.ask
    return f"report-{ask.first.isoformat()}-{ask.last.isoformat()}"


def printed(report: Report) -> str:
    """The report as a page to print."""
    ask = report.asked.ask
    return render(
        "reports/report_print.html",
        {
            "report": report,
            "asked": report.asked,
            "lines": report.lines(),
            "total": report.total(),
            "labels": BY_LABELS,
            "language": report.language,
            "zone": ask.zone.key,
        },
    )


def columns_of(report: Report) -> list[Column]:
    """What stands beside each other in the workbook."""
    wanted = report.asked
    columns = [Column(key=by, label=BY_LABELS[by]) for by in wanted.ask.by]
    return [
        *columns,
        *(Column(key=f"kpi-{kpi.key}", label=_label(report, kpi), align=Align.END) for kpi in wanted.kpis),
    ]


def _label(report: Report, kpi: Kpi) -> Message:
    """What a figure is called; money names its currency, since cells hold bare numbers."""
    if kpi.unit not in (Unit.MONEY, Unit.PER_HOUR) or not report.currency:
        return kpi.label
    return msg("{figure}, {currency}", figure=kpi.label, currency=report.currency)


async def batches_of(report: Report) -> AsyncIterator[Sequence[Row]]:
    """The lines, and the sum over all of them."""
    total = ShownLine(names=tuple(msg("All") for _ in report.asked.ask.by), figures=report.total())
    lines = await run_in_threadpool(report.lines)
    for begin in range(0, len(lines), _BATCH):
        yield [_file_row(report, begin + number, line) for number, line in enumerate(lines[begin : begin + _BATCH])]
    yield [_file_row(report, len(lines), total)]


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
