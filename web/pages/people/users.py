"""Users: the list, the form, and what can be done to one."""

import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import StringConstraints
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from core.kernel.errors import Invalid
from core.kernel.i18n import msg
from core.kernel.paging import Page
from core.people import queries
from core.people.model import Role, User
from core.people.queries import UserSearch
from core.people.service.users import UserData
from web.export import export
from web.forms import EmailField, Form, Line, PhoneField, ZoneField, like, parse, submitted
from web.lists import EXPORT_BATCH, PAGE_SIZE, Asked, ListSpec, asked, row_by_row, view
from web.page import go_to, page
from web.pages import options
from web.pages.choices import language_options
from web.pages.listing import (
    Column,
    EmptyState,
    Filter,
    FilterKind,
    Option,
    Row,
    State,
    StateCell,
    TextCell,
    TimeCell,
    Tone,
)
from web.pages.shipped_words import named, role_name
from web.pages.zones import zone_options
from web.security import actor, right, route
from web.state import services

_STATES = {"active": True, "inactive": False}
_ACTIVE = State(word=msg("active"), icon="circle-check")
_INACTIVE = State(word=msg("deactivated"), icon="circle-off", tone=Tone.ALERT)

SPEC = ListSpec(
    key="users",
    title=msg("Users"),
    path="/users",
    sort="name",
    search_hint=msg("Login, name, position or extension"),
    export_right="users.view",
    columns=(
        Column(key="name", label=msg("Name"), sortable=True),
        Column(key="login", label=msg("Login"), sortable=True),
        Column(key="role", label=msg("Role"), sortable=True),
        Column(key="unit", label=msg("Department")),
        Column(key="position", label=msg("Position"), visible=False),
        Column(key="extension", label=msg("Extension")),
        Column(key="state", label=msg("State")),
        Column(key="last_login", label=msg("Last sign-in"), sortable=True),
    ),
    filters=(
        Filter(key="role", label=msg("Role"), kind=FilterKind.SELECT),
        Filter(key="unit", label=msg("Department"), kind=FilterKind.SELECT),
        Filter(
            key="state",
            label=msg("State"),
            kind=FilterKind.SELECT,
            options=(Option(value="active", label=_ACTIVE.word), Option(value="inactive", label=_INACTIVE.word)),
        ),
    ),
    empty=EmptyState(
        title=msg("No users"),
        hint=msg("Nobody is within your reach yet. Add the first user."),
        icon="users",
    ),
)


class UserForm(Form):
    """The form of a user. ``password`` is only there for a new one."""

    login: Annotated[str, StringConstraints(max_length=60, to_lower=True), like(r"[\w.@-]+", "login")]
    role_id: int
    unit_id: int | None = None
    surname: Annotated[str, StringConstraints(max_length=80)] = ""
    first_name: Annotated[str, StringConstraints(max_length=80)] = ""
    patronymic: Annotated[str, StringConstraints(max_length=80)] = ""
    position: Line = ""
    work_phone: PhoneField | None = None
    home_phone: PhoneField | None = None
    mobile_phone: PhoneField | None = None
    fax: PhoneField | None = None
    email: EmailField | None = None
    language: Literal["en", "ru", "uk", "pl"] = "en"
    timezone: ZoneField = "UTC"
    extension: Annotated[str, StringConstraints(max_length=20), like("[0-9]+", "digits")] | None = None


async def show(request: Request) -> Response:
    """The list of users."""
    spec, held = await _spec(request), services(request)
    wanted = asked(request, spec)
    search = _search(wanted)
    async with held.uow.read() as session:
        found = await queries.users(
            session, actor(request), search, size=PAGE_SIZE, after=wanted.after, before=wanted.before
        )
        total, at_least = await queries.count_users(session, actor(request), search)
    drawn = await view(
        request,
        wanted,
        (_row(line) for line in found.rows),
        next_cursor=found.next,
        previous_cursor=found.previous,
        total=total,
        total_is_at_least=at_least,
        create=(msg("Add a user"), "/users/new") if actor(request).may("users.edit") else None,
    )
    return await page(request, "list_page.html", {"view": drawn})


async def download(request: Request) -> Response:
    """The same list as a file."""
    wanted = asked(request, await _spec(request))
    return await export(request, "users", wanted.shown, _batches(request, _search(wanted)))


def _batches(request: Request, search: UserSearch) -> AsyncIterator[list[Row]]:
    async def read(after: str | None) -> Page[Any]:
        async with services(request).uow.read() as session:
            return await queries.users(session, actor(request), search, size=EXPORT_BATCH, after=after, before=None)

    return row_by_row(read, _row)


async def _spec(request: Request) -> ListSpec:
    """The list with the roles and departments there are to filter by."""
    roles, units = await _choices(request)
    return SPEC.with_options({"role": roles, "unit": units})


async def _choices(request: Request) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    async with services(request).uow.read() as session:
        roles = (await session.scalars(select(Role).order_by(Role.name))).all()
        units = await queries.unit_lines(session)
    return (
        tuple(Option(value=str(role.id), label=named(role)) for role in roles),
        options.of_units(units),
    )


def _search(wanted: Asked) -> UserSearch:
    return UserSearch(
        text=wanted.search,
        role_id=wanted.number("role"),
        unit_id=wanted.number("unit"),
        active=wanted.one_of("state", _STATES),
        sort=wanted.sort_key,
        descending=wanted.descending,
    )


def _row(line: Any) -> Row:
    user: User = line.User
    return Row(
        id=str(user.id),
        href=f"/users/{user.id}",
        cells={
            "name": TextCell(user.full_name),
            "login": TextCell(user.login),
            "role": TextCell(role_name(line.role_key, line.role)),
            "unit": TextCell(line.unit),
            "position": TextCell(user.position),
            "extension": TextCell(user.extension),
            "state": StateCell(_ACTIVE if user.active else _INACTIVE),
            "last_login": TimeCell(user.last_login_at),
        },
    )


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, {"language": actor(request).language, "timezone": actor(request).timezone})


