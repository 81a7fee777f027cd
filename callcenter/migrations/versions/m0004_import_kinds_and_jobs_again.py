"""Imports of more than one kind; jobs that are asked for again while they run."""

import sqlalchemy as sa
from alembic import op

from core.kernel import types

revision = "0004"
down_revision = "0003"

_OPEN = sa.text("state NOT IN ('cancelled', 'failed')")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("again_at", types.UtcDateTime(timezone=True), nullable=True))
    op.add_column("import_batches", sa.Column("kind", sa.String(length=12), nullable=False, server_default="registry"))
    _unique("kind", "creditor_id", "file_hash")
    op.execute("ALTER TABLE import_rows RENAME COLUMN case_id TO result_id")


def downgrade() -> None:
    op.execute("ALTER TABLE import_rows RENAME COLUMN result_id TO case_id")
    _unique("creditor_id", "file_hash")
    op.drop_column("import_batches", "kind")
    op.drop_column("jobs", "again_at")


def _unique(*columns: str) -> None:
    op.drop_index("uq_import_batches_file", "import_batches")
    op.create_index(
        "uq_import_batches_file",
        "import_batches",
        list(columns),
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
