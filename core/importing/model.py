"""Rows of imports: a batch for each file, and one row for each row of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime

#: The kind of the batches that become cases.
REGISTRY = "registry"


class BatchState(StrEnum):
    """``MAPPING`` waits for the columns, ``CHECKING`` and ``APPLYING`` run as jobs, ``CHECKED`` waits for the word
    to go.

    ``STOPPED`` was cancelled while applying and can go on; what was applied stays.
    """

    MAPPING = "mapping"
    CHECKING = "checking"
    CHECKED = "checked"
    APPLYING = "applying"
    STOPPED = "stopped"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Outcome(StrEnum):
    """What a row means for the database. ``KNOWN``: it is here already, brought by another file."""

    NEW = "new"
    UPDATE = "update"
    KNOWN = "known"
    SKIP = "skip"
    ERROR = "error"


class OnExisting(StrEnum):
    """What happens to a claim, or what else a row brings, that is already there."""

    UPDATE = "update"
    SKIP = "skip"


_HELD = text("state NOT IN ('cancelled', 'failed')")
_HELD_BY_NOBODY = text("creditor_id IS NULL AND state NOT IN ('cancelled', 'failed')")


class ImportBatch(Base):
    """A file on its way in, of a ``kind`` (:class:`~core.importing.ports.ImportKind`).

    ``creditor_id`` is whose it is (None: the kind does not belong to creditors), ``options`` what its kind was told
    beside the file. ``file_hash`` (SHA-256) is refused a second time for the same creditor while another batch of the
    kind holds it.
    ``columns`` goes from a column's index (as text) to its target; in a ``fixed`` file they mean what they say.
    ``counts`` holds the rows by outcome after the dry run; ``checked_rows`` and ``applied_rows`` are the progress, of
    about ``sheet_rows``.
    """

    __tablename__ = "import_batches"
    __table_args__ = (
        Index(
            "uq_import_batches_file",
            "kind",
            "creditor_id",
            "file_hash",
            unique=True,
            sqlite_where=_HELD,
            postgresql_where=_HELD,
        ),
        Index(
            "uq_import_batches_own_file",
            "kind",
            "file_hash",
            unique=True,
            sqlite_where=_HELD_BY_NOBODY,
            postgresql_where=_HELD_BY_NOBODY,
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), default=REGISTRY, server_default=REGISTRY)
    creditor_id: Mapped[int | None] = mapped_column(ForeignKey("creditors.id"))
    options: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    order_number: Mapped[str] = mapped_column(String(60))
    file_name: Mapped[str] = mapped_column(String(255))
    file_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default=BatchState.MAPPING)
    sheet: Mapped[str] = mapped_column(String(255), default="")
    header: Mapped[int] = mapped_column(default=0)
    fixed: Mapped[bool] = mapped_column(default=False, server_default=false())
    headings: Mapped[list[str]] = mapped_column(JSON, default=list)
    columns: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    on_existing: Mapped[str] = mapped_column(String(6), default=OnExisting.UPDATE)
    sheet_rows: Mapped[int] = mapped_column(default=0)
    checked_rows: Mapped[int] = mapped_column(default=0)
    applied_rows: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    error: Mapped[str | None] = mapped_column(String(60))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportRow(Base):
    """One row: what it says and its cells (JSON texts), what it means, and whether that is done.

    ``n`` is Excel's row number; ``result_id`` is the case, or what else the row became. ``number`` and ``claim`` tell
    it from the other rows, ``name`` is whom it speaks of. ``faults`` and ``diff`` are JSON texts as well: a dry run
    writes a hundred thousand of these, so they are kept the way the reader printed them.
    """

    __tablename__ = "import_rows"
    __table_args__ = (Index("ix_import_rows_outcome", "batch_id", "outcome", "applied", "n"),)

    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batches.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(String(6))
    applied: Mapped[bool] = mapped_column(default=False)
    number: Mapped[str] = mapped_column(String(60))
    claim: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(300))
    data: Mapped[str] = mapped_column(Text)
    cells: Mapped[str] = mapped_column(Text)
    faults: Mapped[str] = mapped_column(Text, default="[]")
    diff: Mapped[str] = mapped_column(Text, default="{}")
    result_id: Mapped[int | None] = mapped_column()
