"""From a user to an actor, and from an actor to the rows it may see."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.kernel.access import Actor, Scope
from core.people.model import ProfileRight, RoleProfile, Unit, User
from core.people.rules import UnitNode, reach, sum_rights

S = TypeVar("S", bound="Select[*tuple[Any, ...]]")
#: Asked before every request: made once.
_RIGHTS = (
    select(ProfileRight.right, ProfileRight.scope)
    .join(RoleProfile, RoleProfile.profile_id == ProfileRight.profile_id)
    .where(RoleProfile.role_id == bindparam("role"))
)
_UNITS = select(Unit.id, Unit.parent_id, Unit.head_id, Unit.deputy_id)
_Column = InstrumentedAttribute[int] | InstrumentedAttribute[int | None] | ColumnElement[Any]


async def actor_of(session: AsyncSession, user: User) -> Actor:
    """The actor ``user`` is: the summed rights of the role's profiles, the team and the department."""
    return (await actors_of(session, [user]))[user.id]


async def actors_of(session: AsyncSession, users: Collection[User]) -> dict[int, Actor]:
    """The actors that the users are, by user id; rights are read once for each role."""
    units = await unit_nodes(session)
    rights = {role_id: await rights_of_role(session, role_id) for role_id in {user.role_id for user in users}}
    return {user.id: _actor(user, rights[user.role_id], units) for user in users}


def _actor(user: User, rights: Mapping[str, Scope], units: Sequence[UnitNode]) -> Actor:
    team, department = reach(units, user.id, user.unit_id)
    return Actor(
        user_id=user.id,
        login=user.login,
        rights=rights,
        team=team,
        department=department,
        language=user.language,
        timezone=user.timezone,
    )


async def rights_of_role(session: AsyncSession, role_id: int) -> dict[str, Scope]:
    """The summed rights of the role's profiles."""
    found = await session.execute(_RIGHTS, {"role": role_id})
    return sum_rights({row.right: Scope(row.scope)} for row in found)


async def unit_nodes(session: AsyncSession) -> list[UnitNode]:
    """The tree of units as :func:`core.people.rules.reach` reads it."""
    rows = await session.execute(_UNITS)
    return [UnitNode(id=row.id, parent_id=row.parent_id, head_id=row.head_id, deputy_id=row.deputy_id) for row in rows]


def visible(statement: S, actor: Actor, right: str, *, owner: _Column | None = None, unit: _Column | None = None) -> S:
    """``statement`` narrowed to the rows that ``right`` reaches; raises ``Forbidden`` without the right.

    ``owner`` is the column with the id of the user a row belongs to, ``unit`` the one with its unit. Without ``unit`` a
    row belongs to its owner's unit.
    """
    condition = reaches(actor, right, owner=owner, unit=unit)
    return statement if condition is None else statement.where(condition)


def reaches(
    actor: Actor, right: str, *, owner: _Column | None = None, unit: _Column | None = None
) -> ColumnElement[bool] | None:
    """The condition behind :func:`visible`; None when every row is in reach."""
    scope = actor.require(right)
    if scope == Scope.ALL:
        return None
    found: list[ColumnElement[bool]] = [] if owner is None else [owner == actor.user_id]
    units = {Scope.TEAM: actor.team, Scope.DEPARTMENT: actor.department}.get(scope)
    if units and unit is not None:
        found.append(unit.in_(units))
    elif units and owner is not None:
        found.append(owner.in_(select(User.id).where(User.unit_id.in_(units))))
    return or_(false(), *found)
