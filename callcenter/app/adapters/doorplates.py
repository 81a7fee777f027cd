"""What the bell asks while a phone rings: whose it is, and who calls."""

from collections.abc import Collection

from sqlalchemy import Connection

from callcenter.app.adapters.cases import match_through
from callcenter.app.adapters.staff import users_through
from callcenter.calls.bell import Plates
from callcenter.calls.offers import offers_through
from core.kernel.db import Database


class Doorplates:
    """Implements ``callcenter.calls.bell.Doorplates``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, endpoints: Collection[str], phones: Collection[str], logged: Collection[int]) -> Plates:
        def ask(connection: Connection) -> Plates:
            return Plates(
                users=users_through(connection, endpoints),
                matches=match_through(connection, phones) if phones else {},
                offers=offers_through(connection, logged) if logged else {},
            )

        return await self._database.glance(ask)
