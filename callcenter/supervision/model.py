"""The rows of supervision."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, text
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
