"""Profiles: named sets of rights."""

from collections.abc import Mapping

from sqlalchemy import delete, select

from core.audit.service import record
from core.kernel.access import Actor, Scope
from core.kernel.clock import Clock
from core.kernel.errors import Invalid
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork, Work
from core.people.errors import Shipped
from core.people.events import RightsChanged
from core.people.model import Profile, ProfileRight, RoleProfile
from core.people.service.common import NEEDED, fetch, flush_named, forbid_exceeding, forbid_use
from core.people.service.users import require_administrator


class Profiles:
    """Use cases of the profiles page; all need ``profiles.edit``. ``known`` are the keys of all rights there are."""

    def __init__(self, uow: UnitOfWork, clock: Clock, known: frozenset[str]) -> None:
        self._uow = uow
        self._clock = clock
        self._known = known

    async def save(self, actor: Actor, profile_id: int | None, name: str, rights: Mapping[str, Scope]) -> int:
        """Add or change a profile to grant exactly ``rights``. Nobody grants or takes away more than they have.

        Raises ``Invalid``, ``RightsExceeded`` and ``LastAdministrator``.
        """
        actor.require("profiles.edit")
        self._check(name, rights)
        now = self._clock.now()
        async with self._uow.write() as work:
            profile = Profile(name="") if profile_id is None else await fetch(work, Profile, profile_id)
            held = {} if profile_id is None else await _held(work, profile_id)
            forbid_exceeding(_altered(held, rights), actor.rights)
            changes = {right: (held.get(right), rights.get(right)) for right in sorted({*held, *rights})}
            named = {"name": (profile.name, name)}
            profile.name = name
            work.session.add(profile)
            await flush_named(work)
            await _put(work, profile.id, rights)
            await require_administrator(work)
            action = "profiles.add" if profile_id is None else "profiles.edit"
            record(work, actor, action, ("profile", profile.id), {**named, **changes}, at=now)
            work.emit(RightsChanged(at=now))
            return profile.id

    async def delete(self, actor: Actor, profile_id: int) -> None:
        """Delete a profile no role has. Raises ``Shipped`` and ``InUse``."""
        actor.require("profiles.edit")
        now = self._clock.now()
        async with self._uow.write() as work:
            profile = await fetch(work, Profile, profile_id)
            if profile.key is not None:
                raise Shipped
            await forbid_use(work, RoleProfile.profile_id, profile_id)
            await work.session.delete(profile)
            record(work, actor, "profiles.delete", ("profile", profile_id), {"name": (profile.name, None)}, at=now)
            work.emit(RightsChanged(at=now))

    def _check(self, name: str, rights: Mapping[str, Scope]) -> None:
        if not name:
            raise Invalid({"name": NEEDED})
        if not self._known.issuperset(rights):
            raise Invalid({"rights": msg("Choose rights that exist.")})


def _altered(held: Mapping[str, Scope], wanted: Mapping[str, Scope]) -> dict[str, Scope]:
    """The rights whose grant changes, each with the wider of the two scopes."""
    differing = {right for right in {*held, *wanted} if held.get(right) != wanted.get(right)}
    return {right: max(held.get(right, Scope.OWN), wanted.get(right, Scope.OWN)) for right in differing}


async def _held(work: Work, profile_id: int) -> dict[str, Scope]:
    rows = await work.session.execute(
        select(ProfileRight.right, ProfileRight.scope).where(ProfileRight.profile_id == profile_id)
    )
    return {row.right: Scope(row.scope) for row in rows}


async def _put(work: Work, profile_id: int, rights: Mapping[str, Scope]) -> None:
    await work.session.execute(delete(ProfileRight).where(ProfileRight.profile_id == profile_id))
    work.session.add_all(
        ProfileRight(profile_id=profile_id, right=right, scope=scope) for right, scope in rights.items()
    )
    await work.session.flush()
