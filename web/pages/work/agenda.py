"""To do: tasks, callbacks and instructions of others in one list; the same contents among events and worklists."""

from collections.abc import AsyncIterator
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.ports import PlannedCalls
from core.cases.queries.agenda import CALLBACK, AgendaLine, AgendaQuery
from core.cases.queries.agenda import agenda as read_agenda
from core.kernel.access import Scope
from core.kernel.i18n import Message, msg
from core.kernel.paging import Listing
from core.people import queries as people
from web.export import export
from web.lists import EXPORT_BATCH, PAGE_SIZE, Asked, ListSpec, asked, listed, row_by_row
from web.page import page
from web.pages import options
from web.pages.listing import (
    Column,
    EmptyState,
    Filter,
    FilterKind,
    ListView,
    Option,
    Row,
    StateCell,
    TextCell,
    TimeCell,
)
from web.pages.work import work_words as words
from web.security import actor, right, route
from web.state import part, services

_EVERYBODY = Option(value="all", label=msg("everybody within my reach"))
TITLE = msg("To do")
SPEC = ListSpec(
    key="todo",
    title=TITLE,
    path="/todo",
    sort="due",
    export_right=rights.EXPORT,
    columns=(
        Column(key="due", label=msg("When"), sortable=True),
        Column(key="kind", label=msg("What")),
        Column(key="title", label=msg("About what")),
        Column(key="case", label=msg("Case")),
        Column(key="debtor", label=msg("Debtor")),
        Column(key="user", label=msg("Whose")),
        Column(key="author", label=msg("Instruction of")),
    ),
    filters=(
        Filter(
            key="kind",
            label=msg("What"),
            kind=FilterKind.SELECT,
            options=options.of_words(words.AGENDA_KINDS),
        ),
        Filter(key="whose", label=msg("Whose"), kind=FilterKind.SELECT),
        Filter(key="due", label=msg("Day"), kind=FilterKind.DATE),
        Filter(key="ordered", label=msg("Only instructions of others"), kind=FilterKind.BOOL),
    ),
    empty=EmptyState(
        title=msg("Nothing to do"),
        hint=msg("Plan a task from a case with the key t, a callback with the key b."),
        icon="checks",
    ),
)


async def show(request: Request) -> Response:
    """What is planned, the earliest first."""
    return await page(request, "list_page.html", {"view": await agenda_view(request, SPEC.path)})


async def agenda_view(request: Request, path: str) -> ListView:
    """The list at either of its addresses."""
    wanted = asked(request, replace(await _spec(request), path=path))
    found = await _read(request, _query(request, wanted))
    return await listed(request, wanted, found, _row)


async def download(request: Request) -> Response:
    """The same list as a file."""
    wanted = asked(request, await _spec(request))
    return await export(request, "todo", wanted.shown, _batches(request, _query(request, wanted)))


def _batches(request: Request, query: AgendaQuery) -> AsyncIterator[list[Row]]:
    return row_by_row(lambda after: _read(request, replace(query, after=after, before=None, size=EXPORT_BATCH)), _row)


async def _read(request: Request, query: AgendaQuery) -> Listing[AgendaLine]:
    async with services(request).uow.read() as session:
        return await read_agenda(session, actor(request), query, part(request, PlannedCalls))


async def _spec(request: Request) -> ListSpec:
    """The list with the colleagues there are to look at, for who sees more than his own."""
    me = actor(request)
    if me.require(rights.VIEW) == Scope.OWN:
        return replace(SPEC, filters=tuple(item for item in SPEC.filters if item.key != "whose"))
    async with services(request).uow.read() as session:
        users = await people.colleagues(session, me, rights.VIEW)
    return SPEC.with_options({"whose": (_EVERYBODY, *options.of_people(users))})


def _query(request: Request, wanted: Asked) -> AgendaQuery:
    whose = wanted.value("whose") if "whose" in wanted.filters else ""
    return AgendaQuery(
        user_id=None if whose == _EVERYBODY.value else (wanted.number("whose") if whose else actor(request).user_id),
        kind=wanted.value("kind") or None,
        since=wanted.since("due"),
        until=wanted.until("due"),
        ordered=wanted.value("ordered") == "1",
        sort=wanted.sort,
        after=wanted.after,
        before=wanted.before,
        size=PAGE_SIZE,
    )


def _row(line: AgendaLine) -> Row:
    case, is_call = f"/cases/{line.case_id}", line.kind == CALLBACK
    return Row(
        id=f"{line.kind}-{line.id}",
        href=f"/callbacks/{line.id}" if is_call else case,
        cells={
            "due": TimeCell(line.due_at),
            "kind": StateCell(words.AGENDA_KINDS[line.kind]),
            "title": TextCell(line.title if is_call else Message(line.title)),  # the program's own are translated
            "case": TextCell(line.number, href=case),
            "debtor": TextCell(line.debtor_name),
            "user": TextCell(line.user),
            "author": TextCell(line.author),
        },
    )


_VIEW = right(rights.VIEW)
routes = (
    route("/todo", show, policy=_VIEW, name="todo"),
    route("/todo/export", download, policy=right(rights.EXPORT), name="todo.export"),
)
