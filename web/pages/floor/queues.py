"""Queues: which there are, how they ring, and who serves them at which level."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from callcenter.queues import queries
from callcenter.queues.calendars import list_calendars
from callcenter.queues.errors import QueueNeeded
from callcenter.queues.model import MAIN, Closed, Overflow, Queue, QueueKind, Strategy
from callcenter.queues.queries import QueueQuery
from callcenter.queues.rights import EDIT, VIEW
from callcenter.queues.service import LEVELS, MAIN_NAME, QueueData, QueueService
from core.cases.model import Stage
from core.kernel.errors import Invalid
from core.kernel.i18n import Message, Translator, msg, translator
from web.export import export_list
from web.forms import Form, is_position, parse, submitted
from web.lists import Asked, ListSpec, asked, listed
from web.page import go_to, language_of, page
from web.pages import options
from web.pages.listing import (
    Align,
    Column,
    EmptyState,
    Filter,
    FilterKind,
    Option,
    Row,
    StateCell,
    Text,
    TextCell,
)
from web.security import actor, right, route
from web.short_lists import OFF, ON
from web.state import part, services

STRATEGIES: Mapping[str, Message] = {
    Strategy.IN_TURN: msg("one after the other, going on where it stopped"),
    Strategy.LONGEST_IDLE: msg("whoever has waited longest"),
    Strategy.FEWEST_CALLS: msg("whoever has had the fewest calls"),
    Strategy.ALL: msg("all at once"),
    Strategy.RANDOM: msg("anybody"),
}
OVERFLOWS: Mapping[str, Message] = {
    Overflow.GOODBYE: msg("says goodbye"),
    Overflow.QUEUE: msg("goes on to another queue"),
    Overflow.VOICEMAIL: msg("leaves a message"),
}
CLOSED: Mapping[str, Message] = {
    Closed.VOICEMAIL: msg("leaves a message"),
    Closed.GOODBYE: msg("is told that nobody is there"),
}
KINDS: Mapping[str, Message] = {QueueKind.INBOUND: msg("callers"), QueueKind.CAMPAIGN: msg("campaign")}
_STATES = {"on": True, "off": False}
_LEVEL = "level-"
_SPACES = re.compile(r"[\s,;]+")
_Seconds = Annotated[int, Field(ge=1, le=3600)]

SPEC = ListSpec(
    key="queues",
    title=msg("Queues"),
    path="/queues",
    sort="-kind",
    search_hint=msg("Name or code"),
    export_right=VIEW,
    columns=(
        Column(key="name", label=msg("Queue"), sortable=True),
        Column(key="code", label=msg("Code"), sortable=True),
        Column(key="kind", label=msg("For"), sortable=True),
        Column(key="strategy", label=msg("Who is rung next")),
        Column(key="members", label=msg("Members"), align=Align.END),
        Column(key="service", label=msg("In time within, s"), align=Align.END, sortable=True),
        Column(key="state", label=msg("State")),
    ),
    filters=(
        Filter(key="kind", label=msg("For"), kind=FilterKind.SELECT, options=options.of_words(KINDS)),
        Filter(
            key="strategy", label=msg("Who is rung next"), kind=FilterKind.SELECT, options=options.of_words(STRATEGIES)
        ),
        Filter(
            key="state",
            label=msg("State"),
            kind=FilterKind.SELECT,
            options=(Option(value="on", label=ON.word), Option(value="off", label=OFF.word)),
        ),
    ),
    empty=EmptyState(title=msg("No queues"), hint=msg("Callers wait in queues: add the first."), icon="users-group"),
)


class QueueForm(Form):
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    strategy: Strategy
    weight: Annotated[int, Field(ge=0, le=100)] = 0
    priority: Annotated[int, Field(ge=0, le=100)] = 0
    ring_seconds: _Seconds | None = None
    max_wait_seconds: _Seconds | None = None
    service_seconds: _Seconds
    wrap_up_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    announce_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    overflow: Overflow
    overflow_queue_id: int | None = None
    everybody: bool = False
    own_first: bool = False
    own_seconds: Annotated[int, Field(ge=1, le=120)] = 12
    calendar_id: int | None = None
    closed: Closed
    active: bool = False

    def data(self, known: Queue | None, texts: Translator) -> QueueData:
        """As the use case takes it; the shipped name that was left alone stays translatable."""
        values = self.model_dump(include=set(QueueForm.model_fields))
        if known is not None and known.shipped and texts.gettext(known.name) == self.name:
            values["name"] = known.name
        return QueueData(**values)


class NewQueueForm(QueueForm):
    code: Annotated[str, StringConstraints(max_length=40, to_lower=True)]


def name_of(queue: Queue) -> Text:
    """What a queue is called: the shipped one in everybody's language."""
    return msg(queue.name) if queue.shipped else queue.name


