"""The list of cases."""

from collections.abc import AsyncIterator, Mapping

from starlette.requests import Request
from starlette.responses import Response

from callcenter.campaigns.rights import EDIT as CAMPAIGNS
from core.cases import rights
from core.cases.fields import FIELDS, NOTHING, SORTS, FieldKind
from core.cases.fields import Asked as Wanted
from core.cases.queries import lists
from core.cases.queries.lists import CaseRow, ListQuery
from core.cases.queries.tags import tags
from core.kernel.i18n import LANGUAGES, Message, msg
from core.kernel.money import Money
from core.kernel.paging import Listing
from core.people import queries as people
from web.export import export
from web.lists import EXPORT_BATCH, PAGE_SIZE, Asked, ListSpec, asked, listed, row_by_row
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
    ListView,
    MassAction,
    MoneyCell,
    Option,
    Row,
    StateCell,
    TextCell,
    TimeCell,
)
from web.pages.shipped_words import named, stage_name
from web.rendering import LANGUAGE_NAMES
from web.security import actor, right, route
from web.state import services

_NOBODY = Option(value=NOTHING, label=msg("nobody"))
_KINDS: Mapping[FieldKind, FilterKind] = {
    FieldKind.CHOICE: FilterKind.SELECT,
    FieldKind.REFERENCE: FilterKind.SELECT,
    FieldKind.DAY: FilterKind.DATE,
    FieldKind.MOMENT: FilterKind.DATE,
    FieldKind.AMOUNT: FilterKind.RANGE,
    FieldKind.NUMBER: FilterKind.RANGE,
    FieldKind.FLAG: FilterKind.BOOL,
}
_CHOICES: Mapping[str, tuple[Option, ...]] = {
    "state": options.of_words(words.CASE_STATES),
    "close_reason": options.of_words(words.CLOSE_REASONS),
    "jurisdiction": options.of_words(words.JURISDICTIONS),
    "role": options.of_words(words.ROLES),
    "quality": options.of_words(words.PHONE_QUALITIES),
    "consent": options.of_words(words.CONSENTS),
    "language": tuple(Option(value=code, label=LANGUAGE_NAMES[code]) for code in LANGUAGES),
}


def _column(key: str, label: Message, *, align: Align = Align.START, visible: bool = True) -> Column:
    return Column(key=key, label=label, align=align, sortable=key in SORTS, visible=visible)


CASES = ListSpec(
    key="cases",
    title=msg("Cases"),
    path="/cases",
    sort="next",
    search_hint=msg("Name, case, contract, phone, tax number or e-mail"),
    export_right=rights.EXPORT,
    columns=(
        _column("number", msg("Case no.")),
        _column("debtor", msg("Debtor")),
        _column("amount", msg("Owed"), align=Align.END),
        _column("due", msg("Overdue since")),
        _column("next", msg("Next action")),
        _column("contact", msg("Last contact")),
        _column("stage", msg("Stage")),
        _column("state", msg("State")),
        _column("collector", msg("Collector")),
        _column("creditor", msg("Creditor")),
        _column("order", msg("Order"), visible=False),
        _column("priority", msg("Priority"), align=Align.END, visible=False),
        _column("close_reason", msg("Closed because"), visible=False),
        _column("opened", msg("Opened"), visible=False),
        _column("paid", msg("Last payment"), visible=False),
        _column("limitation_on", msg("First time-barred on"), visible=False),
        _column("broken", msg("Broken promises"), align=Align.END, visible=False),
        _column("score", msg("Score"), align=Align.END, visible=False),
    ),
    filters=tuple(
        Filter(
            key=field.key,
            label=field.label,
            kind=_KINDS.get(field.kind, FilterKind.TEXT),
            options=_CHOICES.get(field.key, ()),
            many=field.kind in (FieldKind.CHOICE, FieldKind.REFERENCE),
        )
        for field in FIELDS.values()
    ),
    empty=EmptyState(
        title=msg("No cases"),
        hint=msg("Nothing within your reach fits. Take a filter off, or import a registry."),
        action=msg("Import a registry"),
        action_href="/imports",
        icon="folders",
    ),
)


async def show(request: Request) -> Response:
    """The list of cases."""
    wanted = asked(request, await spec_of(request))
    return await page(request, "list_page.html", {"view": await cases_view(request, wanted, query_of(wanted))})


