"""A planned stretch belongs to the day on which its shift begins."""

import sqlalchemy as sa
from alembic import op

from callcenter.productivity.triggers import CREATE_DDL
from core.kernel import types

revision = "0038"
down_revision = "0035"

_MOMENT = types.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Nothing could plan shifts before, so the table is made anew."""
    _make_anew(sa.Column("day", sa.Date(), nullable=False))
    op.create_index("ix_shift_blocks_day", "shift_blocks", ["day"])


def downgrade() -> None:
    _make_anew()
    op.create_index("ix_shift_blocks_starts_at", "shift_blocks", ["starts_at"])


def _make_anew(*more: sa.Column[object]) -> None:
    op.drop_table("shift_blocks")
    op.create_table(
        "shift_blocks",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(8), nullable=False),
        *more,
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_shift_blocks_forward")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_blocks")),
    )
    op.create_index("ix_shift_blocks_user", "shift_blocks", ["user_id", "starts_at"])
    for line in CREATE_DDL[op.get_bind().dialect.name]:
        if line.startswith("CREATE TRIGGER shift_blocks_"):  # PostgreSQL kept their functions
            op.execute(line)
