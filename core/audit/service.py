"""Writing the trail: changes in their own transaction, looks through group commit, and the sealer."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from core.audit.model import AuditEntry, AuditHead
from core.audit.rules import GENESIS_HASH, Content, chain, plain
from core.kernel.access import Actor
from core.kernel.bulk import insert_many
from core.kernel.clock import Clock
from core.kernel.journal import GroupCommit
from core.kernel.uow import UnitOfWork, Work

_BATCH = 500
_PAUSE_SECONDS = 2.0
_log = structlog.get_logger(__name__)

#: Per field what it was and what it became. Secrets are never named here.
Changes = Mapping[str, tuple[object, object]]
#: What an entry is about: its kind (``"case"``, ``"user"``) and its id.
Subject = tuple[str, object]


def record(
    work: Work,
    actor: Actor,
    action: str,
    subject: Subject,
    changes: Changes | None = None,
    *,
    at: datetime,
) -> None:
    """Add an entry to the transaction of ``work``: it is true exactly when the change is.

    ``action`` is ``module.verb``; fields whose old and new values are equal are left out.
    """
    work.session.add(_entry(actor, action, subject, changes or {}, at))


def altered(row: object, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Give ``row`` these values; what each was and is now, for :func:`record`."""
    changes = {name: (getattr(row, name), value) for name, value in values.items()}
    for name, value in values.items():
        setattr(row, name, value)
    return changes


async def record_many(
    work: Work, actor: Actor, action: str, entries: Sequence[tuple[Subject, Changes]], *, at: datetime
) -> None:
    """The same for many subjects at once."""
    rows = [_values(actor, action, subject, changes, at) for subject, changes in entries]
    await insert_many(work.session, AuditEntry, rows)


def _entry(actor: Actor, action: str, subject: Subject, changes: Changes, at: datetime) -> AuditEntry:
    return AuditEntry(**_values(actor, action, subject, changes, at))


def _values(actor: Actor, action: str, subject: Subject, changes: Changes, at: datetime) -> dict[str, Any]:
    return {
        "at": at,
        "actor_id": actor.user_id,
        "actor_login": actor.login,
        "action": action,
        "subject_kind": subject[0],
        "subject_id": str(subject[1]),
        "changes": {name: [plain(old), plain(new)] for name, (old, new) in changes.items() if old != new},
    }


async def _write(work: Work, entries: Sequence[AuditEntry]) -> None:
    work.session.add_all(entries)


class Looks:
    """Records who looked at personal data. The lifespan owns the task that runs :meth:`run`."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._clock = clock
        self._journal = GroupCommit[AuditEntry](uow, _write)

    async def looked(
        self, actor: Actor, subject: Subject, action: str = "looked", changes: Changes | None = None
    ) -> None:
        """Return once the look is on disk: data is shown after its look is recorded, not before. ``changes`` says more
        of it, as for :func:`record`."""
        await self._journal.append(_entry(actor, action, subject, changes or {}, self._clock.now()))

    async def run(self) -> None:
        await self._journal.run()


class Sealer:
    """Chains unsealed entries, each exactly once, however many processes do it at the same time.

    The chain's head is locked first, so a second sealer waits and then goes on from the new end. SQLite has a single
    writer anyway. An entry that was committed late takes a later place: ``seq``, not ``id``, is the order of the chain.
    """

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def run(self) -> None:
        """Seal every two seconds until cancelled. The lifespan owns the task that runs this."""
        while True:
            try:
                sealed = await self.seal()
            except Exception:  # noqa: BLE001 - the next round tries again
                _log.exception("sealing the audit trail failed")
                sealed = 0
            if sealed < _BATCH:
                await asyncio.sleep(_PAUSE_SECONDS)

    async def seal(self) -> int:
        """Chain up to 500 entries; how many were chained."""
        async with self._uow.read() as session:
            if await session.scalar(select(AuditEntry.id).where(AuditEntry.hash.is_(None)).limit(1)) is None:
                return 0  # the usual case, without the writer's lock
        async with self._uow.write() as work:
            return await _chain_on(work, await _locked_head(work))


async def _locked_head(work: Work) -> AuditHead:
    """The chain's end, made by whoever comes first."""
    insert = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    start = insert(AuditHead).values(id=1, seq=0, hash=GENESIS_HASH).on_conflict_do_nothing()
    await work.session.execute(start)
    return (await work.session.scalars(select(AuditHead).with_for_update())).one()


async def _chain_on(work: Work, head: AuditHead) -> int:
    unsealed = select(AuditEntry).where(AuditEntry.hash.is_(None)).order_by(AuditEntry.id).limit(_BATCH)
    rows = (await work.session.scalars(unsealed)).all()
    for row in rows:
        row.seq = head.seq + 1
        row.hash = chain(head.hash, row.seq, content_of(row))
        head.seq, head.hash = row.seq, row.hash
    return len(rows)


def content_of(row: AuditEntry) -> Content:
    """The part of a row that is hashed."""
    return Content(
        id=row.id,
        at=row.at,
        actor_id=row.actor_id,
        actor_login=row.actor_login,
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        changes=row.changes,
    )
