"""API tokens: keys for programs."""

from datetime import timedelta

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from core.kernel.errors import Invalid
from core.people import queries
from web.forms import Form, Line, parse, submitted
from web.page import go_to, page
from web.pages.listing import Option
from web.security import actor, right, route
from web.state import services


class TokenForm(Form):
    """A new token; ``days`` is how long it lives, for ever without."""

    user_id: int
    name: Line
    scopes: list[str] = Field(default_factory=list)
    days: int | None = Field(default=None, ge=1, le=3650)


async def show(request: Request) -> Response:
    """Every token within reach, and the form for a new one."""
    return await _page(request)


async def _page(request: Request, faults: Invalid | None = None, token: str | None = None) -> Response:
    held, me = services(request), actor(request)
    sent = await submitted(request) if faults else None
    async with held.uow.read() as session:
        issued = await queries.tokens_within(session, me)
        people = await queries.colleagues(session, me, "tokens.edit")
    context = {
        "issued": issued,
        "people": [Option(value=str(user.id), label=f"{user.full_name} ({user.login})") for user in people],
        "rights": held.rights,
        "values": sent or {},
        "chosen": sent.getlist("scopes") if sent else [],
        "faults": faults.fields if faults else {},
        "token": token,
        "now": held.clock.now(),
    }
    return await page(request, "people/tokens.html", context, status=422 if faults else 200)


async def issue(request: Request) -> Response:
    """Make a token and show it once."""
    held = services(request)
    try:
        sent = await parse(request, TokenForm)
        until = held.clock.now() + timedelta(days=sent.days) if sent.days else None
        token = await held.keys.issue(actor(request), sent.user_id, sent.name, sent.scopes, until)
    except Invalid as faults:
        return await _page(request, faults)
    return await _page(request, token=token)


async def revoke(request: Request) -> Response:
    """End a token."""
    await services(request).keys.revoke(actor(request), request.path_params["id"])
    return go_to("/tokens")


_EDIT = right("tokens.edit")
routes = (
    route("/tokens", show, policy=_EDIT, name="tokens"),
    route("/tokens", issue, policy=_EDIT, methods=["POST"], name="tokens.issue"),
    route("/tokens/{id:int}/revoke", revoke, policy=_EDIT, methods=["POST"], name="token.revoke"),
)
