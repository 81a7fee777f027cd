"""Roles: the posts of the staffing structure and the profiles they have."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import delete, select

from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.i18n import Message, msg
from core.kernel.uow import UnitOfWork, Work
from core.people.access import rights_of_role
from core.people.errors import Shipped
from core.people.events import RightsChanged
from core.people.model import Profile, Role, RoleProfile, RoleStage, User
from core.people.service.common import NEEDED, fetch, flush_named, forbid_exceeding, forbid_use, refuse
from core.people.service.users import require_administrator


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleData:
    """The fields of a role. ``salary`` is a month's; ``stages`` are keys of stages of the work chain."""

    name: str
    parent_id: int | None = None
    salary: Decimal | None = None
    currency: str | None = None
    profile_ids: Sequence[int] = ()
    stages: Sequence[str] = ()


class Roles:
    """Use cases of the roles page; all need ``roles.edit``."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def save(self, actor: Actor, role_id: int | None, data: RoleData) -> int:
        """Add or change a role, its profiles and its stages. Raises ``Invalid`` and ``RightsExceeded``."""
        actor.require("roles.edit")
        now = self._clock.now()
        async with self._uow.write() as work:
            role = Role(name="") if role_id is None else await fetch(work, Role, role_id)
            before = {} if role_id is None else await _fields(work, role)
            refuse(await _faults(work, role_id, data))
            if role_id is not None:
                forbid_exceeding(await rights_of_role(work.session, role_id), actor.rights)
            role.name, role.parent_id = data.name, data.parent_id
            role.salary, role.currency = data.salary, data.currency
            work.session.add(role)
            await flush_named(work)
            await _link(work, role.id, data)
            forbid_exceeding(await rights_of_role(work.session, role.id), actor.rights)
            await require_administrator(work)
            changes = {name: (before.get(name), value) for name, value in (await _fields(work, role)).items()}
            record(work, actor, "roles.add" if role_id is None else "roles.edit", ("role", role.id), changes, at=now)
            work.emit(RightsChanged(at=now))
            return role.id

    async def delete(self, actor: Actor, role_id: int) -> None:
        """Delete a role nobody has. Raises ``Shipped`` and ``InUse``."""
        actor.require("roles.edit")
        now = self._clock.now()
        async with self._uow.write() as work:
            role = await fetch(work, Role, role_id)
            if role.key is not None:
                raise Shipped
            await forbid_use(work, User.role_id, role_id)
            await forbid_use(work, Role.parent_id, role_id)
            await work.session.delete(role)
            record(work, actor, "roles.delete", ("role", role_id), {"name": (role.name, None)}, at=now)
            work.emit(RightsChanged(at=now))


async def _fields(work: Work, role: Role) -> dict[str, object]:
    profiles = select(RoleProfile.profile_id).where(RoleProfile.role_id == role.id).order_by(RoleProfile.profile_id)
    stages = select(RoleStage.stage).where(RoleStage.role_id == role.id).order_by(RoleStage.stage)
    return {
        "name": role.name,
        "parent_id": role.parent_id,
        "salary": role.salary,
        "currency": role.currency,
        "profile_ids": list(await work.session.scalars(profiles)),
        "stages": list(await work.session.scalars(stages)),
    }


async def _faults(work: Work, role_id: int | None, data: RoleData) -> dict[str, Message]:
    faults: dict[str, Message] = {} if data.name else {"name": NEEDED}
    if data.salary is not None and (data.salary < 0 or not data.currency):
        faults["salary"] = msg("Give a sum of zero or more and its currency.")
    known = set(await work.session.scalars(select(Profile.id).where(Profile.id.in_(data.profile_ids))))
    if known != set(data.profile_ids):
        faults["profile_ids"] = msg("Choose profiles that exist.")
    if data.parent_id is not None and not await _may_report(work, role_id, data.parent_id):
        faults["parent_id"] = msg("Choose a role that does not report to this one.")
    return faults


async def _may_report(work: Work, role_id: int | None, parent_id: int) -> bool:
    """Whether ``parent_id`` exists and no chain of superiors leads from it back to ``role_id``."""
    superiors = {row.id: row.parent_id for row in await work.session.execute(select(Role.id, Role.parent_id))}
    current: int | None = parent_id
    seen: set[int] = set()
    while current is not None and current not in seen:
        if current == role_id or current not in superiors:
            return False
        seen.add(current)
        current = superiors[current]
    return True


async def _link(work: Work, role_id: int, data: RoleData) -> None:
    await work.session.execute(delete(RoleProfile).where(RoleProfile.role_id == role_id))
    await work.session.execute(delete(RoleStage).where(RoleStage.role_id == role_id))
    work.session.add_all(RoleProfile(role_id=role_id, profile_id=one) for one in set(data.profile_ids))
    work.session.add_all(RoleStage(role_id=role_id, stage=one) for one in set(data.stages))
    await work.session.flush()
