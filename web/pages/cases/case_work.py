"""Work on a case: its tasks and tags on the case screen, and what is done with a task."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.card import CaseCard
from core.cases.model import CaseState, TaskKind
from core.cases.queries.agenda import tasks_of
from core.cases.queries.tags import tags, tags_of
from core.cases.service import tasks
from core.kernel.access import Actor
from core.people import queries as people
from web.forms import Form, parse
from web.page import go_to, local_path, referring_path
from web.pages import options
from web.pages.calls.phone import local
from web.pages.cases.case_view import CaseWork, TagChip, TaskLine
from web.pages.work import work_words as words
from web.security import actor, right, route
from web.state import planned_work, services
from web.task_work import UseCase, V, do_with_task


async def case_work(session: AsyncSession, me: Actor, card: CaseCard, now: datetime) -> CaseWork:
    """Tasks and tags of the case, and what this reader may plan and mark."""
    case = card.case
    plans = me.may(rights.TASKS) and case.state == CaseState.OPEN
    marks = await tags_of(session, me, case.id)
    borne = {tag.id for tag in marks}
    others = await tags(session, active_only=True) if me.may(rights.EDIT) else ()
    colleagues = await people.colleagues(session, me, rights.TASKS) if plans else ()
    return CaseWork(
        tasks=tuple(
            TaskLine(
                task_id=task.id,
                kind=words.TASK_KINDS[task.kind],
                title=task.title,
                due_at=task.due_at,
                assignee=name,
                late=task.due_at <= now,
            )
            for task, name in await tasks_of(session, me, case.id)
        ),
        tags=tuple(TagChip(tag_id=tag.id, name=tag.name) for tag in marks),
        may_plan=plans,
        may_tag=me.may(rights.EDIT),
        kinds=options.of_words(words.TASK_KINDS),
        people=options.of_people(colleagues),
        more_tags=options.of_rows(tag for tag in others if tag.id not in borne),
    )


_Title = Annotated[str, StringConstraints(min_length=1, max_length=300)]
_Result = Annotated[str, StringConstraints(max_length=500)]


class TaskForm(Form):
    """``due_at`` is the writer's local time; nobody named: whoever holds the case."""

    title: _Title
    kind: TaskKind = TaskKind.OTHER
    due_at: datetime
    assignee_id: int | None = None


class EndForm(Form):
    result: _Result = ""


class MoveForm(Form):
    """``due_at`` is the writer's local time."""

    due_at: datetime


class GiveForm(Form):
    assignee_id: int | None = None


async def plan(request: Request) -> Response:
    """Plan a task on the case."""
    sent, case_id, held = await parse(request, TaskForm), request.path_params["id"], services(request)
    new = tasks.NewTask(
        case_id=case_id,
        kind=sent.kind,
        title=sent.title,
        due_at=local(sent.due_at, actor(request).timezone),
        assignee_id=sent.assignee_id,
    )
    async with held.uow.write() as work:
        await tasks.add_task(work, actor(request), new, at=held.clock.now(), sources=planned_work(request))
    return go_to(f"/cases/{case_id}")


async def finish(request: Request) -> Response:
    """Say that it is done."""
    return await _done(request, tasks.finish_task, (await parse(request, EndForm)).result)


async def cancel(request: Request) -> Response:
    """Drop it."""
    return await _done(request, tasks.cancel_task, (await parse(request, EndForm)).result)


async def move(request: Request) -> Response:
    """Give it another time."""
    sent = await parse(request, MoveForm)
    return await _done(request, tasks.move_task, local(sent.due_at, actor(request).timezone))


async def give(request: Request) -> Response:
    """Give it to somebody else."""
    return await _done(request, tasks.reassign_task, (await parse(request, GiveForm)).assignee_id)


async def _done(request: Request, use_case: UseCase[V], value: V) -> Response:
    """Do it with the task of the address, then back to the page it was done on."""
    await do_with_task(request, use_case, request.path_params["task"], value)
    return go_to(local_path(referring_path(request)))


_TASKS = right(rights.TASKS)
routes = (
    route("/cases/{id:int}/tasks", plan, policy=_TASKS, methods=["POST"], name="case.task"),
    route("/cases/{id:int}/tasks/{task:int}/finish", finish, policy=_TASKS, methods=["POST"], name="task.finish"),
    route("/cases/{id:int}/tasks/{task:int}/cancel", cancel, policy=_TASKS, methods=["POST"], name="task.cancel"),
    route("/cases/{id:int}/tasks/{task:int}/move", move, policy=_TASKS, methods=["POST"], name="task.move"),
    route("/cases/{id:int}/tasks/{task:int}/give", give, policy=_TASKS, methods=["POST"], name="task.give"),
)
