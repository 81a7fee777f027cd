"""Limits per address for the door that guess-work hits: login with its second factor."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from core.people.errors import AccountLocked, BadCode, BadCredentials, TooManyAttempts

#: What a wrong guess comes to. That the database is busy says nothing about whoever asks.
_GUESSED = (BadCredentials, BadCode, AccountLocked)
#: So many attempts of one address are looked at side by side; the others wait for their turn.
_AT_ONCE = 10
#: What a provider gives to one customer (RFC 6177): whoever has one such address has them all.
_ONE_CUSTOMER = 64


class _Door:
    """Attempts of one address: ``turns`` to be had, how many are ``inside`` and how many know of it."""

    def __init__(self, at_once: int) -> None:
        self.turns = asyncio.Semaphore(at_once)
        self.inside = 0
        self.known = 0


class Throttle:
    """Counts wrong guesses of an address in this process. Behind several processes each counts for itself."""

    def __init__(self, logins: str = "20/minute") -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._logins: RateLimitItem = parse(logins)
        self._doors: dict[str, _Door] = {}

    @asynccontextmanager
    async def login(self, address: str) -> AsyncIterator[None]:
        """An attempt to log in is made in the block; raises ``TooManyAttempts``.

        What succeeds does not count: a floor that begins its shift shares one address. What is still being tried does,
        or many guesses at once would all be let in.
        """
        whose = _customer(address)
        async with self._inside(whose) as door:
            if not await self._limiter.test(self._logins, "login", whose, cost=door.inside):
                raise TooManyAttempts(seconds=await self._wait(whose))
            try:
                yield
            except _GUESSED:
                await self._limiter.hit(self._logins, "login", whose)
                raise

    @asynccontextmanager
    async def _inside(self, whose: str) -> AsyncIterator[_Door]:
        """A turn at the door of the address, which is forgotten when nobody stands there any more."""
        door = self._doors.setdefault(whose, _Door(min(_AT_ONCE, self._logins.amount)))
        door.known += 1
        try:
            async with door.turns:
                door.inside += 1
                try:
                    yield door
                finally:
                    door.inside -= 1
        finally:
            door.known -= 1
            if not door.known:
                del self._doors[whose]

    async def _wait(self, whose: str) -> int:
        window = await self._limiter.get_window_stats(self._logins, "login", whose)
        return max(1, round(window.reset_time - time.time()))


def _customer(address: str) -> str:
    """Whom the address is counted as: a network of IPv6 is one, in whichever spelling."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        mapped = known.ipv4_mapped
        return str(mapped or ip_network((known, _ONE_CUSTOMER), strict=False))
    return str(known)
