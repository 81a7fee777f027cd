"""Rows about recordings. The sound itself is in the storage, under ``storage_key``."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime


class RecordingState(StrEnum):
    """``PROCESSING`` has been claimed, ``READY`` and ``CUT_OFF`` can be played (the latter lost its end to a crash),
    ``FAILED`` could not be read and was put aside."""

    PROCESSING = "processing"
    READY = "ready"
    CUT_OFF = "cut_off"
    FAILED = "failed"


PLAYABLE = (RecordingState.READY, RecordingState.CUT_OFF)


class Recording(Base):
    """The sound of one customer channel. ``uniqueid`` is Asterisk's id of it on ``server``, with ``spool.MESSAGE``
    behind it for a message; ``call_id`` stays empty until the call log knows the channel. ``sides`` are the files it
    was made of: ``r`` the debtor's voice, ``t`` the other."""

    __tablename__ = "recordings"
    __table_args__ = (
        UniqueConstraint("server", "uniqueid"),
        Index(
            "ix_recordings_unlinked",
            "created_at",
            sqlite_where=text("call_id IS NULL"),
            postgresql_where=text("call_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    server: Mapped[str] = mapped_column(String(60))
    uniqueid: Mapped[str] = mapped_column(String(150))
    call_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    state: Mapped[str] = mapped_column(String(12), default=RecordingState.PROCESSING)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    duration_ms: Mapped[int | None]
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    codec: Mapped[str | None] = mapped_column(String(10))
    channels: Mapped[int | None]
    sides: Mapped[str | None] = mapped_column(String(2))
    storage_key: Mapped[str | None] = mapped_column(String(200))
    error: Mapped[str | None] = mapped_column(String(500))


class Waveform(Base):
    """What a player draws: peaks of each side (one byte a column, 255 = full scale), silences of both in ms, and which
    share of the time each side spoke, both did, or neither (0 to 1)."""

    __tablename__ = "recording_waveforms"

    recording_id: Mapped[int] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    debtor: Mapped[bytes] = mapped_column(LargeBinary)
    collector: Mapped[bytes] = mapped_column(LargeBinary)
    silences: Mapped[list[list[int]]] = mapped_column(JSON)
    debtor_speaks: Mapped[float]
    collector_speaks: Mapped[float]
    both_speak: Mapped[float]
    nobody_speaks: Mapped[float]


class MarkKind(StrEnum):
    """A ``BOOKMARK`` names a moment ("promise here"), a ``COMMENT`` says something about it."""

    BOOKMARK = "bookmark"
    COMMENT = "comment"


class Mark(Base):
    """A note at ``at_ms`` of a recording, made while listening."""

    __tablename__ = "recording_marks"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    recording_id: Mapped[int] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"), index=True)
    at_ms: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(String(1000))
    author_id: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PauseEnd(StrEnum):
    """How a pause ended: by hand, by its time running out, with the call, or never begun because Asterisk did not
    obey."""

    RESUMED = "resumed"
    AUTOMATIC = "automatic"
    CALL_OVER = "call_over"
    NOT_PAUSED = "not_paused"


class Pause(Base):
    """A stretch of a call that is not recorded (card data). Open while ``ended_at`` is empty; ends by itself at
    ``due_at``. A call has at most one open pause."""

    __tablename__ = "recording_pauses"
    __table_args__ = (
        Index(
            "uq_recording_pauses_open",
            "call_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(BigInteger, index=True)
    user_id: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ending: Mapped[str | None] = mapped_column(String(12))
