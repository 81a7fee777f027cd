"""Tasks on cases: planned, moved, given to somebody, finished, cancelled.

Each plans the case's next action anew; ``sources`` are what plans work besides tasks and agreements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from core.audit.service import record
from core.cases import rights
from core.cases.errors import TaskEnded
from core.cases.model import EventKind, Task, TaskKind, TaskState
from core.cases.ports import PlannedWork
from core.cases.service.access import case_for, open_case_for
from core.cases.service.planning import replan
from core.cases.service.timeline import add_event
from core.kernel.access import PROGRAM, Actor
from core.kernel.bulk import insert_or_ignore
from core.kernel.errors import DomainError, Invalid, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import Work
from core.people.access import actor_of
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTask:
    """What is to be done on a case. ``assignee_id`` None: whoever holds the case. ``key`` names why the program plans
    it: of one key there is one task only, ended or not."""

    case_id: int
    kind: TaskKind
    title: str
    due_at: datetime
    assignee_id: int | None = None
    key: str | None = None


async def add_task(
    work: Work, actor: Actor, new: NewTask, *, at: datetime, sources: Sequence[PlannedWork] = ()
) -> Task:
    """Plan a task on an open case; the one that is there when its key is known.

    Raises ``NotFound``, ``CaseNotOpen``, or ``Invalid`` for no title and for somebody who cannot see the case.
    """
    case = await open_case_for(work.session, actor, new.case_id, rights.TASKS)
    if not new.title.strip():
        raise Invalid({"title": msg("Say what is to be done.")})
    await _check_assignee(work, new.assignee_id, case.id)
    row = {
        "case_id": case.id,
        "kind": new.kind,
        "title": new.title.strip()[:300],
        "due_at": new.due_at,
        "assignee_id": new.assignee_id,
        "state": TaskState.OPEN,
        "result": "",
        "key": new.key,
        "created_by_id": actor.user_id or None,
        "created_at": at,
    }
    planned = insert_or_ignore(work.session, Task).values(row).returning(Task.__table__.c.id)
    task_id = (await work.session.execute(planned)).scalar_one_or_none()
    if task_id is None:  # the program has planned it before
        return (await work.session.scalars(select(Task).where(Task.key == new.key))).one()
    await replan(work, [case.id], sources, worked_at=None if actor is PROGRAM else at)
    changes = {"title": (None, new.title), "due_at": (None, new.due_at), "assignee_id": (None, new.assignee_id)}
    record(work, actor, "task.added", ("task", task_id), changes, at=at)
    _tell(work, actor, case.id, "planned", title=new.title.strip()[:300], at=at, due_at=new.due_at.isoformat())
    return await work.session.get_one(Task, task_id)


async def finish_task(
    work: Work, actor: Actor, task_id: int, result: str, *, at: datetime, sources: Sequence[PlannedWork] = ()
) -> Task:
    """Say that it is done, and what came of it. Raises ``TaskEnded`` when it is open no longer."""
    return await _end(work, actor, task_id, TaskState.DONE, result, at=at, sources=sources)


async def cancel_task(
    work: Work, actor: Actor, task_id: int, reason: str, *, at: datetime, sources: Sequence[PlannedWork] = ()
) -> Task:
    """Drop it; ``reason`` is kept as its result. Raises ``TaskEnded`` when it is open no longer."""
    return await _end(work, actor, task_id, TaskState.CANCELLED, reason, at=at, sources=sources)


async def move_task(
    work: Work, actor: Actor, task_id: int, due_at: datetime, *, at: datetime, sources: Sequence[PlannedWork] = ()
) -> Task:
    """Give it another time. Raises ``TaskEnded``."""
    before = await task_for(work, actor, task_id)
    return await _change(
        work, actor, before, {"due_at": due_at}, told="moved", at=at, sources=sources, due_at=due_at.isoformat()
    )


async def reassign_task(
    work: Work,
    actor: Actor,
    task_id: int,
    assignee_id: int | None,
    *,
    at: datetime,
    sources: Sequence[PlannedWork] = (),
) -> Task:
    """Give it to somebody, or back to whoever holds the case (None). Raises ``TaskEnded`` or ``Invalid``."""
    before = await task_for(work, actor, task_id)
    await _check_assignee(work, assignee_id, before.case_id)
    return await _change(work, actor, before, {"assignee_id": assignee_id}, told="given", at=at, sources=sources)


async def task_for(work: Work, actor: Actor, task_id: int) -> Task:
    """The task, if its case is within the reach of the right over tasks. Raises ``NotFound``."""
    task = await work.session.get(Task, task_id)
    if task is None:
        raise NotFound()
    await case_for(work.session, actor, task.case_id, rights.TASKS)
    return task


async def _end(
    work: Work,
    actor: Actor,
    task_id: int,
    state: TaskState,
    result: str,
    *,
    at: datetime,
    sources: Sequence[PlannedWork],
) -> Task:
    before = await task_for(work, actor, task_id)
    values = {"state": state, "result": result.strip()[:500], "ended_at": at, "ended_by_id": actor.user_id or None}
    return await _change(work, actor, before, values, told=state, at=at, sources=sources, text=result.strip()[:500])


async def _change(
    work: Work,
    actor: Actor,
    before: Task,
    values: dict[str, Any],
    *,
    told: str,
    at: datetime,
    sources: Sequence[PlannedWork],
    text: str = "",
    **data: Any,
) -> Task:
    """Of two who change an open task at once the second finds it ended, or changes what the first left."""
    case_id, title = before.case_id, before.title
    changes = {name: (getattr(before, name), value) for name, value in values.items()}
    changed = update(Task).where(Task.id == before.id, Task.state == TaskState.OPEN).values(values).returning(Task.id)
    if (await work.session.execute(changed)).scalar_one_or_none() is None:
        raise TaskEnded()
    await replan(work, [case_id], sources, worked_at=None if told == "given" else at)
    record(work, actor, f"task.{told}", ("task", before.id), changes, at=at)
    _tell(work, actor, case_id, told, title=title, at=at, text=text, **data)
    return await work.session.get_one(Task, before.id, populate_existing=True)


async def _check_assignee(work: Work, assignee_id: int | None, case_id: int) -> None:
    """An instruction goes to somebody who can open the case it is about."""
    if assignee_id is None:
        return
    user = await work.session.get(User, assignee_id)
    try:
        if user is None or not user.active:
            raise NotFound
        await case_for(work.session, await actor_of(work.session, user), case_id, rights.VIEW)
    except DomainError as error:
        raise Invalid({"assignee_id": msg("This person cannot see the case.")}) from error


def _tell(
    work: Work, actor: Actor, case_id: int, told: str, *, title: str, at: datetime, text: str = "", **data: Any
) -> None:
    add_event(work, case_id, EventKind.TASK, at, actor=actor, text=text, data={"title": title, "state": told, **data})
