"""Orders: the list, one with its lot, and entering them by hand."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.errors import OrderNumberTaken
from core.cases.queries.lists import creditors
from core.cases.queries.orders import OrderQuery, OrderRow, list_orders, order_row
from core.cases.service.creditors import OrderData, add_order, change_order, delete_order
from core.kernel.errors import Invalid
from core.kernel.i18n import Message, msg
from core.kernel.money import Money
from core.kernel.paging import Listing
from web.export import export
from web.forms import Form, is_position, parse, submitted
from web.lists import EXPORT_BATCH, PAGE_SIZE, Asked, ListSpec, asked, listed, row_by_row
from web.page import go_to, page
from web.pages import options
from web.pages.listing import (
    Align,
    Column,
    DayCell,
    EmptyState,
    Filter,
    FilterKind,
    MoneyCell,
    Row,
    TextCell,
    TimeCell,
)
from web.security import actor, right, route
from web.state import services

ORDERS = ListSpec(
    key="orders",
    title=msg("Orders"),
    path="/orders",
    sort="-placed",
    search_hint=msg("Number or name of the order, creditor"),
    export_right=rights.EXPORT,
    columns=(
        Column(key="number", label=msg("Order"), sortable=True),
        Column(key="creditor", label=msg("Creditor"), sortable=True),
        Column(key="placed", label=msg("Placed on"), sortable=True),
        Column(key="ends", label=msg("Ends on")),
        Column(key="cases", label=msg("Cases"), align=Align.END),
        Column(key="open", label=msg("Open cases"), align=Align.END),
        Column(key="amount", label=msg("Owed"), align=Align.END),
        Column(key="by", label=msg("Entered by")),
        Column(key="at", label=msg("Entered"), visible=False),
        Column(key="note", label=msg("Note"), visible=False),
    ),
    filters=(
        Filter(key="entered", label=msg("Entered by me"), kind=FilterKind.BOOL),
        Filter(key="held", label=msg("With cases of mine"), kind=FilterKind.BOOL),
        Filter(key="creditor", label=msg("Creditor"), kind=FilterKind.SELECT, many=True),
        Filter(key="placed", label=msg("Placed on"), kind=FilterKind.DATE),
    ),
    empty=EmptyState(
        title=msg("No orders"),
        hint=msg("An order is entered by hand, or opens with the first registry of a creditor."),
        action=msg("Import a registry"),
        action_href="/imports",
        icon="packages",
    ),
)


class OrderForm(Form):
    """See :class:`core.cases.service.creditors.OrderData`."""

    number: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    name: Annotated[str, StringConstraints(max_length=200)] = ""
    placed_on: date
    ends_on: date | None = None
    note: Annotated[str, StringConstraints(max_length=500)] = ""

    def data(self) -> OrderData:
        """As the use case takes it."""
        return OrderData(**{name: getattr(self, name) for name in OrderForm.model_fields})


class NewOrderForm(OrderForm):
    creditor_id: int


async def show(request: Request) -> Response:
    """The orders in reach."""
    wanted = asked(request, await _spec(request))
    found = await _find(request, _query(wanted))
    create = (msg("Enter an order"), "/orders/new") if actor(request).may(rights.ORDERS) else None
    drawn = await listed(request, wanted, found, _row, create=create)
    return await page(request, "list_page.html", {"view": drawn})


async def _spec(request: Request) -> ListSpec:
    async with services(request).uow.read() as session:
        return ORDERS.with_options({"creditor": options.of_rows(await creditors(session))})


def _query(wanted: Asked) -> OrderQuery:
    chosen = wanted.filters["creditor"].choices
    return OrderQuery(
        search=wanted.search,
        creditor_ids=tuple(int(one) for one in chosen if is_position(one)),
        entered=bool(wanted.value("entered")),
        held=bool(wanted.value("held")),
        placed_from=wanted.first_day("placed"),
        placed_to=wanted.last_day("placed"),
        sort=wanted.sort,
        after=wanted.after,
        before=wanted.before,
        size=PAGE_SIZE,
    )


def _row(line: OrderRow) -> Row:
    href = f"/orders/{line.id}"
    return Row(
        id=str(line.id),
        href=href,
        cells={
            "number": TextCell(line.number, href=href, note=line.name or None),
            "creditor": TextCell(line.creditor),
            "placed": DayCell(line.placed_on),
            "ends": DayCell(line.ends_on),
            "cases": TextCell(line.cases),
            "open": TextCell(line.open_cases),
            "amount": MoneyCell(Money(line.open_amount, line.currency)),
            "by": TextCell(line.entered_by),
            "at": TimeCell(line.entered_at),
            "note": TextCell(line.note),
        },
    )


async def download(request: Request) -> Response:
    """The same list as a file."""
    wanted = asked(request, await _spec(request))
    return await export(request, "orders", wanted.shown, _batches(request, _query(wanted)))


def _batches(request: Request, query: OrderQuery) -> AsyncIterator[list[Row]]:
    return row_by_row(lambda after: _find(request, replace(query, after=after, before=None, size=EXPORT_BATCH)), _row)


async def _find(request: Request, query: OrderQuery) -> Listing[OrderRow]:
    async with services(request).uow.read() as session:
        return await list_orders(session, actor(request), query)


async def one(request: Request) -> Response:
    """An order: what is known of it, its lot, and what can be done next."""
    async with services(request).uow.read() as session:
        line = await order_row(session, actor(request), request.path_params["id"])
    return await page(request, "orders/order.html", {"order": line, "edits": actor(request).may(rights.ORDERS)})


async def new(request: Request) -> Response:
    """An empty form, for ``?creditor=ID`` if given."""
    today = services(request).clock.now().astimezone(ZoneInfo(actor(request).timezone)).date()
    return await _form(request, {"placed_on": today, "creditor_id": request.query_params.get("creditor", "")})


async def edit(request: Request) -> Response:
    """The form of one order."""
    async with services(request).uow.read() as session:
        line = await order_row(session, actor(request), request.path_params["id"])
    return await _form(request, {name: getattr(line, name) for name in OrderForm.model_fields}, order=line)


async def create(request: Request) -> Response:
    """Enter an order; its page says how cases come into it."""
    held = services(request)
    try:
        sent = await parse(request, NewOrderForm)
        async with held.uow.write() as work:
            order = await add_order(work, actor(request), sent.creditor_id, sent.data(), at=held.clock.now())
    except Invalid as faults:
        return await _form(request, await submitted(request), faults.fields)
    except OrderNumberTaken as taken:
        return await _form(request, await submitted(request), {"number": taken.message})
    return go_to(f"/orders/{order.id}")


async def change(request: Request) -> Response:
    """Save an order."""
    held, order_id = services(request), request.path_params["id"]
    async with held.uow.read() as session:
        line = await order_row(session, actor(request), order_id)
    try:
        data = (await parse(request, OrderForm)).data()
        async with held.uow.write() as work:
            await change_order(work, actor(request), order_id, data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, await submitted(request), faults.fields, line)
    except OrderNumberTaken as taken:
        return await _form(request, await submitted(request), {"number": taken.message}, line)
    return go_to(f"/orders/{order_id}")


async def delete(request: Request) -> Response:
    """Take back an order that holds no case."""
    held = services(request)
    async with held.uow.write() as work:
        await delete_order(work, actor(request), request.path_params["id"], at=held.clock.now())
    return go_to("/orders")


async def _form(
    request: Request,
    values: Mapping[str, Any],
    faults: Mapping[str, Message] | None = None,
    order: OrderRow | None = None,
) -> Response:
    async with services(request).uow.read() as session:
        known = options.of_rows(await creditors(session, active_only=True))
    context = {"order": order, "values": values, "faults": faults or {}, "creditors": known}
    return await page(request, "orders/order_form.html", context, status=422 if faults else 200)


_VIEW, _EDIT = right(rights.CREDITORS_VIEW, rights.VIEW), right(rights.ORDERS)
routes = (
    route("/orders", show, policy=_VIEW, name="orders"),
    route("/orders", create, policy=_EDIT, methods=["POST"], name="orders.create"),
    route("/orders/export", download, policy=right(rights.EXPORT), name="orders.export"),
    route("/orders/new", new, policy=_EDIT, name="orders.new"),
    route("/orders/{id:int}", one, policy=_VIEW, name="order"),
    route("/orders/{id:int}", change, policy=_EDIT, methods=["POST"], name="order.change"),
    route("/orders/{id:int}/edit", edit, policy=_EDIT, name="order.edit"),
    route("/orders/{id:int}/delete", delete, policy=_EDIT, methods=["POST"], name="order.delete"),
)
