"""Promises and plans of every case in reach: the list, and the calendar of what is due."""

from calendar import Calendar
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.model import PromiseState
from core.cases.queries import dues, lists
from core.cases.queries.dues import DRAFT, DaySum, DueQuery, DueRow
from core.kernel.i18n import msg
from core.kernel.money import Money
from core.kernel.paging import Listing
from core.people import queries as people
from web.export import export
from web.lists import EXPORT_BATCH, PAGE_SIZE, Asked, ListSpec, asked, day_of, listed, row_by_row
from web.page import page
from web.pages import options
from web.pages.cases import case_words as words
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
from web.security import actor, right, route
from web.state import services

STATES: Mapping[str, State] = {DRAFT: words.PLAN_STATES[DRAFT], **words.PROMISE_STATES}
#: What the calendar's figures open: everything that was not called off.
_COUNTED = tuple(state for state in STATES if state != PromiseState.CANCELLED)

SPEC = ListSpec(
    key="promises",
    title=msg("Promises and plans"),
    path="/promises",
    sort="due",
    search_hint=msg("Name, phone, case or contract"),
    export_right=rights.EXPORT,
    columns=(
        Column(key="due", label=msg("Due"), sortable=True),
        Column(key="state", label=msg("State")),
        Column(key="debtor", label=msg("Debtor"), sortable=True),
        Column(key="case", label=msg("Case")),
        Column(key="kind", label=msg("What")),
        Column(key="amount", label=msg("Promised"), align=Align.END, sortable=True),
        Column(key="paid", label=msg("Paid"), align=Align.END, sortable=True),
        Column(key="collector", label=msg("Collector")),
        Column(key="creditor", label=msg("Creditor")),
    ),
    filters=(
        Filter(
            key="state",
            label=msg("State"),
            kind=FilterKind.SELECT,
            many=True,
            options=tuple(Option(value=key, label=state.word) for key, state in STATES.items()),
        ),
        Filter(
            key="kind",
            label=msg("What"),
            kind=FilterKind.SELECT,
            options=(
                Option(value="promise", label=msg("Promises")),
                Option(value="plan", label=msg("Instalments")),
            ),
        ),
        Filter(key="due", label=msg("Due"), kind=FilterKind.DATE),
        Filter(key="collector", label=msg("Collector"), kind=FilterKind.SELECT),
        Filter(key="team", label=msg("Department"), kind=FilterKind.SELECT),
        Filter(key="creditor", label=msg("Creditor"), kind=FilterKind.SELECT),
    ),
    empty=EmptyState(
        title=msg("No promises and no plans"),
        hint=msg("Take one on a case: the key p opens a promise, the key i a plan."),
        icon="heart-handshake",
    ),
)


async def show(request: Request) -> Response:
    """The list, the earliest due first."""
    wanted = asked(request, await _spec(request))
    found = await _find(request, _query(wanted))
    drawn = await listed(request, wanted, found, _row)
    return await page(request, "list_page.html", {"view": drawn})


async def download(request: Request) -> Response:
    """The same list as a file."""
    wanted = asked(request, await _spec(request))
    return await export(request, "promises", wanted.shown, _batches(request, _query(wanted)))


def _batches(request: Request, query: DueQuery) -> AsyncIterator[list[Row]]:
    return row_by_row(lambda after: _find(request, replace(query, after=after, before=None, size=EXPORT_BATCH)), _row)


async def _find(request: Request, query: DueQuery) -> Listing[DueRow]:
    async with services(request).uow.read() as session:
        return await dues.list_dues(session, actor(request), query)


def _query(wanted: Asked) -> DueQuery:
    return DueQuery(
        plans=wanted.one_of("kind", {"promise": False, "plan": True}),
        states=[state for state in wanted.filters["state"].choices if state in STATES],
        due_from=wanted.first_day("due"),
        due_to=wanted.last_day("due"),
        collector_id=wanted.number("collector"),
        unit_id=wanted.number("team"),
        creditor_id=wanted.number("creditor"),
        search=wanted.search,
        sort=wanted.sort,
        after=wanted.after,
        before=wanted.before,
        size=PAGE_SIZE,
    )


