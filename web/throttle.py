"""Limits per address for doors that guess-work hits: login, second factor, tokens."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from core.kernel.errors import DomainError
from core.people.errors import TooManyAttempts


class Throttle:
    """Counts failures of an address in this process. Behind several processes each counts for itself."""

    def __init__(self, logins: str = "20/minute") -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._logins: RateLimitItem = parse(logins)
        self._trying: Counter[str] = Counter()

    @asynccontextmanager
    async def login(self, address: str) -> AsyncIterator[None]:
        """An attempt to log in is made in the block; raises ``TooManyAttempts``.

        What succeeds does not count: a floor that begins its shift shares one address. What is still being tried does,
        or many guesses at once would all be let in.
        """
        self._trying[address] += 1
        try:
            if not await self._limiter.test(self._logins, "login", address, cost=self._trying[address]):
                raise TooManyAttempts(seconds=await self._wait(address))
            try:
                yield
            except DomainError:
                await self._limiter.hit(self._logins, "login", address)
                raise
        finally:
            self._trying[address] -= 1
            if not self._trying[address]:
                del self._trying[address]

    async def _wait(self, address: str) -> int:
        window = await self._limiter.get_window_stats(self._logins, "login", address)
        return max(1, round(window.reset_time - time.time()))
