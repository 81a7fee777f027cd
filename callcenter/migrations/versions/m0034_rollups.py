# ruff: noqa: S608 - bare SQL without any input
"""Figures: what changed, the sums, the plan of shifts, and the triggers that note changes."""

import sqlalchemy as sa
from alembic import op

from callcenter.productivity.triggers import CREATE_DDL, DROP_DDL
from core.kernel import types

revision = "0034"
down_revision = "0031"

_MOMENT = types.UtcDateTime(timezone=True)
_DIMENSIONS = ("user_id", "unit_id", "creditor_id", "stage_id")
_COUNTS = [
    "calls",
    "inbound",
    "attempts",
    "answered",
    "contacts",
    "attempt_contacts",
    "right_party",
    "attempt_right_party",
    "promises",
    "handled",
]
_SECONDS = ["talk_seconds", "hold_seconds", "wrap_seconds", "handle_seconds"]
_WAITING = ["queued", "timed", "taken", "in_time", "abandoned"]
_TIMES = ["available_ms", "ringing_ms", "talking_ms", "hold_ms", "wrap_up_ms", "pause_ms", "planned_ms", "adhered_ms"]


def upgrade() -> None:
    op.add_column("agent_states", sa.Column("unit_id", sa.BigInteger(), nullable=True))
    op.create_table(
        "rollup_marks",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollup_marks")),
    )
    op.create_table(
        "figure_places",
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("user_id", "case_id", *_DIMENSIONS[1:])),
        sa.Column("service_seconds", sa.Integer(), nullable=True),
        sa.Column("wait_seconds", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "subject_id", name=op.f("pk_figure_places")),
    )
    op.create_table(
        "rollups",
        sa.Column("cube", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in _DIMENSIONS),
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("queue", sa.String(80), nullable=False),
        sa.Column("direction", sa.String(10), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SECONDS),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _WAITING),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("wait_seconds", *_TIMES)),
        sa.PrimaryKeyConstraint(
            "cube", "slot", *_DIMENSIONS, "campaign_id", "queue", "direction", name=op.f("pk_rollups")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_rollups_user", "rollups", ["cube", "user_id", "slot"])
    op.create_table(
        "rollup_days",
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in _DIMENSIONS),
        sa.Column("currency", sa.String(3), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("due_kept", "due_partly", "due_broken")),
        *(
            sa.Column(name, types.Amount, nullable=False)
            for name in ("due_promised", "due_paid", "collected", "commission")
        ),
        sa.PrimaryKeyConstraint("day", *_DIMENSIONS, "currency", name=op.f("pk_rollup_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shift_blocks",
        sa.Column("id", types.Key, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_shift_blocks_forward")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_blocks")),
    )
    op.create_index("ix_shift_blocks_user", "shift_blocks", ["user_id", "starts_at"])
    op.create_index(op.f("ix_shift_blocks_starts_at"), "shift_blocks", ["starts_at"])
    for line in CREATE_DDL[op.get_bind().dialect.name]:
        op.execute(line)
    _note_what_is_there()


def _note_what_is_there() -> None:
    """What happened before is summed too: one note of all calls, one of each collector's time."""
    note = "INSERT INTO rollup_marks (kind, subject_id, user_id, since, until) "
    op.execute(f"{note}SELECT 'call', NULL, NULL, min(started_at), max(started_at) FROM calls HAVING count(*) > 0")
    op.execute(
        f"{note}SELECT 'time', NULL, user_id, min(started_at), max(ended_at) FROM agent_states "
        "WHERE ended_at IS NOT NULL AND state <> 'offline' GROUP BY user_id"
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    moment = "{0} || ' 00:00:00.000000'" if sqlite else "({0}::timestamp AT TIME ZONE 'UTC')"
    due, value = moment.format("due_on"), moment.format("value_on")
    op.execute(f"{note}SELECT 'promise', id, NULL, {due}, {due} FROM promises")
    op.execute(
        f"{note}SELECT DISTINCT 'day', CAST(NULL AS bigint), CAST(NULL AS bigint), {value}, {value} FROM allocations"
    )


def downgrade() -> None:
    for line in DROP_DDL[op.get_bind().dialect.name]:
        op.execute(line)
    for table in ("shift_blocks", "rollup_days", "rollups", "figure_places", "rollup_marks"):
        op.drop_table(table)
    op.drop_column("agent_states", "unit_id")
