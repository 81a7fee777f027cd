"""Collectors who say that they are done with their last calls, so that a queue rings them again."""

import sqlite3
from contextlib import closing

from tests.desk import signed_in
from tests.plugins.product import Product

_WRAPPING = (
    "SELECT calls.id, users.login FROM calls JOIN users ON users.id = calls.user_id "
    "WHERE wrap_started_at IS NOT NULL AND wrap_ended_at IS NULL AND merged_into IS NULL"
)


def wrapping(product: Product) -> list[tuple[int, str]]:
    """Calls somebody has still to finish, and who."""
    with closing(sqlite3.connect(product.folder / "callcenter.db")) as database:
        return database.execute(_WRAPPING).fetchall()


async def finish(product: Product, calls: list[tuple[int, str]]) -> None:
    """Each says that he is done."""
    for call_id, login in calls:
        async with signed_in(product.url, login, product.passwords[login]) as desk:
            assert (await desk.post(f"/calls/{call_id}/wrap-up/end")).status_code == 204
