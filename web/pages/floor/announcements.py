"""Announcements on everybody's panel."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.kernel.errors import Invalid
from core.people import queries
from web.forms import Form, parse, submitted
from web.page import go_to, page
from web.pages import options
from web.security import actor, right, route
from web.state import services


class AnnouncementForm(Form):
    """``until`` is the last day it is shown, in the author's zone."""

    text: Annotated[str, StringConstraints(max_length=2000)]
    unit_id: int | None = None
    until: date


async def show(request: Request) -> Response:
    """Every announcement, and the form for a new one."""
    return await _page(request)


async def _page(request: Request, faults: Invalid | None = None) -> Response:
    held, me = services(request), actor(request)
    async with held.uow.read() as session:
        written = await queries.announcements_all(session, me)
        units = await queries.unit_lines(session)
    context = {
        "written": written,
        "units": options.of_units(units),
        "values": await submitted(request) if faults else {},
        "faults": faults.fields if faults else {},
        "now": held.clock.now(),
    }
    return await page(request, "people/announcements.html", context, status=422 if faults else 200)


async def publish(request: Request) -> Response:
    """Show a text to everybody or to one department."""
    try:
        sent = await parse(request, AnnouncementForm)
        zone = ZoneInfo(actor(request).timezone)
        until = datetime.combine(sent.until, time(), tzinfo=zone) + timedelta(days=1)
        await services(request).announcements.publish(actor(request), sent.text, sent.unit_id, until)
    except Invalid as faults:
        return await _page(request, faults)
    return go_to("/announcements")


async def withdraw(request: Request) -> Response:
    """End an announcement."""
    await services(request).announcements.withdraw(actor(request), request.path_params["id"])
    return go_to("/announcements")


_EDIT = right("announcements.edit")
routes = (
    route("/announcements", show, policy=_EDIT, name="announcements"),
    route("/announcements", publish, policy=_EDIT, methods=["POST"], name="announcements.publish"),
    route("/announcements/{id:int}/end", withdraw, policy=_EDIT, methods=["POST"], name="announcement.end"),
)
