"""Keys that answer a campaign's recorded message, and what an attempt's debtor asked for by one."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("opt_out_key", sa.String(1), nullable=True))
    op.add_column("campaigns", sa.Column("talk_key", sa.String(1), nullable=True))
    said: sa.Column[str] = sa.Column("opted_out", sa.String(80), nullable=False, server_default="vm-goodbye")
    op.add_column("campaigns", said)
    op.add_column("campaign_attempts", sa.Column("wish", sa.String(10), nullable=True))
    op.create_index("ix_campaign_attempts_phone", "campaign_attempts", ["phone", "at"])


def downgrade() -> None:
    op.drop_index("ix_campaign_attempts_phone", "campaign_attempts")
    op.drop_column("campaign_attempts", "wish")
    for column in ("opted_out", "talk_key", "opt_out_key"):
        op.drop_column("campaigns", column)
