"""My panel: what is announced, what waits for me, the figures of the day within my reach, who I am."""

import asyncio

from sqlalchemy import select
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from callcenter.calls.rights import DIAL
from callcenter.productivity.kpis import Kpi
from callcenter.productivity.ports import RawFigures
from callcenter.productivity.rights import VIEW as FIGURES
from core.cases.rights import EDIT as WORK_CASES
from core.people.model import Role, Unit
from core.people.queries import announcements_for
from web.page import page
from web.pages.reports.report_view import Shown, read_report
from web.pages.shipped_words import named
from web.security import identity, route, signed_in
from web.state import part, services

#: The day in eight figures: one's own for a collector, the team's or the house's for who leads it.
_FIGURES = ("calls", "contacts", "right_party", "promises", "talk", "aht", "occupancy", "collected")
_TODAY = QueryParams([("period", "today"), ("by", ""), *(("col", figure) for figure in _FIGURES)])


async def show(request: Request) -> Response:
    """The page everybody sees first."""
    me, held = identity(request), services(request)
    async with held.uow.read() as session:
        role = await session.get_one(Role, me.user.role_id)
        unit = await session.scalar(select(Unit.name).where(Unit.id == me.user.unit_id))
        announced = await announcements_for(session, me.actor, held.clock.now())
    blocks = await asyncio.gather(*(block(me.actor) for block in held.home))
    context = {
        "day": await _day(request),
        "serves": me.actor.may(WORK_CASES) and me.actor.may(DIAL),
        "user": me.user,
        "role": named(role),
        "unit": unit,
        "announced": announced,
        "tiles": [tile for block in blocks for tile in block],
    }
    return await page(request, "home.html", context)


async def _day(request: Request) -> list[tuple[Kpi, Shown]]:
    """The figures of today; none without the right to figures."""
    me, held = identity(request).actor, services(request)
    if not me.may(FIGURES):
        return []
    async with held.uow.read() as session:
        report = await read_report(session, me, part(request, RawFigures), _TODAY, now=held.clock.now())
    return list(zip(report.asked.kpis, report.total(), strict=True))


routes = (route("/", show, policy=signed_in, name="home"),)
