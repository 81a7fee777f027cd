"""When a caller began to wait in a queue, and the campaign that dialled a call."""

import sqlalchemy as sa
from alembic import op

from core.kernel import types

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("calls", sa.Column("queued_at", types.UtcDateTime(timezone=True), nullable=True))
    op.add_column("calls", sa.Column("campaign_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_calls_campaign_id"), "calls", ["campaign_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_calls_campaign_id"), table_name="calls")
    op.drop_column("calls", "campaign_id")
    op.drop_column("calls", "queued_at")
