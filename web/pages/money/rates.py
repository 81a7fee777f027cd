"""The directory of rate tables: what they are, who has confirmed them, and the history of their rates."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.errors import InterestNameTaken
from core.cases.model import Jurisdiction, Rate, RateKind, RateTable
from core.cases.queries.interest import TableLine, history_of, rate_tables
from core.cases.service import rates as use_cases
from core.cases.service.rates import TableData
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from web.forms import KEY, Form, parse, submitted
from web.lists import ListSpec, asked, view
from web.page import go_to, page
from web.pages import options
from web.pages.cases import case_words as words
from web.pages.listing import (
    Align,
    Column,
    DayCell,
    EmptyState,
    NumberCell,
    Option,
    Row,
    State,
    StateCell,
    TextCell,
    Tone,
)
from web.security import actor, right, route
from web.state import services

CONFIRMED = State(word=msg("confirmed"), icon="circle-check")
UNCONFIRMED = State(word=msg("not confirmed by a lawyer"), icon="alert-triangle", tone=Tone.ALERT)
KINDS: Mapping[str, Message] = {
    RateKind.ANNUAL: msg("Percent a year"),
    RateKind.MONTHLY_INDEX: msg("Price index of each month"),
}

SPEC = ListSpec(
    key="rates",
    title=msg("Rates"),
    path="/rates",
    sort="name",
    columns=(
        Column(key="name", label=msg("Name")),
        Column(key="kind", label=msg("What they are")),
        Column(key="last", label=msg("Last rate"), align=Align.END),
        Column(key="since", label=msg("Since")),
        Column(key="groups", label=msg("Groups"), align=Align.END),
        Column(key="state", label=msg("State")),
    ),
    empty=EmptyState(
        title=msg("No rates"),
        hint=msg("Interest by law needs the rates of the law: add a table and enter them."),
        icon="percentage",
    ),
)


class TableForm(Form):
    """See :class:`core.cases.model.RateTable`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    kind: RateKind
    jurisdiction: Jurisdiction | None = None
    clause: Annotated[str, StringConstraints(max_length=300)] = ""
    confirmed: bool = False

    def data(self) -> TableData:
        """As the use case takes it."""
        return TableData(**{name: getattr(self, name) for name in TableForm.model_fields})


class NewTableForm(TableForm):
    key: Annotated[str, StringConstraints(max_length=40, to_lower=True), KEY]


class RateForm(Form):
    valid_from: date
    percent: Decimal


class DayForm(Form):
    valid_from: date


async def show(request: Request) -> Response:
    """Every table with its last rate."""
    async with services(request).uow.read() as session:
        found = await rate_tables(session, actor(request))
    create = (msg("Add a rate table"), "/rates/new")
    drawn = await view(request, asked(request, SPEC), map(_row, found), total=len(found), create=create)
    return await page(request, "list_page.html", {"view": drawn})


def _row(line: TableLine) -> Row:
    href, last = f"/rates/{line.table.id}", line.last
    return Row(
        id=str(line.table.id),
        href=href,
        cells={
            "name": TextCell(line.table.name, href=href),
            "kind": TextCell(KINDS[line.table.kind]),
            "last": NumberCell(last.percent) if last else TextCell(msg("none entered")),
            "since": DayCell(last.valid_from if last else None),
            "groups": TextCell(line.groups),
            "state": StateCell(CONFIRMED if line.table.confirmed else UNCONFIRMED),
        },
    )


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, {"kind": RateKind.ANNUAL})


async def one(request: Request) -> Response:
    """A table with the history of its rates."""
    table = await _table(request)
    return await _form(request, vars(table), table=table)


async def _table(request: Request) -> RateTable:
    async with services(request).uow.read() as session:
        table = await session.get(RateTable, request.path_params["id"])
    if table is None:
        raise NotFound
    return table


async def create(request: Request) -> Response:
    """Add a table."""
    held = services(request)
    try:
        sent = await parse(request, NewTableForm)
        async with held.uow.write() as work:
            table = await use_cases.add_table(work, actor(request), sent.key, sent.data(), at=held.clock.now())
    except Invalid as faults:
        return await _form(request, await submitted(request), faults.fields)
    except InterestNameTaken as taken:
        return await _form(request, await submitted(request), {"key": taken.message})
    return go_to(f"/rates/{table.id}")


async def change(request: Request) -> Response:
    """Save what is said of a table."""
    held, table = services(request), await _table(request)
    try:
        data = (await parse(request, TableForm)).data()
        async with held.uow.write() as work:
            await use_cases.change_table(work, actor(request), table.id, data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, await submitted(request), faults.fields, table)
    return go_to("/rates")


async def set_rate(request: Request) -> Response:
    """Enter a rate, or another figure for a day that has one."""
    held, table = services(request), await _table(request)
    try:
        sent = await parse(request, RateForm)
        async with held.uow.write() as work:
            await use_cases.set_rate(work, actor(request), table.id, sent.valid_from, sent.percent, at=held.clock.now())
    except Invalid as faults:
        typed = {**vars(table), **await submitted(request)}
        return await _form(request, typed, faults.fields, table)
    return go_to(f"/rates/{table.id}")


async def remove_rate(request: Request) -> Response:
    """Take a rate out."""
    held, sent = services(request), await parse(request, DayForm)
    async with held.uow.write() as work:
        await use_cases.remove_rate(
            work, actor(request), request.path_params["id"], sent.valid_from, at=held.clock.now()
        )
    return go_to(f"/rates/{request.path_params['id']}")


async def delete(request: Request) -> Response:
    """Delete a table no group reads."""
    held = services(request)
    async with held.uow.write() as work:
        await use_cases.delete_table(work, actor(request), request.path_params["id"], at=held.clock.now())
    return go_to("/rates")


async def _form(
    request: Request,
    values: Mapping[str, Any],
    faults: Mapping[str, Message] | None = None,
    table: RateTable | None = None,
) -> Response:
    history: list[Rate] = []
    if table is not None:
        async with services(request).uow.read() as session:
            history = list(await history_of(session, actor(request), table.id))
    context = {
        "table": table,
        "values": values,
        "faults": faults or {},
        "history": history,
        "kinds": [Option(value=kind, label=label) for kind, label in KINDS.items()],
        "laws": options.of_words(words.JURISDICTIONS),
        "monthly": table is not None and table.kind == RateKind.MONTHLY_INDEX,
    }
    return await page(request, "directories/rates.html", context, status=422 if faults else 200)


_RIGHT = right(rights.INTEREST)
routes = (
    route("/rates", show, policy=_RIGHT, name="rates"),
    route("/rates", create, policy=_RIGHT, methods=["POST"], name="rates.create"),
    route("/rates/new", new, policy=_RIGHT, name="rates.new"),
    route("/rates/{id:int}", one, policy=_RIGHT, name="rate_table"),
    route("/rates/{id:int}", change, policy=_RIGHT, methods=["POST"], name="rate_table.change"),
    route("/rates/{id:int}/rates", set_rate, policy=_RIGHT, methods=["POST"], name="rate_table.set_rate"),
    route("/rates/{id:int}/rates/remove", remove_rate, policy=_RIGHT, methods=["POST"], name="rate_table.remove_rate"),
    route("/rates/{id:int}/delete", delete, policy=_RIGHT, methods=["POST"], name="rate_table.delete"),
)
