"""Logging in, staying logged in, and logging out."""

import math
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyotp import TOTP
from sqlalchemy import Executable, Table, bindparam, or_, select, update

from core.audit.service import record
from core.kernel.access import PROGRAM, Actor
from core.kernel.clock import Clock
from core.kernel.errors import DatabaseBusy
from core.kernel.patience import at_most
from core.kernel.uow import UnitOfWork, Work
from core.people import tokens
from core.people.access import actor_of, actors_of
from core.people.errors import AccountLocked, BadCode, BadCredentials
from core.people.events import AccessEnded
from core.people.model import ApiToken, User, UserSession
from core.people.passwords import Passwords
from core.people.rules import lock_after, narrowed, session_end
from core.people.vault import Vault

_TICKET_LIFE = timedelta(minutes=5)
_TOUCH_EVERY = timedelta(minutes=1)
_STEP_SECONDS = 30
_MARK_SECONDS = 0.2
_SESSIONS = UserSession.__table__
assert isinstance(_SESSIONS, Table)
#: Asked before every request: made once.
_OPEN = (
    select(UserSession, User)
    .join(User, User.id == UserSession.user_id)
    .where(UserSession.token_hash.in_(bindparam("digests", expanding=True)), UserSession.revoked_at.is_(None))
    .where(UserSession.expires_at > bindparam("now"), User.active)
)
_USED = (
    update(_SESSIONS)
    .where(_SESSIONS.c.id == bindparam("held"), _SESSIONS.c.revoked_at.is_(None))
    .values(last_seen_at=bindparam("now"), expires_at=bindparam("until"))
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a login comes from, for the list of sessions."""

    address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggedIn:
    """``token`` goes into the cookie and is stored nowhere."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeNeeded:
    """The password fits; ``ticket`` and a code of the second factor complete the login within five minutes."""

    ticket: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who a request comes from: the user, the actor, and the session or token it came with."""

    user: User
    actor: Actor
    session_id: int | None = None
    token_id: int | None = None


class Strangers:
    """Counts attempts on logins that do not exist, so that their lock does not betray which ones do."""

    def __init__(self, keep: int = 10_000) -> None:
        self._keep = keep
        self._seen: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    def attempt(self, login: str, now: datetime) -> None:
        """Count one; raises ``AccountLocked`` while the login is closed."""
        count, until = self._seen.pop(login, (0, now))
        closed = lock_after(count + 1) or timedelta()
        self._seen[login] = (count, until) if until > now else (count + 1, now + closed)
        if len(self._seen) > self._keep:
            self._seen.popitem(last=False)
        if until > now:
            raise _locked(until, now)


class Logins:
    """The door. Every failure counts towards the lock, and every outcome is in the trail."""

    def __init__(self, uow: UnitOfWork, clock: Clock, passwords: Passwords, vault: Vault) -> None:
        self._uow = uow
        self._clock = clock
        self._passwords = passwords
        self._vault = vault
        self._strangers = Strangers()

    async def log_in(self, login: str, password: str, origin: Origin) -> LoggedIn | CodeNeeded:
        """Check login and password. Raises ``BadCredentials`` or ``AccountLocked``.

        The attempt is counted before the password is looked at, so parallel guesses count in full. An unknown login
        answers like a known one: after the same time, and locked after as many tries.
        """
        name = login.strip().lower()
        user = await self._by_login(name)
        if user is None:
            self._strangers.attempt(name, self._clock.now())
        else:
            await self._attempt(user)
        fits = await self._passwords.fits(password, user.password_hash if user and user.active else None)
        if user is None or not fits:
            await self._record_failure(user)
            raise BadCredentials
        if user.totp_confirmed_at is not None:
            return CodeNeeded(ticket=self._vault.seal("login", f"{user.id}", self._clock.now()))
        return await self._open(user.id, origin, password)

    async def confirm_code(self, ticket: str, code: str, origin: Origin) -> LoggedIn:
        """The second step. Raises ``BadCredentials`` for a stale ticket, ``BadCode``, or ``AccountLocked``."""
        opened = self._vault.open_fresh("login", ticket, self._clock.now(), _TICKET_LIFE)
        if opened is None:
            raise BadCredentials
        async with self._uow.read() as session:
            user = await session.get(User, int(opened))
        if user is None or not user.active:
            raise BadCredentials
        await self._attempt(user)
        if not await self._take_code(user, code):
            await self._record_failure(user)
            raise BadCode
        return await self._open(user.id, origin, None)

    async def identify(self, token: str) -> Identity | None:
        """Who holds this session token; None when it is unknown, ended or revoked, or its user is inactive."""
        return (await self.identify_all([token])).get(token)

    async def identify_all(self, held_tokens: Collection[str]) -> dict[str, Identity]:
        """The same for many tokens at once: those of nobody are absent."""
        now = self._clock.now()
        digests = {tokens.digest(token): token for token in held_tokens}
        async with self._uow.read(brief=True) as session:
            rows = await session.execute(_OPEN, {"digests": list(digests), "now": now})
            found = [(row.UserSession, row.User) for row in rows]
            actors = await actors_of(session, [user for _, user in found]) if found else {}
        stale = [held for held, _ in found if now - held.last_seen_at >= _TOUCH_EVERY]
        if stale:
            used = [{"held": held.id, "now": now, "until": session_end(held.created_at, now)} for held in stale]
            await self._remember(_USED, used)
        return {
            digests[held.token_hash]: Identity(user=user, actor=actors[user.id], session_id=held.id)
            for held, user in found
        }

    async def identify_token(self, token: str) -> Identity | None:
        """Who holds this API token: its user, narrowed to the token's scopes."""
        now = self._clock.now()
        statement = (
            select(ApiToken, User)
            .join(User, User.id == ApiToken.user_id)
            .where(ApiToken.token_hash == tokens.digest(token), ApiToken.revoked_at.is_(None), User.active)
        )
        async with self._uow.read(brief=True) as session:
            found = (await session.execute(statement)).one_or_none()
            if found is None or (found[0].expires_at is not None and found[0].expires_at <= now):
                return None
            held, user = found
            actor = await actor_of(session, user)
        if not actor.may("api.use"):
            return None
        if held.last_used_at is None or now - held.last_used_at >= _TOUCH_EVERY:
            await self._remember(update(ApiToken).where(ApiToken.id == held.id).values(last_used_at=now))
        return Identity(user=user, actor=_narrowed(actor, held.scopes), token_id=held.id)

    async def log_out(self, identity: Identity) -> None:
        """End the session the request came with."""
        if identity.session_id is None:
            return
        async with self._uow.write() as work:
            await end_sessions(work, identity.user.id, self._clock.now(), only=identity.session_id)
            record(work, identity.actor, "sessions.end", ("user", identity.user.id), at=self._clock.now())

    async def _by_login(self, login: str) -> User | None:
        async with self._uow.read() as session:
            found: User | None = await session.scalar(select(User).where(User.login == login))
            return found

    async def _attempt(self, user: User) -> None:
        """Count an attempt unless the account is locked; success will forget it."""
        now = self._clock.now()
        free = or_(User.locked_until.is_(None), User.locked_until <= now)
        async with self._uow.write() as work:
            counted = update(User).where(User.id == user.id, free).values(failed_logins=User.failed_logins + 1)
            attempts = await work.session.scalar(counted.returning(User.failed_logins))
            if attempts is None:
                until = await work.session.scalar(select(User.locked_until).where(User.id == user.id))
                raise _locked(until or now, now)
            closed = lock_after(attempts)
            if closed is not None:
                await work.session.execute(update(User).where(User.id == user.id).values(locked_until=now + closed))

    async def _record_failure(self, user: User | None) -> None:
        """What was typed as a login is not kept: it may have been the password."""
        async with self._uow.write() as work:
            record(work, PROGRAM, "logins.fail", ("user", user.id if user else ""), at=self._clock.now())

    async def _take_code(self, user: User, code: str) -> bool:
        """Whether ``code`` is of this or a neighbouring step and later than the last one taken; takes it if so."""
        step = matching_step(self._vault, user, code, self._clock.now())
        if step is None:
            return False
        unused = (User.totp_step.is_(None)) | (User.totp_step < step)
        async with self._uow.write() as work:
            taken = update(User).where(User.id == user.id, unused).values(totp_step=step).returning(User.id)
            return (await work.session.scalar(taken)) is not None

    async def _open(self, user_id: int, origin: Origin, password: str | None) -> LoggedIn:
        now = self._clock.now()
        token, expires = tokens.fresh(), session_end(now, now)
        async with self._uow.read() as session:
            user = await session.get_one(User, user_id)
        outdated = password is not None and self._passwords.outdated(user.password_hash)
        renewed = {"password_hash": await self._passwords.hash(password)} if password and outdated else {}
        async with self._uow.write() as work:
            opened = {"failed_logins": 0, "locked_until": None, "last_login_at": now, **renewed}
            await work.session.execute(update(User).where(User.id == user_id).values(**opened))
            work.session.add(
                UserSession(
                    user_id=user_id,
                    token_hash=tokens.digest(token),
                    created_at=now,
                    last_seen_at=now,
                    expires_at=expires,
                    address=origin.address[:45],
                    user_agent=origin.user_agent[:300],
                )
            )
            actor = Actor(user_id=user_id, login=user.login, rights={})
            record(work, actor, "logins.succeed", ("user", user_id), {"address": (None, origin.address)}, at=now)
        return LoggedIn(token=token, expires_at=expires)

    async def _remember(self, statement: Executable, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        """Note that sessions or tokens are in use, or leave it to the next request: that the database is busy keeps
        nobody from reading. A session that has ended meanwhile stays ended."""
        with suppress(DatabaseBusy), at_most(_MARK_SECONDS):
            async with self._uow.write(brief=True) as work:
                await work.session.execute(statement, rows or None)


def _locked(until: datetime, now: datetime) -> AccountLocked:
    return AccountLocked(minutes=max(1, math.ceil((until - now).total_seconds() / 60)))


def _narrowed(actor: Actor, scopes: list[str]) -> Actor:
    return Actor(
        user_id=actor.user_id,
        login=actor.login,
        rights=narrowed(actor.rights, scopes),
        team=actor.team,
        department=actor.department,
        language=actor.language,
        timezone=actor.timezone,
    )


def matching_step(vault: Vault, user: User, code: str, now: datetime) -> int | None:
    """The time step ``code`` belongs to (this one, the one before or after, for clocks that differ), else None."""
    if user.totp_secret is None:
        return None
    totp = TOTP(vault.open("totp", user.totp_secret))
    present = int(now.timestamp()) // _STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if totp.verify(code.replace(" ", ""), for_time=step * _STEP_SECONDS):
            return step
    return None


async def end_sessions(
    work: Work, user_id: int, now: datetime, *, only: int | None = None, but: int | None = None
) -> int:
    """Revoke the open sessions of a user (``only`` one, or all ``but`` one) and tell the live sockets; how many."""
    statement = update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    if only is not None:
        statement = statement.where(UserSession.id == only)
    if but is not None:
        statement = statement.where(UserSession.id != but)
    ended = (await work.session.scalars(statement.values(revoked_at=now).returning(UserSession.id))).all()
    work.emit(*(AccessEnded(at=now, user_id=user_id, session_id=session_id) for session_id in ended))
    return len(ended)
