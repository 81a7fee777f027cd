"""What a claim's limitation follows from, and when its period began anew."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0038"


def upgrade() -> None:
    op.add_column("claims", sa.Column("limitation_by", sa.String(12), nullable=True))
    op.add_column("claims", sa.Column("limitation_restarted_on", sa.Date(), nullable=True))
    op.add_column("claims", sa.Column("nature", sa.String(10), nullable=False, server_default="business"))
    op.execute("UPDATE claims SET limitation_by = 'stated' WHERE limitation_on IS NOT NULL")


def downgrade() -> None:
    op.drop_column("claims", "nature")
    op.drop_column("claims", "limitation_restarted_on")
    op.drop_column("claims", "limitation_by")
