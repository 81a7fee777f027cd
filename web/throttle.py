"""Limits per address for doors that guess-work hits: login, second factor, tokens."""

import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from core.people.errors import TooManyAttempts


class Throttle:
    """Counts hits of an address in this process. Behind several processes each counts for itself."""

    def __init__(self, logins: str = "20/minute") -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._logins: RateLimitItem = parse(logins)

    async def login(self, address: str) -> None:
        """Count an attempt to log in; raises ``TooManyAttempts``."""
        if await self._limiter.hit(self._logins, "login", address):
            return
        window = await self._limiter.get_window_stats(self._logins, "login", address)
        raise TooManyAttempts(seconds=max(1, round(window.reset_time - time.time())))
