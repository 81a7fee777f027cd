"""Supervisors in collectors' calls, their messages and their advice."""

import sqlalchemy as sa
from alembic import op

from core.kernel import types

revision = "0037"
down_revision = "0032"


def upgrade() -> None:
    op.create_index(op.f("ix_calls_merged_into"), "calls", ["merged_into"])
    op.create_table(
        "call_watches",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("started_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_watches")),
    )
    still = sa.text("ended_at IS NULL")
    op.create_index("ix_call_watches_open", "call_watches", ["user_id"], sqlite_where=still, postgresql_where=still)
    op.create_index("ix_call_watches_call_id", "call_watches", ["call_id"])
    op.create_table(
        "floor_messages",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("sent_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_messages")),
    )
    op.create_index(op.f("ix_floor_messages_author_id"), "floor_messages", ["author_id"])
    op.create_table(
        "floor_receipts",
        sa.Column("message_id", types.Key, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("read_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["floor_messages.id"],
            name=op.f("fk_floor_receipts_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", "user_id", name=op.f("pk_floor_receipts")),
    )
    unread = sa.text("read_at IS NULL")
    op.create_index(
        "ix_floor_receipts_unread", "floor_receipts", ["user_id"], sqlite_where=unread, postgresql_where=unread
    )
    op.create_table(
        "coaching_notes",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("written_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coaching_notes")),
    )
    op.create_index(op.f("ix_coaching_notes_call_id"), "coaching_notes", ["call_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_calls_merged_into"), table_name="calls")
    op.drop_table("coaching_notes")
    op.drop_table("floor_receipts")
    op.drop_table("floor_messages")
    op.drop_table("call_watches")