def names_of(queues: Iterable[Queue]) -> dict[str, Text]:
    """What the queues are called, by their codes; one that is no longer there is not among them."""
    return {queue.code: name_of(queue) for queue in queues}


async def show(request: Request) -> Response:
    """The queues."""
    wanted = asked(request, SPEC)
    async with services(request).uow.read() as session:
        found = await queries.list_queues(session, actor(request), _query(request, wanted))
    create = (msg("Add a queue"), "/queues/new") if actor(request).may(EDIT) else None
    drawn = await listed(request, wanted, found, _row, create=create)
    return await page(request, "list_page.html", {"view": drawn})


async def download(request: Request) -> Response:
    """The same queues as a file."""
    wanted = asked(request, SPEC)
    return await export_list(request, wanted, _query(request, wanted), queries.list_queues, _row)


def _query(request: Request, wanted: Asked) -> QueueQuery:
    """What the address asks; the shipped queue is found by what the reader sees it called."""
    called = translator(language_of(request)).gettext(MAIN_NAME)
    return wanted.wish(
        QueueQuery,
        codes=(MAIN,) if wanted.search.casefold() in called.casefold() else (),
        kind=wanted.value("kind") or None,
        strategy=wanted.value("strategy") or None,
        active=wanted.one_of("state", _STATES),
    )


def _row(line: tuple[Queue, int]) -> Row:
    queue, serving = line
    href = f"/queues/{queue.id}"
    return Row(
        id=str(queue.id),
        href=href,
        cells={
            "name": TextCell(name_of(queue), href=href),
            "code": TextCell(queue.code),
            "kind": TextCell(KINDS[queue.kind]),
            "strategy": TextCell(STRATEGIES[queue.strategy]),
            "members": TextCell(serving),
            "service": TextCell(queue.service_seconds),
            "state": StateCell(ON if queue.active else OFF),
        },
    )


async def new(request: Request) -> Response:
    """The form of a new queue."""
    values = {
        "strategy": Strategy.IN_TURN,
        "overflow": Overflow.GOODBYE,
        "service_seconds": 20,
        "wrap_up_seconds": 1,
        "weight": 0,
        "priority": 0,
        "announce_seconds": 0,
        "own_first": True,
        "own_seconds": 12,
        "closed": Closed.VOICEMAIL,
        "active": True,
    }
    return await _form(request, None, values)


async def one(request: Request) -> Response:
    """A queue with who serves it, to look at or to change."""
    known = await _known(request)
    values = {name: getattr(known, name) for name in QueueForm.model_fields}
    if known.shipped:
        values["name"] = translator(language_of(request)).gettext(known.name)
    return await _form(request, known, values)


async def _known(request: Request) -> Queue:
    async with services(request).uow.read() as session:
        return await queries.get_queue(session, actor(request), request.path_params["id"])


