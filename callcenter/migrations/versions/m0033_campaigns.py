"""Campaigns: what they may, who works in them, their lists and attempts."""

import sqlalchemy as sa
from alembic import op

from core.kernel import types

revision = "0033"
down_revision = "0028"

_CODES = (("ABANDONED", "Answered, nobody was free"), ("MESSAGE", "Heard a recorded message"))


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("ceiling", sa.Double(), nullable=False),
        sa.Column("most_per_agent", sa.Double(), nullable=False),
        sa.Column("ring_seconds", sa.Integer(), nullable=False),
        sa.Column("connect_seconds", sa.Integer(), nullable=False),
        sa.Column("countdown_seconds", sa.Integer(), nullable=False),
        sa.Column("detect_machines", sa.Boolean(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("retries", sa.JSON(), nullable=False),
        sa.Column("most_a_day", sa.Integer(), nullable=False),
        sa.Column("most_in_total", sa.Integer(), nullable=False),
        sa.Column("show_number", sa.String(length=20), nullable=True),
        sa.Column("message", sa.String(length=80), nullable=True),
        sa.Column("apology", sa.String(length=80), nullable=False),
        sa.Column("filter", sa.JSON(), nullable=True),
        sa.Column("filter_name", sa.String(length=120), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("queue_open", sa.Boolean(), nullable=False),
        sa.Column("filled_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("started_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    op.create_index(op.f("ix_campaigns_state"), "campaigns", ["state"], unique=False)
    op.create_table(
        "campaign_staff",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(user_id IS NULL) <> (unit_id IS NULL)", name=op.f("ck_campaign_staff_one_of_them")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_staff_campaign_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_staff")),
        sa.UniqueConstraint(
            "campaign_id", "user_id", "unit_id", name=op.f("uq_campaign_staff_campaign_id_user_id_unit_id")
        ),
    )
    op.create_table(
        "campaign_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempts_today", sa.Integer(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=True),
        sa.Column("last_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_phone", sa.String(length=20), nullable=True),
        sa.Column("next_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_entries_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_campaign_entries_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_entries")),
        sa.UniqueConstraint("campaign_id", "case_id", name=op.f("uq_campaign_entries_campaign_id_case_id")),
    )
    op.create_index("ix_campaign_entries_case", "campaign_entries", ["case_id"], unique=False)
    op.create_index("ix_campaign_entries_next", "campaign_entries", ["campaign_id", "state", "next_at"], unique=False)
    op.create_table(
        "campaign_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("picked_up_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("connected_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_attempts_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["campaign_entries.id"], name=op.f("fk_campaign_attempts_entry_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_attempts")),
        sa.UniqueConstraint("call_id", name=op.f("uq_campaign_attempts_call_id")),
    )
    op.create_index("ix_campaign_attempts_ended", "campaign_attempts", ["campaign_id", "ended_at"], unique=False)
    op.create_index("ix_campaign_attempts_entry", "campaign_attempts", ["entry_id"], unique=False)
    op.create_index(
        "ix_campaign_attempts_in_flight",
        "campaign_attempts",
        ["campaign_id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    _ship()


def _ship() -> None:
    """Add the results that campaigns give by themselves, where the directory has been shipped."""
    codes = sa.table(
        "call_result_codes",
        *(sa.column(name) for name in ("code", "label", "contact", "rpc", "need", "stop", "position")),
        *(sa.column(name, sa.Boolean()) for name in ("active", "shipped")),
    )
    connection = op.get_bind()
    last = connection.scalar(sa.select(sa.func.max(codes.c.position)))
    for n, (code, label) in enumerate(_CODES, 1):
        if last is not None:
            values = {"contact": False, "rpc": False, "need": "", "stop": "retry", "active": True, "shipped": True}
            connection.execute(codes.insert().values(code=code, label=label, position=last + n, **values))


def downgrade() -> None:
    for table in ("campaign_attempts", "campaign_entries", "campaign_staff", "campaigns"):
        op.drop_table(table)
