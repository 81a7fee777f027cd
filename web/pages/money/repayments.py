"""Repayments: every line that a settlement brought on a claim's component, and those that took one back."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from core.cases.queries import lists
from core.kernel.i18n import msg
from core.kernel.money import Money
from core.kernel.paging import Page
from core.payments import rights
from core.payments.queries.payments import Repayment
from core.payments.queries.repayments import RepaymentQuery, list_repayments, repayment_sums
from core.people import queries as people
from web.export import export
from web.lists import EXPORT_BATCH, PAGE_SIZE, Asked, ListSpec, asked, row_by_row, view
from web.page import page
from web.pages import options
from web.pages.cases import case_words
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
    State,
    StateCell,
    TextCell,
)
from web.pages.money import money_words as words
from web.security import actor, right, route
from web.state import services

REPAYMENTS = ListSpec(
    key="repayments",
    title=msg("Repayments"),
    path="/repayments",
    sort="-value",
    search_hint=msg("Number of a case or claim, or the payer"),
    export_right=rights.EXPORT,
    columns=(
        Column(key="value", label=msg("Value date")),
        Column(key="case", label=msg("Case")),
        Column(key="claim", label=msg("Claim")),
        Column(key="component", label=msg("Component")),
        Column(key="amount", label=msg("Repayment"), align=Align.END),
        Column(key="why", label=msg("Why there")),
        Column(key="payment", label=msg("Payment"), align=Align.END),
        Column(key="state", label=msg("State")),
        Column(key="booked", label=msg("Booked"), visible=False),
    ),
    filters=(
        Filter(key="value", label=msg("Value date"), kind=FilterKind.DATE),
        Filter(
            key="component",
            label=msg("Component"),
            kind=FilterKind.SELECT,
            options=options.of_words(case_words.COMPONENT_LABELS),
        ),
        Filter(key="creditor", label=msg("Creditor"), kind=FilterKind.SELECT),
        Filter(key="collector", label=msg("Collector"), kind=FilterKind.SELECT),
        Filter(key="case", label=msg("Case")),
        Filter(key="payment", label=msg("Payment")),
    ),
    empty=EmptyState(
        title=msg("No repayments"),
        hint=msg("A payment becomes repayments when it is settled."),
        action=msg("In suspense"),
        action_href="/suspense",
        icon="git-branch",
    ),
)


async def show(request: Request) -> Response:
    """The lines in reach, the newest first, and what they add up to."""
    wanted = asked(request, await _spec(request))
    query, me = _query(wanted), actor(request)
    async with services(request).uow.read() as session:
        found = await list_repayments(session, me, query)
        sums = await repayment_sums(session, me, query)
    total = sum(count for _, count, _ in sums)
    drawn = await view(
        request, wanted, map(_row, found.rows), next_cursor=found.next, previous_cursor=found.previous, total=total
    )
    return await page(request, "money/repayments.html", {"view": drawn, "sums": sums})


async def download(request: Request) -> Response:
    """The same list as a file."""
    wanted = asked(request, await _spec(request))
    return await export(request, "repayments", wanted.shown, _batches(request, _query(wanted)))


def _batches(request: Request, query: RepaymentQuery) -> AsyncIterator[list[Row]]:
    return row_by_row(lambda after: _find(request, replace(query, after=after, before=None, size=EXPORT_BATCH)), _row)


async def _find(request: Request, query: RepaymentQuery) -> Page[Repayment]:
    async with services(request).uow.read() as session:
        return await list_repayments(session, actor(request), query)


async def _spec(request: Request) -> ListSpec:
    async with services(request).uow.read() as session:
        colleagues = await people.colleagues(session, actor(request), rights.VIEW)
        found: Mapping[str, tuple[Option, ...]] = {
            "creditor": options.of_rows(await lists.creditors(session)),
            "collector": options.of_people(colleagues),
        }
    return REPAYMENTS.with_options(found)


def _query(wanted: Asked) -> RepaymentQuery:
    return RepaymentQuery(
        search=wanted.search,
        case_id=wanted.number("case"),
        payment_id=wanted.number("payment"),
        creditor_id=wanted.number("creditor"),
        collector_id=wanted.number("collector"),
        component=wanted.one_of("component", {name: name for name in case_words.COMPONENT_LABELS}),
        value_from=wanted.first_day("value"),
        value_to=wanted.last_day("value"),
        after=wanted.after,
        before=wanted.before,
        size=PAGE_SIZE,
    )


def _row(line: Repayment) -> Row:
    row = line.row
    href = f"/payments/{row.payment_id}"
    return Row(
        id=str(row.id),
        href=href,
        cells={
            "value": DayCell(row.value_on),
            "case": TextCell(line.case_number, href=f"/cases/{row.case_id}"),
            "claim": TextCell(line.claim_number),
            "component": TextCell(case_words.COMPONENT_LABELS[row.component]),
            "amount": MoneyCell(Money(row.amount, row.currency), strong=True),
            "why": TextCell(line.why),
            "payment": TextCell(row.payment_id, href=href),
            "state": StateCell(_state(line)),
            "booked": DayCell(row.booked_on),
        },
    )


def _state(line: Repayment) -> State:
    if line.row.reverses_id is not None:
        return words.MIRROR
    return words.WITHDRAWN if line.withdrawn else words.STANDING


routes = (
    route("/repayments", show, policy=right(rights.VIEW), name="repayments"),
    route("/repayments/export", download, policy=right(rights.EXPORT), name="repayments.export"),
)
