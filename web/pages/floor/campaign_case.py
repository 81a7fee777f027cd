"""The next case of a preview campaign: seen first, then rung by a click or when its time is up."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from callcenter.campaigns.model import Passed
from callcenter.campaigns.preview import Preview
from callcenter.campaigns.rights import WORK
from core.cases.rights import EDIT
from web.forms import Form, parse
from web.page import go_to, page
from web.pages import options
from web.pages.cases.cases import looked_at
from web.pages.cases.next_case import CAMPAIGN_CASE
from web.pages.floor import campaign_words as words
from web.security import actor, right, route
from web.state import part


class PassForm(Form):
    reason: Passed


async def show(request: Request) -> Response:
    """The case at hand with what decides whether to ring it: a key rings, another one says why not."""
    me = actor(request)
    shown = await part(request, Preview).show(me)
    context = {
        "shown": shown,
        "case": await looked_at(request, shown.case_id) if shown is not None else None,
        "reason": words.reason(shown.reason) if shown is not None else "",
        "passed": options.of_words(words.PASSED),
        "serves": me.may(EDIT),
    }
    return await page(request, "campaigns/case.html", context)


async def dial(request: Request) -> Response:
    """Ring it from the reader's own phone; for the page's script."""
    call_id = await part(request, Preview).dial(actor(request), request.path_params["id"])
    return JSONResponse({"call_id": call_id}, status_code=201)


async def pass_on(request: Request) -> Response:
    """Give it back, say why, and see the next one."""
    form = await parse(request, PassForm)
    await part(request, Preview).pass_on(actor(request), request.path_params["id"], form.reason)
    return go_to(CAMPAIGN_CASE)


_WORK = right(WORK)
routes = (
    route(CAMPAIGN_CASE, show, policy=_WORK, name="campaign.next"),
    route("/campaigns/entries/{id:int}/dial", dial, policy=_WORK, methods=["POST"], name="campaign.dial"),
    route("/campaigns/entries/{id:int}/pass", pass_on, policy=_WORK, methods=["POST"], name="campaign.pass"),
)
