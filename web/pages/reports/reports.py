"""Reports: figures of any period by what one likes, beside another period, as bars, files and for print."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from callcenter.productivity import slots
from callcenter.productivity.kpis import KPIS
from callcenter.productivity.ports import RawFigures
from callcenter.productivity.rights import EXPORT, VIEW
from core.people import queries as people
from web.export import export
from web.lists import saved_views
from web.page import page
from web.pages.listing import Text
from web.pages.reports.report_ask import Asked
from web.pages.reports.report_files import PDF, batches_of, columns_of, name_of, printed
from web.pages.reports.report_view import Report, read_report
from web.pages.reports.report_words import (
    BY_LABELS,
    BY_NAMES,
    COMPARISONS,
    DIRECTIONS,
    PERIODS,
    SHIPPED,
)
from web.printing import Printer
from web.security import actor, right, route
from web.state import part, services

LIST = "reports"
#: More lines are read better in a file.
_MOST_LINES = 500
#: Breakdowns besides the collector that are chosen from a list.
_NAMED = ("unit", "creditor", "stage", "queue", "campaign")


async def show(request: Request) -> Response:
    """The report as a page."""
    report = await _report(request)
    lines = await run_in_threadpool(report.lines)
    wanted, more = report.asked, max(0, len(lines) - _MOST_LINES)
    query = urlencode(wanted.pairs)
    async with services(request).uow.read() as session:
        mine = {str(user.id): user.full_name for user in await people.colleagues(session, actor(request), VIEW)}
    named = {name: report.names[BY_NAMES[name]] for name in _NAMED}
    choices: Mapping[str, Mapping[Any, Text]] = {"user": mine, **named}
    context = {
        "report": report,
        "choices": choices,
        "asked": wanted,
        "lines": lines[:_MOST_LINES],
        "more": more,
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
        "currencies": {one: one for one in report.currencies},
        "rounded": slots.is_rounded(wanted.ask.span, wanted.ask.zone),
        "shipped_query": {key: _shipped(key, wanted) for key in SHIPPED},
    }
    return await page(request, "reports/report.html", context)


def _shipped(key: str, wanted: Asked) -> str:
    """The address of a shipped report for the same period and comparison."""
    kept = [pair for pair in wanted.pairs if pair[0] in ("period", "from", "to", "compare", "currency")]
    known = SHIPPED[key]
    return urlencode([*kept, *(("by", one) for one in known.by), *(("col", one) for one in known.figures)])


async def download(request: Request) -> Response:
    """The same as a workbook or CSV."""
    report = await _report(request)
    return await export(request, name_of(report), columns_of(report), batches_of(report))


async def print_it(request: Request) -> Response:
    """The same as PDF."""
    report = await _report(request)
    content = await part(request, Printer).pdf(await run_in_threadpool(printed, report))
    headers = {"Content-Disposition": f'attachment; filename="{name_of(report)}.pdf"'}
    return Response(content, media_type=PDF, headers=headers)


async def _report(request: Request) -> Report:
    held, me, raw = services(request), actor(request), part(request, RawFigures)
    async with held.uow.read() as session:
        return await read_report(session, me, raw, request.query_params, now=held.clock.now())


_VIEW, _EXPORT = right(VIEW), right(EXPORT)
routes = [
    route("/reports", show, policy=_VIEW, name="reports"),
    route("/reports/export", download, policy=_EXPORT, name="reports.export"),
    route("/reports/pdf", print_it, policy=_EXPORT, name="reports.pdf"),
]
