"""A mark on cases whose payments are to be settled again."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("cases", sa.Column("resettle_from", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("cases", "resettle_from")
