"""Between rows and values: a stored call as telephony would report it, and a report written into its row."""

from sqlalchemy import inspect
from sqlalchemy.orm.attributes import flag_modified

from callcenter.calls.changes import Users, owner
from callcenter.calls.facts import CallPhase, CallState, Direction, LegKind, LegOutcome, LegState
from callcenter.calls.model import Call, Leg, OrderState
from callcenter.calls.rules import call_seconds, leg_seconds
from core.kernel.phones import normalise

_SECONDS = ("ring_seconds", "talk_seconds", "hold_seconds")
#: What may change of a leg.
_CHANGING = ("endpoint", "user_id", "answered_at", "ended_at", "outcome", "cause", "talks", "holds", *_SECONDS)


def as_state(row: Call) -> CallState:
    """What the log knows of the call. The row's legs and links must be loaded."""
    return CallState(
        call_id=row.id,
        server=row.server,
        linkedids=tuple(sorted(link.linkedid for link in row.links)),
        direction=Direction(row.direction),
        phase=CallPhase(row.phase),
        phone=row.phone_given,
        dialled=row.dialled,
        queue=row.queue,
        queued_at=row.queued_at,
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        cause=row.cause,
        lost=row.lost,
        answerer=row.answerer,
        legs=tuple(sorted((_leg_state(leg) for leg in row.legs), key=lambda leg: (leg.started_at, leg.uniqueid))),
    )


def new_row(state: CallState) -> Call:
    """A row for a call that is not in the log yet; ``write`` fills it."""
    return Call(id=state.call_id, note="", result_reason="", needs_result=False, wrap_seconds=0, legs=[], links=[])


def tombstone(call_id: int, into: CallState) -> Call:
    """A row that keeps a merged call's id from ever becoming a call of its own."""
    return Call(
        id=call_id,
        server=into.server,
        direction=into.direction,
        phase=CallPhase.ENDED,
        started_at=into.started_at,
        ended_at=into.started_at,
        merged_into=into.call_id,
        legs=[],
        links=[],
    )


def write(row: Call, state: CallState, users: Users, region: str) -> None:
    """Write the state into the row, its legs and its seconds. Links are written by the caller, who knows all of
    them."""
    row.server = state.server
    row.direction = state.direction
    row.phase = state.phase
    row.phone_given = state.phone
    row.phone = normalise(state.phone, region)
    row.dialled = state.dialled
    row.queue = state.queue
    row.queued_at = state.queued_at
    row.started_at = state.started_at
    row.answered_at = state.answered_at
    row.ended_at = state.ended_at
    row.cause = state.cause
    row.lost = state.lost
    row.answerer = state.answerer
    row.user_id = owner(state, users) or row.user_id
    if row.order_state == OrderState.RESERVED and state.legs:
        row.order_state = OrderState.SENT
    seconds = call_seconds(state, state.ended_at or state.started_at)
    row.ring_seconds, row.talk_seconds, row.hold_seconds = seconds.ring, seconds.talk, seconds.hold
    known = {leg.uniqueid: leg for leg in row.legs}
    for leg in state.legs:
        _write_leg(row, known.get(leg.uniqueid), leg, users, state)


def _write_leg(row: Call, known: Leg | None, state: LegState, users: Users, call: CallState) -> None:
    leg = known if known is not None else Leg(uniqueid=state.uniqueid)
    seconds = leg_seconds(state, call.ended_at or state.started_at)
    leg.channel = state.channel[:160]
    leg.kind = state.kind
    leg.endpoint = state.endpoint
    leg.user_id = leg.user_id or users.get(state.endpoint or "")
    leg.number = state.number
    leg.started_at = state.started_at
    leg.answered_at = state.answered_at
    leg.ended_at = state.ended_at
    leg.outcome = state.outcome
    leg.cause = state.cause
    leg.talks = state.talks
    leg.holds = state.holds
    leg.ring_seconds, leg.talk_seconds, leg.hold_seconds = seconds.ring, seconds.talk, seconds.hold
    if known is None:
        row.legs.append(leg)
    elif inspect(leg).modified:  # rows that name the same columns are written together
        for name in _CHANGING:
            flag_modified(leg, name)


def _leg_state(leg: Leg) -> LegState:
    return LegState(
        uniqueid=leg.uniqueid,
        channel=leg.channel,
        kind=LegKind(leg.kind),
        endpoint=leg.endpoint,
        number=leg.number,
        started_at=leg.started_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        outcome=LegOutcome(leg.outcome),
        cause=leg.cause,
        talks=leg.talks,
        holds=leg.holds,
    )
