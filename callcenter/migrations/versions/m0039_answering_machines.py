"""What a campaign does about answering machines, and who answered a call and an attempt.

Columns come and go one by one: making a table anew would drop its triggers and what hangs on its rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0033"


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("machines", sa.String(10), nullable=False, server_default="off"))
    op.add_column("campaigns", sa.Column("machine_message", sa.String(80), nullable=True))
    op.execute(sa.text("UPDATE campaigns SET machines = 'hang_up' WHERE detect_machines"))
    op.drop_column("campaigns", "detect_machines")
    op.add_column("calls", sa.Column("answerer", sa.JSON(), nullable=True))
    op.add_column("campaign_attempts", sa.Column("answered_by", sa.String(10), nullable=True))
    op.add_column("campaign_attempts", sa.Column("judged_because", sa.String(40), nullable=True))
    op.add_column("campaign_attempts", sa.Column("judged_ms", sa.Integer(), nullable=True))
    left: sa.Column[bool] = sa.Column("message_left", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("campaign_attempts", left)
    op.create_index("ix_campaign_attempts_at", "campaign_attempts", ["campaign_id", "at"])


def downgrade() -> None:
    op.drop_index("ix_campaign_attempts_at", "campaign_attempts")
    for column in ("message_left", "judged_ms", "judged_because", "answered_by"):
        op.drop_column("campaign_attempts", column)
    op.drop_column("calls", "answerer")
    detect: sa.Column[bool] = sa.Column("detect_machines", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("campaigns", detect)
    op.execute(sa.text("UPDATE campaigns SET detect_machines = (machines <> 'off')"))
    op.drop_column("campaigns", "machine_message")
    op.drop_column("campaigns", "machines")
