"""The rows of menus."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime


class IvrFlow(Base):
    """A menu. ``draft`` is what is being edited (see :class:`callcenter.ivr.flow.Flow`), ``version_id`` what callers
    hear (None: nothing)."""

    __tablename__ = "ivr_flows"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    draft: Mapped[dict[str, Any]] = mapped_column(JSON)
    version_id: Mapped[int | None] = mapped_column(BigInteger)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def mark(self) -> str:
        """The same as long as name and draft are: whoever edits says what he saw when he began."""
        return sha256(json.dumps([self.name, self.draft], sort_keys=True).encode()).hexdigest()[:16]


class IvrVersion(Base):
    """A menu as it was published; never changed: calls in the middle of it go on in it."""

    __tablename__ = "ivr_versions"
    __table_args__ = (UniqueConstraint("flow_id", "number"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    flow_id: Mapped[int] = mapped_column(ForeignKey("ivr_flows.id", ondelete="CASCADE"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[int] = mapped_column(BigInteger)


class IvrQueue(Base):
    """Callers of the queue of this code hear a menu first."""

    __tablename__ = "ivr_queues"

    queue: Mapped[str] = mapped_column(String(40), primary_key=True)
    flow_id: Mapped[int] = mapped_column(ForeignKey("ivr_flows.id", ondelete="CASCADE"), index=True)


class IvrSound(Base):
    """An own recording for menus. ``name`` follows from ``content``, a WAV file as exchanges play it."""

    __tablename__ = "ivr_sounds"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    label: Mapped[str] = mapped_column(String(120))
    duration_ms: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int] = mapped_column(BigInteger)
