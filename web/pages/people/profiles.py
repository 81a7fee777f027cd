"""Profiles: a matrix of rights and how far each reaches."""

from collections.abc import Mapping
from itertools import groupby

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from core.kernel.access import Right, Scope
from core.kernel.errors import Invalid, NotFound
from core.people import queries
from core.people.queries import ProfileLine
from web.forms import Form, Line, submitted, typed
from web.page import go_to, page
from web.pages.choices import SCOPES
from web.pages.shipped_words import named
from web.security import actor, right, route
from web.state import services

_FIELD = "right:"


class ProfileForm(Form):
    """The name; the rights are fields ``right:KEY`` with a scope each."""

    name: Line


async def _lines(request: Request) -> list[ProfileLine]:
    async with services(request).uow.read() as session:
        return await queries.profile_lines(session)


async def show(request: Request) -> Response:
    """Every profile."""
    return await page(request, "people/profiles.html", {"lines": await _lines(request), "named": named})


async def new(request: Request) -> Response:
    """An empty matrix."""
    return await _form(request, "", {})


async def edit(request: Request) -> Response:
    """The matrix of one profile."""
    line = await _fetch(request)
    return await _form(request, line.profile.name, line.rights, line=line)


async def _fetch(request: Request) -> ProfileLine:
    wanted = request.path_params["id"]
    found = next((line for line in await _lines(request) if line.profile.id == wanted), None)
    if found is None:
        raise NotFound
    return found


async def _form(
    request: Request,
    name: str,
    rights: Mapping[str, Scope],
    *,
    faults: Invalid | None = None,
    line: ProfileLine | None = None,
) -> Response:
    context = {
        "profile": line.profile if line else None,
        "named": named,
        "name": name,
        "held": {key: str(scope.value) for key, scope in rights.items()},
        "modules": _by_module(services(request).rights),
        "scopes": SCOPES,
        "faults": faults.fields if faults else {},
    }
    return await page(request, "people/profile_form.html", context, status=422 if faults else 200)


def _by_module(rights: tuple[Right, ...]) -> list[tuple[str, list[Right]]]:
    grouped = groupby(sorted(rights, key=lambda one: one.key), key=lambda one: one.key.partition(".")[0])
    return [(module, list(members)) for module, members in grouped]


def chosen(sent: FormData) -> dict[str, Scope]:
    """The rights of a submitted matrix; raises ``Invalid`` for a scope there is not."""
    rights: dict[str, Scope] = {}
    for name, value in sent.items():
        if name.startswith(_FIELD) and value:
            try:
                rights[name.removeprefix(_FIELD)] = Scope(int(str(value)))
            except ValueError as error:
                raise Invalid from error
    return rights


async def create(request: Request) -> Response:
    """Add a profile."""
    return await _save(request, None)


async def change(request: Request) -> Response:
    """Save a profile."""
    return await _save(request, await _fetch(request))


async def _save(request: Request, line: ProfileLine | None) -> Response:
    sent = await submitted(request)
    rights = chosen(sent)
    try:
        name = typed(sent, ProfileForm).name
        await services(request).profiles.save(actor(request), line.profile.id if line else None, name, rights)
    except Invalid as faults:
        return await _form(request, str(sent.get("name", "")), rights, faults=faults, line=line)
    return go_to("/profiles")


async def delete(request: Request) -> Response:
    """Delete a profile no role has."""
    await services(request).profiles.delete(actor(request), request.path_params["id"])
    return go_to("/profiles")


_EDIT = right("profiles.edit")
routes = (
    route("/profiles", show, policy=_EDIT, name="profiles"),
    route("/profiles", create, policy=_EDIT, methods=["POST"], name="profiles.create"),
    route("/profiles/new", new, policy=_EDIT, name="profiles.new"),
    route("/profiles/{id:int}", edit, policy=_EDIT, name="profile"),
    route("/profiles/{id:int}", change, policy=_EDIT, methods=["POST"], name="profile.change"),
    route("/profiles/{id:int}/delete", delete, policy=_EDIT, methods=["POST"], name="profile.delete"),
)
