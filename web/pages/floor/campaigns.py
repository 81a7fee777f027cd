"""Campaigns: which there are and how they do."""

from starlette.requests import Request
from starlette.responses import Response

from callcenter.campaigns import queries
from callcenter.campaigns.model import Campaign, CampaignState
from callcenter.campaigns.queries import Figures
from callcenter.campaigns.rights import EDIT, VIEW
from core.kernel.i18n import msg
from web.lists import ListSpec, asked, view
from web.page import page
from web.pages.floor import campaign_words as words
from web.pages.listing import Align, Column, EmptyState, Row, StateCell, TextCell, TimeCell
from web.security import actor, right, route
from web.state import services

SPEC = ListSpec(
    key="campaigns",
    title=msg("Campaigns"),
    path="/campaigns",
    sort="id",
    columns=(
        Column(key="name", label=msg("Campaign")),
        Column(key="state", label=msg("State")),
        Column(key="mode", label=msg("Mode")),
        Column(key="priority", label=msg("Priority"), align=Align.END),
        Column(key="flying", label=msg("On the line"), align=Align.END),
        Column(key="answered", label=msg("Answered, last hour"), align=Align.END),
        Column(key="abandoned", label=msg("Abandoned, last hour"), align=Align.END),
        Column(key="left", label=msg("Left"), align=Align.END),
        Column(key="end", label=msg("Through at")),
    ),
    empty=EmptyState(
        title=msg("No campaigns yet"),
        hint=msg("A campaign rings the cases of a list by itself, as contact law and its own hours allow."),
        icon="speakerphone",
    ),
)


async def show(request: Request) -> Response:
    """Every campaign in reach with its live figures."""
    now = services(request).clock.now()
    async with services(request).uow.read() as session:
        found = await queries.list_campaigns(session, actor(request))
        live = await queries.figures(session, [one.id for one in found], now)
    create = (msg("Set up a campaign"), "/campaigns/new") if actor(request).may(EDIT) else None
    rows = (_row(one, live[one.id]) for one in found)
    drawn = await view(request, asked(request, SPEC), rows, total=len(found), create=create)
    return await page(request, "list_page.html", {"view": drawn})


def _row(one: Campaign, now: Figures) -> Row:
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
                words.per_cent(now.share), note=msg("of at most {most}", most=words.per_cent(one.ceiling))
            ),
            "left": TextCell(now.left),
            "end": TimeCell(now.ends_at if one.state == CampaignState.RUNNING else None),
        },
    )


routes = (route("/campaigns", show, policy=right(VIEW), name="campaigns"),)
