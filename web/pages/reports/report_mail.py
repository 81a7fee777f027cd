"""Reports by mail: when which saved report goes to whom, and what became of it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from callcenter.productivity.mail_rules import Every
from callcenter.productivity.mailing import (
    REPORTS,
    Mailing,
    ScheduleData,
    mails,
    readers,
    schedule_for,
    schedules,
    unreached,
)
from callcenter.productivity.model import MailState, ReportSchedule
from callcenter.productivity.rights import EXPORT
from core.kernel.errors import Invalid
from core.kernel.i18n import Message, msg
from web.forms import Form, is_position, parse, submitted
from web.lists import ListSpec, asked, saved_views, view
from web.page import go_to, page
from web.pages import options
from web.pages.listing import Column, EmptyState, Option, Row, TextCell, TimeCell
from web.pages.reports import report_words as words
from web.security import actor, right, route
from web.state import part, services

SPEC = ListSpec(
    key="report-mail",
    title=msg("Reports by mail"),
    path="/reports/mail",
    sort="name",
    columns=(
        Column(key="name", label=msg("Report")),
        Column(key="every", label=msg("How often")),
        Column(key="format", label=msg("File")),
        Column(key="readers", label=msg("Readers")),
        Column(key="next", label=msg("Next")),
    ),
    empty=EmptyState(
        title=msg("No report is mailed yet"),
        hint=msg("Save a report first; then it can be mailed every day, week or month."),
        icon="mail",
    ),
)


class ScheduleForm(Form):
    """``view_id`` empty: the report that was chosen before."""

    view_id: int | None = None
    format: Literal["xlsx", "pdf"]
    every: Every
    weekday: Annotated[int, Field(ge=1, le=7)] = 1
    monthday: Annotated[int, Field(ge=1, le=31)] = 1
    hour: Annotated[int, Field(ge=0, le=23)]
    user: list[int] = []
    rests: bool = False

    def data(self) -> ScheduleData:
        """As the use case takes it."""
        return ScheduleData(
            view_id=self.view_id,
            format=self.format,
            every=self.every,
            day=self.weekday if self.every is Every.WEEK else self.monthday,
            hour=self.hour,
            recipients=tuple(self.user),
            rests=self.rests,
        )


async def index(request: Request) -> Response:
    """What is mailed."""
    async with services(request).uow.read() as session:
        found = await schedules(session, actor(request))
    create = (msg("Mail a report"), "/reports/mail/new")
    drawn = await view(request, asked(request, SPEC), map(_row, found), total=len(found), create=create)
    return await page(request, "list_page.html", {"view": drawn})


def _row(one: ReportSchedule) -> Row:
    href = f"/reports/mail/{one.id}"
    return Row(
        id=str(one.id),
        href=href,
        cells={
            "name": TextCell(one.name, href=href),
            "every": TextCell(words.EVERY[one.every]),
            "format": TextCell(one.format),
            "readers": TextCell(len(one.recipients)),
            "next": TimeCell(one.next_at),
        },
    )


async def new(request: Request) -> Response:
    """The form of a new one, for the saved report it was opened from."""
    me = actor(request)
    values = {"every": Every.WEEK, "format": "xlsx", "hour": 8, "weekday": 1, "monthday": 1, "user": [me.user_id]}
    return await _form(request, None, {**values, "view_id": request.query_params.get("view", "")})


async def add(request: Request) -> Response:
    """Have it mailed from now on."""
    form = await parse(request, ScheduleForm)
    if form.view_id is None:
        return await _refused(request, {"view_id": msg("Choose a saved report.")})
    try:
        added = await part(request, Mailing).add(actor(request), form.data())
    except Invalid as faults:
        return await _refused(request, faults.fields)
    return go_to(f"/reports/mail/{added}")


async def one(request: Request) -> Response:
    """When it goes to whom, and what became of the last ones."""
    async with services(request).uow.read() as session:
        row = await schedule_for(session, actor(request), request.path_params["id"])
    values = {"every": row.every, "format": row.format, "hour": row.hour, "user": row.recipients, "view_id": ""}
    days = {"weekday": row.day if row.every == Every.WEEK else 1, "monthday": row.day}
    return await _form(request, row, {**values, **days, "rests": row.next_at is None})


async def change(request: Request) -> Response:
    """Save it."""
    form, schedule_id = await parse(request, ScheduleForm), request.path_params["id"]
    try:
        await part(request, Mailing).change(actor(request), schedule_id, form.data())
    except Invalid as faults:
        return await _refused(request, faults.fields)
    return go_to(f"/reports/mail/{schedule_id}")


async def remove(request: Request) -> Response:
    """Mail it no more."""
    await part(request, Mailing).remove(actor(request), request.path_params["id"])
    return go_to("/reports/mail")


async def _refused(request: Request, faults: Mapping[str, Message]) -> Response:
    data, row = await submitted(request), None
    if (schedule_id := request.path_params.get("id")) is not None:
        async with services(request).uow.read() as session:
            row = await schedule_for(session, actor(request), schedule_id)
    typed: dict[str, Any] = {**data, "user": [int(str(u)) for u in data.getlist("user") if is_position(str(u))]}
    return await _form(request, row, typed, faults)


async def _form(
    request: Request, row: ReportSchedule | None, values: Mapping[str, Any], faults: Mapping[str, Message] | None = None
) -> Response:
    me = actor(request)
    async with services(request).uow.read() as session:
        people = await readers(session, me)
        others = len(await unreached(session, me, row)) if row else 0
        sent = await _sent(session, row) if row else ()
    saved = await saved_views(request, REPORTS, ())
    context = {
        "schedule": row,
        "values": values,
        "faults": faults or {},
        "saved": options.of_rows(saved),
        "people": tuple((user.id, user.full_name, user.email) for user in people),
        "others": others,
        "every": tuple(Option(value=value, label=label) for value, label in words.EVERY.items()),
        "weekdays": tuple(Option(value=str(n), label=label) for n, label in enumerate(words.WEEKDAYS, 1)),
        "hours": tuple(Option(value=str(hour), label=f"{hour:02}:00") for hour in range(24)),
        "formats": (Option(value="xlsx", label="Excel"), Option(value="pdf", label="PDF")),
        "own_zone": row.zone if row else me.timezone,
        "sent": sent,
        "ready": part(request, Mailing).ready,
    }
    return await page(request, "reports/mail_form.html", context, status=422 if faults else 200)


async def _sent(session: AsyncSession, row: ReportSchedule) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "due_at": mail.due_at,
            "at": mail.at,
            "to": user.full_name,
            "state": words.MAIL_STATES[MailState(mail.state)],
            "error": words.MAIL_ERRORS.get(mail.error),
            "tries": mail.tries,
        }
        for mail, user in await mails(session, row.id)
    )


_EXPORT = right(EXPORT)
routes = [
    route("/reports/mail", index, policy=_EXPORT, name="reports.mail"),
    route("/reports/mail", add, policy=_EXPORT, methods=["POST"], name="reports.mail_add"),
    route("/reports/mail/new", new, policy=_EXPORT, name="reports.mail_new"),
    route("/reports/mail/{id:int}", one, policy=_EXPORT, name="reports.mail_one"),
    route("/reports/mail/{id:int}", change, policy=_EXPORT, methods=["POST"], name="reports.mail_change"),
    route("/reports/mail/{id:int}/remove", remove, policy=_EXPORT, methods=["POST"], name="reports.mail_remove"),
]
