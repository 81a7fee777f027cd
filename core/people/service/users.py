"""Users as the administrator and heads manage them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError

from core.audit.service import record
from core.kernel.access import Actor, Scope
from core.kernel.clock import Clock
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork, Work
from core.people.access import rights_of_role
from core.people.errors import LastAdministrator, Referred
from core.people.events import UserChanged
from core.people.model import ProfileRight, Role, RoleProfile, Unit, User, UserSession
from core.people.passwords import Passwords
from core.people.rules import covers, password_fault
from core.people.service.common import NEEDED, forbid_exceeding
from core.people.service.logins import end_sessions
from core.people.vault import Vault

_SIP_SECRET_BYTES = 24
#: Whoever has both can mend every other right; the last such user cannot be removed.
_ADMINISTRATOR = ("users.edit", "profiles.edit")


@dataclass(frozen=True, kw_only=True, slots=True)
class UserData:
    """What a user is: the fields of the form. Phones are E.164, ``language`` a code, ``timezone`` an IANA name."""

    login: str
    role_id: int
    unit_id: int | None = None
    surname: str = ""
    first_name: str = ""
    patronymic: str = ""
    position: str = ""
    work_phone: str | None = None
    home_phone: str | None = None
    mobile_phone: str | None = None
    fax: str | None = None
    email: str | None = None
    language: str = "en"
    timezone: str = "UTC"
    extension: str | None = None


class Users:
    """Adding, changing, deactivating and deleting users within the reach of ``users.edit``."""

    def __init__(self, uow: UnitOfWork, clock: Clock, passwords: Passwords, vault: Vault) -> None:
        self._uow = uow
        self._clock = clock
        self._passwords = passwords
        self._vault = vault

    async def add(self, actor: Actor, data: UserData, password: str, *, must_change: bool = True) -> int:
        """Create a user and return the id. Raises ``Invalid`` and ``RightsExceeded``."""
        actor.require("users.edit")
        hashed = await self._hash(password, data.login)
        now = self._clock.now()
        async with self._uow.write() as work:
            await self._check(work, actor, data)
            user = User(password_hash=hashed, must_change_password=must_change, created_at=now)
            if data.extension is not None:
                user.sip_secret = self._new_sip_secret()
            self._put(user, data)
            work.session.add(user)
            await _flush(work)
            shown = {item.name: (None, getattr(data, item.name)) for item in fields(data)}
            record(work, actor, "users.add", ("user", user.id), shown, at=now)
            work.emit(UserChanged(at=now, user_id=user.id))
            return user.id

    async def change(self, actor: Actor, user_id: int, data: UserData) -> None:
        """Change a user. Raises ``NotFound``, ``Invalid``, ``RightsExceeded`` and ``LastAdministrator``."""
        now = self._clock.now()
        async with self._uow.write() as work:
            user = await self._reached(work, actor, user_id)
            await self._check(work, actor, data, user)
            changes = {item.name: (getattr(user, item.name), getattr(data, item.name)) for item in fields(data)}
            self._put(user, data)
            if data.extension is not None and user.sip_secret is None:
                user.sip_secret = self._new_sip_secret()
            await _flush(work)
            await require_administrator(work)
            record(work, actor, "users.edit", ("user", user_id), changes, at=now)
            work.emit(UserChanged(at=now, user_id=user_id))

    async def set_active(self, actor: Actor, user_id: int, active: bool) -> None:
        """Deactivate (every session ends at once) or activate again. Raises ``LastAdministrator``."""
        now = self._clock.now()
        async with self._uow.write() as work:
            user = await self._reached(work, actor, user_id)
            changes = {"active": (user.active, active)}
            user.active = active
            await work.session.flush()
            await require_administrator(work)
            if not active:
                await end_sessions(work, user_id, now)
            record(work, actor, "users.activate" if active else "users.deactivate", ("user", user_id), changes, at=now)
            work.emit(UserChanged(at=now, user_id=user_id))

    async def delete(self, actor: Actor, user_id: int) -> None:
        """Delete a user nothing refers to. Raises ``Referred`` (deactivate instead) and ``LastAdministrator``."""
        now = self._clock.now()
        try:
            async with self._uow.write() as work:
                user = await self._reached(work, actor, user_id)
                login = user.login
                await end_sessions(work, user_id, now)
                await work.session.delete(user)
                await work.session.flush()
                await require_administrator(work)
                record(work, actor, "users.delete", ("user", user_id), {"login": (login, None)}, at=now)
                work.emit(UserChanged(at=now, user_id=user_id))
        except IntegrityError as error:
            raise Referred from error

    async def reset_password(self, actor: Actor, user_id: int, password: str) -> None:
        """Set a password the user has to replace at the next login; opens a lock, ends all sessions."""
        async with self._uow.read() as session:
            found = await session.get(User, user_id)
        hashed = await self._hash(password, found.login if found else "")
        now = self._clock.now()
        async with self._uow.write() as work:
            user = await self._reached(work, actor, user_id)
            user.password_hash, user.must_change_password = hashed, True
            user.failed_logins, user.locked_until = 0, None
            await end_sessions(work, user_id, now)
            record(work, actor, "users.reset_password", ("user", user_id), at=now)

    async def drop_second_factor(self, actor: Actor, user_id: int) -> None:
        """For somebody who lost the authenticator; ends all sessions."""
        now = self._clock.now()
        async with self._uow.write() as work:
            user = await self._reached(work, actor, user_id)
            user.totp_secret = user.totp_confirmed_at = user.totp_step = None
            await end_sessions(work, user_id, now)
            record(work, actor, "users.second_factor_off", ("user", user_id), at=now)

    async def kill_sessions(self, actor: Actor, user_id: int, session_id: int | None = None) -> int:
        """End one or all sessions of somebody within the reach of ``sessions.kill``; how many."""
        now = self._clock.now()
        async with self._uow.write() as work:
            await self._reached(work, actor, user_id, "sessions.kill")
            held = await work.session.get(UserSession, session_id) if session_id else None
            if session_id is not None and (held is None or held.user_id != user_id):
                raise NotFound
            ended = await end_sessions(work, user_id, now, only=session_id)
            record(work, actor, "sessions.kill", ("user", user_id), {"ended": (None, ended)}, at=now)
            return ended

    async def sip_secret(self, user_id: int) -> str | None:
        """The telephone's password, for provisioning and for the user's own browser phone only."""
        async with self._uow.read() as session:
            sealed = await session.scalar(select(User.sip_secret).where(User.id == user_id))
        return self._vault.open("sip", sealed) if sealed else None

    async def sip_secrets(self) -> Mapping[str, str]:
        """Every active extension with its password: what the exchange is provisioned from."""
        held = select(User.extension, User.sip_secret).where(User.active, User.extension.is_not(None))
        async with self._uow.read() as session:
            rows = (await session.execute(held.where(User.sip_secret.is_not(None)).order_by(User.extension))).all()
        return {row.extension: self._vault.open("sip", row.sip_secret) for row in rows}

    def _new_sip_secret(self) -> str:
        return self._vault.seal("sip", secrets.token_urlsafe(_SIP_SECRET_BYTES), self._clock.now())

    async def _hash(self, password: str, login: str) -> str:
        fault = password_fault(password, login)
        if fault is not None:
            raise Invalid({"password": fault})
        return await self._passwords.hash(password)

    async def _reached(self, work: Work, actor: Actor, user_id: int, right: str = "users.edit") -> User:
        """The user, locked for the change, if ``right`` reaches that far; else ``NotFound``."""
        actor.require(right)
        user = await work.session.get(User, user_id, with_for_update=True)
        if user is None or not covers(actor, right, owner_id=user.id, unit_id=user.unit_id):
            raise NotFound
        if right == "users.edit":
            await _forbid_exceeding(work, actor, user.role_id)
        return user

    async def _check(self, work: Work, actor: Actor, data: UserData, user: User | None = None) -> None:
        """Login and extension are free, role and unit exist and are the actor's to give."""
        faults = {}
        for name, column in (("login", User.login), ("extension", User.extension)):
            value = getattr(data, name)
            if value and await self._taken(work, column == value, user):
                faults[name] = msg("Somebody else has this.")
        if not data.login:
            faults["login"] = NEEDED
        if await work.session.get(Role, data.role_id) is None:
            faults["role_id"] = msg("Choose a role.")
        if not await self._unit_reached(work, actor, data.unit_id, user):
            faults["unit_id"] = msg("Choose one of your departments.")
        if faults:
            raise Invalid(faults)
        await _forbid_exceeding(work, actor, data.role_id)

    async def _taken(self, work: Work, condition: ColumnElement[bool], user: User | None) -> bool:
        others = select(User.id).where(condition, User.id != (user.id if user else 0))
        return await work.session.scalar(others) is not None

    async def _unit_reached(self, work: Work, actor: Actor, unit_id: int | None, user: User | None) -> bool:
        if unit_id is not None and await work.session.get(Unit, unit_id) is None:
            return False
        if user is not None and user.unit_id == unit_id:
            return True
        return covers(actor, "users.edit", owner_id=None, unit_id=unit_id)

    def _put(self, user: User, data: UserData) -> None:
        for item in fields(data):
            setattr(user, item.name, getattr(data, item.name))


