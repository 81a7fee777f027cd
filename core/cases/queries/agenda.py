"""The agenda: tasks, callbacks and instructions of others in one list, as somebody has to do them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.cases import rights
from core.cases.model import Case, Task, TaskState
from core.cases.ports import PlannedCalls
from core.cases.service.access import case_for
from core.kernel.access import Actor
from core.kernel.paging import Listing, Sort, count_up_to, fetch_page
from core.people.access import reaches
from core.people.model import User

#: The kind of a line that is a callback, beside the kinds of tasks.
CALLBACK = "callback"


@dataclass(frozen=True, kw_only=True, slots=True)
class AgendaQuery:
    """What to see: of ``user_id`` (None: everybody in reach), of one ``kind``, due before ``until``, planned on or
    after ``since``, only ``ordered`` by others."""

    user_id: int | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ordered: bool = False
    sort: str = "due"
    after: str | None = None
    before: str | None = None
    size: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class AgendaLine:
    """Something to do. ``id`` is the task's, or the callback's when ``kind`` is ``CALLBACK``."""

    id: int
    kind: str
    due_at: datetime
    title: str
    case_id: int
    number: str
    debtor_name: str
    user: str | None
    author: str | None


async def agenda(session: AsyncSession, actor: Actor, query: AgendaQuery, calls: PlannedCalls) -> Listing[AgendaLine]:
    """One page of what is to be done on cases in the actor's reach, the earliest first."""
    lines = _lines(actor, query, calls)
    total, at_least = await count_up_to(session, lines)
    named = lines.subquery("line")
    statement = _named(named)
    sort = Sort(column=named.c.due_at, id=named.c.line_id, descending=query.sort.startswith("-"))
    found = await fetch_page(session, statement, sort, size=query.size, after=query.after, before=query.before)
    return Listing(
        rows=tuple(_line(row) for row in found.rows),
        next=found.next,
        previous=found.previous,
        total=total,
        at_least=at_least,
    )


async def count_waiting(session: AsyncSession, actor: Actor, until: datetime) -> int:
    """How many tasks are the actor's own to do before ``until``: what the bell and the home page say."""
    if not actor.may(rights.TASKS):
        return 0
    mine = _tasks(actor, AgendaQuery(user_id=actor.user_id, until=until))
    return (await count_up_to(session, mine))[0]


async def tasks_of(session: AsyncSession, actor: Actor, case_id: int) -> Sequence[tuple[Task, str | None]]:
    """The open tasks of a case with the name of who was told to do each, the earliest first. Raises ``NotFound``."""
    await case_for(session, actor, case_id, rights.VIEW)
    statement = select(Task, User).outerjoin(User, User.id == Task.assignee_id)
    waiting = statement.where(Task.case_id == case_id, Task.state == TaskState.OPEN)
    rows = await session.execute(waiting.order_by(Task.due_at, Task.id))
    return [(row[0], row[1].full_name if row[1] else None) for row in rows]


def _lines(actor: Actor, query: AgendaQuery, calls: PlannedCalls) -> Select[*tuple[Any, ...]]:
    """Lines have an id of their own: even for tasks, odd for callbacks."""
    parts = []
    if query.kind != CALLBACK:
        parts.append(_tasks(actor, query))
    if query.kind in (None, "", CALLBACK):
        parts.append(_calls(actor, query, calls))
    every = union_all(*parts).subquery("planned")
    return select(every)


def _tasks(actor: Actor, query: AgendaQuery) -> Select[*tuple[Any, ...]]:
    reach = reaches(actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)
    columns = select(
        (Task.id * 2).label("line_id"),
        Task.kind.label("kind"),
        Task.due_at.label("due_at"),
        Task.title.label("title"),
        Task.case_id.label("case_id"),
        func.coalesce(Task.assignee_id, Case.collector_id).label("user_id"),
        Task.created_by_id.label("created_by"),
    )
    asked = [Task.state == TaskState.OPEN, reach, *_bounds(Task.due_at.expression, query)]
    if query.kind:
        asked.append(Task.kind == query.kind)
    if query.user_id is not None:
        holder = and_(Task.assignee_id.is_(None), Case.collector_id == query.user_id)
        asked.append(or_(Task.assignee_id == query.user_id, holder))
    if query.ordered:
        asked.append(Task.created_by_id != func.coalesce(Task.assignee_id, Case.collector_id))
    return columns.join(Case, Case.id == Task.case_id).where(*(part for part in asked if part is not None))


def _calls(actor: Actor, query: AgendaQuery, calls: PlannedCalls) -> Select[*tuple[Any, ...]]:
    one = calls.agenda(actor).subquery("call")
    asked = _bounds(one.c.due_at, query)
    if query.user_id is not None:
        asked.append(one.c.user_id == query.user_id)
    if query.ordered:
        asked.append(one.c.created_by != one.c.user_id)
    return select(
        (one.c.id * 2 + 1).label("line_id"),
        literal(CALLBACK).label("kind"),
        one.c.due_at,
        one.c.title,
        one.c.case_id,
        one.c.user_id,
        one.c.created_by,
    ).where(*asked)


def _bounds(column: ColumnElement[datetime], query: AgendaQuery) -> list[ColumnElement[bool]]:
    since = [] if query.since is None else [column >= query.since]
    return since if query.until is None else [*since, column < query.until]


def _named(line: Any) -> Select[*tuple[Any, ...]]:
    author = aliased(User)
    return (
        select(line, Case.number, Case.debtor_name, User, author)
        .join(Case, Case.id == line.c.case_id)
        .outerjoin(User, User.id == line.c.user_id)
        .outerjoin(author, author.id == line.c.created_by)
    )


def _line(row: Any) -> AgendaLine:
    user, author = row[-4], row[-3]  # behind them come what the page is sorted by
    return AgendaLine(
        id=row.line_id // 2,
        kind=row.kind,
        due_at=row.due_at,
        title=row.title,
        case_id=row.case_id,
        number=row.number,
        debtor_name=row.debtor_name,
        user=user.full_name if user else None,
        author=author.full_name if author and author is not user else None,
    )
