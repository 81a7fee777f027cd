"""Own recordings for menus and campaigns: sent, heard, removed."""

import re

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from callcenter.ivr import queries
from callcenter.ivr.queries import sound_content
from callcenter.ivr.rights import EDIT, VIEW
from callcenter.ivr.service import FlowService
from core.kernel.errors import DomainError, Invalid
from core.kernel.i18n import Message, msg
from web.forms import storable
from web.page import go_to, page
from web.security import actor, right, route
from web.state import part, services

#: So much is read of an upload: what is larger is refused by the use case.
_MOST_BYTES = 10 * 1024 * 1024 + 1
#: From where a recording may be sent for a campaign.
_CAMPAIGN = re.compile(r"/campaigns/(?:new(?:\?run=[0-9]{1,18})?|[0-9]{1,18}/setup)")


async def show(request: Request) -> Response:
    """Every recording."""
    return await _list(request)


async def _list(request: Request, fault: Message | None = None, back: str = "") -> Response:
    """``back``: the campaign from which a recording was sent that was refused."""
    async with services(request).uow.read() as session:
        found = await queries.list_sounds(session, actor(request))
    context = {"sounds": found, "edits": actor(request).may(EDIT), "fault": fault, "back": back}
    return await page(request, "menus/sounds.html", context, status=422 if fault else 200)


async def add(request: Request) -> Response:
    """Keep a recording."""
    async with request.form(max_files=1, max_fields=5) as form:
        sent, label = form.get("file"), str(storable(form).get("label", "")).strip()[:120]
        asked_from = str(storable(form).get("back", ""))
        back = asked_from if _CAMPAIGN.fullmatch(asked_from) else ""
        if not isinstance(sent, UploadFile) or not sent.filename:
            return await _list(request, msg("Choose the file."), back)
        content = await sent.read(_MOST_BYTES)
        try:
            await part(request, FlowService).add_sound(actor(request), label or sent.filename[:120], content)
        except DomainError as refused:
            fields = refused.fields if isinstance(refused, Invalid) else {}
            return await _list(request, next(iter(fields.values()), refused.message), back)
    return go_to(back or "/menus/sounds")


async def sound(request: Request) -> Response:
    """A recording, to listen to."""
    async with services(request).uow.read() as session:
        content = await sound_content(session, actor(request), request.path_params["name"])
    return Response(content, media_type="audio/wav", headers={"Cache-Control": "private, max-age=3600"})


async def delete(request: Request) -> Response:
    """Remove a recording no menu plays."""
    await part(request, FlowService).delete_sound(actor(request), request.path_params["name"])
    return go_to("/menus/sounds")


_VIEW, _EDIT = right(VIEW), right(EDIT)
routes = (
    route("/menus/sounds", show, policy=_VIEW, name="menu_sounds"),
    route("/menus/sounds", add, policy=_EDIT, methods=["POST"], name="menu_sound.add", max_body=_MOST_BYTES + 4096),
    route("/menus/sounds/{name}.wav", sound, policy=_VIEW, name="menu_sound"),
    route("/menus/sounds/{name}/delete", delete, policy=_EDIT, methods=["POST"], name="menu_sound.delete"),
)