async def _form(
    request: Request, known: Queue | None, values: Mapping[str, Any], faults: Invalid | None = None
) -> Response:
    async with services(request).uow.read() as session:
        others = [queue for queue in await queries.inbound_queues(session) if known is None or queue.id != known.id]
        people = await queries.people_of(session, known)
        hours = await list_calendars(session, actor(request))
        stages = (await session.scalars(select(Stage).where(Stage.active).order_by(Stage.position, Stage.id))).all()
        numbers, stage_ids = await queries.callers_of(session, known)
    context = {
        "known": known,
        "main": known is not None and known.code == MAIN,
        "values": values,
        "faults": faults.fields if faults else {},
        "edits": actor(request).may(EDIT),
        "strategies": options.of_words(STRATEGIES),
        "overflows": options.of_words(OVERFLOWS),
        "closings": options.of_words(CLOSED),
        "hours": options.of_rows(hours),
        "stages": stages,
        "stage_ids": stage_ids,
        "numbers": " ".join(numbers),
        "others": tuple(Option(value=str(queue.id), label=name_of(queue)) for queue in others),
        "people": people,
        "levels": tuple(LEVELS),
    }
    return await page(request, "queues/queue.html", context, status=422 if faults else 200)


async def add(request: Request) -> Response:
    """Add a queue; who serves it is said next."""
    try:
        sent = await parse(request, NewQueueForm)
        data = sent.data(None, translator(language_of(request)))
        added = await part(request, QueueService).create(actor(request), sent.code, data)
    except Invalid as faults:
        return await _form(request, None, await submitted(request), faults)
    return go_to(f"/queues/{added}")


async def change(request: Request) -> Response:
    """Save a queue."""
    known = await _known(request)
    try:
        data = (await parse(request, QueueForm)).data(known, translator(language_of(request)))
        await part(request, QueueService).edit(actor(request), known.id, data)
    except QueueNeeded as needed:
        return await _form(request, known, await submitted(request), Invalid({"active": needed.message}))
    except Invalid as faults:
        return await _form(request, known, await submitted(request), faults)
    return go_to("/queues")


async def members(request: Request) -> Response:
    """Save who serves a queue: of each person a level, or none."""
    known = await _known(request)
    sent = await submitted(request)
    levels = {
        int(name.removeprefix(_LEVEL)): int(str(value))
        for name, value in sent.items()
        if name.startswith(_LEVEL) and is_position(name.removeprefix(_LEVEL)) and is_position(str(value))
    }
    await part(request, QueueService).set_members(actor(request), known.id, levels)
    return go_to(f"/queues/{known.id}")


class CallersForm(Form):
    numbers: Annotated[str, StringConstraints(max_length=2000)] = ""
    stage_ids: list[int] = []


async def callers(request: Request) -> Response:
    """Save which numbers and stages lead to a queue."""
    known = await _known(request)
    try:
        sent = await parse(request, CallersForm)
        numbers = _SPACES.sub(" ", sent.numbers).split()
        await part(request, QueueService).set_callers(actor(request), known.id, numbers, sent.stage_ids)
    except Invalid as faults:
        return await _form(request, known, vars(known), faults)
    return go_to(f"/queues/{known.id}")


async def delete(request: Request) -> Response:
    """Remove a queue."""
    await part(request, QueueService).delete(actor(request), request.path_params["id"])
    return go_to("/queues")


_VIEW, _EDIT = right(VIEW), right(EDIT)
routes = (
    route("/queues", show, policy=_VIEW, name="queues"),
    route("/queues/export", download, policy=_VIEW, name="queues.export"),
    route("/queues/new", new, policy=_EDIT, name="queue.new"),
    route("/queues", add, policy=_EDIT, methods=["POST"], name="queue.add"),
    route("/queues/{id:int}", one, policy=_VIEW, name="queue"),
    route("/queues/{id:int}", change, policy=_EDIT, methods=["POST"], name="queue.change"),
    route("/queues/{id:int}/members", members, policy=_EDIT, methods=["POST"], name="queue.members"),
    route("/queues/{id:int}/callers", callers, policy=_EDIT, methods=["POST"], name="queue.callers"),
    route("/queues/{id:int}/delete", delete, policy=_EDIT, methods=["POST"], name="queue.delete"),
)
