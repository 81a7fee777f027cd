"""Roles: the staffing structure, and which profiles each post has."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from core.cases.model import Stage
from core.kernel.errors import Invalid, NotFound
from core.people import queries
from core.people.queries import RoleLine
from core.people.service.roles import RoleData
from web.forms import CurrencyField, Form, Line, parse, submitted
from web.page import go_to, page
from web.pages.listing import Option
from web.pages.shipped_words import named
from web.security import actor, right, route
from web.state import services


class RoleForm(Form):
    """The form of a role. The salary is a month's."""

    name: Line
    parent_id: int | None = None
    salary: Annotated[Decimal, Field(max_digits=14, decimal_places=2)] | None = None
    currency: CurrencyField | None = None
    profile_ids: list[int] = Field(default_factory=list)
    stages: list[str] = Field(default_factory=list)


async def _stages(request: Request) -> tuple[Option, ...]:
    """The stages of the work chain a role may take part in."""
    wanted = select(Stage).where(Stage.active).order_by(Stage.position, Stage.id)
    async with services(request).uow.read() as session:
        return tuple(Option(value=row.key, label=named(row)) for row in await session.scalars(wanted))


async def _lines(request: Request) -> list[RoleLine]:
    async with services(request).uow.read() as session:
        return await queries.role_lines(session)


async def show(request: Request) -> Response:
    """Every role."""
    stages = {option.value: option.label for option in await _stages(request)}
    return await page(request, "people/roles.html", {"lines": await _lines(request), "stages": stages, "named": named})


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, {}, await _lines(request))


async def edit(request: Request) -> Response:
    """The form of one role."""
    lines = await _lines(request)
    line = _of(lines, request.path_params["id"])
    values = {**vars(line.role), "profile_ids": [str(profile.id) for profile in line.profiles], "stages": line.stages}
    return await _form(request, values, lines, line=line)


def _of(lines: list[RoleLine], role_id: int) -> RoleLine:
    found = next((line for line in lines if line.role.id == role_id), None)
    if found is None:
        raise NotFound
    return found


async def _form(
    request: Request,
    values: Mapping[str, Any],
    lines: list[RoleLine],
    *,
    faults: Invalid | None = None,
    line: RoleLine | None = None,
) -> Response:
    async with services(request).uow.read() as session:
        profiles = await queries.profile_lines(session)
    context = {
        "role": line.role if line else None,
        "named": named,
        "values": values,
        "faults": faults.fields if faults else {},
        "roles": [Option(value=str(one.role.id), label=named(one.role)) for one in lines if one is not line],
        "profiles": [Option(value=str(one.profile.id), label=named(one.profile)) for one in profiles],
        "stages": await _stages(request),
    }
    return await page(request, "people/role_form.html", context, status=422 if faults else 200)


async def create(request: Request) -> Response:
    """Add a role."""
    try:
        await _save(request, None)
    except Invalid as faults:
        return await _form(request, await _typed_in(request), await _lines(request), faults=faults)
    return go_to("/roles")


async def change(request: Request) -> Response:
    """Save a role."""
    try:
        await _save(request, request.path_params["id"])
    except Invalid as faults:
        lines = await _lines(request)
        line = _of(lines, request.path_params["id"])
        return await _form(request, await _typed_in(request), lines, faults=faults, line=line)
    return go_to("/roles")


async def _typed_in(request: Request) -> dict[str, Any]:
    sent = await submitted(request)
    return {**sent, "profile_ids": sent.getlist("profile_ids"), "stages": sent.getlist("stages")}


async def _save(request: Request, role_id: int | None) -> None:
    sent = await parse(request, RoleForm)
    known = {option.value for option in await _stages(request)}
    fields = {**sent.model_dump(), "stages": [stage for stage in sent.stages if stage in known]}
    await services(request).roles.save(actor(request), role_id, RoleData(**fields))


async def delete(request: Request) -> Response:
    """Delete a role nobody has."""
    await services(request).roles.delete(actor(request), request.path_params["id"])
    return go_to("/roles")


_EDIT = right("roles.edit")
routes = (
    route("/roles", show, policy=_EDIT, name="roles"),
    route("/roles", create, policy=_EDIT, methods=["POST"], name="roles.create"),
    route("/roles/new", new, policy=_EDIT, name="roles.new"),
    route("/roles/{id:int}", edit, policy=_EDIT, name="role"),
    route("/roles/{id:int}", change, policy=_EDIT, methods=["POST"], name="role.change"),
    route("/roles/{id:int}/delete", delete, policy=_EDIT, methods=["POST"], name="role.delete"),
)
