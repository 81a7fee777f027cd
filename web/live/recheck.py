"""Looking again whether a screen's session is alive: hundreds of screens ask, and are answered together."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Protocol

from core.people.service.logins import Identity

#: How long a question waits for others; nobody waits for the answer.
GATHER_SECONDS = 0.5
_AT_ONCE = 50


class Identities(Protocol):
    """Who holds which session token (``core.people.service.logins.Logins``)."""

    async def identify_all(self, held_tokens: Collection[str]) -> Mapping[str, Identity]: ...


class Recheck:
    """Gathers questions for half a second and asks them together. The lifespan owns the task that runs :meth:`run`."""

    def __init__(self, identities: Identities, gather: float = GATHER_SECONDS) -> None:
        self._identities = identities
        self._gather = gather
        self._waiting: dict[str, asyncio.Future[Identity | None]] = {}
        self._asked = asyncio.Event()

    async def identify(self, token: str) -> Identity | None:
        """Who holds the session token now; None when it has ended. Raises what the look raised."""
        if token not in self._waiting:
            self._waiting[token] = asyncio.get_running_loop().create_future()
            self._asked.set()
        return await asyncio.shield(self._waiting[token])

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            await self._asked.wait()
            await asyncio.sleep(self._gather)
            self._asked.clear()
            waiting, self._waiting = self._waiting, {}
            tokens = list(waiting)
            for first in range(0, len(tokens), _AT_ONCE):
                part = tokens[first : first + _AT_ONCE]
                await self._answer({token: waiting[token] for token in part})

    async def _answer(self, waiting: Mapping[str, "asyncio.Future[Identity | None]"]) -> None:
        try:
            found = await self._identities.identify_all(waiting.keys())
        except Exception as error:  # noqa: BLE001 - handed to those who asked
            for future in waiting.values():
                future.set_exception(error)
        else:
            for token, future in waiting.items():
                future.set_result(found.get(token))
