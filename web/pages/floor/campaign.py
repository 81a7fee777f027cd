"""One campaign: its figures, its steps, where its cases come from, and the cases."""

from dataclasses import replace
from math import ceil
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from callcenter.campaigns import queries
from callcenter.campaigns.dialler import Dialler
from callcenter.campaigns.model import Campaign, CampaignState, Mode
from callcenter.campaigns.pacing import Verdict
from callcenter.campaigns.queries import EntryQuery, Figures
from callcenter.campaigns.rights import EDIT, RUN, VIEW
from callcenter.campaigns.service import CampaignService
from core.cases.model import MassOutcome
from core.cases.service.mass import outcome_counts, run_for
from core.kernel.access import Actor
from core.kernel.errors import DomainError, NotFound
from core.kernel.i18n import Message, msg
from core.people.model import SavedView
from web.forms import is_position
from web.lists import PAGE_SIZE, asked, view
from web.page import go_to, language_of, page
from web.pages import formats, options
from web.pages.floor import campaign_entries
from web.pages.floor import campaign_words as words
from web.pages.listing import (
    Option,
)
from web.security import actor, right, route
from web.state import part, services

#: The list whose saved filters a campaign may follow.
CASES = "cases"


async def one(request: Request) -> Response:
    """A campaign: its figures, its steps, where its cases come from, and the cases."""
    return await shown(request)


async def shown(request: Request, fault: Message | None = None) -> Response:
    """The page, with what was refused."""
    campaign_id, me, now = request.path_params["id"], actor(request), services(request).clock.now()
    wanted = asked(request, replace(campaign_entries.SPEC, path=f"/campaigns/{campaign_id}"))
    query = EntryQuery(
        state=wanted.value("state") or None,
        search=wanted.search,
        sort=wanted.sort,
        after=wanted.after,
        before=wanted.before,
        size=PAGE_SIZE,
    )
    async with services(request).uow.read() as session:
        row = await queries.campaign(session, me, campaign_id)
        live = (await queries.figures(session, [row.id], now))[row.id]
        found = await queries.entries(session, me, campaign_id, query)
        views = await _views(session, me.user_id)
        missed = await _missed(session, me, request.query_params.get("run", ""))
    drawn = await view(
        request,
        wanted,
        map(campaign_entries.row_of, found.rows),
        next_cursor=found.next,
        previous_cursor=found.previous,
        total=found.total,
    )
    context = {
        **_live(request, row, live),
        "state": words.STATES[row.state],
        "mode": words.MODES[row.mode],
        "view": drawn,
        "views": views,
        "fault": fault,
        "missed": missed,
        "may_run": me.may(RUN),
        "may_edit": me.may(EDIT) and row.state != CampaignState.ENDED,
    }
    return await page(request, "campaigns/campaign.html", context, status=422 if fault else 200)


def _live(request: Request, row: Campaign, now: Figures) -> dict[str, Any]:
    dialled = row.mode == Mode.PREDICTIVE and row.state == CampaignState.RUNNING
    return {
        "campaign": row,
        "now": now,
        "promise": promise(part(request, Dialler).verdict(row.id), language_of(request)) if dialled else None,
    }


def promise(found: Verdict | None, language: str) -> Message:
    """Whether more lines than free collectors are dialled, and why not; its figure as the language writes it."""
    if found is None:
        return msg("Still learning: one line for each free collector.")
    if found.predictive:
        return msg("More lines than free collectors: the ceiling can be kept.")
    lowest = formats.percent(ceil(found.lowest * 1000) / 1000, language)
    return msg(
        "Refused, one line for each free collector: with so few calls an hour only a ceiling of {lowest} or more can"
        " be kept.",
        lowest=lowest,
    )


async def figures(request: Request) -> Response:
    """Only the figures, for the page that asks again and again."""
    async with services(request).uow.read() as session:
        row = await queries.campaign(session, actor(request), request.path_params["id"])
        now = (await queries.figures(session, [row.id], services(request).clock.now()))[row.id]
    return await page(request, "campaigns/_figures.html", _live(request, row, now))


async def _missed(session: AsyncSession, me: Actor, run: str) -> tuple[int, int] | None:
    """The run whose cases were just put on the list, and how many of its rows meant no case; None when none did."""
    if not is_position(run):
        return None
    found = await run_for(session, me, int(run))
    count = (await outcome_counts(session, found.id)).get(MassOutcome.SKIPPED, 0)
    return (found.id, count) if count else None


async def _views(session: AsyncSession, user_id: int) -> tuple[Option, ...]:
    """Saved filters of the list of cases that the reader may use."""
    seen = select(SavedView).where(SavedView.list == CASES, or_(SavedView.user_id == user_id, SavedView.shared))
    rows = await session.scalars(seen.order_by(SavedView.name, SavedView.id))
    return options.of_rows(rows)


async def start(request: Request) -> Response:
    """Start or go on."""
    return await _step(request, "start")


async def pause(request: Request) -> Response:
    """Begin no attempt from now on."""
    return await _step(request, "pause")


async def end(request: Request) -> Response:
    """End for good."""
    return await _step(request, "end")


async def _step(request: Request, name: str) -> Response:
    campaign_id, campaigns = request.path_params["id"], part(request, CampaignService)
    steps = {"start": campaigns.start, "pause": campaigns.pause, "end": campaigns.end}
    try:
        await steps[name](actor(request), campaign_id)
    except NotFound:
        raise
    except DomainError as error:
        return await shown(request, error.message)
    return go_to(f"/campaigns/{campaign_id}")


_VIEW, _RUN = right(VIEW), right(RUN)
routes = (
    route("/campaigns/{id:int}", one, policy=_VIEW, name="campaign"),
    route("/campaigns/{id:int}/figures", figures, policy=_VIEW, name="campaign.figures"),
    route("/campaigns/{id:int}/start", start, policy=_RUN, methods=["POST"], name="campaign.start"),
    route("/campaigns/{id:int}/pause", pause, policy=_RUN, methods=["POST"], name="campaign.pause"),
    route("/campaigns/{id:int}/end", end, policy=_RUN, methods=["POST"], name="campaign.end"),
)