async def create(request: Request) -> Response:
    """Add a user with a password made up here and shown once."""
    try:
        sent = await parse(request, UserForm)
        password = secrets.token_urlsafe(12)
        added = await services(request).users.add(actor(request), UserData(**sent.model_dump()), password)
    except Invalid as faults:
        return await _form(request, await submitted(request), faults)
    return await _one(request, added, password)


async def _form(
    request: Request, values: Mapping[str, Any], faults: Invalid | None = None, user: User | None = None
) -> Response:
    roles, units = await _choices(request)
    context = {
        "user": user,
        "values": values,
        "faults": faults.fields if faults else {},
        "roles": roles,
        "units": units,
        "languages_": language_options(),
        "zones": zone_options(actor(request).language),
    }
    return await page(request, "people/user_form.html", context, status=422 if faults else 200)


async def show_one(request: Request) -> Response:
    """One user with what can be done."""
    return await _one(request, request.path_params["id"])


async def _one(request: Request, user_id: int, password: str | None = None) -> Response:
    held, me = services(request), actor(request)
    async with held.uow.read() as session:
        user = await queries.user(session, me, user_id)
        role = await session.get_one(Role, user.role_id)
        kills = me.may("sessions.kill")
        opened = await queries.sessions_of(session, user_id, held.clock.now()) if kills else ()
        units = {line.unit.id: line.unit.name for line in await queries.unit_lines(session)}
    context = {
        "user": user,
        "role": named(role),
        "unit": units.get(user.unit_id or 0),
        "sessions": opened,
        "kills": kills,
        "edits": me.may("users.edit"),
        "locked": user.locked_until is not None and user.locked_until > held.clock.now(),
        "password": password,
    }
    return await page(request, "people/user.html", context)


async def edit(request: Request) -> Response:
    """The form of one user."""
    user = await _editable(request)
    return await _form(request, vars(user), user=user)


async def _editable(request: Request) -> User:
    async with services(request).uow.read() as session:
        return await queries.user(session, actor(request), request.path_params["id"], "users.edit")


async def change(request: Request) -> Response:
    """Save one user."""
    user_id = request.path_params["id"]
    try:
        sent = await parse(request, UserForm)
        await services(request).users.change(actor(request), user_id, UserData(**sent.model_dump()))
    except Invalid as faults:
        return await _form(request, await submitted(request), faults, await _editable(request))
    return go_to(f"/users/{user_id}")


async def deactivate(request: Request) -> Response:
    """Shut a user out at once."""
    return await _set_active(request, False)


async def activate(request: Request) -> Response:
    """Let a user in again."""
    return await _set_active(request, True)


async def _set_active(request: Request, active: bool) -> Response:
    user_id = request.path_params["id"]
    await services(request).users.set_active(actor(request), user_id, active)
    return go_to(f"/users/{user_id}")


async def delete(request: Request) -> Response:
    """Delete a user nothing mentions."""
    await services(request).users.delete(actor(request), request.path_params["id"])
    return go_to("/users")


async def reset_password(request: Request) -> Response:
    """Set a new password made up here and shown once."""
    user_id, password = request.path_params["id"], secrets.token_urlsafe(12)
    await services(request).users.reset_password(actor(request), user_id, password)
    return await _one(request, user_id, password)


async def drop_factor(request: Request) -> Response:
    """Switch off the second factor of somebody who lost it."""
    user_id = request.path_params["id"]
    await services(request).users.drop_second_factor(actor(request), user_id)
    return go_to(f"/users/{user_id}")


async def kill_sessions(request: Request) -> Response:
    """End every session of a user."""
    user_id = request.path_params["id"]
    await services(request).users.kill_sessions(actor(request), user_id)
    return go_to(f"/users/{user_id}")


async def kill_session(request: Request) -> Response:
    """End one session of a user."""
    user_id = request.path_params["id"]
    await services(request).users.kill_sessions(actor(request), user_id, request.path_params["session"])
    return go_to(f"/users/{user_id}")


_VIEW, _EDIT, _KILL = right("users.view"), right("users.edit"), right("sessions.kill")
routes = (
    route("/users", show, policy=_VIEW, name="users"),
    route("/users", create, policy=_EDIT, methods=["POST"], name="users.create"),
    route("/users/export", download, policy=_VIEW, name="users.export"),
    route("/users/new", new, policy=_EDIT, name="users.new"),
    route("/users/{id:int}", show_one, policy=_VIEW, name="user"),
    route("/users/{id:int}", change, policy=_EDIT, methods=["POST"], name="user.change"),
    route("/users/{id:int}/edit", edit, policy=_EDIT, name="user.edit"),
    route("/users/{id:int}/activate", activate, policy=_EDIT, methods=["POST"], name="user.activate"),
    route("/users/{id:int}/deactivate", deactivate, policy=_EDIT, methods=["POST"], name="user.deactivate"),
    route("/users/{id:int}/delete", delete, policy=_EDIT, methods=["POST"], name="user.delete"),
    route("/users/{id:int}/password", reset_password, policy=_EDIT, methods=["POST"], name="user.password"),
    route("/users/{id:int}/factor/drop", drop_factor, policy=_EDIT, methods=["POST"], name="user.factor.drop"),
    route("/users/{id:int}/sessions/end", kill_sessions, policy=_KILL, methods=["POST"], name="user.sessions.end"),
    route(
        "/users/{id:int}/sessions/{session:int}/end",
        kill_session,
        policy=_KILL,
        methods=["POST"],
        name="user.session.end",
    ),
)
