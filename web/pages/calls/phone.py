"""What the softphone and the result bar ask for: registration, orders to the exchange, results, the collector's
state."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from callcenter.agents.service import AgentService
from callcenter.callbacks.queries import debtor_zone
from callcenter.calls.control import CallControl
from callcenter.calls.demands import ResultDetails
from callcenter.calls.ports import Agreed, Instalments, PhoneLines, Promised
from callcenter.calls.queries import call_detail
from callcenter.calls.recorded import Recordings
from callcenter.calls.results import CallResults
from callcenter.calls.ringback import RingBack
from callcenter.calls.service import CallService, Dial
from core.kernel.errors import NotFound
from core.parties.model import Phone
from web.errors import is_api
from web.forms import Form, Line, parse
from web.live.endpoint import LiveDesk
from web.live.messages import LiveMessages
from web.page import go_to
from web.pages.cases.case_promises import PlanFields, PromiseFields
from web.pages.cases.next_case import following
from web.security import actor, right, route
from web.state import part, services

_DIAL = right("calls.dial")
_CONTROL = right("calls.control")
_RESULT = right("calls.result")
_STATE = right("agents.state")

#: How long a debtor expects to be called back in, when only the moment was said.
_CALLBACK_WINDOW = timedelta(minutes=30)
#: For how long at most nothing is recorded while card data is spoken.
_PAUSE_SECONDS = 120
_TAB_LENGTH = 64

_Text = Annotated[str, StringConstraints(max_length=4000)]
_Reason = Annotated[str, StringConstraints(max_length=500)]


class DialForm(Form):
    phone: Line
    phone_id: int | None = None
    case_id: int | None = None
    override_reason: _Reason | None = None
    key: Line | None = None


class TransferForm(Form):
    target: Line
    attended: bool = False


class NoteForm(Form):
    note: _Text = ""


class BookmarkForm(Form):
    label: Line = ""
    at_ms: Annotated[int, Field(ge=0)] | None = None


class LinkForm(Form):
    party_id: int | None = None
    case_id: int | None = None


class RecordingForm(Form):
    paused: bool


class StateForm(Form):
    state: Line
    reason: Line | None = None


class ResultForm(PromiseFields, PlanFields):
    """The result bar. ``callback_at`` is the debtor's local time."""

    code: Line
    case_id: int | None = None
    callback_at: datetime | None = None
    callback_reason: _Reason = ""
    reason: _Reason = ""
    document: _Reason = ""
    note: _Text = ""
    then: Literal["stay", "next"] = "stay"


async def config(request: Request) -> Response:
    """The registration of one's own browser phone. The page that asks has the phone now: others learn it."""
    line = await part(request, PhoneLines).line(actor(request).user_id)
    if line is None:
        raise NotFound
    tab = request.query_params.get("tab", "")
    if tab:
        part(request, LiveMessages).phone_claimed(actor(request).user_id, tab[:_TAB_LENGTH])
    return JSONResponse(
        {
            "uri": line.uri,
            "password": line.password,
            "ws": line.websocket.replace("{host}", request.url.hostname or "localhost"),
            "display_name": line.display_name,
            "ice": list(line.ice),
        }
    )


async def ready(request: Request) -> Response:
    """A page has just registered the phone: whoever lost it in mid-call is rung back."""
    user_id = actor(request).user_id
    only_page = part(request, LiveDesk).hub.screens_of(user_id) <= 1
    await part(request, RingBack).phone_ready(user_id, page_gone=only_page)
    return Response(status_code=204)


async def dial(request: Request) -> Response:
    """A click on a number. A script that repeats itself sends a ``key``; without one every click is its own."""
    form = await parse(request, DialForm)
    party_id = None
    if form.phone_id is not None:
        async with services(request).uow.read() as session:
            party_id = await session.scalar(select(Phone.party_id).where(Phone.id == form.phone_id))
    wish = Dial(
        phone=form.phone,
        key=form.key or secrets.token_urlsafe(12),
        case_id=form.case_id,
        party_id=party_id,
        override_reason=form.override_reason,
    )
    call_id = await part(request, CallService).dial(actor(request), wish)
    return JSONResponse({"call_id": call_id}, 201)


async def hang_up(request: Request) -> Response:
    await part(request, CallControl).hang_up(actor(request), _call(request))
    return Response(status_code=204)


async def hold(request: Request) -> Response:
    await part(request, CallControl).hold(actor(request), _call(request))
    return Response(status_code=204)


async def unhold(request: Request) -> Response:
    await part(request, CallControl).unhold(actor(request), _call(request))
    return Response(status_code=204)


async def transfer(request: Request) -> Response:
    form = await parse(request, TransferForm)
    await part(request, CallControl).transfer(actor(request), _call(request), form.target, attended=form.attended)
    return Response(status_code=204)


