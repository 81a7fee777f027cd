"""The demo's people: one of each role, and a second team."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from callcenter.app.presets import install
from core.kernel.access import PROGRAM
from core.kernel.i18n import translator
from core.kernel.uow import UnitOfWork, Work
from core.people.model import Unit, User
from core.people.service.users import UserData, Users


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoUser:
    """An invented employee. ``unit`` is the name of a unit of the demo."""

    login: str
    role: str
    unit: str
    surname: str
    first_name: str
    extension: str | None = None
    language: str = "en"
    timezone: str = "Europe/Moscow"


DEPARTMENT, NORTH, SOUTH, OFFICE = "Collection", "Team North", "Team South", "Office"
_PARENTS: Mapping[str, str | None] = {DEPARTMENT: None, NORTH: DEPARTMENT, SOUTH: DEPARTMENT, OFFICE: None}

USERS = (
    DemoUser(login="admin", role="administrator", unit=OFFICE, surname="Adler", first_name="Ada"),
    DemoUser(login="manager", role="manager", unit=DEPARTMENT, surname="Marlow", first_name="Max"),
    DemoUser(login="supervisor", role="supervisor", unit=NORTH, surname="Summer", first_name="Sara", extension="100"),
    DemoUser(login="collector", role="collector", unit=NORTH, surname="Carter", first_name="Cleo", extension="101"),
    DemoUser(login="collector2", role="collector", unit=NORTH, surname="Cooper", first_name="Colin", extension="102"),
    DemoUser(login="collector3", role="collector", unit=SOUTH, surname="Cruz", first_name="Carla", extension="103"),
    DemoUser(login="clerk", role="clerk", unit=OFFICE, surname="Clarke", first_name="Kim"),
    DemoUser(login="accountant", role="accountant", unit=OFFICE, surname="Abbott", first_name="Amy"),
)

#: Logins whose passwords a newcomer needs first.
SHOWN = ("collector", "supervisor", "manager", "admin")


async def demo_people(uow: UnitOfWork, users: Users) -> dict[str, str]:
    """Add the demo's units, roles and users that are missing; the new passwords by login, never to be seen again."""
    async with uow.write() as work:
        roles = await install(work, translator("en"))
        units = await _units(work)
        known = set((await work.session.scalars(select(User.login))).all())
    passwords: dict[str, str] = {}
    for one in USERS:
        if one.login in known:
            continue
        passwords[one.login] = secrets.token_urlsafe(9)
        data = UserData(
            login=one.login,
            role_id=roles[one.role],
            unit_id=units[one.unit],
            surname=one.surname,
            first_name=one.first_name,
            extension=one.extension,
            language=one.language,
            timezone=one.timezone,
        )
        await users.add(PROGRAM, data, passwords[one.login], must_change=False)
    await _heads(uow, units)
    return passwords


async def collectors(uow: UnitOfWork) -> tuple[int, ...]:
    """Ids of the demo's collectors, in the order of their logins."""
    logins = [one.login for one in USERS if one.role == "collector"]
    async with uow.read() as session:
        statement = select(User.id).where(User.login.in_(logins)).order_by(User.login)
        return tuple((await session.scalars(statement)).all())


async def _units(work: Work) -> dict[str, int]:
    held = {unit.name: unit.id for unit in await work.session.scalars(select(Unit))}
    for name, parent in _PARENTS.items():
        if name not in held:
            unit = Unit(name=name, parent_id=held[parent] if parent else None)
            work.session.add(unit)
            await work.session.flush()
            held[name] = unit.id
    return held


async def _heads(uow: UnitOfWork, units: Mapping[str, int]) -> None:
    """The manager leads the department, the supervisor the northern team; units that have a head keep theirs."""
    async with uow.write() as work:
        ids = {user.login: user.id for user in await work.session.scalars(select(User))}
        for name, login in ((DEPARTMENT, "manager"), (NORTH, "supervisor")):
            unit = await work.session.get_one(Unit, units[name])
            unit.head_id = unit.head_id or ids.get(login)
