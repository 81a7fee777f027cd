"""Calls: the log, placing calls, steering them, saying how they went."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field
from starlette.requests import Request

from callcenter.calls import errors, queries, rights
from callcenter.calls.control import CallControl
from callcenter.calls.demands import ResultDetails
from callcenter.calls.facts import CallPhase, Direction, LegKind, LegOutcome
from callcenter.calls.ports import Agreed, Instalments, Promised
from callcenter.calls.recorded import Recordings, RecordingView
from callcenter.calls.results import CallResults
from callcenter.calls.service import CallService, Dial
from callcenter.calls.views import CallDetail, CallQuery, LegRow
from core.cases.model import Case
from core.cases.rules.plans import FEWEST, MOST, Due
from core.kernel.access import Actor
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.i18n import msg
from web.api.v1.operation import Operation, S, routes_of
from web.api.v1.reach import person_on, reader
from web.api.v1.shapes import (
    E164,
    Id,
    MoneySent,
    Note,
    Nothing,
    Page,
    Paged,
    Sent,
    Shape,
    Text,
    Utc,
    When,
    Word,
)
from web.security import actor, right
from web.state import part, services


class Leg(Shape):
    """One phone (an Asterisk channel) of a call. ``agent`` is the collector behind it; seconds are whole."""

    uniqueid: str
    kind: LegKind
    agent: int | None
    endpoint: str | None
    number: str | None
    started_at: Utc
    answered_at: Utc | None
    ended_at: Utc | None
    outcome: LegOutcome
    hangup_cause: int | None
    ring_seconds: int
    talk_seconds: int
    hold_seconds: int


class Asterisk(Shape):
    """What the exchange calls it. ``linkedid`` is null until a channel was seen."""

    server: str
    linkedid: str | None
    uniqueids: list[str]


class Call(Shape):
    """A call. ``agent`` is the collector whose call it is, ``hangup_cause`` Asterisk's (Q.850), ``phone`` null when
    hidden. Seconds are whole, and final once the call has ended. ``recording_id`` needs ``recordings.listen``."""

    id: Id
    direction: Direction
    state: CallPhase
    started_at: Utc
    answered_at: Utc | None
    ended_at: Utc | None
    ring_seconds: int
    talk_seconds: int
    hold_seconds: int
    wrap_seconds: int
    hangup_cause: int | None
    phone: str | None
    party_id: int | None
    case_id: int | None
    agent: int | None
    queue: str | None
    campaign: str | None
    result_code: str | None
    recording_id: int | None
    asterisk: Asterisk
    legs: list[Leg]


class CallPage(Page[Call]):
    """Calls, the newest first."""


class CallsAsked(Paged):
    """Which calls. ``from`` and ``to`` (not included) bound the start; ``agent`` is whose call it is."""

    model_config = ConfigDict(populate_by_name=True)

    since: When | None = Field(None, alias="from")
    to: When | None = None
    agent: Id | None = None
    phone: E164 | None = None
    case: Id | None = None
    direction: Direction | None = None
    result: Word | None = None
    queue: Word | None = None
    campaign: Word | None = None


class CallOrder(Sent):
    """Whom to call. ``agent`` rings another collector's phone than one's own; without ``case_id`` the number decides
    whose contact law applies. ``override_reason`` goes ahead against a rule, for those who have the right."""

    phone: E164
    agent: Id | None = None
    case_id: Id | None = None
    party_id: Id | None = None
    override_reason: Text | None = None


class Target(Sent):
    """Where to: an extension or a queue. ``attended`` asks there first."""

    target: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    attended: bool = False


class PromiseMade(Sent):
    """What was promised for which day, in the case's currency."""

    amount: MoneySent
    due_on: date


class InstalmentMade(Sent):
    """A part of the plan, in the case's currency."""

    amount: MoneySent
    due_on: date


class PlanMade(Sent):
    """The instalments that were agreed, in their order."""

    instalments: Annotated[list[InstalmentMade], Field(min_length=FEWEST, max_length=MOST)]


class CallbackAgreed(Sent):
    """When the debtor wants to be called back; ``phone`` null: where he was called."""

    start: When
    end: When
    reason: Text = ""
    phone: E164 | None = None


class ResultGiven(Sent):
    """How the call went. A code may demand a promise, a plan, a callback, a reason or a document."""

    code: Word
    promise: PromiseMade | None = None
    plan: PlanMade | None = None
    callback: CallbackAgreed | None = None
    reason: Text = ""
    document: Text = ""
    note: Note = ""


