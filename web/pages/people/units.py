"""Departments: the tree, and the form of one."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.kernel.errors import Invalid, NotFound
from core.people import queries
from core.people.model import Unit
from core.people.service.units import UnitData
from web.forms import Form, parse, submitted
from web.page import go_to, page
from web.pages import options
from web.security import actor, right, route
from web.state import services


class UnitForm(Form):
    """The form of a department."""

    name: Annotated[str, StringConstraints(max_length=200)]
    parent_id: int | None = None
    head_id: int | None = None
    deputy_id: int | None = None


async def show(request: Request) -> Response:
    """The tree."""
    async with services(request).uow.read() as session:
        lines = await queries.unit_lines(session)
    return await page(request, "people/units.html", {"lines": lines, "edits": actor(request).may("units.edit")})


async def new(request: Request) -> Response:
    """An empty form, below ``?below=ID``."""
    return await _form(request, {"parent_id": request.query_params.get("below")})


async def edit(request: Request) -> Response:
    """The form of one department."""
    unit = await _fetch(request)
    return await _form(request, vars(unit), unit=unit)


async def _fetch(request: Request) -> Unit:
    async with services(request).uow.read() as session:
        unit = await session.get(Unit, request.path_params["id"])
    if unit is None:
        raise NotFound
    return unit


async def _form(
    request: Request, values: Mapping[str, Any], faults: Invalid | None = None, unit: Unit | None = None
) -> Response:
    async with services(request).uow.read() as session:
        lines = await queries.unit_lines(session)
        people = await queries.colleagues(session, actor(request), "units.edit")
    context = {
        "unit": unit,
        "values": values,
        "faults": faults.fields if faults else {},
        "units": options.of_units(lines),
        "people": options.of_people(people),
    }
    return await page(request, "people/unit_form.html", context, status=422 if faults else 200)


async def create(request: Request) -> Response:
    """Add a department."""
    try:
        await _save(request, None)
    except Invalid as faults:
        return await _form(request, await submitted(request), faults)
    return go_to("/units")


async def change(request: Request) -> Response:
    """Save a department."""
    try:
        await _save(request, request.path_params["id"])
    except Invalid as faults:
        return await _form(request, await submitted(request), faults, await _fetch(request))
    return go_to("/units")


async def _save(request: Request, unit_id: int | None) -> None:
    sent = await parse(request, UnitForm)
    await services(request).units.save(actor(request), unit_id, UnitData(**sent.model_dump()))


async def delete(request: Request) -> Response:
    """Delete an empty department."""
    await services(request).units.delete(actor(request), request.path_params["id"])
    return go_to("/units")


_EDIT = right("units.edit")
routes = (
    route("/units", show, policy=right("users.view", "units.edit"), name="units"),
    route("/units", create, policy=_EDIT, methods=["POST"], name="units.create"),
    route("/units/new", new, policy=_EDIT, name="units.new"),
    route("/units/{id:int}", edit, policy=_EDIT, name="unit"),
    route("/units/{id:int}", change, policy=_EDIT, methods=["POST"], name="unit.change"),
    route("/units/{id:int}/delete", delete, policy=_EDIT, methods=["POST"], name="unit.delete"),
)
