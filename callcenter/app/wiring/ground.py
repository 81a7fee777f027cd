"""The lowest storey: what everything stands on, and who may enter."""

from dataclasses import dataclass

from callcenter.app.rights import KEYS
from callcenter.app.settings import Settings
from core.audit.service import Looks
from core.kernel.bus import Bus
from core.kernel.clock import Clock, SystemClock
from core.kernel.db import Database
from core.kernel.idempotency import Idempotency
from core.kernel.uow import UnitOfWork
from core.people.passwords import Passwords
from core.people.service.keys import Keys
from core.people.service.logins import Logins
from core.people.service.own import OwnAccount
from core.people.service.profiles import Profiles
from core.people.service.roles import Roles
from core.people.service.units import Units
from core.people.service.users import Users
from core.people.service.views import Announcements, SavedViews
from core.people.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What everything stands on."""

    settings: Settings
    clock: Clock
    bus: Bus
    uow: UnitOfWork
    vault: Vault
    looks: Looks
    keys: Idempotency


@dataclass(frozen=True, kw_only=True)
class People:
    """The desks of users, roles and access."""

    logins: Logins
    own: OwnAccount
    users: Users
    units: Units
    roles: Roles
    profiles: Profiles
    keys: Keys
    views: SavedViews
    announcements: Announcements


def ground(settings: Settings, database: Database) -> Ground:
    """The lowest storey, over an open database."""
    clock, bus = SystemClock(), Bus()
    uow = UnitOfWork(database, bus)
    return Ground(
        settings=settings,
        clock=clock,
        bus=bus,
        uow=uow,
        vault=Vault(settings.key.decode()),
        looks=Looks(uow, clock),
        keys=Idempotency(uow, clock),
    )


def people(base: Ground) -> People:
    """The desks of users, roles and access."""
    uow, clock, vault, passwords = base.uow, base.clock, base.vault, Passwords()
    return People(
        logins=Logins(uow, clock, passwords, vault),
        own=OwnAccount(uow, clock, passwords, vault),
        users=Users(uow, clock, passwords, vault),
        units=Units(uow, clock),
        roles=Roles(uow, clock),
        profiles=Profiles(uow, clock, KEYS),
        keys=Keys(uow, clock, KEYS),
        views=SavedViews(uow),
        announcements=Announcements(uow, clock),
    )
