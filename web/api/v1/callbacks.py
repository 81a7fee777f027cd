"""Callbacks: promises to call."""

from functools import partial

from pydantic import ConfigDict, Field
from starlette.requests import Request

from callcenter.callbacks import errors, queries, rights
from callcenter.callbacks.model import CallbackState, Origin
from callcenter.callbacks.queries import CallbackQuery, CallbackRow
from callcenter.callbacks.service import CallbackService, Plan
from callcenter.calls import errors as calls
from callcenter.calls.rights import DIAL
from core.kernel.access import Actor
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from web.api.v1.operation import Operation, routes_of, step
from web.api.v1.reach import person_on, reader, require_colleague
from web.api.v1.shapes import E164, Id, Nothing, Page, Paged, Sent, Shape, Text, Utc, When
from web.security import Policy, actor, right
from web.state import part, services

_EDIT: Policy = right(rights.EDIT)


class Callback(Shape):
    """A promise to call between ``window_start`` and ``window_end``. ``agent`` null: anybody may take it. ``zone`` is
    the debtor's (IANA); ``moved_rule`` is the rule of contact law that moved it last; ``call_id`` the call made for it,
    ``source_call_id`` the one it comes from."""

    id: Id
    state: CallbackState
    origin: Origin
    agent: int | None
    party_id: int | None
    case_id: int | None
    phone: str
    zone: str
    window_start: Utc
    window_end: Utc
    reason: str
    automatic: bool
    attempts: int
    moved_rule: str | None
    call_id: int | None
    source_call_id: int | None
    created_at: Utc
    closed_at: Utc | None


class CallbackPage(Page[Callback]):
    """Callbacks in the order they fall due."""


class CallbacksAsked(Paged):
    """Which callbacks; without ``state`` those still open. ``from`` and ``to`` (not included) bound the window's start;
    ``due`` leaves those that should be called now."""

    model_config = ConfigDict(populate_by_name=True)

    since: When | None = Field(None, alias="from")
    to: When | None = None
    state: CallbackState | None = None
    due: bool = False
    agent: Id | None = None
    case: Id | None = None
    party: Id | None = None


class CallbackPlan(Sent):
    """A callback to be. The law may move it to the next lawful moment. ``agent`` null: anybody."""

    phone: E164
    window_start: When
    window_end: When
    reason: Text = ""
    agent: Id | None = None
    case_id: Id | None = None
    party_id: Id | None = None
    automatic: bool = False


class Moved(Sent):
    """Another time."""

    window_start: When
    window_end: When


class Dropped(Sent):
    """Why it is not needed."""

    reason: Text = ""


async def index(request: Request, asked: CallbacksAsked) -> CallbackPage:
    query = CallbackQuery(
        state=asked.state,
        due=asked.due,
        user_id=asked.agent,
        case_id=asked.case,
        party_id=asked.party,
        since=asked.since,
        until=asked.to,
        after=asked.after,
        size=asked.limit,
    )
    async with services(request).uow.read() as session:
        found = await queries.list_callbacks(session, actor(request), query)
    return CallbackPage(items=[_callback(row) for row in found.rows], next=found.next)


async def one(request: Request, _sent: Nothing) -> Callback:
    return await _answer(request, actor(request), request.path_params["id"])


async def plan(request: Request, wanted: CallbackPlan) -> Callback:
    me, party_id = actor(request), None
    if wanted.party_id is not None and wanted.case_id is None:
        raise Invalid({"case_id": msg("Say which case of this person the call is about.")})
    async with services(request).uow.read() as session:
        if wanted.case_id is not None:
            party_id = await person_on(session, me, wanted.case_id, wanted.party_id, wanted.phone)
        if wanted.agent is not None:
            await require_colleague(session, me, rights.EDIT, wanted.agent)
    callback_id = await part(request, CallbackService).plan(
        me,
        Plan(
            phone=wanted.phone,
            start=wanted.window_start,
            end=wanted.window_end,
            reason=wanted.reason,
            user_id=wanted.agent,
            case_id=wanted.case_id,
            party_id=party_id,
            automatic=wanted.automatic,
        ),
    )
    return await _changed(request, callback_id)


async def reschedule(request: Request, to: Moved) -> Callback:
    callback_id: int = request.path_params["id"]
    service = part(request, CallbackService)
    await service.reschedule(actor(request), callback_id, to.window_start, to.window_end)
    return await _changed(request, callback_id)


async def cancel(request: Request, dropped: Dropped) -> Callback:
    callback_id: int = request.path_params["id"]
    await part(request, CallbackService).cancel(actor(request), callback_id, dropped.reason)
    return await _changed(request, callback_id)


async def dial(request: Request, _sent: Nothing) -> Callback:
    callback_id: int = request.path_params["id"]
    await _changed(request, callback_id)
    actor(request).require(DIAL)  # before the callback is taken, not after
    await part(request, CallbackService).take(actor(request), callback_id)
    return await _changed(request, callback_id)


async def _changed(request: Request, callback_id: int) -> Callback:
    return await _answer(request, reader(request, rights.EDIT, rights.VIEW), callback_id)


async def _answer(request: Request, who: Actor, callback_id: int) -> Callback:
    async with services(request).uow.read() as session:
        return _callback(await queries.one_callback(session, who, callback_id))


def _callback(row: CallbackRow) -> Callback:
    return Callback(
        id=row.id,
        state=CallbackState(row.state),
        origin=Origin(row.origin),
        agent=row.user_id,
        party_id=row.party_id,
        case_id=row.case_id,
        phone=row.phone,
        zone=row.zone,
        window_start=row.window_start,
        window_end=row.window_end,
        reason=row.reason,
        automatic=row.automatic,
        attempts=row.attempts,
        moved_rule=row.moved_rule,
        call_id=row.call_id,
        source_call_id=row.source_call_id,
        created_at=row.created_at,
        closed_at=row.closed_at,
    )


_step = partial(step, "/callbacks", gives=Callback, policy=_EDIT)
OPERATIONS = (
    Operation(
        name="callbacks.list",
        method="GET",
        path="/callbacks",
        summary="Callbacks in the order they fall due",
        policy=right(rights.VIEW),
        takes=CallbacksAsked,
        gives=CallbackPage,
        handler=index,
    ),
    Operation(
        name="callbacks.get",
        method="GET",
        path="/callbacks/{id:int}",
        summary="One callback",
        policy=right(rights.VIEW),
        takes=Nothing,
        gives=Callback,
        errors=(errors.CallbackNotFound,),
        handler=one,
    ),
    Operation(
        name="callbacks.plan",
        method="POST",
        path="/callbacks",
        summary="Plan a callback",
        policy=_EDIT,
        takes=CallbackPlan,
        gives=Callback,
        status=201,
        acts=True,
        errors=(NotFound, errors.BadWindow, errors.BadCallbackPhone),
        handler=plan,
    ),
    _step(
        "reschedule",
        "Give it another time",
        reschedule,
        takes=Moved,
        errors=(errors.CallbackNotFound, errors.CallbackTaken, errors.BadWindow),
    ),
    _step("cancel", "Drop it", cancel, takes=Dropped, errors=(errors.CallbackNotFound, errors.CallbackTaken)),
    _step(
        "dial",
        "Call now, from one's own phone",
        dial,
        takes=Nothing,
        errors=(
            errors.CallbackNotFound,
            errors.CallbackTaken,
            calls.ContactForbidden,
            calls.NoPhone,
            calls.OrderRefused,
            calls.TelephonyUnavailable,
        ),
    ),
)

routes = routes_of(OPERATIONS)
