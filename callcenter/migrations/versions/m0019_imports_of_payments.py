"""Imports that belong to no creditor; numbers by which payments find their cases; likely doubles found by index."""

import sqlalchemy as sa
from alembic import op

from core.kernel import types

revision = "0019"
down_revision = "0017"

_HELD = sa.text("creditor_id IS NULL AND state NOT IN ('cancelled', 'failed')")


def upgrade() -> None:
    op.add_column("import_batches", sa.Column("options", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("import_batches", sa.Column("fixed", sa.Boolean(), nullable=False, server_default=sa.false()))
    _creditor(nullable=True)
    op.create_index(
        "uq_import_batches_own_file",
        "import_batches",
        ["kind", "file_hash"],
        unique=True,
        sqlite_where=_HELD,
        postgresql_where=_HELD,
    )
    op.create_table(
        "case_keys",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("case_id", types.Key, nullable=False),
        sa.Column("claim_id", types.Key, nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_keys_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "case_id", "claim_id", "number", name=op.f("pk_case_keys")),
    )
    op.create_index("ix_case_keys_case", "case_keys", ["case_id", "claim_id"])
    op.create_index("ix_payments_alike", "payments", ["account_id", "value_on", "amount"])


def downgrade() -> None:
    op.drop_index("ix_payments_alike", "payments")
    op.drop_table("case_keys")
    op.drop_index("uq_import_batches_own_file", "import_batches")
    _creditor(nullable=False)
    op.drop_column("import_batches", "fixed")
    op.drop_column("import_batches", "options")


def _creditor(*, nullable: bool) -> None:
    """SQLite writes the table anew, and dropping the old one would take its rows along: they wait aside."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        op.execute("CREATE TEMPORARY TABLE rows_aside AS SELECT * FROM import_rows")
    with op.batch_alter_table("import_batches") as batches:
        batches.alter_column("creditor_id", existing_type=types.Key, nullable=nullable)
    if sqlite:
        op.execute("INSERT OR IGNORE INTO import_rows SELECT * FROM rows_aside")
        op.execute("DROP TABLE rows_aside")
