"""A cast with meaning: one who owns, one who shares a team, one who must see nothing, and those above them."""

from dataclasses import dataclass, field

from argon2 import PasswordHasher

from callcenter.app.presets import install
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.i18n import translator
from core.kernel.uow import UnitOfWork
from core.people.access import actor_of
from core.people.model import Unit, User
from core.people.passwords import Passwords

PASSWORD = "correct horse battery"
#: Cheap on purpose: tests hash a lot, and the cost is argon2's own business.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def cheap_passwords() -> Passwords:
    return Passwords(hasher=CHEAP)


@dataclass
class Cast:
    """Ids by name. North and its team have anna, bella and the supervisor sofia; south has diego and his supervisor."""

    users: dict[str, int] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    roles: dict[str, int] = field(default_factory=dict)

    async def actor(self, uow: UnitOfWork, name: str) -> Actor:
        async with uow.read() as session:
            return await actor_of(session, await session.get_one(User, self.users[name]))


_UNITS = (("north", None), ("north-a", "north"), ("north-b", "north"), ("south", None))
_PEOPLE = (
    ("admin", "administrator", None),
    ("maria", "manager", "north"),
    ("sofia", "supervisor", "north-a"),
    ("anna", "collector", "north-a"),
    ("bella", "collector", "north-a"),
    ("clara", "collector", "north-b"),
    ("diego", "collector", "south"),
    ("karl", "clerk", "north"),
    ("ada", "accountant", None),
)


async def seat(uow: UnitOfWork, clock: Clock) -> Cast:
    """Install the shipped roles and the cast; everybody's password is :data:`PASSWORD`."""
    cast, hashed = Cast(), CHEAP.hash(PASSWORD)
    async with uow.write() as work:
        cast.roles = await install(work, translator("en"))
        for name, parent in _UNITS:
            unit = Unit(name=name, parent_id=cast.units.get(parent or ""))
            work.session.add(unit)
            await work.session.flush()
            cast.units[name] = unit.id
        for number, (login, role, unit_name) in enumerate(_PEOPLE):
            user = User(
                login=login,
                password_hash=hashed,
                role_id=cast.roles[role],
                unit_id=cast.units.get(unit_name or ""),
                created_at=clock.now(),
                surname=login.title(),
                extension=str(100 + number),
                language="en",
            )
            work.session.add(user)
            await work.session.flush()
            cast.users[login] = user.id
    return cast
