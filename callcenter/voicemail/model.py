"""The rows of messages callers left."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime


class Voicemail(Base):
    """A message: the call it was left in, the recording that holds it, the callback it became (None: none was owed).

    ``user_id`` and ``unit_id`` are whose debtor the caller is (None: anybody's), ``queue`` is the code of the one he
    waited in or was meant for. ``heard_at`` is when it was first listened to.
    """

    __tablename__ = "voicemails"
    __table_args__ = (
        Index("ix_voicemails_received", "received_at", "id"),
        Index(
            "ix_voicemails_unheard",
            "received_at",
            sqlite_where=text("heard_at IS NULL"),
            postgresql_where=text("heard_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    recording_id: Mapped[int] = mapped_column(BigInteger)
    callback_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    duration_ms: Mapped[int]
    phone: Mapped[str | None] = mapped_column(String(20))
    queue: Mapped[str | None] = mapped_column(String(80))
    party_id: Mapped[int | None] = mapped_column(BigInteger)
    case_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    user_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    unit_id: Mapped[int | None] = mapped_column(BigInteger)
    heard_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heard_by: Mapped[int | None] = mapped_column(BigInteger)
