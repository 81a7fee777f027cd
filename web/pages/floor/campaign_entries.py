"""The cases on a campaign's list, on screen and as a file."""

from collections.abc import AsyncIterator
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from callcenter.campaigns import queries
from callcenter.campaigns.queries import EntryQuery, EntryRow
from callcenter.campaigns.rights import EXPORT
from core.kernel.i18n import msg
from web.export import export
from web.lists import EXPORT_BATCH, ListSpec, asked, row_by_row
from web.pages.floor import campaign_words as words
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
    TimeCell,
)
from web.security import actor, right, route
from web.state import services

SPEC = ListSpec(
    key="campaign-entries",
    title=msg("Cases on the list"),
    path="/campaigns",
    sort="next",
    search_hint=msg("Case number or name"),
    export_right=EXPORT,
    columns=(
        Column(key="number", label=msg("Case no."), sortable=True),
        Column(key="debtor", label=msg("Debtor")),
        Column(key="state", label=msg("State")),
        Column(key="reason", label=msg("Last")),
        Column(key="attempts", label=msg("Attempts"), align=Align.END, sortable=True),
        Column(key="last", label=msg("Last rung")),
        Column(key="next", label=msg("Next"), sortable=True),
    ),
    filters=(
        Filter(
            key="state",
            label=msg("State"),
            kind=FilterKind.SELECT,
            options=tuple(Option(value=str(one), label=state.word) for one, state in words.ENTRY_STATES.items()),
        ),
    ),
    empty=EmptyState(
        title=msg("No cases on the list"),
        hint=msg("Choose a saved filter of the list of cases, or bring a file with case numbers."),
        icon="folders",
    ),
)


def row_of(line: EntryRow) -> Row:
    case = f"/cases/{line.case_id}"
    reason: Text = words.reason(line.reason)
    return Row(
        id=str(line.id),
        href=case,
        cells={
            "number": TextCell(line.number, href=case),
            "debtor": TextCell(line.debtor_name),
            "state": StateCell(words.ENTRY_STATES[line.state]),
            "reason": TextCell(reason),
            "attempts": TextCell(line.attempts),
            "last": TimeCell(line.last_at),
            "next": TimeCell(line.next_at),
        },
    )


async def export_list(request: Request) -> Response:
    """The campaign's list as a file."""
    wanted = asked(request, SPEC)
    async with services(request).uow.read() as session:
        await queries.campaign(session, actor(request), request.path_params["id"], EXPORT)
    query = EntryQuery(state=wanted.value("state") or None, search=wanted.search, sort=wanted.sort, size=EXPORT_BATCH)
    return await export(request, f"campaign-{request.path_params['id']}", wanted.shown, _batches(request, query))


def _batches(request: Request, query: EntryQuery) -> AsyncIterator[list[Row]]:
    async def read(after: str | None) -> queries.Entries:
        campaign_id, asked_now = request.path_params["id"], replace(query, after=after)
        async with services(request).uow.read() as session:
            return await queries.export_entries(session, actor(request), campaign_id, asked_now)

    return row_by_row(read, row_of)


routes = (route("/campaigns/{id:int}/export", export_list, policy=right(EXPORT), name="campaign.export"),)
