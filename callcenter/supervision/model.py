"""The rows of supervision."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime

_OPEN = text("ended_at IS NULL")


class CallWatch(Base):
    """A supervisor in a collector's call: who heard whom, how, why, and how long. Written before his phone is rung."""

    __tablename__ = "call_watches"
    __table_args__ = (
        Index("ix_call_watches_open", "user_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_call_watches_call_id", "call_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(BigInteger)
    agent_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    mode: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(500), default="")
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FloorMessage(Base):
    """What a supervisor said to collectors on their screens."""

    __tablename__ = "floor_messages"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    author_id: Mapped[int] = mapped_column(BigInteger, index=True)
    text: Mapped[str] = mapped_column(String(500))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FloorReceipt(Base):
    """A message on its way to one collector; ``read_at`` is when he said that he had read it."""

    __tablename__ = "floor_receipts"
    __table_args__ = (
        Index(
            "ix_floor_receipts_unread",
            "user_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
    )

    message_id: Mapped[int] = mapped_column(ForeignKey("floor_messages.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CoachingNote(Base):
    """Advice given to the collector ``agent_id`` while he was in a call; it stays with the call."""

    __tablename__ = "coaching_notes"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(BigInteger, index=True)
    agent_id: Mapped[int] = mapped_column(BigInteger)
    author_id: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(String(500))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
