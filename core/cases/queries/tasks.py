"""Tasks one by one, for other systems: open ones and those that have ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.model import Case, Task, TaskKind, TaskState
from core.kernel.access import Actor
from core.kernel.paging import Sort, fetch_page
from core.people.access import visible


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskQuery:
    """Which tasks. ``assignee_id`` is who was told to do them, ``until`` bounds when they are due (exclusive)."""

    case_id: int | None = None
    assignee_id: int | None = None
    kind: TaskKind | None = None
    state: TaskState | None = None
    until: datetime | None = None
    after: str | None = None
    size: int = 50


async def list_tasks(session: AsyncSession, actor: Actor, query: TaskQuery) -> tuple[Sequence[Task], str | None]:
    """One page of the tasks on cases in the actor's reach, the earliest due first, and the cursor of the next."""
    on_case = select(Task).join(Case, Case.id == Task.case_id).where(*_asked(query))
    seen = visible(on_case, actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)
    sort = Sort(column=Task.due_at.expression, id=Task.id.expression)
    found = await fetch_page(session, seen, sort, size=query.size, after=query.after)
    return [row[0] for row in found.rows], found.next


def _asked(query: TaskQuery) -> list[ColumnElement[bool]]:
    equal = {
        Task.case_id: query.case_id,
        Task.assignee_id: query.assignee_id,
        Task.kind: query.kind,
        Task.state: query.state,
    }
    parts = [column == value for column, value in equal.items() if value is not None]
    return parts if query.until is None else [*parts, Task.due_at < query.until]
