"""Rows of the trail, and the triggers that keep them as they were written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import DDL

from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime


class AuditEntry(Base):
    """One thing that somebody changed or looked at.

    Written unsealed inside the change's own transaction; the sealer then gives it ``seq``, its place in the chain, and
    ``hash`` over the entry and the hash before it. The user is kept by id and login without a foreign key: the trail
    outlives what it speaks of.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("uq_audit_entries_seq", "seq", unique=True),
        Index("ix_audit_entries_subject", "subject_kind", "subject_id", "id"),
        Index("ix_audit_entries_actor", "actor_id", "id"),
        Index("ix_audit_entries_action", "action", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_id: Mapped[int] = mapped_column()
    actor_login: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(60))
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
    seq: Mapped[int | None] = mapped_column()
    hash: Mapped[str | None] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain: a single row (id 1). It betrays entries cut off at the end."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    seq: Mapped[int] = mapped_column()
    hash: Mapped[str] = mapped_column(String(64))


_TRIGGERS = ("audit_entries_no_update", "audit_entries_no_delete", "audit_head_no_delete", "audit_head_rises")
_SQLITE_UNCHANGED = " AND ".join(
    f"OLD.{column} IS NEW.{column}"
    for column in ("id", "at", "actor_id", "actor_login", "action", "subject_kind", "subject_id", "changes")
)

#: Statements per database that make the trail append-only; migrations run them after the tables exist. The only update
#: let through is the sealer's: an unsealed row gets its ``seq`` and ``hash``, everything else staying as it was.
APPEND_ONLY_DDL: Mapping[str, tuple[str, ...]] = {
    "sqlite": (
        f"""CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
        WHEN NOT (OLD.hash IS NULL AND NEW.hash IS NOT NULL AND {_SQLITE_UNCHANGED})
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
        """CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
        """CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
        """CREATE TRIGGER audit_head_rises BEFORE UPDATE ON audit_head WHEN NEW.seq <= OLD.seq
        BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$""",
        """CREATE FUNCTION audit_only_seal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF OLD.hash IS NOT NULL OR NEW.hash IS NULL
             OR (to_jsonb(OLD) - 'seq' - 'hash') IS DISTINCT FROM (to_jsonb(NEW) - 'seq' - 'hash') THEN
            RAISE EXCEPTION 'the audit trail is append-only';
          END IF;
          RETURN NEW;
        END $$""",
        """CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION audit_only_seal()""",
        """CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
        FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
        """CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
        """CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
        FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
        """CREATE TRIGGER audit_head_rises BEFORE UPDATE ON audit_head
        FOR EACH ROW WHEN (NEW.seq <= OLD.seq) EXECUTE FUNCTION audit_refuse()""",
    ),
}

#: And the statements that take these triggers away again.
DROP_DDL: Mapping[str, tuple[str, ...]] = {
    "sqlite": tuple(f"DROP TRIGGER IF EXISTS {name}" for name in _TRIGGERS),
    "postgresql": (
        "DROP FUNCTION IF EXISTS audit_refuse() CASCADE",
        "DROP FUNCTION IF EXISTS audit_only_seal() CASCADE",
    ),
}


def _keep_append_only() -> None:
    """Have the triggers come and go with the tables; the head is made last and dropped first."""
    AuditHead.metadata.tables["audit_head"].add_is_dependent_on(AuditEntry.metadata.tables["audit_entries"])
    for moment, table, statements in (
        ("after_create", AuditHead.__table__, APPEND_ONLY_DDL),
        ("before_drop", AuditHead.__table__, DROP_DDL),
    ):
        for dialect, lines in statements.items():
            for line in lines:
                event.listen(table, moment, DDL(line).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


_keep_append_only()
