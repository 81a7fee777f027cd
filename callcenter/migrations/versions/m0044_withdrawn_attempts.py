"""Attempts that are hung up while they ring. Campaigns that were set up before go on without."""

import sqlalchemy as sa
from alembic import op

from core.kernel.types import UtcDateTime

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    withdraws: sa.Column[bool] = sa.Column("withdraws", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("campaigns", withdraws)
    op.add_column("campaign_attempts", sa.Column("withdrawn_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("campaign_attempts", "withdrawn_at")
    op.drop_column("campaigns", "withdraws")
