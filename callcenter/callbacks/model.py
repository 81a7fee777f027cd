"""The rows of callbacks."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime


class CallbackState(StrEnum):
    """``MISSED`` callbacks passed their window and still wait for somebody: nothing ever falls off the list by
    itself."""

    PLANNED = "planned"
    DUE = "due"
    DIALLING = "dialling"
    MISSED = "missed"
    DONE = "done"
    CANCELLED = "cancelled"


#: States in which somebody still has to call.
OPEN = (CallbackState.PLANNED, CallbackState.DUE, CallbackState.DIALLING, CallbackState.MISSED)


class Origin(StrEnum):
    """Why there is a callback."""

    AGREED = "agreed"
    MISSED_CALL = "missed_call"
    VOICEMAIL = "voicemail"


class Callback(Base):
    """A promise to call somebody between ``window_start`` and ``window_end``.

    ``user_id`` is who owns it; None: anybody of ``unit_id``, or anybody with ``skill``, or simply anybody. ``zone`` is
    the debtor's (IANA). ``automatic`` dials by itself when the owner is free. ``moved_rule`` tells which rule of law
    moved it last. ``call_id`` is the call that is or was made for it, ``source_call_id`` the one it comes from.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        Index("ix_callbacks_state_start", "state", "window_start"),
        Index("ix_callbacks_user_state", "user_id", "state"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    origin: Mapped[str] = mapped_column(String(12))
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    unit_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    skill: Mapped[str | None] = mapped_column(String(60))
    party_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    case_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    phone: Mapped[str] = mapped_column(String(20), index=True)
    zone: Mapped[str] = mapped_column(String(64))
    window_start: Mapped[datetime] = mapped_column(UtcDateTime)
    window_end: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(500), default="")
    automatic: Mapped[bool] = mapped_column(default=False)
    remind_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    dialling_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    moved_rule: Mapped[str | None] = mapped_column(String(64))
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    escalated_from: Mapped[int | None] = mapped_column(BigInteger)
    call_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    source_call_id: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_reason: Mapped[str | None] = mapped_column(String(200))
