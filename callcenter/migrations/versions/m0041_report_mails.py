"""Reports that are mailed, and what became of each message."""

import sqlalchemy as sa
from alembic import op

from core.kernel import types

revision = "0041"
down_revision = "0040"

_MOMENT = types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "report_schedules",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("query", sa.String(2000), nullable=False),
        sa.Column("format", sa.String(4), nullable=False),
        sa.Column("every", sa.String(5), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(40), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("next_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedules")),
    )
    op.create_index(op.f("ix_report_schedules_next_at"), "report_schedules", ["next_at"])
    op.create_table(
        "report_mails",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("schedule_id", types.Key, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(40), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["report_schedules.id"],
            name=op.f("fk_report_mails_schedule_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_mails")),
        sa.UniqueConstraint(
            "schedule_id", "due_at", "user_id", name=op.f("uq_report_mails_schedule_id_due_at_user_id")
        ),
    )


def downgrade() -> None:
    op.drop_table("report_mails")
    op.drop_index(op.f("ix_report_schedules_next_at"), "report_schedules")
    op.drop_table("report_schedules")
