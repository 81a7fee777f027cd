"""How long pauses of a day may last, and the alarms of states that last too long."""

import sqlalchemy as sa
from alembic import op

from core.kernel import types

revision = "0032"
down_revision = "0034"


def upgrade() -> None:
    op.add_column("pause_reasons", sa.Column("day_seconds", sa.Integer(), nullable=True))
    op.create_index("ix_agent_states_ended_at", "agent_states", ["ended_at"])
    op.create_table(
        "agent_alarms",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("stretch_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("allowed_seconds", sa.Integer(), nullable=False),
        sa.Column("raised_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_alarms")),
    )
    op.create_index("uq_agent_alarms_stretch_id", "agent_alarms", ["stretch_id", "kind"], unique=True)
    op.create_index(op.f("ix_agent_alarms_user_id"), "agent_alarms", ["user_id"])


def downgrade() -> None:
    op.drop_table("agent_alarms")
    op.drop_index("ix_agent_states_ended_at", table_name="agent_states")
    op.drop_column("pause_reasons", "day_seconds")
