"""Requests that act exactly once, however often they are sent: a key is reserved before anything is done.

The key's row is written first; whoever writes it does the work, everybody else is told. The answer is kept with the
key, so a repetition gets the same answer and nothing happens twice (IETF draft "The Idempotency-Key HTTP Header
Field").
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, Text, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.bulk import insert_or_ignore
from core.kernel.clock import Clock
from core.kernel.db import Base
from core.kernel.errors import Conflict, DomainError, Invalid
from core.kernel.i18n import mark
from core.kernel.types import Key, UtcDateTime
from core.kernel.uow import UnitOfWork

#: A repetition later than this is a new request.
KEPT = timedelta(hours=24)
#: No request works for so long: its process died, and nobody knows how far it had come.
PATIENCE = timedelta(minutes=5)
LONGEST_KEY = 200


class IdempotencyKey(Base):
    """A request by its key. ``caller`` is the token or user it belongs to, ``fingerprint`` the digest of what was
    asked. ``status``, ``body`` and ``location`` are the answer, empty while the request is being worked on."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("caller", "key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    caller: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body: Mapped[str] = mapped_column(Text, default="")
    location: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class KeyMissing(DomainError):
    """The request acts but has no key, or one that is none (1 to 200 visible ASCII characters)."""

    code = "idempotency_key_missing"
    text = mark("Send an Idempotency-Key of your own with this request: up to 200 visible ASCII characters.")


class KeyInProgress(Conflict):
    """The same request is being worked on."""

    code = "idempotency_in_progress"
    text = mark("The same request is being worked on. Repeat it in a moment to get its answer.")


class KeyAbandoned(Conflict):
    """The same request was begun and never finished."""

    code = "idempotency_outcome_unknown"
    text = mark(
        "The same request was begun but not finished, so it may or may not have been carried out. "
        "Look, and if it is still needed repeat it with a new key."
    )


class KeyReused(Invalid):
    """The key belongs to another request."""

    code = "idempotency_key_reused"
    text = mark("This key was used for another request. A new request needs a new key.")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptAnswer:
    """What was answered: an HTTP status, the JSON body, and the address of what was made."""

    status: int
    body: str
    location: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request that acts: who asks, by which key, and for what."""

    caller: str
    key: str
    fingerprint: str


def fingerprint(*parts: str) -> str:
    """What is asked for, as a digest; the same for any spelling of the same JSON when given in canonical form."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Idempotency:
    """Keeps keys and answers."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def begin(self, asked: Asked) -> KeptAnswer | None:
        """Reserve the key; the answer when the request was made before.

        After None the caller does the work and calls ``finish``. Raises ``KeyInProgress``, ``KeyAbandoned``,
        ``KeyReused``.
        """
        now = self._clock.now()
        same = (IdempotencyKey.caller == asked.caller, IdempotencyKey.key == asked.key)
        row = {"caller": asked.caller, "key": asked.key, "fingerprint": asked.fingerprint}
        async with self._uow.write() as work:
            await work.session.execute(delete(IdempotencyKey).where(*same, IdempotencyKey.created_at < now - KEPT))
            fresh = insert_or_ignore(work.session, IdempotencyKey).returning(IdempotencyKey.id)
            reserved = await work.session.scalar(fresh, [{**row, "body": "", "created_at": now}])
            if reserved is not None:
                return None
            known = (await work.session.scalars(select(IdempotencyKey).where(*same))).one()
        return _answer(known, asked, now)

    async def finish(self, asked: Asked, answer: KeptAnswer) -> None:
        """Keep the answer."""
        async with self._uow.write() as work:
            await work.session.execute(
                update(IdempotencyKey)
                .where(IdempotencyKey.caller == asked.caller, IdempotencyKey.key == asked.key)
                .values(status=answer.status, body=answer.body, location=answer.location)
            )

    async def forget(self) -> None:
        """Drop the keys nobody will repeat any more. For a ticker."""
        async with self._uow.write() as work:
            await work.session.execute(
                delete(IdempotencyKey).where(IdempotencyKey.created_at < self._clock.now() - KEPT)
            )


def _answer(known: IdempotencyKey, asked: Asked, now: datetime) -> KeptAnswer:
    if known.fingerprint != asked.fingerprint:
        raise KeyReused
    if known.status is not None:
        return KeptAnswer(status=known.status, body=known.body, location=known.location)
    raise KeyAbandoned if now - known.created_at > PATIENCE else KeyInProgress
