"""The collection desk: ledger, interest, plans, tasks, payments, settlement, commission, company and its plan."""

import sqlalchemy as sa
from alembic import op

from core.cases.model.claims import APPEND_ONLY_DDL, DROP_DDL
from core.kernel import types

revision = "0003"
down_revision = "0002"

_REFERENCES = (
    ("claims", "interest_group_id", "interest_groups"),
    ("creditors", "interest_group_id", "interest_groups"),
    ("orders", "created_by_id", "users"),
    ("promises", "type_id", "promise_types"),
)
_COLUMNS = {
    "cases": (
        sa.Column("balance_on", sa.Date(), nullable=True),
        sa.Column("limitation_on", sa.Date(), nullable=True),
        sa.Column("last_payment_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("broken_promises", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("score", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("best_hour", sa.Integer(), nullable=True),
    ),
    "claims": (
        sa.Column("statutory_interest", types.Amount(), nullable=False, server_default="0"),
        sa.Column("stated", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("interest_from", sa.Date(), nullable=True),
    ),
    "creditors": (sa.Column("scheme_key", sa.String(length=40), nullable=True),),
    "orders": (sa.Column("note", sa.String(length=500), nullable=False, server_default=""),),
    "promises": (
        sa.Column("threshold_percent", types.Amount(), nullable=False, server_default="1000000"),
        sa.Column("paid_amount", types.Amount(), nullable=False, server_default="0"),
    ),
}
_INDEXES = {
    "cases": {
        "ix_cases_collector_score": ["collector_id", "state", "score", "id"],
        "ix_cases_last_payment_at": ["last_payment_at", "id"],
        "ix_cases_limitation_on": ["limitation_on", "id"],
    },
    "claims": {"ix_claims_interest_group_id": ["interest_group_id"]},
    "orders": {"ix_orders_created_by_id": ["created_by_id"]},
}
_CARRIED = ("principal", "contractual_interest", "penalty", "creditor_fees", "court_costs", "agency_fees")
#: Opens the ledger for claims that were there before it, in one transaction for each currency.
_OPENING = (
    """INSERT INTO ledger_transactions (kind, value_on, booked_on, posted_at, reason)
    SELECT 'opening', MIN(date(opened_at)), MIN(date(opened_at)), MIN(opened_at), currency
    FROM cases GROUP BY currency""",
    *(
        f"""INSERT INTO ledger_entries
        (transaction_id, account, case_id, claim_id, component, amount, currency, value_on)
        SELECT t.id, 'debt', c.id, cl.id, '{component}', cl.{component}, c.currency, date(c.opened_at)
        FROM claims cl JOIN cases c ON c.id = cl.case_id JOIN ledger_transactions t ON t.reason = c.currency
        WHERE cl.{component} <> 0"""  # noqa: S608 - the names are the six above
        for component in _CARRIED
    ),
    """INSERT INTO ledger_entries (transaction_id, account, amount, currency, value_on)
    SELECT t.id, 'placement', -SUM(e.amount), t.reason, t.value_on
    FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id GROUP BY t.id, t.reason, t.value_on""",
)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    _tables()
    for table, fresh in _COLUMNS.items():
        for new in fresh:
            op.add_column(table, new._copy())
    for table, column, target in _REFERENCES:
        _refer(dialect, table, column, target)
    for table, indexes in _INDEXES.items():
        for name, columns in indexes.items():
            op.create_index(name, table, columns)
    for statement in (*_OPENING, *APPEND_ONLY_DDL[dialect]):
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in DROP_DDL[dialect]:
        op.execute(statement)
    for table, indexes in _INDEXES.items():
        for name in indexes:
            op.drop_index(name, table_name=table)
    for table, column, _target in _REFERENCES:
        op.drop_column(table, column)
    for table, fresh in _COLUMNS.items():
        for new in fresh:
            op.drop_column(table, new.name)
    op.drop_index("ix_allocations_settlement", table_name="allocations")
    op.drop_index("ix_allocations_remittance", table_name="allocations")
    op.drop_index("ix_allocations_payment", table_name="allocations")
    op.drop_index("ix_allocations_creditor", table_name="allocations")
    op.drop_index("ix_allocations_claim", table_name="allocations")
    op.drop_index("ix_allocations_case", table_name="allocations")
    op.drop_index("ix_allocations_booked", table_name="allocations")
    op.drop_table("allocations")
    op.drop_index("ix_settlements_payment", table_name="settlements")
    op.drop_table("settlements")
    op.drop_index("ix_refunds_payment", table_name="refunds")
    op.drop_table("refunds")
    op.drop_index("ix_appropriations_promise", table_name="appropriations")
    op.drop_index("ix_appropriations_payment", table_name="appropriations")
    op.drop_index("ix_appropriations_instalment", table_name="appropriations")
    op.drop_table("appropriations")
    op.drop_index("ix_payments_value_on", table_name="payments")
    op.drop_index("ix_payments_state", table_name="payments")
    op.drop_index("ix_payments_payer_account", table_name="payments")
    op.drop_index("ix_payments_case", table_name="payments")
    op.drop_index("ix_payments_batch", table_name="payments")
    op.drop_table("payments")
    op.drop_index(op.f("ix_ledger_entries_transaction_id"), table_name="ledger_entries")
    op.drop_index("ix_ledger_entries_payment", table_name="ledger_entries")
    op.drop_index("ix_ledger_entries_claim", table_name="ledger_entries")
    op.drop_index("ix_ledger_entries_case", table_name="ledger_entries")
    op.drop_table("ledger_entries")
    op.drop_index("ix_instalments_state_due", table_name="instalments")
    op.drop_table("instalments")
    op.drop_index("ix_tasks_state_due", table_name="tasks")
    op.drop_index("ix_tasks_case", table_name="tasks")
    op.drop_index("ix_tasks_assignee", table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(
        "uq_payment_plans_live_case",
        table_name="payment_plans",
        sqlite_where=sa.text("state IN ('draft', 'active', 'delinquent')"),
        postgresql_where=sa.text("state IN ('draft', 'active', 'delinquent')"),
    )
    op.drop_index("ix_payment_plans_state", table_name="payment_plans")
    op.drop_index("ix_payment_plans_case_id", table_name="payment_plans")
    op.drop_table("payment_plans")
    op.drop_index("ix_mass_items_outcome", table_name="mass_items")
    op.drop_table("mass_items")
    op.drop_index("ix_known_payers_case", table_name="known_payers")
    op.drop_table("known_payers")
    op.drop_index("ix_case_tags_tag_id", table_name="case_tags")
    op.drop_table("case_tags")
    op.drop_index("ix_accrual_blocks_case_id", table_name="accrual_blocks")
    op.drop_table("accrual_blocks")
    op.drop_index(op.f("ix_plan_corrections_plan_id"), table_name="plan_corrections")
    op.drop_table("plan_corrections")
    op.drop_table("work_settings")
    op.drop_index("ix_remittances_creditor", table_name="remittances")
    op.drop_table("remittances")
    op.drop_table("money_accounts")
    op.drop_index(op.f("ix_mass_runs_created_by_id"), table_name="mass_runs")
    op.drop_table("mass_runs")
    op.drop_index(op.f("ix_ledger_transactions_booked_on"), table_name="ledger_transactions")
    op.drop_table("ledger_transactions")
    op.drop_table("financial_plans")
    op.drop_index("ix_commission_terms_creditor", table_name="commission_terms")
    op.drop_table("commission_terms")
    op.drop_table("closed_months")
    op.drop_table("assignment_rules")
    op.drop_table("rates")
    op.drop_index(op.f("ix_interest_terms_group_id"), table_name="interest_terms")
    op.drop_table("interest_terms")
    op.drop_table("tags")
    op.drop_table("schemes")
    op.drop_table("rate_tables")
    op.drop_table("promise_types")
    op.drop_table("plan_subjects")
    op.drop_table("interest_groups")
    op.drop_table("company")
    # ### end Alembic commands ###


def _refer(dialect: str, table: str, column: str, target: str) -> None:
    """Add a column that names a row of ``target``. SQLite takes a reference only together with its column."""
    name = f"fk_{table}_{column}"
    if dialect == "sqlite":
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {target} (id)")
        return
    op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
    op.create_foreign_key(name, table, target, [column], ["id"])


def _tables() -> None:
    op.create_table(
        "company",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("legal_name", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("tax_id", sa.String(length=20), nullable=False),
        sa.Column("register_no", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("site", sa.String(length=200), nullable=False),
        sa.Column("bank_details", sa.String(length=500), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_company_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )
    op.create_table(
        "interest_groups",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest_groups")),
        sa.UniqueConstraint("name", name=op.f("uq_interest_groups_name")),
    )
    op.create_table(
        "plan_subjects",
        sa.Column("scope", sa.String(length=6), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "subject_id", name=op.f("pk_plan_subjects")),
    )
    op.create_table(
        "promise_types",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("threshold_percent", types.Amount(), nullable=False),
        sa.Column("max_days", sa.Integer(), nullable=True),
        sa.Column("max_amount", types.Amount(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_types")),
        sa.UniqueConstraint("key", name=op.f("uq_promise_types_key")),
    )
    op.create_table(
        "rate_tables",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("jurisdiction", sa.String(length=4), nullable=True),
        sa.Column("clause", sa.String(length=300), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_tables")),
        sa.UniqueConstraint("key", name=op.f("uq_rate_tables_key")),
    )
    op.create_table(
        "schemes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("builtin", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schemes")),
        sa.UniqueConstraint("key", name=op.f("uq_schemes_key")),
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("name", name=op.f("uq_tags_name")),
    )
    op.create_table(
        "interest_terms",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("bases", sa.JSON(), nullable=False),
        sa.Column("accrues_to", sa.String(length=20), nullable=False),
        sa.Column("table_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("percent", types.Amount(), nullable=True),
        sa.Column("margin", types.Amount(), nullable=False),
        sa.Column("day_rule", sa.String(length=6), nullable=False),
        sa.Column("cap_percent", types.Amount(), nullable=True),
        sa.Column("cap_amount", types.Amount(), nullable=True),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["interest_groups.id"], name=op.f("fk_interest_terms_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["table_id"], ["rate_tables.id"], name=op.f("fk_interest_terms_table_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest_terms")),
    )
    op.create_index(op.f("ix_interest_terms_group_id"), "interest_terms", ["group_id"], unique=False)
    op.create_table(
        "rates",
        sa.Column("table_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("percent", types.Amount(), nullable=False),
        sa.ForeignKeyConstraint(["table_id"], ["rate_tables.id"], name=op.f("fk_rates_table_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("table_id", "valid_from", name=op.f("pk_rates")),
    )
    op.create_table(
        "assignment_rules",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("creditor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("stage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("min_amount", types.Amount(), nullable=True),
        sa.Column("max_amount", types.Amount(), nullable=True),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("user_ids", sa.JSON(), nullable=False),
        sa.Column("max_load", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_assignment_rules_creditor_id")),
        sa.ForeignKeyConstraint(["stage_id"], ["stages.id"], name=op.f("fk_assignment_rules_stage_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_assignment_rules_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_rules")),
    )
    op.create_table(
        "closed_months",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("closed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["closed_by_id"], ["users.id"], name=op.f("fk_closed_months_closed_by_id")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_closed_months")),
    )
    op.create_table(
        "commission_terms",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("creditor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("bases", sa.JSON(), nullable=False),
        sa.Column("bands", sa.JSON(), nullable=False),
        sa.Column("vat_percent", types.Amount(), nullable=False),
        sa.Column("direct_percent", types.Amount(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_commission_terms_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_terms")),
    )
    op.create_index("ix_commission_terms_creditor", "commission_terms", ["creditor_id", "valid_from"], unique=False)
    op.create_table(
        "financial_plans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("scope", sa.String(length=6), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", types.Amount(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("set_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("set_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["set_by_id"], ["users.id"], name=op.f("fk_financial_plans_set_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_financial_plans")),
        sa.UniqueConstraint(
            "month", "scope", "subject_id", "currency", name=op.f("uq_financial_plans_month_scope_subject_id_currency")
        ),
    )
    op.create_table(
        "ledger_transactions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("posted_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_ledger_transactions_actor_id")),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["ledger_transactions.id"], name=op.f("fk_ledger_transactions_reverses_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transactions")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_transactions_reverses_id")),
    )
    op.create_index(op.f("ix_ledger_transactions_booked_on"), "ledger_transactions", ["booked_on"], unique=False)
    op.create_table(
        "mass_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_mass_runs_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_runs")),
    )
    op.create_index(op.f("ix_mass_runs_created_by_id"), "mass_runs", ["created_by_id"], unique=False)
    op.create_table(
        "money_accounts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("bank", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("creditor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("import_mapping", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_money_accounts_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_accounts")),
        sa.UniqueConstraint("number", "currency", name=op.f("uq_money_accounts_number_currency")),
    )
    op.create_table(
        "remittances",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("creditor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("collected", types.Amount(), nullable=False),
        sa.Column("collected_direct", types.Amount(), nullable=False),
        sa.Column("commission", types.Amount(), nullable=False),
        sa.Column("commission_vat", types.Amount(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("issued_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_remittances_created_by_id")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_remittances_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittances")),
        sa.UniqueConstraint("number", name=op.f("uq_remittances_number")),
    )
    op.create_index("ix_remittances_creditor", "remittances", ["creditor_id", "until_on"], unique=False)
    op.create_table(
        "work_settings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.Column("plan_approval_above", types.Amount(), nullable=True),
        sa.Column("updated_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("updated_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["updated_by_id"], ["users.id"], name=op.f("fk_work_settings_updated_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_settings")),
    )
    op.create_table(
        "plan_corrections",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("before", types.Amount(), nullable=False),
        sa.Column("after", types.Amount(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_plan_corrections_by_id")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["financial_plans.id"], name=op.f("fk_plan_corrections_plan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_corrections")),
    )
    op.create_index(op.f("ix_plan_corrections_plan_id"), "plan_corrections", ["plan_id"], unique=False)
    op.create_table(
        "accrual_blocks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_accrual_blocks_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_accrual_blocks_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accrual_blocks")),
    )
    op.create_index("ix_accrual_blocks_case_id", "accrual_blocks", ["case_id", "from_on"], unique=False)
    op.create_table(
        "case_tags",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tag_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_tags_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_case_tags_tag_id")),
        sa.PrimaryKeyConstraint("case_id", "tag_id", name=op.f("pk_case_tags")),
    )
    op.create_index("ix_case_tags_tag_id", "case_tags", ["tag_id", "case_id"], unique=False)
    op.create_table(
        "known_payers",
        sa.Column("payer_account", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_known_payers_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("payer_account", "case_id", name=op.f("pk_known_payers")),
    )
    op.create_index("ix_known_payers_case", "known_payers", ["case_id"], unique=False)
    op.create_table(
        "mass_items",
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("error", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_mass_items_case_id")),
        sa.ForeignKeyConstraint(["run_id"], ["mass_runs.id"], name=op.f("fk_mass_items_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "n", name=op.f("pk_mass_items")),
    )
    op.create_index("ix_mass_items_outcome", "mass_items", ["run_id", "outcome", "n"], unique=False)
    op.create_table(
        "payment_plans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("total", types.Amount(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("max_missed", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("taken_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_payment_plans_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_payment_plans_decided_by_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_payment_plans_party_id")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["users.id"], name=op.f("fk_payment_plans_taken_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_plans")),
    )
    op.create_index("ix_payment_plans_case_id", "payment_plans", ["case_id", "id"], unique=False)
    op.create_index("ix_payment_plans_state", "payment_plans", ["state", "id"], unique=False)
    op.create_index(
        "uq_payment_plans_live_case",
        "payment_plans",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('draft', 'active', 'delinquent')"),
        postgresql_where=sa.text("state IN ('draft', 'active', 'delinquent')"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("due_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("assignee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("result", sa.String(length=500), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=True),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["users.id"], name=op.f("fk_tasks_assignee_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_tasks_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_tasks_created_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["users.id"], name=op.f("fk_tasks_ended_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("key", name=op.f("uq_tasks_key")),
    )
    op.create_index("ix_tasks_assignee", "tasks", ["assignee_id", "state", "due_at"], unique=False)
    op.create_index("ix_tasks_case", "tasks", ["case_id", "state", "due_at"], unique=False)
    op.create_index("ix_tasks_state_due", "tasks", ["state", "due_at", "id"], unique=False)
    op.create_table(
        "instalments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", types.Amount(), nullable=False),
        sa.Column("paid_amount", types.Amount(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["payment_plans.id"], name=op.f("fk_instalments_plan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instalments")),
        sa.UniqueConstraint("plan_id", "n", name=op.f("uq_instalments_plan_id_n")),
    )
    op.create_index("ix_instalments_state_due", "instalments", ["state", "due_on"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=10), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("claim_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("component", sa.String(length=20), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", types.Amount(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_ledger_entries_case_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_ledger_entries_claim_id")),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["ledger_transactions.id"], name=op.f("fk_ledger_entries_transaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
    )
    op.create_index("ix_ledger_entries_case", "ledger_entries", ["case_id", "value_on"], unique=False)
    op.create_index("ix_ledger_entries_claim", "ledger_entries", ["claim_id", "value_on"], unique=False)
    op.create_index("ix_ledger_entries_payment", "ledger_entries", ["payment_id", "account"], unique=False)
    op.create_index(op.f("ix_ledger_entries_transaction_id"), "ledger_entries", ["transaction_id"], unique=False)
    op.create_table(
        "payments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("amount", types.Amount(), nullable=False),
        sa.Column("settled", types.Amount(), nullable=False),
        sa.Column("refunded", types.Amount(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("receipt_no", sa.String(length=40), nullable=True),
        sa.Column("doc_no", sa.String(length=60), nullable=False),
        sa.Column("payer_name", sa.String(length=300), nullable=False),
        sa.Column("payer_account", sa.String(length=40), nullable=True),
        sa.Column("payer_tax_id", sa.String(length=20), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("claim_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("match", sa.JSON(), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reversed_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reversed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "amount > 0 AND settled >= 0 AND refunded >= 0 AND settled + refunded <= amount",
            name=op.f("ck_payments_split"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["money_accounts.id"], name=op.f("fk_payments_account_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batches.id"], name=op.f("fk_payments_batch_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_payments_case_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_payments_claim_id")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_payments_created_by_id")),
        sa.ForeignKeyConstraint(["reversed_by_id"], ["users.id"], name=op.f("fk_payments_reversed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_payments_fingerprint")),
        sa.UniqueConstraint("receipt_no", name=op.f("uq_payments_receipt_no")),
    )
    op.create_index("ix_payments_batch", "payments", ["batch_id"], unique=False)
    op.create_index("ix_payments_case", "payments", ["case_id", "value_on"], unique=False)
    op.create_index("ix_payments_payer_account", "payments", ["payer_account"], unique=False)
    op.create_index("ix_payments_state", "payments", ["state", "value_on", "id"], unique=False)
    op.create_index("ix_payments_value_on", "payments", ["value_on", "id"], unique=False)
    op.create_table(
        "appropriations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("promise_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("instalment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("amount", types.Amount(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "(promise_id IS NULL) <> (instalment_id IS NULL)", name=op.f("ck_appropriations_one_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["instalment_id"], ["instalments.id"], name=op.f("fk_appropriations_instalment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["promise_id"], ["promises.id"], name=op.f("fk_appropriations_promise_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appropriations")),
    )
    op.create_index("ix_appropriations_instalment", "appropriations", ["instalment_id"], unique=False)
    op.create_index("ix_appropriations_payment", "appropriations", ["payment_id"], unique=False)
    op.create_index("ix_appropriations_promise", "appropriations", ["promise_id"], unique=False)
    op.create_table(
        "refunds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", types.Amount(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_refunds_actor_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id")),
        sa.ForeignKeyConstraint(["transaction_id"], ["ledger_transactions.id"], name=op.f("fk_refunds_transaction_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
    )
    op.create_index("ix_refunds_payment", "refunds", ["payment_id"], unique=False)
    op.create_table(
        "settlements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scheme_key", sa.String(length=40), nullable=False),
        sa.Column("scheme", sa.JSON(), nullable=False),
        sa.Column("amount", types.Amount(), nullable=False),
        sa.Column("transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("posted_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=300), nullable=False),
        sa.Column("withdrawal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_settlements_actor_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_settlements_payment_id")),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["ledger_transactions.id"], name=op.f("fk_settlements_transaction_id")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawal_id"], ["ledger_transactions.id"], name=op.f("fk_settlements_withdrawal_id")
        ),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["users.id"], name=op.f("fk_settlements_withdrawn_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlements")),
    )
    op.create_index("ix_settlements_payment", "settlements", ["payment_id", "id"], unique=False)
    op.create_table(
        "allocations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("settlement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("claim_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("creditor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("component", sa.String(length=20), nullable=False),
        sa.Column("amount", types.Amount(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("collector_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("stage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("commission", types.Amount(), nullable=False),
        sa.Column("commission_vat", types.Amount(), nullable=False),
        sa.Column("terms_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("remittance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_allocations_case_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_allocations_claim_id")),
        sa.ForeignKeyConstraint(["collector_id"], ["users.id"], name=op.f("fk_allocations_collector_id")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_allocations_creditor_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_allocations_payment_id")),
        sa.ForeignKeyConstraint(["remittance_id"], ["remittances.id"], name=op.f("fk_allocations_remittance_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["allocations.id"], name=op.f("fk_allocations_reverses_id")),
        sa.ForeignKeyConstraint(["settlement_id"], ["settlements.id"], name=op.f("fk_allocations_settlement_id")),
        sa.ForeignKeyConstraint(["stage_id"], ["stages.id"], name=op.f("fk_allocations_stage_id")),
        sa.ForeignKeyConstraint(["terms_id"], ["commission_terms.id"], name=op.f("fk_allocations_terms_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_allocations_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_allocations_reverses_id")),
    )
    op.create_index("ix_allocations_booked", "allocations", ["booked_on", "id"], unique=False)
    op.create_index("ix_allocations_case", "allocations", ["case_id", "value_on"], unique=False)
    op.create_index("ix_allocations_claim", "allocations", ["claim_id", "value_on"], unique=False)
    op.create_index("ix_allocations_creditor", "allocations", ["creditor_id", "booked_on", "id"], unique=False)
    op.create_index("ix_allocations_payment", "allocations", ["payment_id", "id"], unique=False)
    op.create_index("ix_allocations_remittance", "allocations", ["remittance_id"], unique=False)
    op.create_index("ix_allocations_settlement", "allocations", ["settlement_id"], unique=False)
