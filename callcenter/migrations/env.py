"""Alembic's entry: runs the migrations on the connection it is handed."""

from alembic import context

from callcenter.app.models import metadata

#: Tables that a full-text index makes for itself, and the ones migrations keep for Alembic.
_NOT_OURS = ("_fts", "_fts_", "alembic_")


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and any(mark in name for mark in _NOT_OURS))


def run() -> None:
    """Upgrade or downgrade in one transaction."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        include_name=_ours,
        render_as_batch=True,
        compare_type=True,
        user_module_prefix="types.",
    )
    with context.begin_transaction():
        context.run_migrations()


run()