async def index(request: Request, asked: CallsAsked) -> CallPage:
    if asked.campaign is not None:
        actor(request).require(rights.VIEW)
        return CallPage(items=[], next=None)  # nothing is dialled for campaigns
    query = CallQuery(
        since=asked.since,
        until=asked.to,
        owner_id=asked.agent,
        number=asked.phone,
        case_id=asked.case,
        direction=asked.direction,
        result=asked.result,
        queue=asked.queue,
        after=asked.after,
        size=asked.limit,
    )
    async with services(request).uow.read() as session:
        found = await queries.list_calls(session, actor(request), query)
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
    await part(request, CallResults).result(actor(request), call_id, given.code, _details(given))
    return await _answer(request, who, call_id)


async def _check_currency(request: Request, who: Actor, call_id: int, field: str, sums: Sequence[MoneySent]) -> None:
    async with services(request).uow.read() as session:
        call = (await queries.call_detail(session, who, call_id)).call
        case = await session.get(Case, call.case_id) if call.case_id is not None else None
    if case is not None and any(one.currency != case.currency for one in sums):
        raise Invalid({field: msg("The debt is in {currency}.", currency=case.currency)})


def _details(given: ResultGiven) -> ResultDetails:
    promised, agreed = given.promise, given.callback
    return ResultDetails(
        promise=Promised(amount=promised.amount.decimal, due=promised.due_on) if promised else None,
        plan=_instalments(given.plan) if given.plan else None,
        callback=Agreed(start=agreed.start, end=agreed.end, reason=agreed.reason, phone=agreed.phone)
        if agreed
        else None,
        reason=given.reason,
        document=given.document,
        note=given.note,
    )


def _instalments(plan: PlanMade) -> Instalments:
    return Instalments(dues=tuple(Due(one.due_on, one.amount.decimal) for one in plan.instalments))


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
    return [_call(one, recordings.get(one.call.id, ())) for one in found]


def _call(found: CallDetail, recordings: Sequence[RecordingView]) -> Call:
    row = found.call
    return Call(
        id=row.id,
        direction=Direction(row.direction),
        state=CallPhase(row.phase),
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        ring_seconds=row.ring_seconds,
        talk_seconds=row.talk_seconds,
        hold_seconds=row.hold_seconds,
        wrap_seconds=row.wrap_seconds,
        hangup_cause=row.cause,
        phone=row.phone,
        party_id=row.party_id,
        case_id=row.case_id,
        agent=row.user_id,
        queue=row.queue,
        campaign=None,
        result_code=row.result_code,
        recording_id=next((one.id for one in recordings if one.playable), None),
        asterisk=Asterisk(
            server=found.server,
            linkedid=next(iter(found.linkedids), None),
            uniqueids=[leg.uniqueid for leg in found.legs],
        ),
        legs=[_leg(leg) for leg in found.legs],
    )


def _leg(leg: LegRow) -> Leg:
    return Leg(
        uniqueid=leg.uniqueid,
        kind=LegKind(leg.kind),
        agent=leg.user_id,
        endpoint=leg.endpoint,
        number=leg.number,
        started_at=leg.started_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        outcome=LegOutcome(leg.outcome),
        hangup_cause=leg.cause,
        ring_seconds=leg.ring_seconds,
        talk_seconds=leg.talk_seconds,
        hold_seconds=leg.hold_seconds,
    )


def _steering(
    verb: str, summary: str, takes: type[S], handler: Callable[[Request, S], Awaitable[Call]]
) -> Operation[S]:
    """An order to the exchange about a call that goes on: answered once it was given, not once it has worked."""
    return Operation(
        name=f"calls.{verb}",
        method="POST",
        path=f"/calls/{{id:int}}/{verb}",
        summary=summary,
        policy=right(rights.CONTROL),
        takes=takes,
        gives=Call,
        status=202,
        acts=True,
        errors=(errors.CallNotFound, errors.NotInCall, errors.NoPhone, *_EXCHANGE),
        handler=handler,
    )


_EXCHANGE = (errors.OrderRefused, errors.TelephonyUnavailable)

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
    _steering("hangup", "End the call", Nothing, hang_up),
    _steering("hold", "Music for the other side", Nothing, hold),
    _steering("unhold", "Ring one's own phone back into a held call", Nothing, unhold),
    _steering("transfer", "Send the other side to an extension or a queue", Target, transfer),
    Operation(
        name="calls.result",
        method="POST",
        path="/calls/{id:int}/result",
        summary="Say how the call went; ends wrap-up",
        policy=right(rights.RESULT),
        takes=ResultGiven,
        gives=Call,
        acts=True,
        errors=(errors.CallNotFound, errors.UnknownResult, errors.ResultIncomplete, errors.CallWithoutCase),
        handler=result,
    ),
)

routes = routes_of(OPERATIONS)