async def recording(request: Request) -> Response:
    """Pause while card data is spoken, and go on."""
    form = await parse(request, RecordingForm)
    room = part(request, Recordings)
    if form.paused:
        await room.pause(actor(request), _call(request), _PAUSE_SECONDS)
    else:
        await room.resume(actor(request), _call(request))
    return Response(status_code=204)


async def note(request: Request) -> Response:
    form = await parse(request, NoteForm)
    await part(request, CallResults).note(actor(request), _call(request), form.note)
    return Response(status_code=204)


async def bookmark(request: Request) -> Response:
    form = await parse(request, BookmarkForm)
    mark = await part(request, CallResults).bookmark(actor(request), _call(request), form.label, form.at_ms)
    return JSONResponse({"id": mark}, 201)


async def link(request: Request) -> Response:
    """Say who the caller is, and go to the case."""
    form = await parse(request, LinkForm)
    results = part(request, CallResults)
    await results.link(actor(request), _call(request), party_id=form.party_id, case_id=form.case_id)
    return go_to(f"/cases/{form.case_id}" if form.case_id is not None else f"/calls/{_call(request)}")


async def end_wrap_up(request: Request) -> Response:
    await part(request, CallResults).end_wrap_up(actor(request), _call(request))
    return Response(status_code=204)


async def result(request: Request) -> Response:
    """Say how the call went, and stay or go on with the next case."""
    form, me = await parse(request, ResultForm), actor(request)
    await part(request, CallResults).result(me, _call(request), form.code, await _details(request, form))
    if is_api(request) and form.then == "stay":
        return Response(status_code=204)
    href = await following(request, form.case_id) if form.then == "next" else None
    href = href or (f"/cases/{form.case_id}" if form.case_id is not None else f"/calls/{_call(request)}")
    return JSONResponse({"href": href}) if is_api(request) else go_to(href)


async def _details(request: Request, form: ResultForm) -> ResultDetails:
    promise = None
    if form.promise_amount is not None and form.promise_due is not None:
        promise = Promised(
            amount=form.promise_amount,
            due=form.promise_due,
            type_id=form.promise_type,
            supersede=form.supersede,
        )
    plan = None
    if form.plan_total is not None:
        plan = Instalments(dues=form.dues(), supersede=form.supersede)
    return ResultDetails(
        promise=promise,
        plan=plan,
        callback=await _agreed(request, form),
        reason=form.reason,
        document=form.document,
        note=form.note,
    )


async def _agreed(request: Request, form: ResultForm) -> Agreed | None:
    if form.callback_at is None:
        return None
    async with services(request).uow.read() as session:
        call = (await call_detail(session, actor(request), _call(request))).call
        zone = await debtor_zone(session, call.party_id, call.phone or "")
    start = local(form.callback_at, zone)
    return Agreed(start=start, end=start + _CALLBACK_WINDOW, reason=form.callback_reason, phone=call.phone)


def local(moment: datetime, zone: str) -> datetime:
    """A moment as the browser's field gave it, read in a zone unless it brought its own."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone))


async def my_state(request: Request) -> Response:
    form, me = await parse(request, StateForm), actor(request)
    await part(request, AgentService).choose(me, form.state, form.reason)
    return Response(status_code=204)


def _call(request: Request) -> int:
    return int(request.path_params["call"])


routes = [
    route("/phone/config", config, policy=_DIAL, name="phone.config"),
    route("/phone/ready", ready, policy=_DIAL, methods=["POST"], name="phone.ready"),
    route("/calls/dial", dial, policy=_DIAL, methods=["POST"], name="calls.dial"),
    route("/calls/{call:int}/hangup", hang_up, policy=_CONTROL, methods=["POST"], name="call.hangup"),
    route("/calls/{call:int}/hold", hold, policy=_CONTROL, methods=["POST"], name="call.hold"),
    route("/calls/{call:int}/unhold", unhold, policy=_CONTROL, methods=["POST"], name="call.unhold"),
    route("/calls/{call:int}/transfer", transfer, policy=_CONTROL, methods=["POST"], name="call.transfer"),
    route(
        "/calls/{call:int}/recording",
        recording,
        policy=right("recordings.pause"),
        methods=["POST"],
        name="call.recording",
    ),
    route("/calls/{call:int}/note", note, policy=_RESULT, methods=["POST"], name="call.note"),
    route("/calls/{call:int}/bookmarks", bookmark, policy=_RESULT, methods=["POST"], name="call.bookmark"),
    route("/calls/{call:int}/link", link, policy=_RESULT, methods=["POST"], name="call.link"),
    route("/calls/{call:int}/wrap-up/end", end_wrap_up, policy=_RESULT, methods=["POST"], name="call.wrap_up.end"),
    route("/calls/{call:int}/result", result, policy=_RESULT, methods=["POST"], name="call.result"),
    route("/me/state", my_state, policy=_STATE, methods=["POST"], name="agent.state.choose"),
]
