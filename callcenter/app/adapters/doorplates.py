"""What the bell asks while a phone rings: whose it is, and who calls."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import null, union_all

from callcenter.app.adapters.cases import CALLERS, Caller, keys_of, matches_of
from callcenter.app.adapters.staff import OWNERS, extensions_of, users_of
from callcenter.calls.bell import Plates
from callcenter.calls.offers import Offer, offers_through
from core.kernel.db import Database
from core.kernel.glimpse import Glimpse, Look, Rows

#: Seconds; the log tells the same after it has written.
PATIENCE_SECONDS = 0.25
#: Whose and who in one question: most of the time of a brief one goes into asking it.
_BOTH = Glimpse(
    union_all(
        OWNERS.add_columns(*(null() for _ in Caller._fields)),
        CALLERS.with_only_columns(*(null() for _ in OWNERS.selected_columns), *CALLERS.selected_columns),
    )
)


_OWNER_COLUMNS = len(OWNERS.selected_columns)


class Doorplates:
    """Implements ``callcenter.calls.bell.Doorplates``. What takes longer than ``patience`` (seconds) is given up."""

    def __init__(self, database: Database, patience: float = PATIENCE_SECONDS) -> None:
        self._database = database
        self._patience = patience

    async def read(self, endpoints: Collection[str], phones: Collection[str], logged: Collection[int]) -> Plates:
        def ask(look: Look) -> Plates:
            asked = {"extensions": extensions_of(endpoints), "numbers": keys_of(phones)}
            return _plates(endpoints, phones, look(_BOTH, asked))

        plates = self._database.peek(ask)
        if plates is not None and not logged:
            return plates
        async with asyncio.timeout(self._patience):
            if plates is None:
                plates = await self._database.glimpse(ask)
            return replace(plates, offers=await self._offers(logged))

    async def _offers(self, logged: Collection[int]) -> Mapping[int, Offer]:
        if not logged:
            return {}
        return await self._database.glance(lambda connection: offers_through(connection, logged))


def _plates(endpoints: Collection[str], phones: Collection[str], rows: Rows) -> Plates:
    owners = [row[:_OWNER_COLUMNS] for row in rows if row[0] is not None]
    callers = [Caller._make(row[_OWNER_COLUMNS:]) for row in rows if row[0] is None]
    return Plates(users=users_of(endpoints, owners), matches=matches_of(phones, callers), offers={})
