"""When the server was away, since when phones are, and what figures do not know yet.

Which currencies there is money in is asked of every report. An agency's own results that demand a promise or a plan
count as promises: their calls are summed anew.
"""

import sqlalchemy as sa
from alembic import op

from callcenter.productivity.triggers import CREATE_DDL, DROP_DDL
from core.kernel.types import Key, UtcDateTime

revision = "0046"
down_revision = "0045"

_FRESH = sa.text("kind = 'time' AND subject_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "server_pulse",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_pulse")),
    )
    op.create_table(
        "server_downtimes",
        sa.Column("id", Key, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_downtimes")),
    )
    op.add_column("agent_desks", sa.Column("phone_since", UtcDateTime(), nullable=True))
    op.add_column("agent_alarms", sa.Column("since", UtcDateTime(), nullable=True))
    op.execute("UPDATE agent_alarms SET since = raised_at")
    op.drop_index("uq_agent_alarms_stretch_id", "agent_alarms")
    with op.batch_alter_table("agent_alarms") as table:
        table.alter_column("since", nullable=False)
    op.create_index("uq_agent_alarms_stretch_id", "agent_alarms", ["stretch_id", "kind", "since"], unique=True)
    op.create_index(
        "ix_rollup_marks_fresh", "rollup_marks", ["subject_id"], sqlite_where=_FRESH, postgresql_where=_FRESH
    )
    op.create_index(op.f("ix_rollup_days_currency"), "rollup_days", ["currency"])
    op.create_index(op.f("ix_cases_currency"), "cases", ["currency"])
    for line in (*DROP_DDL[op.get_bind().dialect.name], *CREATE_DDL[op.get_bind().dialect.name]):
        op.execute(line)
    op.execute(
        "INSERT INTO rollup_marks (kind, subject_id, user_id, since, until) "
        "SELECT 'call', NULL, NULL, min(c.started_at), max(c.started_at) FROM calls c "
        "JOIN call_result_codes r ON r.code = c.result_code "
        "WHERE (r.need IN ('promise', 'plan')) <> (r.code IN ('RPC-PTP', 'RPC-PLAN')) "
        "GROUP BY r.code"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_cases_currency"), "cases")
    op.drop_index(op.f("ix_rollup_days_currency"), "rollup_days")
    op.drop_index("ix_rollup_marks_fresh", "rollup_marks")
    op.execute("DELETE FROM agent_alarms WHERE kind = 'no_phone'")
    op.drop_index("uq_agent_alarms_stretch_id", "agent_alarms")
    op.drop_column("agent_alarms", "since")
    op.create_index("uq_agent_alarms_stretch_id", "agent_alarms", ["stretch_id", "kind"], unique=True)
    op.drop_column("agent_desks", "phone_since")
    op.drop_table("server_downtimes")
    op.drop_table("server_pulse")
