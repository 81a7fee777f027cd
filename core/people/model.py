"""Rows of people: users and their credentials, departments, roles and the profiles whose rights they sum."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.access import Scope
from core.kernel.db import Base
from core.kernel.types import Amount, Key, UtcDateTime


class Unit(Base):
    """A department or a team within one. ``head_id`` leads it, ``deputy_id`` stands in."""

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    # Users refer to units and units to users, so these two keys are added after both tables exist.
    head_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", use_alter=True))
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", use_alter=True))


class Role(Base):
    """A post of the staffing structure. ``parent_id`` is the role it reports to; ``key`` names the roles shipped."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("name"), UniqueConstraint("key"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("roles.id"))
    salary: Mapped[Decimal | None] = mapped_column(Amount)
    currency: Mapped[str | None] = mapped_column(String(3))


class RoleStage(Base):
    """A stage of the work chain that a role takes part in, by the stage's key."""

    __tablename__ = "role_stages"

    role_id: Mapped[int] = mapped_column(ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(60), primary_key=True)


class Profile(Base):
    """A named set of rights. A role may have several; their rights are summed."""

    __tablename__ = "profiles"
    __table_args__ = (UniqueConstraint("name"), UniqueConstraint("key"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))


class RoleProfile(Base):
    """Which profiles a role has."""

    __tablename__ = "role_profiles"

    role_id: Mapped[int] = mapped_column(ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True)
    profile_id: Mapped[int] = mapped_column(ForeignKey("profiles.id", ondelete="RESTRICT"), primary_key=True)


class ProfileRight(Base):
    """One right of a profile (``module.action``) and how far it reaches."""

    __tablename__ = "profile_rights"
    __table_args__ = (CheckConstraint(f"scope BETWEEN {Scope.OWN.value} AND {Scope.ALL.value}", name="scope"),)

    profile_id: Mapped[int] = mapped_column(ForeignKey("profiles.id", ondelete="CASCADE"), primary_key=True)
    right: Mapped[str] = mapped_column(String(60), primary_key=True)
    scope: Mapped[int] = mapped_column()


class User(Base):
    """An employee who logs in.

    ``login`` is stored in lower case. ``sip_secret`` and ``totp_secret`` are sealed by the vault and never shown;
    the second factor is in force from ``totp_confirmed_at`` on, and ``totp_step`` is the last code's time step, so that
    none is taken twice. A user whom other rows mention is deactivated, never deleted.
    """

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("login"), UniqueConstraint("extension"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    login: Mapped[str] = mapped_column(String(60))
    password_hash: Mapped[str] = mapped_column(String(255))
    must_change_password: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("roles.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)

    surname: Mapped[str] = mapped_column(String(80), default="")
    first_name: Mapped[str] = mapped_column(String(80), default="")
    patronymic: Mapped[str] = mapped_column(String(80), default="")
    position: Mapped[str] = mapped_column(String(120), default="")
    work_phone: Mapped[str | None] = mapped_column(String(20))
    home_phone: Mapped[str | None] = mapped_column(String(20))
    mobile_phone: Mapped[str | None] = mapped_column(String(20))
    fax: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254))

    language: Mapped[str] = mapped_column(String(2), default="en")
    timezone: Mapped[str] = mapped_column(String(40), default="UTC")
    theme: Mapped[str] = mapped_column(String(5), default="auto")

    extension: Mapped[str | None] = mapped_column(String(20))
    sip_secret: Mapped[str | None] = mapped_column(String(255))

    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_secret: Mapped[str | None] = mapped_column(String(255))
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_step: Mapped[int | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def full_name(self) -> str:
        """Surname first, as lists are sorted; the login when no name is known."""
        return " ".join(filter(None, (self.surname, self.first_name, self.patronymic))) or self.login


class UserSession(Base):
    """A browser that has logged in. Only the SHA-256 of its opaque 256-bit token is stored."""

    __tablename__ = "sessions"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_sessions_user", "user_id", "expires_at"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(300), default="")


class ApiToken(Base):
    """A key for programs. It acts as its user, narrowed to ``scopes`` (rights); ``hint`` is its beginning, to tell
    tokens apart."""

    __tablename__ = "api_tokens"
    __table_args__ = (UniqueConstraint("token_hash"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    hint: Mapped[str] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SavedView(Base):
    """A list as somebody likes it: the query string that reproduces search, filters, columns and sort."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("user_id", "list", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    list: Mapped[str] = mapped_column(String(60), index=True)
    name: Mapped[str] = mapped_column(String(120))
    query: Mapped[str] = mapped_column(String(2000))
    shared: Mapped[bool] = mapped_column(default=False)


class Announcement(Base):
    """A message to everybody, or to one unit and all below it, shown on the home page while it lasts."""

    __tablename__ = "announcements"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    text: Mapped[str] = mapped_column(String(2000))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
