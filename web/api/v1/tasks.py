"""Tasks on cases: what is planned, done and dropped."""

from functools import partial
from typing import Annotated

from pydantic import Field
from starlette.requests import Request

from core.cases import errors, rights
from core.cases.model import Task as Row
from core.cases.model import TaskKind, TaskState
from core.cases.queries.tasks import TaskQuery, list_tasks
from core.cases.service import tasks as use_cases
from core.cases.service.tasks import NewTask
from core.kernel.errors import NotFound
from core.kernel.i18n import translator
from web.api.v1.operation import Operation, routes_of, step
from web.api.v1.shapes import Id, Page, Paged, Sent, Shape, Text, Utc, When
from web.security import actor, right
from web.state import planned_work, services
from web.task_work import UseCase, V, do_with_task

Title = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00]*\S[^\x00]*$")]


class Task(Shape):
    """Something to do on a case. ``agent`` was told to do it (null: whoever holds the case), ``author`` asked for it
    (null: the program, and then the title is in the reader's language); ``result`` is what came of it."""

    id: Id
    case_id: Id
    kind: TaskKind
    title: str
    due_at: Utc
    agent: int | None
    author: int | None
    state: TaskState
    result: str
    created_at: Utc
    ended_at: Utc | None


class TaskPage(Page[Task]):
    """Tasks, the earliest due first."""


class TasksAsked(Paged):
    """Which tasks. ``agent`` is who was told to do them; ``due_until`` is not included."""

    case: Id | None = None
    agent: Id | None = None
    kind: TaskKind | None = None
    state: TaskState | None = None
    due_until: When | None = None


class TaskPlanned(Sent):
    """What is to be done; by whoever holds the case unless ``agent`` says who."""

    case_id: Id
    title: Title
    due_at: When
    kind: TaskKind = TaskKind.OTHER
    agent: Id | None = None


class TaskOver(Sent):
    """What came of it, or why it is dropped."""

    result: Text = ""


class TaskMoved(Sent):
    """Another time."""

    due_at: When


class TaskGiven(Sent):
    """To whom; null: to whoever holds the case."""

    agent: Id | None = None


async def index(request: Request, asked: TasksAsked) -> TaskPage:
    query = TaskQuery(
        case_id=asked.case,
        assignee_id=asked.agent,
        kind=asked.kind,
        state=asked.state,
        until=asked.due_until,
        after=asked.after,
        size=asked.limit,
    )
    async with services(request).uow.read() as session:
        rows, following = await list_tasks(session, actor(request), query)
    return TaskPage(items=[_task(request, row) for row in rows], next=following)


async def plan(request: Request, given: TaskPlanned) -> Task:
    new = NewTask(
        case_id=given.case_id, kind=given.kind, title=given.title, due_at=given.due_at, assignee_id=given.agent
    )
    now, sources = services(request).clock.now(), planned_work(request)
    async with services(request).uow.write() as work:
        row = await use_cases.add_task(work, actor(request), new, at=now, sources=sources)
    return _task(request, row)


async def finish(request: Request, given: TaskOver) -> Task:
    return await _done(request, use_cases.finish_task, given.result)


async def cancel(request: Request, given: TaskOver) -> Task:
    return await _done(request, use_cases.cancel_task, given.result)


async def move(request: Request, given: TaskMoved) -> Task:
    return await _done(request, use_cases.move_task, given.due_at)


async def give(request: Request, given: TaskGiven) -> Task:
    return await _done(request, use_cases.reassign_task, given.agent)


async def _done(request: Request, use_case: UseCase[V], value: V) -> Task:
    return _task(request, await do_with_task(request, use_case, request.path_params["id"], value))


def _task(request: Request, row: Row) -> Task:
    return Task(
        id=row.id,
        case_id=row.case_id,
        kind=TaskKind(row.kind),
        title=row.title if row.key is None else translator(actor(request).language).gettext(row.title),
        due_at=row.due_at,
        agent=row.assignee_id,
        author=row.created_by_id,
        state=TaskState(row.state),
        result=row.result,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


_TASKS = right(rights.TASKS)
_ENDED = (NotFound, errors.TaskEnded)
_step = partial(step, "/tasks", gives=Task, policy=_TASKS, errors=_ENDED)
OPERATIONS = (
    Operation(
        name="tasks.list",
        method="GET",
        path="/tasks",
        summary="Tasks on cases in reach, the earliest due first",
        policy=right(rights.VIEW),
        takes=TasksAsked,
        gives=TaskPage,
        handler=index,
    ),
    Operation(
        name="tasks.plan",
        method="POST",
        path="/tasks",
        summary="Plan a task",
        policy=_TASKS,
        takes=TaskPlanned,
        gives=Task,
        status=201,
        acts=True,
        errors=(NotFound, errors.CaseNotOpen),
        handler=plan,
    ),
    _step("finish", "Say that a task is done", finish, takes=TaskOver),
    _step("cancel", "Drop a task", cancel, takes=TaskOver),
    _step("move", "Give a task another time", move, takes=TaskMoved),
    _step("give", "Give a task to somebody", give, takes=TaskGiven),
)

routes = routes_of(OPERATIONS)
