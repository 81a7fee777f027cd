"""Tasks the program itself makes when an agreement fails: once for each reason."""

from datetime import datetime

from sqlalchemy import or_, select, update

from core.cases.model import Case, CaseState, EventKind, Task, TaskKind, TaskState
from core.cases.service.timeline import add_event
from core.kernel.access import Actor
from core.kernel.uow import Work


async def follow_up(
    work: Work, case: Case, key: str, title: str, *, at: datetime, kind: TaskKind = TaskKind.CALL
) -> None:
    """Have somebody call about it now (or do what ``kind`` says), once for ``key``.

    A reason that had fallen away and is back counts again.

    The task only asks for a call: when it may be made is decided when it is dialled. Nothing is asked for on cases
    nobody may work on.
    """
    if case.state != CaseState.OPEN:
        return
    known = await work.session.scalar(select(Task).where(Task.key == key))
    if known is None:
        work.session.add(Task(case_id=case.id, kind=kind, title=title, due_at=at, key=key, created_at=at))
    elif known.state == TaskState.CANCELLED and known.ended_by_id is None:
        known.state, known.ended_at, known.due_at = TaskState.OPEN, None, at
    else:
        return
    add_event(work, case.id, EventKind.TASK, at, data={"title": title, "state": "planned"})


async def fell_away(work: Work, case_id: int, reasons: str, *, at: datetime, but: str = "") -> None:
    """Reasons are no more: open tasks whose key begins with ``reasons`` are called off, except the one of ``but``."""
    await work.session.flush()
    opened = update(Task).where(
        Task.case_id == case_id, Task.state == TaskState.OPEN, Task.key.startswith(reasons), Task.key != but
    )
    await work.session.execute(opened.values(state=TaskState.CANCELLED, ended_at=at))


async def agreed_anew(work: Work, actor: Actor, case_id: int, *, at: datetime) -> None:
    """A new agreement answers the calls that failed ones asked for."""
    await work.session.flush()
    asked = update(Task).where(
        Task.case_id == case_id,
        Task.state == TaskState.OPEN,
        or_(Task.key.startswith("promise:"), Task.key.startswith("plan:")),
    )
    await work.session.execute(asked.values(state=TaskState.DONE, ended_at=at, ended_by_id=actor.user_id or None))
