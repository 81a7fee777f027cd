"""Collectors and what they do now."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field
from starlette.requests import Request

from callcenter.agents import errors, queries, rights
from callcenter.agents.rules import State, Wish
from callcenter.agents.service import AgentService
from web.api.v1.operation import Operation, routes_of
from web.api.v1.shapes import Id, Nothing, Page, Sent, Shape, Utc
from web.security import actor, right
from web.state import part, services


class Choice(StrEnum):
    """What a collector may choose."""

    AVAILABLE = "available"
    PAUSE = "pause"
    OFFLINE = "offline"


class AgentState(Shape):
    """What a collector does now, ``since`` when; ``since`` is null for one who was never here."""

    id: Id
    state: State
    reason: str | None
    call_id: int | None
    since: Utc | None


class Agent(AgentState):
    """A collector with a phone. ``registered``: it can be rung."""

    name: str
    extension: str | None
    registered: bool


class AgentPage(Page[Agent]):
    """Everybody with a phone, by name; always one page."""


class StateWanted(Sent):
    """A pause needs a reason of the directory. A call under way goes on and decides the state until it is over. ``why``
    is told to whomever somebody else chooses for, who has to give it."""

    state: Choice
    reason: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00]*$")] | None = None
    why: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = ""


async def index(request: Request, _sent: Nothing) -> AgentPage:
    async with services(request).uow.read() as session:
        found = await queries.list_agents(session, actor(request))
    return AgentPage(items=[_agent(row) for row in found], next=None)


async def choose(request: Request, wanted: StateWanted) -> AgentState:
    user_id: int = request.path_params["id"]
    me, agents = actor(request), part(request, AgentService)
    if user_id == me.user_id:
        await agents.choose(me, wanted.state, wanted.reason)
    else:
        await agents.send(me, {user_id}, Wish(wanted.state, wanted.reason, wanted.why))
    async with services(request).uow.read() as session:
        state = await queries.state_of(session, user_id)
    since: datetime | None = state.started_at if state else None
    return AgentState(
        id=user_id,
        state=State(state.state) if state else State.OFFLINE,
        reason=state.reason if state else None,
        call_id=state.call_id if state else None,
        since=since,
    )


def _agent(row: queries.AgentRow) -> Agent:
    return Agent(
        id=row.id,
        state=row.state,
        reason=row.reason,
        call_id=row.call_id,
        since=row.since,
        name=row.name,
        extension=row.extension,
        registered=row.registered,
    )


OPERATIONS = (
    Operation(
        name="agents.list",
        method="GET",
        path="/agents",
        summary="Collectors and what they do now",
        policy=right(rights.VIEW),
        takes=Nothing,
        gives=AgentPage,
        handler=index,
    ),
    Operation(
        name="agents.state",
        method="POST",
        path="/agents/{id:int}/state",
        summary="Be available, on pause, or offline; for others, when the right reaches them",
        policy=right(rights.STATE),
        takes=StateWanted,
        gives=AgentState,
        acts=True,
        errors=(errors.NoSuchAgent, errors.BadState, errors.NoReasonGiven),
        handler=choose,
    ),
)

routes = routes_of(OPERATIONS)
