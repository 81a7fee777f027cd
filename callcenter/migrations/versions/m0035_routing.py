"""Where callers go: calendars, and the numbers and stages that lead to queues."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0026"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("week", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendars")),
    )
    op.create_table(
        "calendar_days",
        sa.Column("calendar_id", _KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name=op.f("fk_calendar_days_calendar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("calendar_id", "day", name=op.f("pk_calendar_days")),
    )
    with op.batch_alter_table("queues") as queues:
        queues.add_column(sa.Column("own_first", sa.Boolean(), nullable=False, server_default=sa.true()))
        queues.add_column(sa.Column("own_seconds", sa.Integer(), nullable=False, server_default="12"))
        queues.add_column(sa.Column("calendar_id", _KEY, nullable=True))
        queues.add_column(sa.Column("closed", sa.String(length=10), nullable=False, server_default="voicemail"))
        queues.create_foreign_key(op.f("fk_queues_calendar_id"), "calendars", ["calendar_id"], ["id"])
    op.create_table(
        "queue_numbers",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("queue_id", _KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queues.id"], name=op.f("fk_queue_numbers_queue_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_queue_numbers")),
    )
    op.create_index(op.f("ix_queue_numbers_queue_id"), "queue_numbers", ["queue_id"])
    op.create_table(
        "queue_stages",
        sa.Column("stage_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("queue_id", _KEY, nullable=False),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name=op.f("fk_queue_stages_queue_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stage_id", name=op.f("pk_queue_stages")),
    )
    op.create_index(op.f("ix_queue_stages_queue_id"), "queue_stages", ["queue_id"])


def downgrade() -> None:
    op.drop_table("queue_stages")
    op.drop_table("queue_numbers")
    with op.batch_alter_table("queues") as queues:
        queues.drop_constraint(op.f("fk_queues_calendar_id"), type_="foreignkey")
        for column in ("closed", "calendar_id", "own_seconds", "own_first"):
            queues.drop_column(column)
    op.drop_table("calendar_days")
    op.drop_table("calendars")
