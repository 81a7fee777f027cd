"""Calls are found by their case and time: whether a case was called in a period is asked of every open one."""

from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.create_index("ix_calls_case_started", "calls", ["case_id", "started_at"])
    op.drop_index("ix_calls_case_id", table_name="calls")


def downgrade() -> None:
    op.create_index("ix_calls_case_id", "calls", ["case_id"])
    op.drop_index("ix_calls_case_started", table_name="calls")
