"""Reading the trail, and proving that it is whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.model import AuditEntry, AuditHead
from core.audit.rules import GENESIS_HASH, chain
from core.audit.service import content_of
from core.kernel.access import Actor
from core.kernel.uow import UnitOfWork

_VERIFY_BATCH = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What to look for; times are aware UTC, ``until`` exclusive. ``text`` is the beginning of a login, an action or a
    subject's id."""

    text: str = ""
    actor_id: int | None = None
    action: str = ""
    subject_kind: str = ""
    subject_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def search(
    session: AsyncSession, actor: Actor, wanted: Search, *, before: int | None = None, limit: int = 50
) -> Sequence[AuditEntry]:
    """Entries, the newest first, with ids below ``before``. Needs ``audit.view``; the trail has no narrower scope."""
    actor.require("audit.view")
    statement = select(AuditEntry).where(*_conditions(wanted)).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(AuditEntry.id < before)
    return (await session.scalars(statement)).all()


async def entry(session: AsyncSession, actor: Actor, entry_id: int) -> AuditEntry | None:
    """One entry, whole."""
    actor.require("audit.view")
    return await session.get(AuditEntry, entry_id)


def _conditions(wanted: Search) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.text:
        columns = (AuditEntry.actor_login, AuditEntry.action, AuditEntry.subject_id)
        found.append(or_(*(column.startswith(wanted.text, autoescape=True) for column in columns)))
    if wanted.actor_id is not None:
        found.append(AuditEntry.actor_id == wanted.actor_id)
    exact = (AuditEntry.action, wanted.action), (AuditEntry.subject_kind, wanted.subject_kind)
    for column, value in (*exact, (AuditEntry.subject_id, wanted.subject_id)):
        if value:
            found.append(column == value)
    if wanted.since is not None:
        found.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        found.append(AuditEntry.at < wanted.until)
    return found


async def kinds(session: AsyncSession, actor: Actor) -> Sequence[str]:
    """The kinds of subject the trail speaks of, for the filter."""
    actor.require("audit.view")
    return (await session.scalars(select(AuditEntry.subject_kind).distinct().order_by(AuditEntry.subject_kind))).all()


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """``broken_seq`` is the first place where the chain does not hold, None when it is whole up to ``length``."""

    length: int
    broken_seq: int | None = None

    @property
    def whole(self) -> bool:
        return self.broken_seq is None


async def verify(uow: UnitOfWork) -> Verdict:
    """Walk the whole chain in small steps. Finds a changed, a missing, an inserted and a cut-off entry."""
    seq, hash_ = 0, GENESIS_HASH
    while True:
        async with uow.read() as session:
            head = await session.scalar(select(AuditHead))
            rows = (
                await session.scalars(
                    select(AuditEntry).where(AuditEntry.seq > seq).order_by(AuditEntry.seq).limit(_VERIFY_BATCH)
                )
            ).all()
        for row in rows:
            if row.seq != seq + 1 or row.hash != chain(hash_, seq + 1, content_of(row)):
                return Verdict(length=seq, broken_seq=seq + 1)
            seq, hash_ = row.seq, row.hash
        if len(rows) < _VERIFY_BATCH:
            break
    end = (head.seq, head.hash) if head else (0, GENESIS_HASH)
    return Verdict(length=seq) if end == (seq, hash_) else Verdict(length=seq, broken_seq=seq + 1)
