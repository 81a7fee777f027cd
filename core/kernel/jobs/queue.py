"""Putting work into the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite

from core.kernel.events import Event
from core.kernel.jobs.model import Job, JobState
from core.kernel.uow import Work

_OPEN = text("state IN ('queued', 'running')")


@dataclass(frozen=True, kw_only=True, slots=True)
class JobQueued(Event):
    """There is something to do: wakes the runner of this process at once."""

    kind: str


async def enqueue(
    work: Work,
    kind: str,
    payload: Mapping[str, Any],
    *,
    at: datetime,
    run_at: datetime | None = None,
    key: str | None = None,
) -> bool:
    """Queue a job in the transaction of ``work``; True unless one with the same ``key`` is queued already.

    ``at`` is the present, ``run_at`` the earliest moment to run (the present when None). A job with the same ``key``
    that is running may have looked before what this transaction changes: it runs once more afterwards. The same key
    means the same payload.
    """
    insert = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = {
        "kind": kind,
        "key": key,
        "payload": dict(payload),
        "state": JobState.QUEUED,
        "run_at": run_at or at,
        "attempts": 0,
        "created_at": at,
    }
    statement = insert(Job).values(row)
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        index_where=_OPEN,
        set_={"again_at": row["run_at"]},
        where=Job.state == JobState.RUNNING,
    )
    result = await work.session.execute(statement.returning(Job.id))
    queued = result.scalar_one_or_none() is not None
    if queued:
        work.emit(JobQueued(at=at, kind=kind))
    return queued
