"""Calls: the log, placing calls, steering them, saying how they went."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from starlette.requests import Request

from callcenter.calls import errors, queries, rights
from callcenter.calls.control import CallControl
from callcenter.calls.recorded import Recordings, RecordingView
from callcenter.calls.results import CallResults
from callcenter.calls.service import CallService, Dial
from callcenter.calls.views import CallDetail
from core.cases.model import Case
from core.kernel.access import Actor
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.i18n import msg
from web.api.v1.call_shapes import Call, CallOrder, CallPage, CallsAsked, ResultGiven, Target, call_of, details_of
from web.api.v1.operation import Operation, routes_of, step
from web.api.v1.reach import person_on, reader
from web.api.v1.shapes import MoneySent, Nothing
from web.security import actor, right
from web.state import part, services


async def index(request: Request, asked: CallsAsked) -> CallPage:
    async with services(request).uow.read() as session:
        found = await queries.list_calls(session, actor(request), asked.query())
        whole = await queries.whole_calls(session, found.rows)
    return CallPage(items=await _calls(request, whole), next=found.next)


async def one(request: Request, _sent: Nothing) -> Call:
    return await _answer(request, actor(request), request.path_params["id"])


async def place(request: Request, order: CallOrder) -> Call:
    me, party_id = actor(request), None
    async with services(request).uow.read() as session:
        if order.case_id is not None:
            party_id = await person_on(session, me, order.case_id, order.party_id, order.phone)
    if order.party_id is not None and order.case_id is None:
        raise Invalid({"case_id": msg("Say which case of this person the call is about.")})
    wish = Dial(
        phone=order.phone,
        key=secrets.token_urlsafe(),
        case_id=order.case_id,
        party_id=party_id,
        user_id=order.agent,
        override_reason=order.override_reason or None,
    )
    call_id = await part(request, CallService).dial(me, wish)
    return await _answer(request, reader(request, rights.DIAL, rights.VIEW), call_id)


async def hang_up(request: Request, _sent: Nothing) -> Call:
    return await _steered(request, part(request, CallControl).hang_up)


async def hold(request: Request, _sent: Nothing) -> Call:
    return await _steered(request, part(request, CallControl).hold)


async def unhold(request: Request, _sent: Nothing) -> Call:
    return await _steered(request, part(request, CallControl).unhold)


async def transfer(request: Request, to: Target) -> Call:
    control = part(request, CallControl)
    return await _steered(request, lambda me, call_id: control.transfer(me, call_id, to.target, attended=to.attended))


async def _steered(request: Request, order: Callable[[Actor, int], Awaitable[None]]) -> Call:
    call_id: int = request.path_params["id"]
    await order(actor(request), call_id)
    return await _answer(request, reader(request, rights.CONTROL, rights.VIEW), call_id)


async def result(request: Request, given: ResultGiven) -> Call:
    who, call_id = reader(request, rights.RESULT, rights.VIEW), request.path_params["id"]
    if given.promise is not None:
        await _check_currency(request, who, call_id, "promise.amount", [given.promise.amount])
    if given.plan is not None:
        sums = [one.amount for one in given.plan.instalments]
        await _check_currency(request, who, call_id, "plan.instalments", sums)
    await part(request, CallResults).result(actor(request), call_id, given.code, details_of(given))
    return await _answer(request, who, call_id)


async def _check_currency(request: Request, who: Actor, call_id: int, field: str, sums: Sequence[MoneySent]) -> None:
    async with services(request).uow.read() as session:
        call = (await queries.call_detail(session, who, call_id)).call
        case = await session.get(Case, call.case_id) if call.case_id is not None else None
    if case is not None and any(one.currency != case.currency for one in sums):
        raise Invalid({field: msg("The debt is in {currency}.", currency=case.currency)})


async def _answer(request: Request, who: Actor, call_id: int) -> Call:
    async with services(request).uow.read() as session:
        found = await queries.call_detail(session, who, call_id)
    return (await _calls(request, [found]))[0]


async def _calls(request: Request, found: Sequence[CallDetail]) -> list[Call]:
    me = actor(request)
    recordings: Mapping[int, Sequence[RecordingView]] = {}
    if found and me.may("recordings.listen"):
        room = part(request, Recordings)
        recordings = await room.of_calls(me, [one.call.id for one in found])
    return [call_of(one, recordings.get(one.call.id, ())) for one in found]


_EXCHANGE = (errors.OrderRefused, errors.TelephonyUnavailable)

#: An order to the exchange about a call that goes on: answered once it was given, not once it has worked.
_steering = partial(
    step,
    "/calls",
    gives=Call,
    policy=right(rights.CONTROL),
    status=202,
    errors=(errors.CallNotFound, errors.NotInCall, errors.NoPhone, *_EXCHANGE),
)
OPERATIONS = (
    Operation(
        name="calls.list",
        method="GET",
        path="/calls",
        summary="The call log, the newest first",
        policy=right(rights.VIEW),
        takes=CallsAsked,
        gives=CallPage,
        handler=index,
    ),
    Operation(
        name="calls.get",
        method="GET",
        path="/calls/{id:int}",
        summary="One call",
        policy=right(rights.VIEW),
        takes=Nothing,
        gives=Call,
        errors=(errors.CallNotFound,),
        handler=one,
    ),
    Operation(
        name="calls.place",
        method="POST",
        path="/calls",
        summary="Call a debtor, unless contact law forbids it",
        policy=right(rights.DIAL),
        takes=CallOrder,
        gives=Call,
        status=201,
        acts=True,
        errors=(errors.ContactForbidden, errors.BadNumber, errors.NoPhone, NotFound, Forbidden, *_EXCHANGE),
        handler=place,
    ),
    _steering("hangup", "End the call", hang_up, takes=Nothing),
    _steering("hold", "Music for the other side", hold, takes=Nothing),
    _steering("unhold", "Ring one's own phone back into a held call", unhold, takes=Nothing),
    _steering("transfer", "Send the other side to an extension or a queue", transfer, takes=Target),
    step(
        "/calls",
        "result",
        "Say how the call went; ends wrap-up",
        result,
        takes=ResultGiven,
        gives=Call,
        policy=right(rights.RESULT),
        errors=(errors.CallNotFound, errors.UnknownResult, errors.ResultIncomplete, errors.CallWithoutCase),
    ),
)

routes = routes_of(OPERATIONS)
