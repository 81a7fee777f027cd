"""Menus callers hear, and the house's own recordings that menus and campaigns play."""

from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from callcenter.ivr import errors, queries
from callcenter.ivr.queries import FlowView
from callcenter.ivr.rights import EDIT, VIEW
from callcenter.ivr.service import FlowService
from callcenter.queues.queries import inbound_queues
from core.kernel.access import Actor
from core.kernel.errors import Invalid
from core.kernel.i18n import msg
from web.api.v1.operation import Operation, routes_of, step
from web.api.v1.reach import reader
from web.api.v1.shapes import Id, Nothing, Page, Sent, Shape, Utc, Word
from web.security import actor, right
from web.state import part, services


class Menu(Shape):
    """A menu. ``version`` is the number of the one that is heard (null: none), ``steps`` what it does, ``draft`` what
    is being edited; ``queues`` are those whose callers hear it first."""

    id: Id
    name: str
    version: int | None
    queues: list[str]
    steps: dict[str, Any] | None
    draft: dict[str, Any]
    changed_at: Utc


class MenuPage(Page[Menu]):
    """All menus, by name."""


class MenuQueues(Sent):
    """The queues whose callers hear it first: exactly these, by their codes."""

    queues: Annotated[tuple[Word, ...], Field(max_length=200)]


class Prompt(Shape):
    """A recording of the house's own, named ``own:`` and its name where a campaign plays it."""

    name: str
    label: str
    duration_ms: int


class PromptPage(Page[Prompt]):
    """All recordings, by label."""


async def index(request: Request, _sent: Nothing) -> MenuPage:
    async with services(request).uow.read() as session:
        found = await queries.list_flows(session, actor(request))
    return MenuPage(items=[_menu(seen) for seen in found], next=None)


async def one(request: Request, _sent: Nothing) -> Menu:
    return await _answer(request, actor(request))


async def publish(request: Request, _sent: Nothing) -> Menu:
    await part(request, FlowService).publish(actor(request), _id(request))
    return await _answer(request, reader(request, EDIT, VIEW))


async def withdraw(request: Request, _sent: Nothing) -> Menu:
    await part(request, FlowService).withdraw(actor(request), _id(request))
    return await _answer(request, reader(request, EDIT, VIEW))


async def lead(request: Request, sent: MenuQueues) -> Menu:
    async with services(request).uow.read() as session:
        known = {queue.code for queue in await inbound_queues(session)}
    if set(sent.queues) - known:
        raise Invalid({"queues": msg("Choose one of the list.")})
    await part(request, FlowService).set_queues(actor(request), _id(request), sent.queues)
    return await _answer(request, reader(request, EDIT, VIEW))


async def prompts(request: Request, _sent: Nothing) -> PromptPage:
    async with services(request).uow.read() as session:
        found = await queries.list_sounds(session, actor(request))
    items = [Prompt(name=one.name, label=one.label, duration_ms=one.duration_ms) for one in found]
    return PromptPage(items=items, next=None)


async def sound(request: Request, _sent: Nothing) -> Response:
    async with services(request).uow.read() as session:
        content = await queries.sound_content(session, actor(request), request.path_params["name"])
    return Response(content, media_type="audio/wav")


def _id(request: Request) -> int:
    return int(request.path_params["id"])


async def _answer(request: Request, who: Actor) -> Menu:
    async with services(request).uow.read() as session:
        return _menu(await queries.get_flow(session, who, _id(request)))


def _menu(seen: FlowView) -> Menu:
    version = seen.version
    return Menu(
        id=seen.row.id,
        name=seen.row.name,
        version=version.number if version is not None else None,
        queues=list(seen.queues),
        steps=version.content if version is not None else None,
        draft=seen.row.draft,
        changed_at=seen.row.changed_at,
    )


_VIEW, _EDIT, _GONE = right(VIEW), right(EDIT), (errors.NoSuchFlow,)
OPERATIONS = (
    Operation(
        name="menus.list",
        method="GET",
        path="/menus",
        summary="Menus callers hear before they are put through",
        policy=_VIEW,
        takes=Nothing,
        gives=MenuPage,
        handler=index,
    ),
    Operation(
        name="menus.get",
        method="GET",
        path="/menus/{id:int}",
        summary="One menu with its steps",
        policy=_VIEW,
        takes=Nothing,
        gives=Menu,
        errors=_GONE,
        handler=one,
    ),
    step(
        "/menus",
        "publish",
        "Have callers hear what is being edited",
        publish,
        takes=Nothing,
        gives=Menu,
        policy=_EDIT,
        errors=(*_GONE, errors.FlowFaulty, errors.SpeechFailed),
    ),
    step("/menus", "withdraw", "Let nobody hear it", withdraw, takes=Nothing, gives=Menu, policy=_EDIT, errors=_GONE),
    step(
        "/menus",
        "queues",
        "Choose the queues whose callers hear it first",
        lead,
        takes=MenuQueues,
        gives=Menu,
        policy=_EDIT,
        errors=_GONE,
    ),
    Operation(
        name="prompts.list",
        method="GET",
        path="/prompts",
        summary="The house's own recordings",
        policy=_VIEW,
        takes=Nothing,
        gives=PromptPage,
        handler=prompts,
    ),
    Operation(
        name="prompts.audio",
        method="GET",
        path="/prompts/{name}/audio",
        summary="The sound of one",
        policy=_VIEW,
        takes=Nothing,
        media="audio/wav",
        errors=(errors.NoSuchSound,),
        handler=sound,
    ),
)

routes = routes_of(OPERATIONS)
