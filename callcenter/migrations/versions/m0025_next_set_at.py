"""The moment that was set by hand for a case beside the earliest of all that is planned for it."""

import sqlalchemy as sa
from alembic import op

from core.kernel import types

revision = "0025"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("cases", sa.Column("next_set_at", types.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("cases", "next_set_at")