async def _spec(request: Request) -> ListSpec:
    """The list with the collectors, departments and creditors there are to filter by."""
    async with services(request).uow.read() as session:
        users = await people.colleagues(session, actor(request), rights.VIEW)
        units = await people.unit_lines(session)
        creditors = await lists.creditors(session)
    known = {
        "collector": options.of_people(users),
        "team": tuple(Option(value=str(one.unit.id), label=one.unit.name) for one in units),
        "creditor": options.of_rows(creditors),
    }
    return SPEC.with_options(known)


def _row(one: DueRow) -> Row:
    href = f"/cases/{one.case_id}"
    return Row(
        id=str(one.key),
        href=href,
        cells={
            "due": DayCell(one.due_on),
            "state": StateCell(STATES[one.state]),
            "debtor": TextCell(one.debtor_name),
            "case": TextCell(one.number, href=href),
            "kind": TextCell(msg("Promise") if one.n is None else msg("Instalment {number}", number=one.n)),
            "amount": MoneyCell(Money(one.amount, one.currency), strong=True),
            "paid": MoneyCell(Money(one.paid, one.currency)),
            "collector": TextCell(one.collector),
            "creditor": TextCell(one.creditor),
        },
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarDay:
    """A day of the grid. ``sums`` is one a currency; days of the neighbouring months stand beside for whole weeks."""

    day: date
    sums: tuple[DaySum, ...]
    inside: bool
    is_today: bool
    href: str


async def calendar(request: Request) -> Response:
    """What is due in a month, day by day."""
    zone = ZoneInfo(actor(request).timezone)
    today = services(request).clock.now().astimezone(zone).date()
    month = _month(request.query_params.get("month", ""), today)
    weeks = Calendar().monthdatescalendar(month.year, month.month)
    query = DueQuery(due_from=weeks[0][0], due_to=weeks[-1][-1])
    async with services(request).uow.read() as session:
        found = await dues.due_days(session, actor(request), query)
    grid = [[_calendar_day(day, month, today, found) for day in week] for week in weeks]
    context = {
        "month": month,
        "before": (month - timedelta(days=1)).replace(day=1),
        "after": (month + timedelta(days=31)).replace(day=1),
        "weeks": grid,
        "totals": _totals([one for one in found if one.day.month == month.month]),
        "nothing": not any(day.sums for week in grid for day in week if day.inside),
    }
    return await page(request, "cases/promise_calendar.html", context)


def _month(text: str, today: date) -> date:
    return (day_of(f"{text}-01") or today).replace(day=1)


def _calendar_day(day: date, month: date, today: date, found: Sequence[DaySum]) -> CalendarDay:
    states = "&".join(f"state={state}" for state in _COUNTED)
    return CalendarDay(
        day=day,
        sums=tuple(one for one in found if one.day == day),
        inside=day.month == month.month,
        is_today=day == today,
        href=f"/promises?due-from={day}&due-to={day}&{states}",
    )


def _totals(sums: Sequence[DaySum]) -> list[tuple[Money, Money]]:
    """What is due and what has come of it, by currency."""
    found = []
    for currency in sorted({one.currency for one in sums}):
        mine = [one for one in sums if one.currency == currency]
        amount = sum((one.amount for one in mine), Decimal(0))
        found.append((Money(amount, currency), Money(sum((one.paid for one in mine), Decimal(0)), currency)))
    return found


_VIEW = right(rights.VIEW)
routes = (
    route("/promises", show, policy=_VIEW, name="promises"),
    route("/promises/export", download, policy=right(rights.EXPORT), name="promises.export"),
    route("/promise-calendar", calendar, policy=_VIEW, name="promises.calendar"),
)
