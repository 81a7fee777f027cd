"""Worklists, and the case to work on next."""

from zoneinfo import ZoneInfo

from starlette.requests import Request

from core.cases import rights
from core.cases.ports import PlannedCalls
from core.cases.queries import worklists
from core.cases.queries.worklists import Moment, Worklist
from core.cases.service.serving import NextCase
from web.api.v1.operation import Operation, routes_of
from web.api.v1.shapes import Id, Sent, Shape, Utc
from web.security import actor, right
from web.state import part, services


class WorklistCount(Shape):
    """A worklist: its cases are listed by `GET /cases?worklist=NAME`. Counting stops: then there are ``at_least`` so
    many."""

    name: Worklist
    cases: int
    at_least: bool


class Worklists(Shape):
    """Every worklist."""

    items: list[WorklistCount]


class WorklistsAsked(Sent):
    """Whose cases: one's own, or all in reach."""

    everybody: bool = False


class NextAsked(Sent):
    """``after`` is the case one comes from: another is served."""

    after: Id | None = None


class Served(Shape):
    """The case to work on; null: there is none that may be called now. Then ``forbidden`` of the best are forbidden by
    contact law, and the first of them may be called at ``next_at``."""

    case_id: int | None
    forbidden: int
    next_at: Utc | None


async def index(request: Request, asked: WorklistsAsked) -> Worklists:
    me = actor(request)
    moment = Moment(now=services(request).clock.now(), zone=ZoneInfo(me.timezone))
    whose = () if asked.everybody else worklists.mine(me)
    async with services(request).uow.read() as session:
        counted = await worklists.counts(session, me, moment, part(request, PlannedCalls), whose)
    return Worklists(
        items=[WorklistCount(name=one, cases=cases, at_least=more) for one, (cases, more) in counted.items()]
    )


async def serve(request: Request, asked: NextAsked) -> Served:
    found = await part(request, NextCase).serve(actor(request), after=asked.after)
    return Served(case_id=found.case_id, forbidden=found.forbidden, next_at=found.next_at)


OPERATIONS = (
    Operation(
        name="worklists.list",
        method="GET",
        path="/worklists",
        summary="How many cases each worklist holds",
        policy=right(rights.VIEW),
        takes=WorklistsAsked,
        gives=Worklists,
        handler=index,
    ),
    Operation(
        name="worklists.next",
        method="POST",
        path="/next-case",
        summary="Be served the best case that may lawfully be called now",
        policy=right(rights.EDIT),
        takes=NextAsked,
        gives=Served,
        acts=True,
        handler=serve,
    ),
)

routes = routes_of(OPERATIONS)