async def _forbid_exceeding(work: Work, actor: Actor, role_id: int) -> None:
    """Nobody makes, becomes or takes over a user with more rights than their own."""
    forbid_exceeding(await rights_of_role(work.session, role_id), actor.rights)


async def _flush(work: Work) -> None:
    """Write now; a login or extension taken in this very moment is the form's fault, not an accident."""
    try:
        await work.session.flush()
    except IntegrityError as error:
        raise Invalid({"login": msg("Somebody else has this.")}) from error


async def require_administrator(work: Work) -> None:
    """Raise ``LastAdministrator`` unless an active user is left who may manage users and profiles without limits.

    The rights' rows are locked first: of two administrators who remove each other, the second looks after the first.
    """
    powers = (
        select(ProfileRight).where(ProfileRight.right.in_(_ADMINISTRATOR)).order_by(*ProfileRight.__table__.primary_key)
    )
    await work.session.execute(powers.with_for_update())
    capable = (
        select(RoleProfile.role_id)
        .join(ProfileRight, ProfileRight.profile_id == RoleProfile.profile_id)
        .where(ProfileRight.right.in_(_ADMINISTRATOR), ProfileRight.scope == Scope.ALL)
        .group_by(RoleProfile.role_id)
        .having(func.count(ProfileRight.right.distinct()) == len(_ADMINISTRATOR))
    )
    left = select(User.id).where(User.active, User.role_id.in_(capable)).limit(1)
    if await work.session.scalar(left) is None:
        raise LastAdministrator
