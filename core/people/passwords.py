"""Hashing passwords with argon2id, off the event loop and a few at a time."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """One hash costs about 0.1 s and 64 MiB: ``parallel`` of them at a time, each on one lane, in threads.

    So five hundred logins at nine o'clock queue here instead of stalling calls.
    """

    def __init__(self, *, parallel: int = 2, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(parallelism=1)
        self._slots = asyncio.Semaphore(parallel)
        self._decoy = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, password: str, hashed: str | None) -> bool:
        """Whether ``password`` belongs to ``hashed``. Without a hash (unknown login) it takes as long and says no."""
        async with self._slots:
            fits = await asyncio.to_thread(self._verify, password, hashed or self._decoy)
        return fits and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
