"""Worklists: pages of the one list of cases, each holding what asks for work for one reason, with counts as tabs."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.fields import FIELDS, condition
from core.cases.ports import PlannedCalls
from core.cases.queries import worklists
from core.cases.queries.lists import ListQuery
from core.cases.queries.worklists import Moment, Worklist
from core.kernel.access import Scope
from core.kernel.errors import NotFound
from core.kernel.i18n import Message, msg
from web.export import export
from web.lists import Asked, ListSpec, asked
from web.page import go_to, page
from web.pages.cases import case_list
from web.pages.listing import Column, EmptyState, Filter, FilterKind, Option
from web.pages.work import agenda
from web.pages.work import work_words as words
from web.security import actor, right, route
from web.state import part, services

_WHOSE = Filter(
    key="whose",
    label=msg("Whose"),
    kind=FilterKind.SELECT,
    options=(Option(value="all", label=msg("everybody's within my reach")),),
)
_EMPTY = EmptyState(
    title=msg("Nothing here"),
    hint=msg("No case asks for this now. Look at the next tab, or at everybody's cases."),
    icon="checks",
)
#: Columns that stand first on a list because they say why a case is on it.
_TELLING = {Worklist.PAID: "paid", Worklist.LIMITATION: "limitation_on", Worklist.BROKEN: "broken"}
_CARRIED = ("whose", "collector", "unit")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tab:
    """A worklist beside the others; ``count`` is None where counting is not done, ``more`` says that it stopped."""

    label: Message
    href: str
    active: bool
    count: int | None = None
    more: bool = False


async def first(_request: Request) -> Response:
    """The worklists begin with what has no plan."""
    return go_to(f"/worklists/{Worklist.UNPLANNED}")


async def show(request: Request) -> Response:
    """One worklist."""
    worklist = _worklist(request)
    wanted = asked(request, await spec_of(request, worklist))
    drawn = await case_list.cases_view(request, wanted, query_of(request, wanted, worklist), worklist=worklist)
    context = {"view": drawn, "tabs": await tabs(request, wanted, worklist), "whose": _switch(request, wanted)}
    context["may_serve"] = actor(request).may(rights.EDIT)
    return await page(request, "worklists/list.html", context)


async def todo(request: Request) -> Response:
    """What is planned, beside the worklists: the same contents as among events."""
    wanted = asked(request, await spec_of(request, Worklist.UNPLANNED))
    drawn = await agenda.agenda_view(request, "/worklists/todo")
    context = {"view": drawn, "tabs": await tabs(request, wanted, None), "whose": ()}
    context["may_serve"] = actor(request).may(rights.EDIT)
    return await page(request, "worklists/list.html", context)


async def download(request: Request) -> Response:
    """The same list as a file."""
    worklist = _worklist(request)
    wanted = asked(request, await spec_of(request, worklist))
    return await export(
        request, worklist, wanted.shown, case_list.batches(request, query_of(request, wanted, worklist))
    )


def _worklist(request: Request) -> Worklist:
    name = request.path_params["name"]
    if name not in set(Worklist):
        raise NotFound
    return Worklist(name)


async def spec_of(request: Request, worklist: Worklist) -> ListSpec:
    """The list of cases as this worklist shows it."""
    spec = await case_list.spec_of(request)
    return replace(
        spec,
        key=f"worklist-{worklist}",
        title=words.WORKLISTS[worklist],
        path=f"/worklists/{worklist}",
        sort=worklists.SORTS[worklist],
        columns=_columns(spec.columns, _TELLING.get(worklist)),
        filters=(_WHOSE, *spec.filters),
        empty=_EMPTY,
    )


def _columns(columns: tuple[Column, ...], telling: str | None) -> tuple[Column, ...]:
    """What tells why stands behind number and debtor; that the state is open needs no telling."""
    told = tuple(replace(column, visible=True) for column in columns if column.key == telling)
    rest = [replace(column, visible=False) if column.key == "state" else column for column in columns]
    return (*rest[:2], *told, *(column for column in rest[2:] if column.key != telling))


def query_of(request: Request, wanted: Asked, worklist: Worklist) -> ListQuery:
    """The list's question: what the address asks, within the worklist, of the reader's own cases unless it says of
    whose."""
    asked_for = case_list.query_of(wanted)
    filters = {key: value for key, value in asked_for.filters.items() if key != "whose"}
    whose = _whose(request, wanted)
    within = worklists.within(worklist, _moment(request), part(request, PlannedCalls), whose)
    return replace(asked_for, filters=filters, within=within)


async def query_by_name(request: Request, name: str, query: QueryParams) -> ListQuery:
    """What a posted query means on the list of this name, worklist or not."""
    if name not in set(Worklist):
        return case_list.query_of(asked(request, await case_list.spec_of(request), query))
    wanted = asked(request, await spec_of(request, Worklist(name)), query)
    return query_of(request, wanted, Worklist(name))


async def tabs(request: Request, wanted: Asked, active: Worklist | None) -> tuple[Tab, ...]:
    """Every worklist with its count for the same people, and the agenda."""
    whose = (*_whose(request, wanted), *chosen_people(wanted))
    async with services(request).uow.read() as session:
        counted = await worklists.counts(session, actor(request), _moment(request), part(request, PlannedCalls), whose)
    carried = urlencode([pair for pair in wanted.pairs if pair[0] in _CARRIED])
    lists = (
        Tab(
            label=words.WORKLISTS[one],
            href=f"/worklists/{one}?{carried}" if carried else f"/worklists/{one}",
            active=one == active,
            count=counted[one][0],
            more=counted[one][1],
        )
        for one in Worklist
    )
    return (Tab(label=agenda.TITLE, href="/worklists/todo", active=active is None), *lists)


def chosen_people(wanted: Asked) -> tuple[ColumnElement[bool], ...]:
    """What the filters by collector and department demand of a case."""
    asked_for = case_list.query_of(wanted).filters
    found = (condition(FIELDS[key], asked_for[key]) for key in ("collector", "unit") if key in asked_for)
    return tuple(one for one in found if one is not None)


def _whose(request: Request, wanted: Asked) -> tuple[ColumnElement[bool], ...]:
    """The reader's own cases, unless others' are asked for."""
    others = wanted.value("whose") or any(wanted.filters[key].active for key in ("collector", "unit"))
    return () if others else worklists.mine(actor(request))


def _moment(request: Request) -> Moment:
    return Moment(now=services(request).clock.now(), zone=ZoneInfo(actor(request).timezone))


def _switch(request: Request, wanted: Asked) -> tuple[Tab, ...]:
    """Mine or everybody's, for who sees more than his own."""
    if actor(request).require(rights.VIEW) == Scope.OWN:
        return ()
    own = not _whose(request, wanted)
    path = wanted.spec.path
    return (
        Tab(label=msg("My cases"), href=path, active=not own),
        Tab(label=msg("Everybody's"), href=f"{path}?whose=all", active=own and wanted.value("whose") == "all"),
    )


_VIEW = right(rights.VIEW)
routes = (
    route("/worklists", first, policy=_VIEW, name="worklists"),
    route("/worklists/todo", todo, policy=_VIEW, name="worklists.todo"),
    route("/worklists/todo/export", agenda.download, policy=right(rights.EXPORT), name="worklists.todo_export"),
    route("/worklists/{name}", show, policy=_VIEW, name="worklist"),
    route("/worklists/{name}/export", download, policy=right(rights.EXPORT), name="worklist.export"),
)
