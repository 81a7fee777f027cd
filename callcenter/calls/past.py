"""What a call was like at earlier moments. Pure.

A report carries a call's whole state, so what happened between two reports is in the later one: under load, after a cut
link or a restart that may be a whole talk.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from callcenter.calls.facts import CallPhase, CallState, LegKind, LegOutcome, LegState
from callcenter.calls.merging import moments


def latest(call: CallState) -> datetime:
    """The moment of the last thing that is known of the call."""
    return max(moments(call))


def between(before: CallState | None, after: CallState) -> Iterator[tuple[datetime, CallState]]:
    """The call at every moment after what ``before`` knew (None: nothing) at which something happened, oldest first,
    but for the last, which ``after`` is."""
    since, until = latest(before) if before is not None else None, latest(after)
    for moment in sorted(set(moments(after))):
        if (since is None or moment > since) and moment < until:
            yield moment, as_of(after, moment)


def as_of(call: CallState, moment: datetime) -> CallState:
    """The call as it was known at ``moment``: who rang, who was in it, whether the customer was held."""
    legs = tuple(_leg_as_of(leg, moment) for leg in call.legs if leg.started_at <= moment)
    ended, answered = _until(call.ended_at, moment), _until(call.answered_at, moment)
    phase = (
        CallPhase.ENDED
        if ended is not None
        else CallPhase.HELD
        if _is_held(call, moment)
        else CallPhase.TALKING
        if answered is not None
        else CallPhase.RINGING
    )
    return replace(call, legs=legs, answered_at=answered, ended_at=ended, phase=phase)


def _leg_as_of(leg: LegState, moment: datetime) -> LegState:
    answered, ended = _until(leg.answered_at, moment), _until(leg.ended_at, moment)
    outcome = LegOutcome.PENDING if answered is None and ended is None else leg.outcome
    return replace(leg, answered_at=answered, ended_at=ended, outcome=outcome)


def _is_held(call: CallState, moment: datetime) -> bool:
    customers = [leg for leg in call.legs if leg.kind is LegKind.CUSTOMER] or call.legs
    holds = [hold for leg in customers for hold in leg.holds]
    return any(hold.start <= moment and (hold.end is None or moment < hold.end) for hold in holds)


def _until(at: datetime | None, moment: datetime) -> datetime | None:
    return at if at is not None and at <= moment else None
