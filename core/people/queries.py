"""Reading people: lists for pages, choices for forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.access import Actor, Scope
from core.kernel.errors import NotFound
from core.kernel.paging import Page, Sort, count_up_to, fetch_page
from core.people.access import unit_nodes, visible
from core.people.model import (
    Announcement,
    ApiToken,
    Profile,
    ProfileRight,
    Role,
    RoleProfile,
    RoleStage,
    Unit,
    User,
    UserSession,
)
from core.people.rules import UnitNode

USER_SORTS: Mapping[str, ColumnElement[Any]] = {
    "name": User.surname.expression,
    "login": User.login.expression,
    "role": Role.name.expression,
    "last_login": User.last_login_at.expression,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class UserSearch:
    """What to look for: ``text`` is part of a login, name, position or extension."""

    text: str = ""
    role_id: int | None = None
    unit_id: int | None = None
    active: bool | None = None
    sort: str = "name"
    descending: bool = False


async def users(
    session: AsyncSession, actor: Actor, wanted: UserSearch, *, size: int, after: str | None, before: str | None
) -> Page[Any]:
    """A page of rows ``(User, role, unit)`` within the reach of ``users.view``."""
    sort = Sort(column=USER_SORTS[wanted.sort], id=User.id.expression, descending=wanted.descending)
    return await fetch_page(session, _users(actor, wanted), sort, size=size, after=after, before=before)


async def count_users(session: AsyncSession, actor: Actor, wanted: UserSearch) -> tuple[int, bool]:
    """How many :func:`users` there are, and whether counting stopped there."""
    return await count_up_to(session, _users(actor, wanted))


def _users(actor: Actor, wanted: UserSearch) -> Select[Any]:
    statement = (
        select(User, Role.name.label("role"), Role.key.label("role_key"), Unit.name.label("unit"))
        .join(Role, Role.id == User.role_id)
        .outerjoin(Unit, Unit.id == User.unit_id)
    )
    for column, value in ((User.role_id, wanted.role_id), (User.unit_id, wanted.unit_id), (User.active, wanted.active)):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.text:
        statement = statement.where(_mentions(wanted.text))
    narrowed = visible(statement, actor, "users.view", owner=User.id, unit=User.unit_id)
    return cast("Select[Any]", narrowed)


def _mentions(text: str) -> ColumnElement[bool]:
    columns = (User.login, User.surname, User.first_name, User.patronymic, User.position, User.extension)
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


async def user(session: AsyncSession, actor: Actor, user_id: int, right: str = "users.view") -> User:
    """One user within the reach of ``right``; raises ``NotFound``."""
    statement = visible(select(User).where(User.id == user_id), actor, right, owner=User.id, unit=User.unit_id)
    found = await session.scalar(statement)
    if found is None:
        raise NotFound
    return found


async def colleagues(session: AsyncSession, actor: Actor, right: str) -> Sequence[User]:
    """Active users within the reach of ``right``, for choosing one."""
    statement = visible(select(User).where(User.active), actor, right, owner=User.id, unit=User.unit_id)
    return (await session.scalars(statement.order_by(User.surname, User.first_name, User.login))).all()


async def user_names(session: AsyncSession) -> dict[int, str]:
    """The names of all active users, in their order. Who works here is no secret within the house."""
    found = select(User).where(User.active).order_by(User.surname, User.first_name, User.login)
    return {user.id: user.full_name for user in await session.scalars(found)}


async def sessions_of(session: AsyncSession, user_id: int, now: datetime) -> Sequence[UserSession]:
    """A user's open sessions, the last used first."""
    opened = select(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    statement = opened.where(UserSession.expires_at > now).order_by(UserSession.last_seen_at.desc(), UserSession.id)
    return (await session.scalars(statement)).all()


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitLine:
    """A department in the order and at the depth of the tree, and how many active users are in it."""

    unit: Unit
    depth: int
    head: str | None
    deputy: str | None
    people: int


async def unit_names(session: AsyncSession) -> Mapping[int, str]:
    """The name of every unit."""
    return {row.id: row.name for row in await session.execute(select(Unit.id, Unit.name))}


async def unit_lines(session: AsyncSession) -> list[UnitLine]:
    """The tree of departments, depth first, by name."""
    units = {unit.id: unit for unit in await session.scalars(select(Unit).order_by(Unit.name, Unit.id))}
    counts = await session.execute(select(User.unit_id, func.count()).where(User.active).group_by(User.unit_id))
    people = {row[0]: row[1] for row in counts}
    named = {unit.head_id for unit in units.values()} | {unit.deputy_id for unit in units.values()}
    names = {one.id: one.full_name for one in await session.scalars(select(User).where(User.id.in_(named - {None})))}
    return [
        UnitLine(
            unit=units[node.id],
            depth=depth,
            head=names.get(units[node.id].head_id or 0),
            deputy=names.get(units[node.id].deputy_id or 0),
            people=people.get(node.id, 0),
        )
        for node, depth in _walk({node.id: node for node in await unit_nodes(session)}, list(units))
    ]


def _walk(nodes: Mapping[int, UnitNode], order: Sequence[int]) -> list[tuple[UnitNode, int]]:
    """Parents before children, brothers in ``order``."""
    children: dict[int | None, list[int]] = {}
    for unit_id in order:
        parent = nodes[unit_id].parent_id
        children.setdefault(parent if parent in nodes else None, []).append(unit_id)
    lines: list[tuple[UnitNode, int]] = []
    waiting = [(unit_id, 0) for unit_id in reversed(children.get(None, []))]
    while waiting:
        unit_id, depth = waiting.pop()
        lines.append((nodes[unit_id], depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(unit_id, []))]
    return lines


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleLine:
    """A role with its profiles, its stages, and how many active users have it."""

    role: Role
    superior: Role | None
    profiles: tuple[Profile, ...]
    stages: tuple[str, ...]
    people: int


async def role_lines(session: AsyncSession) -> list[RoleLine]:
    """All roles, by name."""
    roles = (await session.scalars(select(Role).order_by(Role.name, Role.id))).all()
    by_id = {role.id: role for role in roles}
    links = await session.execute(
        select(RoleProfile.role_id, Profile)
        .join(Profile, Profile.id == RoleProfile.profile_id)
        .order_by(Profile.name, Profile.id)
    )
    profiles: dict[int, list[Profile]] = {}
    for role_id, profile in links:
        profiles.setdefault(role_id, []).append(profile)
    stages: dict[int, list[str]] = {}
    for stage in await session.scalars(select(RoleStage).order_by(RoleStage.stage)):
        stages.setdefault(stage.role_id, []).append(stage.stage)
    counts = await session.execute(select(User.role_id, func.count()).where(User.active).group_by(User.role_id))
    people = {row[0]: row[1] for row in counts}
    return [
        RoleLine(
            role=role,
            superior=by_id.get(role.parent_id or 0),
            profiles=tuple(profiles.get(role.id, [])),
            stages=tuple(stages.get(role.id, [])),
            people=people.get(role.id, 0),
        )
        for role in roles
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileLine:
    """A profile with its rights and the roles that have it."""

    profile: Profile
    rights: Mapping[str, Scope]
    roles: tuple[Role, ...]


async def profile_lines(session: AsyncSession) -> list[ProfileLine]:
    """All profiles, by name."""
    profiles = (await session.scalars(select(Profile).order_by(Profile.name, Profile.id))).all()
    rights: dict[int, dict[str, Scope]] = {}
    for row in await session.scalars(select(ProfileRight)):
        rights.setdefault(row.profile_id, {})[row.right] = Scope(row.scope)
    roles: dict[int, list[Role]] = {}
    links = select(RoleProfile.profile_id, Role).join(Role, Role.id == RoleProfile.role_id).order_by(Role.name)
    for profile_id, role in await session.execute(links):
        roles.setdefault(profile_id, []).append(role)
    return [
        ProfileLine(profile=one, rights=rights.get(one.id, {}), roles=tuple(roles.get(one.id, []))) for one in profiles
    ]


async def tokens_within(session: AsyncSession, actor: Actor) -> Sequence[tuple[ApiToken, User]]:
    """API tokens of users within the reach of ``tokens.edit``, the newest first."""
    statement = select(ApiToken, User).join(User, User.id == ApiToken.user_id).order_by(ApiToken.id.desc())
    rows = await session.execute(visible(statement, actor, "tokens.edit", owner=User.id, unit=User.unit_id))
    return [(row[0], row[1]) for row in rows]


async def announcements_for(session: AsyncSession, actor: Actor, now: datetime) -> Sequence[tuple[Announcement, User]]:
    """What is announced to this actor now: to all, to the own units or to a unit above them; the newest first."""
    mine = _upwards(await unit_nodes(session), actor)
    statement = (
        select(Announcement, User)
        .join(User, User.id == Announcement.author_id)
        .where(Announcement.starts_at <= now, Announcement.ends_at > now)
        .where(or_(Announcement.unit_id.is_(None), Announcement.unit_id.in_(mine)))
        .order_by(Announcement.id.desc())
    )
    return [(row[0], row[1]) for row in await session.execute(statement)]


def _upwards(nodes: Sequence[UnitNode], actor: Actor) -> set[int]:
    """The actor's team and every unit above it."""
    parents = {node.id: node.parent_id for node in nodes}
    found: set[int] = set()
    waiting: list[int | None] = list(actor.team)
    while waiting:
        current = waiting.pop()
        if current is not None and current not in found:
            found.add(current)
            waiting.append(parents.get(current))
    return found


async def announcements_all(session: AsyncSession, actor: Actor) -> Sequence[tuple[Announcement, User, str | None]]:
    """Every announcement with its author and department, the newest first; needs ``announcements.edit``."""
    actor.require("announcements.edit")
    statement = (
        select(Announcement, User, Unit.name)
        .join(User, User.id == Announcement.author_id)
        .outerjoin(Unit, Unit.id == Announcement.unit_id)
        .order_by(Announcement.id.desc())
        .limit(200)
    )
    return [(row[0], row[1], row[2]) for row in await session.execute(statement)]
