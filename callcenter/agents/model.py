"""The rows of collectors' states."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime

_OPEN = text("ended_at IS NULL")


class AgentDesk(Base):
    """What is known of a collector now. His state follows from it (``agents.rules``).

    ``live`` while a screen of his is connected, ``registered`` while a phone of his is; ``phone_since`` is when the
    last phone went or the first came, None before one was ever heard of. ``choice`` is what he chose himself.
    """

    __tablename__ = "agent_desks"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    live: Mapped[bool] = mapped_column(default=False)
    registered: Mapped[bool] = mapped_column(default=False)
    phone_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    choice: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(40))


class AgentCall(Base):
    """What a collector does for one call: rows exist only while he does something."""

    __tablename__ = "agent_calls"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    call_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    activity: Mapped[str] = mapped_column(String(12))


class AgentState(Base):
    """A stretch of a collector's time in one state. The open one has no end; there is never a gap and never an
    overlap. ``unit_id`` is the team he was in when it began."""

    __tablename__ = "agent_states"
    __table_args__ = (
        Index("uq_agent_states_open", "user_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_agent_states_user_started", "user_id", "started_at"),
        Index("ix_agent_states_ended_at", "ended_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    unit_id: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(40))
    call_id: Mapped[int | None] = mapped_column(BigInteger)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AgentAlarm(Base):
    """Something about a stretch of a collector's time that his supervisor must see: on as long as the stretch is, and,
    when it is about his phone, as long as that is away. ``allowed_seconds`` is the limit that was passed, counted from
    ``since``: raised once for each."""

    __tablename__ = "agent_alarms"
    __table_args__ = (Index("uq_agent_alarms_stretch_id", "stretch_id", "kind", "since", unique=True),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, index=True)
    stretch_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(40))
    allowed_seconds: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ServerPulse(Base):
    """One row: when the server was last known to be alive."""

    __tablename__ = "server_pulse"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Downtime(Base):
    """A time in which the server was away, until collectors' states are put right for it."""

    __tablename__ = "server_downtimes"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class PauseReason(Base):
    """Why a collector may pause: an entry of the editable directory. ``label`` of shipped reasons is a msgid.

    ``limit_seconds`` is how long one pause may last, ``day_seconds`` all of a collector's day together; None: as long
    as it takes.
    """

    __tablename__ = "pause_reasons"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    label: Mapped[str] = mapped_column(String(120))
    limit_seconds: Mapped[int | None]
    day_seconds: Mapped[int | None]
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    shipped: Mapped[bool] = mapped_column(default=False)
