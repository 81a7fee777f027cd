"""Alembic's entry: runs the migrations on the connection, and for the metadata, that it is handed."""

from alembic import context

_given = context.config.attributes


def run() -> None:
    """Upgrade or downgrade in one transaction."""
    context.configure(
        connection=_given["connection"],
        target_metadata=_given["metadata"],
        include_name=_given["include_name"],
        render_as_batch=True,
        compare_type=True,
        user_module_prefix="types.",
    )
    with context.begin_transaction():
        context.run_migrations()


run()
