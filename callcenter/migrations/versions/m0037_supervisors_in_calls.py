"""Supervisors in collectors' calls."""

import sqlalchemy as sa
from alembic import op

from core.kernel import types

revision = "0037"
down_revision = "0032"


def upgrade() -> None:
    op.create_table(
        "call_watches",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("started_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_watches")),
    )
    still = sa.text("ended_at IS NULL")
    op.create_index("ix_call_watches_open", "call_watches", ["user_id"], sqlite_where=still, postgresql_where=still)
    op.create_index("ix_call_watches_call_id", "call_watches", ["call_id"])


def downgrade() -> None:
    op.drop_table("call_watches")
