"""Campaigns: which there are and how they do."""

from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from callcenter.campaigns import queries
from callcenter.campaigns.model import Campaign, CampaignState, Mode
from callcenter.campaigns.queries import CampaignQuery, Figures
from callcenter.campaigns.rights import EDIT, EXPORT, VIEW
from core.kernel.access import Actor
from core.kernel.i18n import msg
from core.kernel.paging import Listing
from web.export import export_list
from web.lists import Asked, ListSpec, asked, listed
from web.page import language_of, page
from web.pages import formats, options
from web.pages.floor import campaign_words as words
from web.pages.listing import Align, Column, EmptyState, Filter, FilterKind, Row, StateCell, TextCell, TimeCell
from web.security import actor, right, route
from web.state import services

SPEC = ListSpec(
    key="campaigns",
    title=msg("Campaigns"),
    path="/campaigns",
    sort="-id",
    search_hint=msg("Name"),
    export_right=EXPORT,
    columns=(
        Column(key="name", label=msg("Campaign"), sortable=True),
        Column(key="state", label=msg("State"), sortable=True),
        Column(key="mode", label=msg("Mode"), sortable=True),
        Column(key="priority", label=msg("Priority"), align=Align.END, sortable=True),
        Column(key="flying", label=msg("On the line"), align=Align.END),
        Column(key="answered", label=msg("Answered, last hour"), align=Align.END),
        Column(key="abandoned", label=msg("Abandoned, last hour"), align=Align.END),
        Column(key="left", label=msg("Left"), align=Align.END),
        Column(key="end", label=msg("Through at")),
    ),
    filters=(
        Filter(key="state", label=msg("State"), kind=FilterKind.SELECT, options=options.of_words(words.STATES)),
        Filter(key="mode", label=msg("Mode"), kind=FilterKind.SELECT, options=options.of_words(words.SHORT_MODES)),
    ),
    empty=EmptyState(
        title=msg("No campaigns yet"),
        hint=msg("A campaign rings the cases of a list by itself, as contact law and its own hours allow."),
        icon="speakerphone",
    ),
)


async def show(request: Request) -> Response:
    """The campaigns in reach with their live figures."""
    wanted = asked(request, SPEC)
    async with services(request).uow.read() as session:
        found = await _found(request, session, actor(request), _query(wanted), VIEW)
    create = (msg("Set up a campaign"), "/campaigns/new") if actor(request).may(EDIT) else None
    drawn = await listed(request, wanted, found, partial(_row, language_of(request)), create=create)
    return await page(request, "list_page.html", {"view": drawn})


async def download(request: Request) -> Response:
    """The same campaigns as a file."""

    async def read(session: AsyncSession, me: Actor, query: CampaignQuery) -> Listing[tuple[Campaign, Figures]]:
        return await _found(request, session, me, query, EXPORT)

    wanted = asked(request, SPEC)
    return await export_list(request, wanted, _query(wanted), read, partial(_row, language_of(request)))


async def _found(
    request: Request, session: AsyncSession, me: Actor, query: CampaignQuery, needs: str
) -> Listing[tuple[Campaign, Figures]]:
    found = await queries.search_campaigns(session, me, query, needs)
    live = await queries.figures(session, [one.id for one in found.rows], services(request).clock.now())
    return found.of([(one, live[one.id]) for one in found.rows])


def _query(wanted: Asked) -> CampaignQuery:
    return wanted.wish(
        CampaignQuery,
        state=wanted.value("state") or None,
        mode=wanted.value("mode") or None,
    )


def _row(language: str, line: tuple[Campaign, Figures]) -> Row:
    one, now = line
    bound = msg("of at most {most}", most=formats.percent(one.ceiling, language))
    href = f"/campaigns/{one.id}"
    return Row(
        id=str(one.id),
        href=href,
        cells={
            "name": TextCell(one.name, href=href),
            "state": StateCell(words.STATES[one.state]),
            "mode": TextCell(words.SHORT_MODES[one.mode]),
            "priority": TextCell(one.priority),
            "flying": TextCell(now.in_flight),
            "answered": TextCell(now.answered),
            "abandoned": TextCell(
                formats.percent(now.share, language), note=bound if one.mode == Mode.PREDICTIVE else None
            ),
            "left": TextCell(now.left),
            "end": TimeCell(now.ends_at if one.state == CampaignState.RUNNING else None),
        },
    )


routes = (
    route("/campaigns", show, policy=right(VIEW), name="campaigns"),
    route("/campaigns/export", download, policy=right(EXPORT), name="campaigns.export"),
)
