"""The directory of promise types: how far and how much may be promised, and how it is judged."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.errors import PromiseTypeKeyTaken
from core.cases.model import PromiseType
from core.cases.service import promise_types as use_cases
from core.cases.service.promise_types import SHIPPED, TypeData
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Translator, msg, translator
from web.forms import KEY, Form, parse, submitted
from web.lists import ListSpec, asked, view
from web.page import go_to, language_of, page
from web.pages.listing import Align, Column, EmptyState, Row, StateCell, TextCell
from web.security import actor, right, route
from web.short_lists import OFF, ON
from web.state import services

SPEC = ListSpec(
    key="promise-types",
    title=msg("Kinds of promises"),
    path="/promise-types",
    sort="position",
    columns=(
        Column(key="position", label=msg("Place"), align=Align.END),
        Column(key="name", label=msg("Name")),
        Column(key="grace", label=msg("Days of grace"), align=Align.END),
        Column(key="threshold", label=msg("Kept from, per cent"), align=Align.END),
        Column(key="days", label=msg("Days ahead, at most"), align=Align.END),
        Column(key="amount", label=msg("Sum, at most"), align=Align.END),
        Column(key="state", label=msg("State")),
    ),
    empty=EmptyState(title=msg("No kinds of promises"), hint=msg("Add the first."), icon="heart-handshake"),
)
_Percent = Annotated[Decimal, Field(max_digits=5, decimal_places=2)]


class TypeForm(Form):
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    position: Annotated[int, Field(ge=1, le=999)]
    grace_days: Annotated[int, Field(ge=0, le=30)]
    threshold_percent: _Percent
    max_days: Annotated[int, Field(ge=1, le=366)] | None = None
    max_amount: Annotated[Decimal, Field(max_digits=16, decimal_places=2)] | None = None
    active: bool = False

    def data(self, known: PromiseType | None, texts: Translator) -> TypeData:
        """As the use case takes it; a shipped name that was left alone stays translatable."""
        values = self.model_dump(include=set(TypeForm.model_fields))
        if known is not None and texts.gettext(known.name) == self.name:
            values["name"] = known.name
        return TypeData(**values)


class NewTypeForm(TypeForm):
    key: Annotated[str, StringConstraints(max_length=40, to_lower=True), KEY]


async def show(request: Request) -> Response:
    """Every type, in the order of the dialog."""
    async with services(request).uow.read() as session:
        found = await use_cases.promise_types(session, active_only=False)
    create = (msg("Add a kind of promise"), "/promise-types/new")
    drawn = await view(request, asked(request, SPEC), map(_row, found), total=len(found), create=create)
    return await page(request, "list_page.html", {"view": drawn})


def _row(one: PromiseType) -> Row:
    href = f"/promise-types/{one.id}"
    return Row(
        id=str(one.id),
        href=href,
        cells={
            "position": TextCell(one.position),
            "name": TextCell(msg(one.name), href=href),
            "grace": TextCell(one.grace_days),
            "threshold": TextCell(f"{one.threshold_percent.normalize():f}"),
            "days": TextCell(one.max_days),
            "amount": TextCell("" if one.max_amount is None else f"{one.max_amount:.2f}"),
            "state": StateCell(ON if one.active else OFF),
        },
    )


async def new(request: Request) -> Response:
    """The form of a type of one's own."""
    values = {"position": len(SHIPPED) + 1, "grace_days": 1, "threshold_percent": 100, "active": True}
    return await _form(request, None, values)


async def one(request: Request) -> Response:
    """A type, to change it."""
    known = await _known(request)
    values = {name: getattr(known, name) for name in TypeForm.model_fields}
    percent = f"{known.threshold_percent.normalize():f}"
    name = translator(language_of(request)).gettext(known.name)
    return await _form(request, known, {**values, "name": name, "threshold_percent": percent})


async def _known(request: Request) -> PromiseType:
    async with services(request).uow.read() as session:
        known = await session.get(PromiseType, request.path_params["id"])
    if known is None:
        raise NotFound
    return known


async def _form(request: Request, known: PromiseType | None, values: object, faults: Invalid | None = None) -> Response:
    context = {"known": known, "values": values, "faults": faults.fields if faults else {}}
    return await page(request, "directories/promise_type.html", context, status=422 if faults else 200)


async def add(request: Request) -> Response:
    """Add a type."""
    held = services(request)
    try:
        sent = await parse(request, NewTypeForm)
        data = sent.data(None, translator(language_of(request)))
        async with held.uow.write() as work:
            await use_cases.add_type(work, actor(request), sent.key, data, at=held.clock.now())
    except PromiseTypeKeyTaken as taken:
        return await _form(request, None, await submitted(request), Invalid({"key": taken.message}))
    except Invalid as faults:
        return await _form(request, None, await submitted(request), faults)
    return go_to("/promise-types")


async def change(request: Request) -> Response:
    """Save a type."""
    held, known = services(request), await _known(request)
    try:
        data = (await parse(request, TypeForm)).data(known, translator(language_of(request)))
        async with held.uow.write() as work:
            await use_cases.change_type(work, actor(request), known.id, data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, known, await submitted(request), faults)
    return go_to("/promise-types")


_DIRECTORY = right(rights.WORKLISTS)
routes = (
    route("/promise-types", show, policy=_DIRECTORY, name="promise_types"),
    route("/promise-types/new", new, policy=_DIRECTORY, name="promise_type.new"),
    route("/promise-types", add, policy=_DIRECTORY, methods=["POST"], name="promise_type.add"),
    route("/promise-types/{id:int}", one, policy=_DIRECTORY, name="promise_type"),
    route("/promise-types/{id:int}", change, policy=_DIRECTORY, methods=["POST"], name="promise_type.change"),
)
