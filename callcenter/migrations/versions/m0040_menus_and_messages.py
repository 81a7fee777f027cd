"""Menus callers hear, messages they leave, and what they settle by keys alone."""

import sqlalchemy as sa
from alembic import op

from core.kernel import types

revision = "0040"
down_revision = "0039"

_MOMENT = types.UtcDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "ivr_flows",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ivr_flows")),
    )
    op.create_table(
        "ivr_versions",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("flow_id", types.Key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("published_at", _MOMENT, nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["flow_id"], ["ivr_flows.id"], name=op.f("fk_ivr_versions_flow_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ivr_versions")),
        sa.UniqueConstraint("flow_id", "number", name=op.f("uq_ivr_versions_flow_id_number")),
    )
    op.create_table(
        "ivr_queues",
        sa.Column("queue", sa.String(40), nullable=False),
        sa.Column("flow_id", types.Key, nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["ivr_flows.id"], name=op.f("fk_ivr_queues_flow_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_ivr_queues")),
    )
    op.create_index("ix_ivr_queues_flow_id", "ivr_queues", ["flow_id"])
    op.create_table(
        "ivr_sounds",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ivr_sounds")),
    )
    _voicemails()
    op.add_column("calls", sa.Column("self_served", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("promises", sa.Column("by_keys", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_parties_birth_date", "parties", ["birth_date"])


def _voicemails() -> None:
    op.create_table(
        "voicemails",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("recording_id", sa.BigInteger(), nullable=False),
        sa.Column("callback_id", sa.BigInteger(), nullable=True),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(20), nullable=True),
        sa.Column("queue", sa.String(80), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("heard_at", _MOMENT, nullable=True),
        sa.Column("heard_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voicemails")),
        sa.UniqueConstraint("call_id", name=op.f("uq_voicemails_call_id")),
    )
    for column in ("callback_id", "case_id", "user_id"):
        op.create_index(f"ix_voicemails_{column}", "voicemails", [column])
    op.create_index("ix_voicemails_received", "voicemails", ["received_at", "id"])
    unheard = sa.text("heard_at IS NULL")
    op.create_index(
        "ix_voicemails_unheard", "voicemails", ["received_at"], sqlite_where=unheard, postgresql_where=unheard
    )


def downgrade() -> None:
    op.drop_index("ix_parties_birth_date", "parties")
    op.drop_column("promises", "by_keys")
    op.drop_column("calls", "self_served")
    for table in ("voicemails", "ivr_sounds", "ivr_queues", "ivr_versions", "ivr_flows"):
        op.drop_table(table)
