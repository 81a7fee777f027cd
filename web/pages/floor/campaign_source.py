"""Where the cases of a campaign come from: a saved filter it follows, a file of numbers, cases chosen in a list."""

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from callcenter.campaigns import queries
from callcenter.campaigns.model import CampaignState
from callcenter.campaigns.rights import EDIT
from callcenter.campaigns.service import CampaignService
from core.cases.service.mass import Mass, run_for
from core.kernel.errors import DomainError
from core.kernel.i18n import msg
from core.people.model import SavedView
from web.forms import Form, is_position, parse
from web.page import go_to, page
from web.pages import options
from web.pages.floor.campaign import CASES, shown
from web.pages.work.mass import uploaded_numbers
from web.pages.work.worklists import query_by_name
from web.security import actor, right, route
from web.state import part, services


class FilterForm(Form):
    view_id: int


async def follow(request: Request) -> Response:
    """Keep the list what a saved filter means."""
    campaign_id, me = request.path_params["id"], actor(request)
    form = await parse(request, FilterForm)
    async with services(request).uow.read() as session:
        saved = await session.get(SavedView, form.view_id)
    if saved is None or saved.list != CASES or not (saved.shared or saved.user_id == me.user_id):
        return await shown(request, msg("Choose a saved filter of the list of cases."))
    query = await query_by_name(request, "", QueryParams(saved.query))
    await part(request, CampaignService).follow_filter(me, campaign_id, query, saved.name)
    return go_to(f"/campaigns/{campaign_id}")


async def cases(request: Request) -> Response:
    """Add the cases of a file of numbers."""
    campaign_id, me = request.path_params["id"], actor(request)
    async with services(request).uow.read() as session:
        await queries.campaign(session, me, campaign_id, EDIT)
    async with request.form(max_files=1, max_fields=10) as form:
        try:
            name, numbers = await uploaded_numbers(form)
        except DomainError as error:
            return await shown(request, error.message)
    run_id = await part(request, Mass).choose_numbers(me, numbers, name)
    return await _added(request, campaign_id, run_id)


class ChosenForm(Form):
    """The cases of a run, and the campaign that is to ring them."""

    run: int
    campaign_id: int


async def chosen(request: Request) -> Response:
    """Which campaign is to ring the cases chosen in a list."""
    run_id, me = request.query_params.get("run", ""), actor(request)
    if not is_position(run_id):
        return go_to("/cases")
    async with services(request).uow.read() as session:
        run = await run_for(session, me, int(run_id))
        open_ones = [one for one in await queries.list_campaigns(session, me, EDIT) if one.state != CampaignState.ENDED]
    return await page(request, "campaigns/cases.html", {"run": run, "campaigns": options.of_rows(open_ones)})


async def choose(request: Request) -> Response:
    """Add the cases chosen in a list."""
    form = await parse(request, ChosenForm)
    return await _added(request, form.campaign_id, form.run)


async def _added(request: Request, campaign_id: int, run_id: int) -> Response:
    await part(request, CampaignService).add_cases(actor(request), campaign_id, run_id)
    return go_to(f"/campaigns/{campaign_id}?run={run_id}")


_EDIT = right(EDIT)
routes = (
    route("/campaigns/{id:int}/filter", follow, policy=_EDIT, methods=["POST"], name="campaign.filter"),
    route("/campaigns/cases", chosen, policy=_EDIT, name="campaign.chosen"),
    route("/campaigns/cases", choose, policy=_EDIT, methods=["POST"], name="campaign.choose"),
    route("/campaigns/{id:int}/cases", cases, policy=_EDIT, methods=["POST"], name="campaign.cases"),
)
