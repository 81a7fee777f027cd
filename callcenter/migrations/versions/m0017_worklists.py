"""Worklists: cases without plan, the pool and its leases; new cases handed out by rule."""

import sqlalchemy as sa
from alembic import op

from core.kernel import types

revision = "0017"
down_revision = "0013"

_UNPLANNED = sa.text("state = 'open' AND next_action_at IS NULL")
_POOL = sa.text("state = 'open' AND collector_id IS NULL")


def upgrade() -> None:
    op.add_column("work_settings", sa.Column("assign_new", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("work_settings", sa.Column("scored_on", sa.Date(), nullable=True))
    op.create_table(
        "case_leases",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("until", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_leases_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_case_leases_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_leases")),
    )
    op.create_index(
        "ix_cases_unplanned",
        "cases",
        ["collector_id", "score", "id"],
        sqlite_where=_UNPLANNED,
        postgresql_where=_UNPLANNED,
    )
    op.create_index("ix_cases_pool", "cases", ["unit_id", "score", "id"], sqlite_where=_POOL, postgresql_where=_POOL)


def downgrade() -> None:
    op.drop_index("ix_cases_pool", table_name="cases")
    op.drop_index("ix_cases_unplanned", table_name="cases")
    op.drop_table("case_leases")
    op.drop_column("work_settings", "scored_on")
    op.drop_column("work_settings", "assign_new")
