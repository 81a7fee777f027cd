"""Attempts that are hung up while they ring, and cases that were chosen for a campaign by themselves.

Campaigns that were set up before go on without withdrawing. What is on a list without a filter was chosen.
"""

import sqlalchemy as sa
from alembic import op

from core.kernel.types import UtcDateTime

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    withdraws: sa.Column[bool] = sa.Column("withdraws", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("campaigns", withdraws)
    op.add_column("campaign_attempts", sa.Column("withdrawn_at", UtcDateTime(), nullable=True))
    chosen: sa.Column[bool] = sa.Column("chosen", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("campaign_entries", chosen)
    op.execute(
        sa.text(
            "UPDATE campaign_entries SET chosen = true WHERE campaign_id IN "
            "(SELECT id FROM campaigns WHERE filter IS NULL OR CAST(filter AS TEXT) = 'null')"
        )
    )


def downgrade() -> None:
    op.drop_column("campaign_entries", "chosen")
    op.drop_column("campaign_attempts", "withdrawn_at")
    op.drop_column("campaigns", "withdraws")
