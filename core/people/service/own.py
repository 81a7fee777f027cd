"""What everybody may do with their own account: contact data, look, password, second factor, sessions."""

from collections.abc import Mapping

from pyotp import TOTP, random_base32
from sqlalchemy import update

from core.audit.service import altered, record
from core.kernel.clock import Clock
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork
from core.people.errors import BadCode, BadCredentials
from core.people.events import UserChanged
from core.people.model import User, UserSession
from core.people.passwords import Passwords
from core.people.rules import password_fault
from core.people.service.logins import Identity, end_sessions, matching_step
from core.people.vault import Vault

#: What users may correct themselves.
OWN_FIELDS = ("work_phone", "home_phone", "mobile_phone", "fax", "email", "language", "timezone", "theme")
_ISSUER = "Call centre"


class OwnAccount:
    """Use cases of the page "My account"."""

    def __init__(self, uow: UnitOfWork, clock: Clock, passwords: Passwords, vault: Vault) -> None:
        self._uow = uow
        self._clock = clock
        self._passwords = passwords
        self._vault = vault

    async def correct(self, me: Identity, values: Mapping[str, str | None]) -> None:
        """Change own contact data, language, zone and theme. ``values`` may name any of ``OWN_FIELDS``."""
        now = self._clock.now()
        async with self._uow.write() as work:
            user = await work.session.get_one(User, me.user.id)
            chosen = {name: value for name, value in values.items() if name in OWN_FIELDS}
            changes = altered(user, chosen)
            record(work, me.actor, "users.correct_own", ("user", user.id), changes, at=now)
            work.emit(UserChanged(at=now, user_id=user.id))

    async def change_password(self, me: Identity, old: str, new: str) -> None:
        """Set a new password; every other session of the user ends. Raises ``BadCredentials`` or ``Invalid``."""
        if not await self._passwords.fits(old, me.user.password_hash):
            raise Invalid({"old": msg("This is not your present password.")})
        fault = password_fault(new, me.user.login)
        if fault is None and old == new:
            fault = msg("The new password must differ from the old one.")
        if fault is not None:
            raise Invalid({"new": fault})
        hashed = await self._passwords.hash(new)
        now = self._clock.now()
        async with self._uow.write() as work:
            statement = update(User).where(User.id == me.user.id, User.password_hash == me.user.password_hash)
            values = {"password_hash": hashed, "must_change_password": False}
            if await work.session.scalar(statement.values(**values).returning(User.id)) is None:
                raise BadCredentials  # changed by somebody else in between
            await end_sessions(work, me.user.id, now, but=me.session_id)
            record(work, me.actor, "users.change_own_password", ("user", me.user.id), at=now)

    async def begin_second_factor(self, me: Identity) -> str:
        """Draw a secret and return its ``otpauth:`` address for an authenticator; in force once confirmed."""
        if me.user.totp_confirmed_at is not None:
            raise Invalid({"code": msg("The second factor is already on.")})
        secret = random_base32()
        async with self._uow.write() as work:
            sealed = self._vault.seal("totp", secret, self._clock.now())
            await work.session.execute(update(User).where(User.id == me.user.id).values(totp_secret=sealed))
        return TOTP(secret).provisioning_uri(name=me.user.login, issuer_name=_ISSUER)

    def pending_second_factor(self, me: Identity) -> str | None:
        """The ``otpauth:`` address of a factor that was begun and not yet confirmed."""
        if me.user.totp_secret is None or me.user.totp_confirmed_at is not None:
            return None
        secret = self._vault.open("totp", me.user.totp_secret)
        return TOTP(secret).provisioning_uri(name=me.user.login, issuer_name=_ISSUER)

    async def confirm_second_factor(self, me: Identity, code: str) -> None:
        """Put the factor in force by a first code. Raises ``BadCode``."""
        now = self._clock.now()
        step = matching_step(self._vault, me.user, code, now)
        if step is None:
            raise BadCode
        async with self._uow.write() as work:
            values = {"totp_confirmed_at": now, "totp_step": step}
            await work.session.execute(update(User).where(User.id == me.user.id).values(**values))
            record(work, me.actor, "users.second_factor_on", ("user", me.user.id), at=now)

    async def drop_second_factor(self, me: Identity, password: str) -> None:
        """Switch the factor off; asks for the password. Raises ``Invalid``."""
        if not await self._passwords.fits(password, me.user.password_hash):
            raise Invalid({"password": msg("This is not your present password.")})
        async with self._uow.write() as work:
            values = {"totp_secret": None, "totp_confirmed_at": None, "totp_step": None}
            await work.session.execute(update(User).where(User.id == me.user.id).values(**values))
            record(work, me.actor, "users.second_factor_off", ("user", me.user.id), at=self._clock.now())

    async def end_session(self, me: Identity, session_id: int) -> None:
        """End one of the own sessions. Raises ``NotFound`` for anybody else's."""
        now = self._clock.now()
        async with self._uow.write() as work:
            held = await work.session.get(UserSession, session_id)
            if held is None or held.user_id != me.user.id:
                raise NotFound
            await end_sessions(work, me.user.id, now, only=session_id)
            record(work, me.actor, "sessions.end", ("user", me.user.id), at=now)

    async def end_other_sessions(self, me: Identity) -> int:
        """End all own sessions but this one; how many."""
        now = self._clock.now()
        async with self._uow.write() as work:
            ended = await end_sessions(work, me.user.id, now, but=me.session_id)
            record(work, me.actor, "sessions.end_others", ("user", me.user.id), {"ended": (None, ended)}, at=now)
            return ended
