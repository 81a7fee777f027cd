"""Payments are found by the same kind of index as cases and people; two worklists of everybody have one that fits."""

import sqlalchemy as sa
from alembic import op

from core.parties.search import drop_ddl, index_ddl
from core.payments.rules.searching import search_text

revision = "0026"
down_revision = "0037"

_AT_ONCE = 5000
_FOUND_BY = ("payer_name", "purpose", "doc_no", "receipt_no", "payer_account", "payer_tax_id")
_UNPLANNED = sa.text("state = 'open' AND next_action_at IS NULL")
_PAYMENTS = sa.table("payments", sa.column("id"), sa.column("search_text"), *(sa.column(name) for name in _FOUND_BY))


def upgrade() -> None:
    op.add_column("payments", sa.Column("search_text", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_payments_doc_no", "payments", ["doc_no"])
    _fill()
    for statement in index_ddl("payments")[op.get_bind().dialect.name]:
        op.execute(statement)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("INSERT INTO payments_fts(payments_fts) VALUES ('rebuild')")
    op.create_index(
        "ix_cases_unplanned_score",
        "cases",
        ["next_action_at", "score", "id"],
        sqlite_where=_UNPLANNED,
        postgresql_where=_UNPLANNED,
    )
    _index_promises(by_state=["state", "due_on", "case_id"], by_case=["case_id", "state", "due_on"])


def _index_promises(*, by_state: list[str], by_case: list[str]) -> None:
    for name, columns in (("ix_promises_state_due", by_state), ("ix_promises_case_id", by_case)):
        op.drop_index(name, table_name="promises")
        op.create_index(name, "promises", columns)


def _fill() -> None:
    """Write what each payment is found by, some thousand at a time."""
    found = sa.select(_PAYMENTS.c.id, *(_PAYMENTS.c[name] for name in _FOUND_BY)).order_by(_PAYMENTS.c.id)
    written = sa.update(_PAYMENTS).where(_PAYMENTS.c.id == sa.bindparam("key")).values(search_text=sa.bindparam("text"))
    after = 0
    while rows := op.get_bind().execute(found.where(_PAYMENTS.c.id > after).limit(_AT_ONCE)).all():
        texts = [
            {"key": row.id, "text": search_text(**{name: row._mapping[name] for name in _FOUND_BY})} for row in rows
        ]
        op.get_bind().execute(written, texts)
        after = rows[-1].id


def downgrade() -> None:
    _index_promises(by_state=["state", "due_on"], by_case=["case_id", "id"])
    op.drop_index("ix_cases_unplanned_score", table_name="cases", sqlite_where=_UNPLANNED, postgresql_where=_UNPLANNED)
    for statement in drop_ddl("payments")[op.get_bind().dialect.name]:
        op.execute(statement)
    op.drop_index("ix_payments_doc_no", table_name="payments")
    op.drop_column("payments", "search_text")
