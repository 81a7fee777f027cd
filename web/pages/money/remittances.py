"""Statements to creditors: drawn up, looked at, issued, called off, and taken away as workbook or PDF."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from core.cases.model import Component, Creditor
from core.cases.queries import lists
from core.cases.queries.agency import agency_day
from core.kernel.clock import read_day
from core.kernel.errors import Conflict, DomainError, Invalid
from core.kernel.i18n import Message, msg
from core.kernel.money import Money
from core.payments import rights
from core.payments.model import Remittance, RemittanceState
from core.payments.queries import remittances as queries
from core.payments.queries.remittances import StatedLine
from core.payments.service import remittances as use_cases
from core.payments.service.remittances import Totals, Wanted
from core.planning.queries import company
from web.export import export
from web.forms import CurrencyField, Form, is_position, parse, submitted
from web.lists import PAGE_SIZE, ListSpec, asked, view
from web.page import go_to, language_of, page
from web.pages import options
from web.pages.cases.case_words import COMPONENT_LABELS
from web.pages.listing import (
    Align,
    Column,
    DayCell,
    EmptyState,
    Filter,
    FilterKind,
    MoneyCell,
    Option,
    Row,
    StateCell,
    TextCell,
)
from web.pages.money import commission_words as words
from web.printing import Printer
from web.rendering import render
from web.security import actor, right, route
from web.state import part, services

#: Lines a page shows, and a printed statement; the workbook has all of them.
_SHOWN, _PRINTED = 200, 1000
SPEC = ListSpec(
    key="remittances",
    title=msg("Statements to creditors"),
    path="/remittances",
    sort="",
    columns=(
        Column(key="number", label=msg("Number")),
        Column(key="creditor", label=msg("Creditor")),
        Column(key="from", label=msg("First day")),
        Column(key="until", label=msg("Last day")),
        Column(key="collected", label=msg("Collected by us"), align=Align.END),
        Column(key="direct", label=msg("Paid to the creditor"), align=Align.END),
        Column(key="commission", label=msg("Commission"), align=Align.END),
        Column(key="vat", label=msg("VAT"), align=Align.END),
        Column(key="remitted", label=msg("To be passed on"), align=Align.END),
        Column(key="state", label=msg("State")),
    ),
    filters=(
        Filter(key="creditor", label=msg("Creditor"), kind=FilterKind.SELECT),
        Filter(
            key="state",
            label=msg("State"),
            kind=FilterKind.SELECT,
            many=True,
            options=tuple(Option(value=key, label=state.word) for key, state in words.STATES.items()),
        ),
    ),
    empty=EmptyState(
        title=msg("No statements"),
        hint=msg("A statement tells a creditor what was collected, what the agency keeps and what is passed on."),
        icon="file-invoice",
    ),
)
COLUMNS = (
    Column(key="value", label=msg("Value date")),
    Column(key="booked", label=msg("Booked")),
    Column(key="case", label=msg("Case")),
    Column(key="debtor", label=msg("Debtor")),
    Column(key="claim", label=msg("Claim")),
    Column(key="part", label=msg("Part of the debt")),
    Column(key="collected", label=msg("Collected by us"), align=Align.END),
    Column(key="direct", label=msg("Paid to the creditor"), align=Align.END),
    Column(key="commission", label=msg("Commission"), align=Align.END),
    Column(key="vat", label=msg("VAT"), align=Align.END),
    Column(key="terms", label=msg("Contract")),
    Column(key="back", label=msg("Takes back")),
)


class DraftForm(Form):
    creditor_id: int
    currency: CurrencyField
    from_on: date
    until_on: date


async def show(request: Request) -> Response:
    """Every statement."""
    async with services(request).uow.read() as session:
        wanted = asked(request, words.with_creditors(SPEC, await lists.creditors(session)))
        found = await queries.list_remittances(
            session,
            actor(request),
            creditor_id=wanted.number("creditor"),
            states=wanted.filters["state"].choices,
            size=PAGE_SIZE,
            after=wanted.after,
            before=wanted.before,
        )
    create = (msg("Draw up a statement"), "/remittances/new") if actor(request).may(rights.COMMISSION) else None
    rows = [_row(row.Remittance, row.creditor) for row in found.rows]
    drawn = await view(request, wanted, rows, next_cursor=found.next, previous_cursor=found.previous, create=create)
    return await page(request, "list_page.html", {"view": drawn})


def _row(one: Remittance, creditor: str) -> Row:
    href = f"/remittances/{one.id}"
    sums = words.sums(one)
    return Row(
        id=str(one.id),
        href=href,
        cells={
            "number": TextCell(one.number or msg("no. {id}", id=one.id), href=href),
            "creditor": TextCell(creditor),
            "from": DayCell(one.from_on),
            "until": DayCell(one.until_on),
            **{name: MoneyCell(sums[name], strong=name == "remitted") for name in sums},
            "state": StateCell(words.STATES[RemittanceState(one.state)]),
        },
    )


async def new(request: Request) -> Response:
    """What to draw up, and what it would say."""
    query = request.query_params
    held = services(request)
    async with held.uow.read() as session:
        today = await agency_day(session, held.clock.now())
        creditors = [one for one in await lists.creditors(session) if one.active]
        chosen = _chosen(creditors, query.get("creditor", ""))
        first = (
            await queries.first_day(session, chosen.id, query.get("currency") or chosen.currency) if chosen else None
        )
    ended = today.replace(day=1) - timedelta(days=1)
    first = first or ended.replace(day=1)
    values = {
        "creditor_id": str(chosen.id) if chosen else "",
        "currency": query.get("currency") or (chosen.currency if chosen else ""),
        "from_on": query.get("from_on") or first.isoformat(),
        "until_on": query.get("until_on") or (ended if first <= ended else today).isoformat(),
    }
    return await _form(request, creditors, values)


def _chosen(creditors: Sequence[Creditor], text: str) -> Creditor | None:
    return next((one for one in creditors if is_position(text) and one.id == int(text)), None)


async def create(request: Request) -> Response:
    """Draw a statement up."""
    held = services(request)
    try:
        wanted = Wanted(**(await parse(request, DraftForm)).model_dump())
        async with held.uow.write() as work:
            drafted = await use_cases.draft_remittance(work, actor(request), wanted, at=held.clock.now())
            made = drafted.id
    except (Invalid, Conflict) as refused:
        async with held.uow.read() as session:
            creditors = [one for one in await lists.creditors(session) if one.active]
        faults = refused.fields if isinstance(refused, Invalid) else {"until_on": refused.message}
        return await _form(request, creditors, await submitted(request), faults)
    return go_to(f"/remittances/{made}")


async def _form(
    request: Request,
    creditors: Sequence[Creditor],
    values: Mapping[str, Any],
    faults: Mapping[str, Message] | None = None,
) -> Response:
    totals, refusal = (None, None) if faults else await _foreseen(request, values)
    context = {
        "values": values,
        "faults": faults or {},
        "creditors": options.of_rows(creditors),
        "totals": totals,
        "refusal": refusal,
        "currency": values.get("currency", ""),
    }
    return await page(request, "money/remittance_form.html", context, status=422 if faults else 200)


async def _foreseen(request: Request, values: Mapping[str, Any]) -> tuple[Totals | None, Message | None]:
    """The preview, or why there is none; neither before a creditor was chosen."""
    held = services(request)
    try:
        if not is_position(values["creditor_id"]):
            return None, None
        first, last = (read_day(str(values[name])) for name in ("from_on", "until_on"))
        wanted = Wanted(
            creditor_id=int(values["creditor_id"]), from_on=first, until_on=last, currency=str(values["currency"])
        )
        async with held.uow.read() as session:
            found = await use_cases.preview_remittance(session, actor(request), wanted, at=held.clock.now())
    except Invalid as faults:
        return None, next(iter(faults.fields.values()), faults.message)
    except DomainError as refused:
        return None, refused.message
    except ValueError:
        return None, msg("Give a date.")
    return found, None


async def show_one(request: Request) -> Response:
    """One statement."""
    return await page(request, "money/remittance.html", await _sheet(request, _SHOWN))


async def _sheet(request: Request, most: int) -> dict[str, Any]:
    """Everything that stands on a statement, ``most`` of its lines."""
    remittance_id = request.path_params["id"]
    async with services(request).uow.read() as session:
        one, creditor = await queries.remittance_for(session, actor(request), remittance_id)
        parts = await queries.parts_of(session, remittance_id)
        lines = await queries.lines_of(session, remittance_id, most)
        totals = await use_cases.totals_of(session, remittance_id)
        agency = await company(session)
    order = list(Component)
    return {
        "one": one,
        "creditor": creditor,
        "state": words.STATES[RemittanceState(one.state)],
        "sums": words.sums(one),
        "totals": totals,
        "parts": sorted(parts, key=lambda part: order.index(Component(part.component))),
        "components": COMPONENT_LABELS,
        "lines": lines,
        "agency": agency,
        "edits": actor(request).may(rights.COMMISSION),
    }


async def issue(request: Request) -> Response:
    """Issue a draft."""
    held, remittance_id = services(request), request.path_params["id"]
    async with held.uow.write() as work:
        await use_cases.issue_remittance(work, actor(request), remittance_id, at=held.clock.now())
    return go_to(f"/remittances/{remittance_id}")


async def cancel(request: Request) -> Response:
    """Call a draft off."""
    held, remittance_id = services(request), request.path_params["id"]
    async with held.uow.write() as work:
        await use_cases.cancel_remittance(work, actor(request), remittance_id, at=held.clock.now())
    return go_to(f"/remittances/{remittance_id}")


async def download(request: Request) -> Response:
    """Every line of a statement as a workbook, or CSV."""
    async with services(request).uow.read() as session:
        one, _creditor = await queries.remittance_for(session, actor(request), request.path_params["id"])
    return await export(request, _file_name(one), COLUMNS, _batches(request, one))


def _file_name(one: Remittance) -> str:
    return f"statement-{one.number or one.id}"


async def _batches(request: Request, one: Remittance) -> AsyncIterator[Sequence[Row]]:
    async with services(request).uow.read() as session:
        async for lines in queries.line_batches(session, one.id):
            yield [_file_row(line, one.currency) for line in lines]


def _file_row(line: StatedLine, currency: str) -> Row:
    amount = MoneyCell(Money(line.amount, currency))
    back = None if line.takes_back is None else line.takes_back or msg("draft")
    return Row(
        id=str(line.id),
        cells={
            "value": DayCell(line.value_on),
            "booked": DayCell(line.booked_on),
            "case": TextCell(line.case_number),
            "debtor": TextCell(line.debtor_name),
            "claim": TextCell(line.claim_number),
            "part": TextCell(COMPONENT_LABELS[line.component]),
            "direct" if line.direct else "collected": amount,
            "commission": MoneyCell(Money(line.commission, currency)),
            "vat": MoneyCell(Money(line.commission_vat, currency)),
            "terms": TextCell(line.terms),
            "back": TextCell(back),
        },
    )


async def print_one(request: Request) -> Response:
    """The statement as PDF."""
    sheet = await _sheet(request, _PRINTED)
    html = render(
        "money/remittance_print.html", {**sheet, "language": language_of(request), "zone": actor(request).timezone}
    )
    name = f"{_file_name(sheet['one'])}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(await part(request, Printer).pdf(html), media_type="application/pdf", headers=headers)


_VIEW, _EDIT = right(rights.COMMISSION_VIEW), right(rights.COMMISSION)
_ONE = "/remittances/{id:int}"
routes = (
    route("/remittances", show, policy=_VIEW, name="remittances"),
    route("/remittances", create, policy=_EDIT, methods=["POST"], name="remittances.create"),
    route("/remittances/new", new, policy=_EDIT, name="remittances.new"),
    route(_ONE, show_one, policy=_VIEW, name="remittance"),
    route(f"{_ONE}/issue", issue, policy=_EDIT, methods=["POST"], name="remittance.issue"),
    route(f"{_ONE}/cancel", cancel, policy=_EDIT, methods=["POST"], name="remittance.cancel"),
    route(f"{_ONE}/export", download, policy=_VIEW, name="remittance.export"),
    route(f"{_ONE}/pdf", print_one, policy=_VIEW, name="remittance.pdf"),
)
