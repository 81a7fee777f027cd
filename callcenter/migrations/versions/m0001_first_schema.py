"""The first schema."""

import sqlalchemy as sa
from alembic import op

from core.audit.model import APPEND_ONLY_DDL, DROP_DDL
from core.kernel import types
from core.parties.search import drop_ddl, index_ddl

revision = "0001"
down_revision = None

_SEARCHABLE = ("parties", "cases")
#: Users refer to units and units to users: these two keys follow once both tables are there. SQLite has them inline.
_CIRCULAR = ("head_id", "deputy_id")


def upgrade() -> None:
    op.create_table(
        "agent_calls",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("call_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("activity", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "call_id", name=op.f("pk_agent_calls")),
    )
    op.create_table(
        "agent_desks",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("registered", sa.Boolean(), nullable=False),
        sa.Column("choice", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_agent_desks")),
    )
    op.create_table(
        "agent_states",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("started_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_states")),
    )
    op.create_index("ix_agent_states_user_started", "agent_states", ["user_id", "started_at"], unique=False)
    op.create_index(
        "uq_agent_states_open",
        "agent_states",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("actor_login", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=60), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_action", "audit_entries", ["action", "id"], unique=False)
    op.create_index("ix_audit_entries_actor", "audit_entries", ["actor_id", "id"], unique=False)
    op.create_index(op.f("ix_audit_entries_at"), "audit_entries", ["at"], unique=False)
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject_kind", "subject_id", "id"], unique=False)
    op.create_index("uq_audit_entries_seq", "audit_entries", ["seq"], unique=True)
    op.create_table(
        "call_result_codes",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("contact", sa.Boolean(), nullable=True),
        sa.Column("rpc", sa.Boolean(), nullable=False),
        sa.Column("need", sa.String(length=12), nullable=False),
        sa.Column("stop", sa.String(length=10), nullable=False),
        sa.Column("stop_days", sa.Integer(), nullable=True),
        sa.Column("phone_quality", sa.String(length=20), nullable=True),
        sa.Column("block", sa.String(length=20), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_call_result_codes")),
    )
    op.create_table(
        "callbacks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("skill", sa.String(length=60), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("window_start", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("window_end", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("remind_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("due_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("dialling_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("moved_rule", sa.String(length=64), nullable=True),
        sa.Column("escalated_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("escalated_from", sa.BigInteger(), nullable=True),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("source_call_id", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
    )
    op.create_index(op.f("ix_callbacks_call_id"), "callbacks", ["call_id"], unique=False)
    op.create_index(op.f("ix_callbacks_case_id"), "callbacks", ["case_id"], unique=False)
    op.create_index(op.f("ix_callbacks_party_id"), "callbacks", ["party_id"], unique=False)
    op.create_index(op.f("ix_callbacks_phone"), "callbacks", ["phone"], unique=False)
    op.create_index("ix_callbacks_state_start", "callbacks", ["state", "window_start"], unique=False)
    op.create_index(op.f("ix_callbacks_unit_id"), "callbacks", ["unit_id"], unique=False)
    op.create_index("ix_callbacks_user_state", "callbacks", ["user_id", "state"], unique=False)
    op.create_table(
        "contact_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("debts", sa.JSON(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("inbound", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("decision_id", sa.BigInteger(), nullable=True),
        sa.Column("override_reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_attempts")),
        sa.UniqueConstraint("call_id", name=op.f("uq_contact_attempts_call_id")),
    )
    op.create_index(op.f("ix_contact_attempts_actor_id"), "contact_attempts", ["actor_id"], unique=False)
    op.create_index(op.f("ix_contact_attempts_case_id"), "contact_attempts", ["case_id"], unique=False)
    op.create_index(
        op.f("ix_contact_attempts_party_id_contact_attempts_at"), "contact_attempts", ["party_id", "at"], unique=False
    )
    op.create_index(
        op.f("ix_contact_attempts_phone_contact_attempts_at"), "contact_attempts", ["phone", "at"], unique=False
    )
    op.create_index(
        op.f("ix_contact_attempts_state_contact_attempts_at"), "contact_attempts", ["state", "at"], unique=False
    )
    op.create_table(
        "contact_blocks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("ends_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("added_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.BigInteger(), nullable=True),
        sa.Column("lift_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "party_id IS NOT NULL OR case_id IS NOT NULL OR phone IS NOT NULL",
            name=op.f("ck_contact_blocks_has_subject"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_blocks")),
    )
    op.create_index(op.f("ix_contact_blocks_case_id"), "contact_blocks", ["case_id"], unique=False)
    op.create_index(op.f("ix_contact_blocks_party_id"), "contact_blocks", ["party_id"], unique=False)
    op.create_index(op.f("ix_contact_blocks_phone"), "contact_blocks", ["phone"], unique=False)
    op.create_table(
        "contact_calendar_days",
        sa.Column("jurisdiction", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("day_type", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("jurisdiction", "day", name=op.f("pk_contact_calendar_days")),
    )
    op.create_table(
        "contact_decisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("jurisdiction", sa.String(length=8), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("rule_id", sa.String(length=64), nullable=True),
        sa.Column("next_allowed_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("override_reason", sa.String(), nullable=True),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_decisions")),
    )
    op.create_index(op.f("ix_contact_decisions_actor_id"), "contact_decisions", ["actor_id"], unique=False)
    op.create_index(op.f("ix_contact_decisions_call_id"), "contact_decisions", ["call_id"], unique=False)
    op.create_index(
        op.f("ix_contact_decisions_case_id_contact_decisions_at"), "contact_decisions", ["case_id", "at"], unique=False
    )
    op.create_index(
        op.f("ix_contact_decisions_party_id_contact_decisions_at"),
        "contact_decisions",
        ["party_id", "at"],
        unique=False,
    )
    op.create_table(
        "contact_rule_settings",
        sa.Column("rule_id", sa.String(length=64), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=True),
        sa.Column("severity", sa.String(length=8), nullable=True),
        sa.Column("openings", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_contact_rule_settings")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("run_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lease_until", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=2000), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_due", "jobs", ["state", "run_at"], unique=False)
    op.create_index(
        "uq_jobs_open_key",
        "jobs",
        ["key"],
        unique=True,
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "parties",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("surname", sa.String(length=120), nullable=True),
        sa.Column("given_name", sa.String(length=120), nullable=True),
        sa.Column("middle_name", sa.String(length=120), nullable=True),
        sa.Column("name_key", sa.String(length=300), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["parties.id"], name=op.f("fk_parties_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
    )
    op.create_index("ix_parties_name", "parties", ["name", "id"], unique=False)
    op.create_index("ix_parties_name_key_birth_date", "parties", ["name_key", "birth_date"], unique=False)
    op.create_index(op.f("ix_parties_parent_id"), "parties", ["parent_id"], unique=False)
    op.create_table(
        "pause_reasons",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("limit_seconds", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_pause_reasons")),
    )
    op.create_table(
        "profiles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
        sa.UniqueConstraint("key", name=op.f("uq_profiles_key")),
        sa.UniqueConstraint("name", name=op.f("uq_profiles_name")),
    )
    op.create_table(
        "recording_pauses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("started_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.String(length=12), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_pauses")),
    )
    op.create_index(op.f("ix_recording_pauses_call_id"), "recording_pauses", ["call_id"], unique=False)
    op.create_index(
        "uq_recording_pauses_open",
        "recording_pauses",
        ["call_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "recordings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("server", sa.String(length=60), nullable=False),
        sa.Column("uniqueid", sa.String(length=150), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("started_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("codec", sa.String(length=10), nullable=True),
        sa.Column("channels", sa.Integer(), nullable=True),
        sa.Column("sides", sa.String(length=2), nullable=True),
        sa.Column("storage_key", sa.String(length=200), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("server", "uniqueid", name=op.f("uq_recordings_server_uniqueid")),
    )
    op.create_index(op.f("ix_recordings_call_id"), "recordings", ["call_id"], unique=False)
    op.create_index(op.f("ix_recordings_started_at"), "recordings", ["started_at"], unique=False)
    op.create_index(
        "ix_recordings_unlinked",
        "recordings",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("call_id IS NULL"),
        postgresql_where=sa.text("call_id IS NULL"),
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("salary", types.Amount(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["roles.id"], name=op.f("fk_roles_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("key", name=op.f("uq_roles_key")),
        sa.UniqueConstraint("name", name=op.f("uq_roles_name")),
    )
    op.create_table(
        "stages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("script", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stages")),
        sa.UniqueConstraint("key", name=op.f("uq_stages_key")),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("head_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deputy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["deputy_id"], ["users.id"], name=op.f("fk_units_deputy_id"), use_alter=True),
        sa.ForeignKeyConstraint(["head_id"], ["users.id"], name=op.f("fk_units_head_id"), use_alter=True),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name=op.f("fk_units_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
    )
    op.create_index(op.f("ix_units_parent_id"), "units", ["parent_id"], unique=False)
    op.create_table(
        "addresses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("region", sa.String(length=120), nullable=True),
        sa.Column("postcode", sa.String(length=12), nullable=True),
        sa.Column("quality", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_addresses_party_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
    )
    op.create_index(op.f("ix_addresses_party_id"), "addresses", ["party_id"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("server", sa.String(length=80), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("phase", sa.String(length=10), nullable=False),
        sa.Column("phone_given", sa.String(length=80), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("dialled", sa.String(length=80), nullable=True),
        sa.Column("queue", sa.String(length=80), nullable=True),
        sa.Column("started_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("answered_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("lost", sa.Boolean(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("ring_seconds", sa.Integer(), nullable=False),
        sa.Column("talk_seconds", sa.Integer(), nullable=False),
        sa.Column("hold_seconds", sa.Integer(), nullable=False),
        sa.Column("wrap_seconds", sa.Integer(), nullable=False),
        sa.Column("wrap_started_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("wrap_ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("needs_result", sa.Boolean(), nullable=False),
        sa.Column("result_code", sa.String(length=20), nullable=True),
        sa.Column("result_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("result_by", sa.BigInteger(), nullable=True),
        sa.Column("result_reason", sa.String(length=500), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.BigInteger(), nullable=True),
        sa.Column("order_state", sa.String(length=10), nullable=True),
        sa.Column("order_key", sa.String(length=200), nullable=True),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["result_code"], ["call_result_codes.code"], name=op.f("fk_calls_result_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
    )
    op.create_index(
        "ix_calls_awaiting_result",
        "calls",
        ["user_id"],
        unique=False,
        sqlite_where=sa.text("needs_result"),
        postgresql_where=sa.text("needs_result"),
    )
    op.create_index(op.f("ix_calls_case_id"), "calls", ["case_id"], unique=False)
    op.create_index(
        "ix_calls_live",
        "calls",
        ["server"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_calls_party_id"), "calls", ["party_id"], unique=False)
    op.create_index(op.f("ix_calls_phone"), "calls", ["phone"], unique=False)
    op.create_index(op.f("ix_calls_result_code"), "calls", ["result_code"], unique=False)
    op.create_index(op.f("ix_calls_started_at"), "calls", ["started_at"], unique=False)
    op.create_index("ix_calls_user_started", "calls", ["user_id", "started_at"], unique=False)
    op.create_index("uq_calls_order_key", "calls", ["order_key"], unique=True)
    op.create_table(
        "creditors",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("jurisdiction", sa.String(length=4), nullable=False),
        sa.Column("region", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("own_numbers", sa.JSON(), nullable=False),
        sa.Column("recording_notice", sa.Text(), nullable=False),
        sa.Column("script", sa.JSON(), nullable=False),
        sa.Column("import_mapping", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_creditors_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_creditors")),
        sa.UniqueConstraint("name", name=op.f("uq_creditors_name")),
    )
    op.create_index(op.f("ix_creditors_party_id"), "creditors", ["party_id"], unique=False)
    op.create_table(
        "emails",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("quality", sa.String(length=10), nullable=False),
        sa.Column("consent", sa.String(length=8), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_emails_party_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emails")),
        sa.UniqueConstraint("address", "party_id", name=op.f("uq_emails_address_party_id")),
    )
    op.create_index(op.f("ix_emails_party_id"), "emails", ["party_id"], unique=False)
    op.create_table(
        "party_ids",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_party_ids_party_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_ids")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_party_ids_kind_value")),
    )
    op.create_index(op.f("ix_party_ids_party_id"), "party_ids", ["party_id"], unique=False)
    op.create_table(
        "phones",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("tail", sa.BigInteger(), nullable=True),
        sa.Column("e164", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=True),
        sa.Column("quality", sa.String(length=14), nullable=False),
        sa.Column("consent", sa.String(length=8), nullable=False),
        sa.Column("consent_on", sa.Date(), nullable=True),
        sa.Column("consent_basis", sa.String(length=200), nullable=True),
        sa.Column("source", sa.String(length=120), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("last_attempt_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_contact_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_phones_party_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phones")),
        sa.UniqueConstraint("number", "party_id", name=op.f("uq_phones_number_party_id")),
    )
    op.create_index(op.f("ix_phones_party_id"), "phones", ["party_id"], unique=False)
    op.create_index("ix_phones_tail", "phones", ["tail"], unique=False)
    op.create_table(
        "profile_rights",
        sa.Column("profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("right", sa.String(length=60), nullable=False),
        sa.Column("scope", sa.Integer(), nullable=False),
        sa.CheckConstraint("scope BETWEEN 1 AND 4", name=op.f("ck_profile_rights_scope")),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profiles.id"], name=op.f("fk_profile_rights_profile_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("profile_id", "right", name=op.f("pk_profile_rights")),
    )
    op.create_table(
        "recording_marks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recording_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_recording_marks_recording_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_marks")),
    )
    op.create_index(op.f("ix_recording_marks_recording_id"), "recording_marks", ["recording_id"], unique=False)
    op.create_table(
        "recording_waveforms",
        sa.Column("recording_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("debtor", sa.LargeBinary(), nullable=False),
        sa.Column("collector", sa.LargeBinary(), nullable=False),
        sa.Column("silences", sa.JSON(), nullable=False),
        sa.Column("debtor_speaks", sa.Double(), nullable=False),
        sa.Column("collector_speaks", sa.Double(), nullable=False),
        sa.Column("both_speak", sa.Double(), nullable=False),
        sa.Column("nobody_speaks", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_recording_waveforms_recording_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_recording_waveforms")),
    )
    op.create_table(
        "role_profiles",
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["profiles.id"], name=op.f("fk_role_profiles_profile_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_role_profiles_role_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("role_id", "profile_id", name=op.f("pk_role_profiles")),
    )
    op.create_table(
        "role_stages",
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stage", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_role_stages_role_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("role_id", "stage", name=op.f("pk_role_stages")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("surname", sa.String(length=80), nullable=False),
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("patronymic", sa.String(length=80), nullable=False),
        sa.Column("position", sa.String(length=120), nullable=False),
        sa.Column("work_phone", sa.String(length=20), nullable=True),
        sa.Column("home_phone", sa.String(length=20), nullable=True),
        sa.Column("mobile_phone", sa.String(length=20), nullable=True),
        sa.Column("fax", sa.String(length=20), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("theme", sa.String(length=5), nullable=False),
        sa.Column("extension", sa.String(length=20), nullable=True),
        sa.Column("sip_secret", sa.String(length=255), nullable=True),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("totp_secret", sa.String(length=255), nullable=True),
        sa.Column("totp_confirmed_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_users_role_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_users_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("extension", name=op.f("uq_users_extension")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
    )
    op.create_index(op.f("ix_users_role_id"), "users", ["role_id"], unique=False)
    op.create_index(op.f("ix_users_unit_id"), "users", ["unit_id"], unique=False)
    op.create_table(
        "announcements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("starts_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_announcements_author_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_announcements_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_index(op.f("ix_announcements_ends_at"), "announcements", ["ends_at"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("hint", sa.String(length=12), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"], unique=False)
    op.create_table(
        "call_bookmarks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_bookmarks_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_bookmarks")),
    )
    op.create_index(op.f("ix_call_bookmarks_call_id"), "call_bookmarks", ["call_id"], unique=False)
    op.create_table(
        "call_legs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("uniqueid", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("endpoint", sa.String(length=80), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.String(length=80), nullable=True),
        sa.Column("started_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("answered_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("talks", sa.JSON(), nullable=False),
        sa.Column("holds", sa.JSON(), nullable=False),
        sa.Column("ring_seconds", sa.Integer(), nullable=False),
        sa.Column("talk_seconds", sa.Integer(), nullable=False),
        sa.Column("hold_seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_legs_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_legs")),
    )
    op.create_index(op.f("ix_call_legs_uniqueid"), "call_legs", ["uniqueid"], unique=False)
    op.create_index("ix_call_legs_user_started", "call_legs", ["user_id", "started_at"], unique=False)
    op.create_index("uq_call_legs_call_id", "call_legs", ["call_id", "uniqueid"], unique=True)
    op.create_table(
        "call_links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("server", sa.String(length=80), nullable=False),
        sa.Column("linkedid", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_links_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_links")),
    )
    op.create_index(op.f("ix_call_links_call_id"), "call_links", ["call_id"], unique=False)
    op.create_index("uq_call_links_server", "call_links", ["server", "linkedid"], unique=True)
    op.create_table(
        "import_batches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("creditor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_number", sa.String(length=60), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sheet", sa.String(length=255), nullable=False),
        sa.Column("header", sa.Integer(), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("on_existing", sa.String(length=6), nullable=False),
        sa.Column("sheet_rows", sa.Integer(), nullable=False),
        sa.Column("checked_rows", sa.Integer(), nullable=False),
        sa.Column("applied_rows", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_import_batches_created_by_id")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_import_batches_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batches")),
    )
    op.create_index(
        "uq_import_batches_file",
        "import_batches",
        ["creditor_id", "file_hash"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('cancelled', 'failed')"),
        postgresql_where=sa.text("state NOT IN ('cancelled', 'failed')"),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("creditor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("placed_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_orders_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("creditor_id", "number", name=op.f("uq_orders_creditor_id_number")),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("user_id", "list", "name", name=op.f("uq_saved_views_user_id_list_name")),
    )
    op.create_index(op.f("ix_saved_views_list"), "saved_views", ["list"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index("ix_sessions_user", "sessions", ["user_id", "expires_at"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("creditor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("close_reason", sa.String(length=20), nullable=True),
        sa.Column("closed_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("suspended_until", sa.Date(), nullable=True),
        sa.Column("suspended_reason", sa.String(length=200), nullable=True),
        sa.Column("stage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("collector_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("jurisdiction", sa.String(length=4), nullable=True),
        sa.Column("opened_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("next_action_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_contact_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("debtor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("debtor_name", sa.String(length=300), nullable=False),
        sa.Column("open_amount", types.Amount(), nullable=False),
        sa.Column("due_since", sa.Date(), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["collector_id"], ["users.id"], name=op.f("fk_cases_collector_id")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_cases_creditor_id")),
        sa.ForeignKeyConstraint(["debtor_id"], ["parties.id"], name=op.f("fk_cases_debtor_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_cases_order_id")),
        sa.ForeignKeyConstraint(["stage_id"], ["stages.id"], name=op.f("fk_cases_stage_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_cases_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("creditor_id", "number", name=op.f("uq_cases_creditor_id_number")),
    )
    op.create_index("ix_cases_collector_next", "cases", ["collector_id", "next_action_at", "id"], unique=False)
    op.create_index(op.f("ix_cases_debtor_id"), "cases", ["debtor_id"], unique=False)
    op.create_index("ix_cases_debtor_name", "cases", ["debtor_name", "id"], unique=False)
    op.create_index("ix_cases_due_since", "cases", ["due_since", "id"], unique=False)
    op.create_index("ix_cases_next_action_at", "cases", ["next_action_at", "id"], unique=False)
    op.create_index("ix_cases_number", "cases", ["number", "id"], unique=False)
    op.create_index("ix_cases_open_amount", "cases", ["open_amount", "id"], unique=False)
    op.create_index(op.f("ix_cases_order_id"), "cases", ["order_id"], unique=False)
    op.create_index("ix_cases_unit_next", "cases", ["unit_id", "next_action_at", "id"], unique=False)
    op.create_table(
        "import_rows",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=6), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("claim", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.Column("diff", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batches.id"], name=op.f("fk_import_rows_batch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "n", name=op.f("pk_import_rows")),
    )
    op.create_index("ix_import_rows_outcome", "import_rows", ["batch_id", "outcome", "applied", "n"], unique=False)
    op.create_table(
        "case_guests",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("until", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_guests_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_case_guests_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", "user_id", name=op.f("pk_case_guests")),
    )
    op.create_table(
        "case_parties",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=14), nullable=False),
        sa.Column("liability", sa.String(length=10), nullable=False),
        sa.Column("liability_amount", types.Amount(), nullable=True),
        sa.Column("relation", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_parties_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_case_parties_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_parties")),
        sa.UniqueConstraint("case_id", "party_id", "role", name=op.f("uq_case_parties_case_id_party_id_role")),
    )
    op.create_index("ix_case_parties_party_id", "case_parties", ["party_id"], unique=False)
    op.create_table(
        "claims",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("contract_no", sa.String(length=80), nullable=True),
        sa.Column("contract_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("limitation_on", sa.Date(), nullable=True),
        sa.Column("principal", types.Amount(), nullable=False),
        sa.Column("contractual_interest", types.Amount(), nullable=False),
        sa.Column("penalty", types.Amount(), nullable=False),
        sa.Column("creditor_fees", types.Amount(), nullable=False),
        sa.Column("court_costs", types.Amount(), nullable=False),
        sa.Column("agency_fees", types.Amount(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_claims_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_claims_case_id_number")),
    )
    op.create_index("ix_claims_contract_no", "claims", ["contract_no"], unique=False)
    op.create_table(
        "promises",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", types.Amount(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("recording_id", sa.BigInteger(), nullable=True),
        sa.Column("taken_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("settled_reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_promises_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_promises_party_id")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["users.id"], name=op.f("fk_promises_taken_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    op.create_index("ix_promises_case_id", "promises", ["case_id", "id"], unique=False)
    op.create_index("ix_promises_state_due", "promises", ["state", "due_on"], unique=False)
    op.create_index(
        "uq_promises_open_case",
        "promises",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "case_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("promise_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_case_events_actor_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_events_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_case_events_party_id")),
        sa.ForeignKeyConstraint(["promise_id"], ["promises.id"], name=op.f("fk_case_events_promise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
    )
    op.create_index("ix_case_events_case_at", "case_events", ["case_id", "at", "id"], unique=False)
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        for column in _CIRCULAR:
            op.create_foreign_key(f"fk_units_{column}", "units", "users", [column], ["id"])
    for statement in (
        *(line for table in _SEARCHABLE for line in index_ddl(table)[dialect]),
        *APPEND_ONLY_DDL[dialect],
    ):
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in (*DROP_DDL[dialect], *(line for table in _SEARCHABLE for line in drop_ddl(table)[dialect])):
        op.execute(statement)
    if dialect == "postgresql":
        for column in _CIRCULAR:
            op.drop_constraint(f"fk_units_{column}", "units", type_="foreignkey")
    op.drop_index("ix_case_events_case_at", table_name="case_events")
    op.drop_table("case_events")
    op.drop_index(
        "uq_promises_open_case",
        table_name="promises",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index("ix_promises_state_due", table_name="promises")
    op.drop_index("ix_promises_case_id", table_name="promises")
    op.drop_table("promises")
    op.drop_index("ix_claims_contract_no", table_name="claims")
    op.drop_table("claims")
    op.drop_index("ix_case_parties_party_id", table_name="case_parties")
    op.drop_table("case_parties")
    op.drop_table("case_guests")
    op.drop_index("ix_import_rows_outcome", table_name="import_rows")
    op.drop_table("import_rows")
    op.drop_index("ix_cases_unit_next", table_name="cases")
    op.drop_index(op.f("ix_cases_order_id"), table_name="cases")
    op.drop_index("ix_cases_open_amount", table_name="cases")
    op.drop_index("ix_cases_number", table_name="cases")
    op.drop_index("ix_cases_next_action_at", table_name="cases")
    op.drop_index("ix_cases_due_since", table_name="cases")
    op.drop_index("ix_cases_debtor_name", table_name="cases")
    op.drop_index(op.f("ix_cases_debtor_id"), table_name="cases")
    op.drop_index("ix_cases_collector_next", table_name="cases")
    op.drop_table("cases")
    op.drop_index("ix_sessions_user", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(op.f("ix_saved_views_list"), table_name="saved_views")
    op.drop_table("saved_views")
    op.drop_table("orders")
    op.drop_index(
        "uq_import_batches_file",
        table_name="import_batches",
        sqlite_where=sa.text("state NOT IN ('cancelled', 'failed')"),
        postgresql_where=sa.text("state NOT IN ('cancelled', 'failed')"),
    )
    op.drop_table("import_batches")
    op.drop_index("uq_call_links_server", table_name="call_links")
    op.drop_index(op.f("ix_call_links_call_id"), table_name="call_links")
    op.drop_table("call_links")
    op.drop_index("uq_call_legs_call_id", table_name="call_legs")
    op.drop_index("ix_call_legs_user_started", table_name="call_legs")
    op.drop_index(op.f("ix_call_legs_uniqueid"), table_name="call_legs")
    op.drop_table("call_legs")
    op.drop_index(op.f("ix_call_bookmarks_call_id"), table_name="call_bookmarks")
    op.drop_table("call_bookmarks")
    op.drop_index(op.f("ix_api_tokens_user_id"), table_name="api_tokens")
    op.drop_table("api_tokens")
    op.drop_index(op.f("ix_announcements_ends_at"), table_name="announcements")
    op.drop_table("announcements")
    op.drop_index(op.f("ix_users_unit_id"), table_name="users")
    op.drop_index(op.f("ix_users_role_id"), table_name="users")
    op.drop_table("users")
    op.drop_table("role_stages")
    op.drop_table("role_profiles")
    op.drop_table("recording_waveforms")
    op.drop_index(op.f("ix_recording_marks_recording_id"), table_name="recording_marks")
    op.drop_table("recording_marks")
    op.drop_table("profile_rights")
    op.drop_index("ix_phones_tail", table_name="phones")
    op.drop_index(op.f("ix_phones_party_id"), table_name="phones")
    op.drop_table("phones")
    op.drop_index(op.f("ix_party_ids_party_id"), table_name="party_ids")
    op.drop_table("party_ids")
    op.drop_index(op.f("ix_emails_party_id"), table_name="emails")
    op.drop_table("emails")
    op.drop_index(op.f("ix_creditors_party_id"), table_name="creditors")
    op.drop_table("creditors")
    op.drop_index("uq_calls_order_key", table_name="calls")
    op.drop_index("ix_calls_user_started", table_name="calls")
    op.drop_index(op.f("ix_calls_started_at"), table_name="calls")
    op.drop_index(op.f("ix_calls_result_code"), table_name="calls")
    op.drop_index(op.f("ix_calls_phone"), table_name="calls")
    op.drop_index(op.f("ix_calls_party_id"), table_name="calls")
    op.drop_index(
        "ix_calls_live",
        table_name="calls",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_calls_case_id"), table_name="calls")
    op.drop_index(
        "ix_calls_awaiting_result",
        table_name="calls",
        sqlite_where=sa.text("needs_result"),
        postgresql_where=sa.text("needs_result"),
    )
    op.drop_table("calls")
    op.drop_table("audit_head")
    op.drop_index(op.f("ix_addresses_party_id"), table_name="addresses")
    op.drop_table("addresses")
    op.drop_index(op.f("ix_units_parent_id"), table_name="units")
    op.drop_table("units")
    op.drop_table("stages")
    op.drop_table("roles")
    op.drop_index(
        "ix_recordings_unlinked",
        table_name="recordings",
        sqlite_where=sa.text("call_id IS NULL"),
        postgresql_where=sa.text("call_id IS NULL"),
    )
    op.drop_index(op.f("ix_recordings_started_at"), table_name="recordings")
    op.drop_index(op.f("ix_recordings_call_id"), table_name="recordings")
    op.drop_table("recordings")
    op.drop_index(
        "uq_recording_pauses_open",
        table_name="recording_pauses",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(op.f("ix_recording_pauses_call_id"), table_name="recording_pauses")
    op.drop_table("recording_pauses")
    op.drop_table("profiles")
    op.drop_table("pause_reasons")
    op.drop_index(op.f("ix_parties_parent_id"), table_name="parties")
    op.drop_index("ix_parties_name_key_birth_date", table_name="parties")
    op.drop_index("ix_parties_name", table_name="parties")
    op.drop_table("parties")
    op.drop_index(
        "uq_jobs_open_key",
        table_name="jobs",
        sqlite_where=sa.text("state IN ('queued', 'running')"),
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.drop_index("ix_jobs_due", table_name="jobs")
    op.drop_table("jobs")
    op.drop_table("contact_rule_settings")
    op.drop_index(op.f("ix_contact_decisions_party_id_contact_decisions_at"), table_name="contact_decisions")
    op.drop_index(op.f("ix_contact_decisions_case_id_contact_decisions_at"), table_name="contact_decisions")
    op.drop_index(op.f("ix_contact_decisions_call_id"), table_name="contact_decisions")
    op.drop_index(op.f("ix_contact_decisions_actor_id"), table_name="contact_decisions")
    op.drop_table("contact_decisions")
    op.drop_table("contact_calendar_days")
    op.drop_index(op.f("ix_contact_blocks_phone"), table_name="contact_blocks")
    op.drop_index(op.f("ix_contact_blocks_party_id"), table_name="contact_blocks")
    op.drop_index(op.f("ix_contact_blocks_case_id"), table_name="contact_blocks")
    op.drop_table("contact_blocks")
    op.drop_index(op.f("ix_contact_attempts_state_contact_attempts_at"), table_name="contact_attempts")
    op.drop_index(op.f("ix_contact_attempts_phone_contact_attempts_at"), table_name="contact_attempts")
    op.drop_index(op.f("ix_contact_attempts_party_id_contact_attempts_at"), table_name="contact_attempts")
    op.drop_index(op.f("ix_contact_attempts_case_id"), table_name="contact_attempts")
    op.drop_index(op.f("ix_contact_attempts_actor_id"), table_name="contact_attempts")
    op.drop_table("contact_attempts")
    op.drop_index("ix_callbacks_user_state", table_name="callbacks")
    op.drop_index(op.f("ix_callbacks_unit_id"), table_name="callbacks")
    op.drop_index("ix_callbacks_state_start", table_name="callbacks")
    op.drop_index(op.f("ix_callbacks_phone"), table_name="callbacks")
    op.drop_index(op.f("ix_callbacks_party_id"), table_name="callbacks")
    op.drop_index(op.f("ix_callbacks_case_id"), table_name="callbacks")
    op.drop_index(op.f("ix_callbacks_call_id"), table_name="callbacks")
    op.drop_table("callbacks")
    op.drop_table("call_result_codes")
    op.drop_index("uq_audit_entries_seq", table_name="audit_entries")
    op.drop_index("ix_audit_entries_subject", table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_at"), table_name="audit_entries")
    op.drop_index("ix_audit_entries_actor", table_name="audit_entries")
    op.drop_index("ix_audit_entries_action", table_name="audit_entries")
    op.drop_table("audit_entries")
    op.drop_index(
        "uq_agent_states_open",
        table_name="agent_states",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index("ix_agent_states_user_started", table_name="agent_states")
    op.drop_table("agent_states")
    op.drop_table("agent_desks")
    op.drop_table("agent_calls")
