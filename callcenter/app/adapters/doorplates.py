"""What the bell asks while a phone rings: whose it is, and who calls."""

from collections.abc import Collection
from dataclasses import replace

from callcenter.app.adapters.cases import match_through
from callcenter.app.adapters.staff import users_through
from callcenter.calls.bell import Plates
from callcenter.calls.offers import offers_through
from core.kernel.db import Database
from core.kernel.glimpse import Look


class Doorplates:
    """Implements ``callcenter.calls.bell.Doorplates``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, endpoints: Collection[str], phones: Collection[str], logged: Collection[int]) -> Plates:
        def ask(look: Look) -> Plates:
            return Plates(
                users=users_through(look, endpoints), matches=match_through(look, phones) if phones else {}, offers={}
            )

        plates = await self._database.glimpse(ask)
        if not logged:
            return plates
        offers = await self._database.glance(lambda connection: offers_through(connection, logged))
        return replace(plates, offers=offers)
