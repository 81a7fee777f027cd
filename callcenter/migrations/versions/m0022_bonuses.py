"""How bonuses of the staff are reckoned."""

import sqlalchemy as sa
from alembic import op

from core.kernel import types

revision = "0022"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "bonus_rules",
        sa.Column("role_id", types.Key, autoincrement=False, nullable=False),
        sa.Column("percent", types.Amount, nullable=False),
        sa.Column("bands", sa.JSON(), nullable=False),
        sa.Column("without_plan", types.Amount, nullable=False),
        sa.Column("updated_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_bonus_rules_role_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("role_id", name=op.f("pk_bonus_rules")),
    )


def downgrade() -> None:
    op.drop_table("bonus_rules")