async def cases_view(request: Request, wanted: Asked, query: ListQuery, *, worklist: str = "") -> ListView:
    """The cases that ``query`` means, drawn as a list; ``worklist`` names it to whoever acts on all of it."""
    async with services(request).uow.read() as session:
        found = await lists.list_cases(session, actor(request), query)
    return await listed(request, wanted, found, case_row, actions=_actions(request, worklist))


def _actions(request: Request, worklist: str) -> tuple[MassAction, ...]:
    me = actor(request)
    if not me.may(rights.MASS):
        return ()
    href = f"/mass/choose?list={worklist}"
    give = MassAction(label=msg("Give to a collector"), href=f"{href}&action=assign", icon="user-share")
    more = MassAction(label=msg("Act on these cases"), href=href, icon="checks")
    ring = MassAction(label=msg("Put on a campaign's list"), href=f"{href}&action=campaign", icon="speakerphone")
    wanted = ((give, me.may(rights.ASSIGN)), (ring, me.may(CAMPAIGNS)), (more, True))
    return tuple(action for action, may in wanted if may)


async def download(request: Request) -> Response:
    """The same list as a file."""
    wanted = asked(request, await spec_of(request))
    return await export(request, "cases", wanted.shown, batches(request, query_of(wanted)))


def batches(request: Request, query: ListQuery) -> AsyncIterator[list[Row]]:
    """The rows page by page."""

    async def read(after: str | None) -> Listing[CaseRow]:
        async with services(request).uow.read() as session:
            return await lists.export_page(session, actor(request), query, after=after, size=EXPORT_BATCH)

    return row_by_row(read, case_row)


async def spec_of(request: Request) -> ListSpec:
    """The list with the creditors, orders, stages and colleagues there are to filter by."""
    me = actor(request)
    async with services(request).uow.read() as session:
        found: dict[str, tuple[Option, ...]] = {
            "creditor": options.of_rows(await lists.creditors(session)),
            "stage": tuple(Option(value=str(s.id), label=named(s)) for s in await lists.stages(session)),
            "order": tuple(
                Option(value=str(order.id), label=f"{name} · {order.number}")
                for order, name in await lists.latest_orders(session)
            ),
            "collector": (_NOBODY, *options.of_people(await people.colleagues(session, me, rights.VIEW))),
            "tag": options.of_rows(await tags(session)),
            "unit": options.of_units(await people.unit_lines(session)),
        }
    return CASES.with_options(found)


def query_of(wanted: Asked, size: int = PAGE_SIZE) -> ListQuery:
    """What the address asks of the list of cases."""
    return ListQuery(
        search=wanted.search,
        filters={key: _wanted(item) for key, item in wanted.filters.items() if item.active},
        sort=wanted.sort,
        after=wanted.after,
        before=wanted.before,
        size=size,
    )


def _wanted(item: Filter) -> Wanted:
    if item.kind in (FilterKind.DATE, FilterKind.RANGE):
        return Wanted(low=item.value, high=item.until)
    return Wanted(values=item.choices or (item.value,))


def case_row(line: CaseRow) -> Row:
    return Row(
        id=str(line.id),
        href=f"/cases/{line.id}",
        cells={
            "number": TextCell(line.number, href=f"/cases/{line.id}"),
            "debtor": TextCell(line.debtor_name),
            "amount": MoneyCell(Money(line.open_amount, line.currency)),
            "due": DayCell(line.due_since),
            "next": TimeCell(line.next_action_at),
            "contact": TimeCell(line.last_contact_at),
            "stage": TextCell(stage_name(line.stage_key, line.stage) if line.stage else None),
            "state": StateCell(words.CASE_STATES[line.state]),
            "collector": TextCell(line.collector),
            "creditor": TextCell(line.creditor),
            "order": TextCell(line.order),
            "priority": TextCell(line.priority),
            "close_reason": TextCell(words.CLOSE_REASONS[line.close_reason] if line.close_reason else None),
            "opened": TimeCell(line.opened_at),
            "paid": TimeCell(line.last_payment_at),
            "limitation_on": DayCell(line.limitation_on),
            "broken": TextCell(line.broken_promises),
            "score": TextCell(line.score),
        },
    )


_VIEW = right(rights.VIEW)
routes = (
    route("/cases", show, policy=_VIEW, name="cases"),
    route("/cases/export", download, policy=right(rights.EXPORT), name="cases.export"),
)
