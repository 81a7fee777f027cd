"""The directory of reasons for pauses, with how long each may last."""

from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from callcenter.agents import directory
from callcenter.agents.directory import ReasonData
from callcenter.agents.model import PauseReason
from callcenter.agents.queries import pause_reasons
from callcenter.agents.rights import DIRECTORY
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Translator, msg, translator
from web.forms import Form, parse, submitted
from web.lists import ListSpec, asked, view
from web.page import go_to, language_of, page
from web.pages.listing import Align, Column, DurationCell, EmptyState, Row, StateCell, TextCell
from web.pages.results import OFF, ON
from web.security import actor, right, route
from web.state import services

_MINUTE = 60

SPEC = ListSpec(
    key="pauses",
    title=msg("Pause reasons"),
    path="/pauses",
    sort="position",
    columns=(
        Column(key="position", label=msg("Place"), align=Align.END),
        Column(key="label", label=msg("Reason")),
        Column(key="limit", label=msg("At most"), align=Align.END),
        Column(key="day", label=msg("A day together"), align=Align.END),
        Column(key="state", label=msg("State")),
    ),
    empty=EmptyState(
        title=msg("No reasons"), hint=msg("Without a reason nobody can pause: add the first."), icon="coffee"
    ),
)


class ReasonForm(Form):
    label: Annotated[str, StringConstraints(max_length=120)]
    minutes: Annotated[int, Field(ge=1, le=600)] | None = None
    day_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None
    position: Annotated[int, Field(ge=1, le=999)]
    active: bool = False

    def data(self, known: PauseReason | None, texts: Translator) -> ReasonData:
        """As the use case takes it; a shipped label that was left alone stays translatable."""
        untouched = known is not None and known.shipped and texts.gettext(known.label) == self.label
        return ReasonData(
            label=known.label if known is not None and untouched else self.label,
            limit_seconds=None if self.minutes is None else self.minutes * _MINUTE,
            day_seconds=None if self.day_minutes is None else self.day_minutes * _MINUTE,
            position=self.position,
            active=self.active,
        )


class NewReasonForm(ReasonForm):
    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$", to_lower=True)]


async def show(request: Request) -> Response:
    """Every reason, in the order of the state menu."""
    async with services(request).uow.read() as session:
        found = await pause_reasons(session, active_only=False)
    create = (msg("Add a reason"), "/pauses/new")
    drawn = await view(request, asked(request, SPEC), map(_row, found), total=len(found), create=create)
    return await page(request, "list_page.html", {"view": drawn})


def _row(reason: PauseReason) -> Row:
    href = f"/pauses/{reason.code}"
    return Row(
        id=reason.code,
        href=href,
        cells={
            "position": TextCell(reason.position),
            "label": TextCell(msg(reason.label) if reason.shipped else reason.label, href=href),
            "limit": DurationCell(reason.limit_seconds),
            "day": DurationCell(reason.day_seconds),
            "state": StateCell(ON if reason.active else OFF),
        },
    )


async def new(request: Request) -> Response:
    """The form of a reason of one's own."""
    async with services(request).uow.read() as session:
        last = max((one.position for one in await pause_reasons(session, active_only=False)), default=0)
    return await _form(request, None, {"position": last + 1, "active": True})


async def one(request: Request) -> Response:
    """A reason, to change it."""
    known = await _known(request)
    values = {
        "label": translator(language_of(request)).gettext(known.label) if known.shipped else known.label,
        "minutes": None if known.limit_seconds is None else known.limit_seconds // _MINUTE,
        "day_minutes": None if known.day_seconds is None else known.day_seconds // _MINUTE,
        "position": known.position,
        "active": known.active,
    }
    return await _form(request, known, values)


async def _known(request: Request) -> PauseReason:
    async with services(request).uow.read() as session:
        known = await session.get(PauseReason, request.path_params["code"])
    if known is None:
        raise NotFound
    return known


async def _form(request: Request, known: PauseReason | None, values: object, faults: Invalid | None = None) -> Response:
    context = {"known": known, "values": values, "faults": faults.fields if faults else {}}
    return await page(request, "directories/pause.html", context, status=422 if faults else 200)


async def add(request: Request) -> Response:
    """Add a reason."""
    held = services(request)
    try:
        sent = await parse(request, NewReasonForm)
        data = sent.data(None, translator(language_of(request)))
        async with held.uow.write() as work:
            await directory.add_reason(work, actor(request), sent.code, data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, None, await submitted(request), faults)
    return go_to("/pauses")


async def change(request: Request) -> Response:
    """Save a reason."""
    held, known = services(request), await _known(request)
    try:
        sent = await parse(request, ReasonForm)
        data = sent.data(known, translator(language_of(request)))
        async with held.uow.write() as work:
            await directory.change_reason(work, actor(request), known.code, data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, known, await submitted(request), faults)
    return go_to("/pauses")


_DIRECTORY = right(DIRECTORY)
routes = (
    route("/pauses", show, policy=_DIRECTORY, name="pauses"),
    route("/pauses/new", new, policy=_DIRECTORY, name="pause.new"),
    route("/pauses", add, policy=_DIRECTORY, methods=["POST"], name="pause.add"),
    route("/pauses/{code}", one, policy=_DIRECTORY, name="pause"),
    route("/pauses/{code}", change, policy=_DIRECTORY, methods=["POST"], name="pause.change"),
)
