"""Actions on many cases: chosen, foreseen, started, stopped, taken back."""

from datetime import date
from functools import partial
from typing import Annotated

from pydantic import Field
from starlette.requests import Request

from core.cases import errors, rights
from core.cases.model import CloseReason, MassOutcome, MassRun, MassState, TaskKind
from core.cases.queries.mass import ItemQuery, ItemRow, items_of
from core.cases.rules.mass import MassAction
from core.cases.service.mass import Mass, outcome_counts, run_for
from core.cases.service.mass_actions import Deed, Params
from core.kernel.errors import NotFound
from core.kernel.i18n import translator
from web.api.v1.operation import Operation, routes_of, step
from web.api.v1.shapes import Id, Nothing, Page, Paged, Sent, Shape, Text, Utc, When
from web.security import actor, right
from web.state import part, services


class MassActionRun(Shape):
    """A run over ``cases`` cases; without ``action`` until it is started. ``outcomes`` counts its rows."""

    id: Id
    state: MassState
    action: MassAction | None
    cases: int
    agent: int
    created_at: Utc
    finished_at: Utc | None
    outcomes: dict[MassOutcome, int]


class CasesChosen(Sent):
    """Cases by id. Those out of reach are left out."""

    cases: Annotated[list[Id], Field(min_length=1, max_length=1000)]


class MassDeed(Sent):
    """What is done to every case. ``agent``: whose they become, or who does the task; ``due_at``: of a task or the next
    action; ``until`` and ``reason``: of a suspension."""

    action: MassAction
    agent: Id | None = None
    stage: Id | None = None
    tag: Id | None = None
    kind: TaskKind = TaskKind.OTHER
    title: Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")] = ""
    due_at: When | None = None
    until: date | None = None
    reason: Text = ""
    close_reason: CloseReason | None = None

    def deed(self) -> Deed:
        """As the use case takes it."""
        params = Params(
            user_id=self.agent,
            stage_id=self.stage,
            tag_id=self.tag,
            kind=self.kind,
            title=self.title,
            due_at=self.due_at,
            until=self.until,
            reason=self.reason[:200],
            close_reason=self.close_reason,
        )
        return Deed(self.action, params)


class PassedOver(Shape):
    """So many cases are passed over, and why."""

    reason: str
    cases: int


class Foreseen(Shape):
    """What would happen: to ``done`` cases it would be done."""

    done: int
    skipped: list[PassedOver]


class MassRow(Shape):
    """What became of a case of the run. ``reason`` is why it was passed over, refused or kept."""

    n: int
    case_id: int | None
    number: str
    outcome: MassOutcome
    reason: str | None


class MassRowPage(Page[MassRow]):
    """Rows in the order they were chosen in."""


class MassRowsAsked(Paged):
    """Which rows."""

    outcome: MassOutcome | None = None


async def choose(request: Request, given: CasesChosen) -> MassActionRun:
    run_id = await part(request, Mass).choose(actor(request), given.cases)
    return await _run(request, run_id)


async def one(request: Request, _given: Nothing) -> MassActionRun:
    return await _run(request, _id(request))


async def rows(request: Request, asked: MassRowsAsked) -> MassRowPage:
    query = ItemQuery(outcome=asked.outcome, after=asked.after, size=asked.limit)
    async with services(request).uow.read() as session:
        found = await items_of(session, actor(request), _id(request), query)
    return MassRowPage(items=[_row(request, line) for line in found.rows], next=found.next)


async def foresee(request: Request, given: MassDeed) -> Foreseen:
    told = await part(request, Mass).foresee(actor(request), _id(request), given.deed())
    render = translator(actor(request).language).render
    return Foreseen(
        done=told.done, skipped=[PassedOver(reason=render(reason), cases=count) for reason, count in told.skipped]
    )


async def start(request: Request, given: MassDeed) -> MassActionRun:
    await part(request, Mass).start(actor(request), _id(request), given.deed())
    return await _run(request, _id(request))


async def stop(request: Request, _given: Nothing) -> MassActionRun:
    await part(request, Mass).stop(actor(request), _id(request))
    return await _run(request, _id(request))


async def undo(request: Request, _given: Nothing) -> MassActionRun:
    await part(request, Mass).undo(actor(request), _id(request))
    return await _run(request, _id(request))


def _id(request: Request) -> int:
    return int(request.path_params["id"])


async def _run(request: Request, run_id: int) -> MassActionRun:
    async with services(request).uow.read() as session:
        run: MassRun = await run_for(session, actor(request), run_id)
        counts = await outcome_counts(session, run_id)
    return MassActionRun(
        id=run.id,
        state=MassState(run.state),
        action=MassAction(run.action) if run.action else None,
        cases=run.total,
        agent=run.created_by_id,
        created_at=run.created_at,
        finished_at=run.finished_at,
        outcomes={MassOutcome(key): count for key, count in counts.items()},
    )


def _row(request: Request, line: ItemRow) -> MassRow:
    return MassRow(
        n=line.n,
        case_id=line.case_id,
        number=line.number,
        outcome=MassOutcome(line.outcome),
        reason=None if line.reason is None else translator(actor(request).language).render(line.reason),
    )


_MASS = right(rights.MASS)
_BUSY = (NotFound, errors.MassBusy)
_step = partial(step, "/mass-actions", gives=MassActionRun, policy=_MASS, errors=_BUSY)
OPERATIONS = (
    Operation(
        name="mass_actions.choose",
        method="POST",
        path="/mass-actions",
        summary="Choose cases to act on; nothing is done yet",
        policy=_MASS,
        takes=CasesChosen,
        gives=MassActionRun,
        status=201,
        acts=True,
        handler=choose,
    ),
    Operation(
        name="mass_actions.show",
        method="GET",
        path="/mass-actions/{id:int}",
        summary="A run and how far it is",
        policy=_MASS,
        takes=Nothing,
        gives=MassActionRun,
        errors=(NotFound,),
        handler=one,
    ),
    Operation(
        name="mass_actions.rows",
        method="GET",
        path="/mass-actions/{id:int}/rows",
        summary="What became of each case",
        policy=_MASS,
        takes=MassRowsAsked,
        gives=MassRowPage,
        errors=(NotFound,),
        handler=rows,
    ),
    Operation(
        name="mass_actions.foresee",
        method="POST",
        path="/mass-actions/{id:int}/foresee",
        summary="What an action would do; nothing is done",
        policy=_MASS,
        takes=MassDeed,
        gives=Foreseen,
        errors=(NotFound,),
        handler=foresee,
    ),
    _step("start", "Begin", start, takes=MassDeed),
    _step("stop", "Stop where it is; what was done stays done", stop, takes=Nothing),
    _step("undo", "Take back what is still as the run left it", undo, takes=Nothing),
)

routes = routes_of(OPERATIONS)
