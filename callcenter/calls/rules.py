"""Pure decisions of the call log: how long, who, and what a call that nobody answered came to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.calls.facts import AnsweredBy, CallPhase, CallState, Direction, Interval, LegKind, LegOutcome, LegState

#: Q.850 causes of a call the far side did not take, as result codes. Anything else is FAIL.
_CAUSES = {17: "BUSY", 18: "NA", 19: "NA", 20: "NA", 34: "CONGEST", 38: "CONGEST", 42: "CONGEST"}
_NORMAL_CLEARING = 16
#: Why nothing is known of who answered: he hung up first.
HUNG_UP = "HANGUP"
NOT_IN_SERVICE = frozenset({1, 22, 28})

#: How long an order may go without a channel: while the exchange cannot be asked, and while it answers.
_ORDER_UNASKED, _ORDER_ASKED = timedelta(minutes=2), timedelta(seconds=10)
#: How soon after the link's return everything that lives at the exchange is known.
_CAUGHT_UP = timedelta(seconds=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seconds:
    """Whole seconds of a call or of one of its legs."""

    ring: int
    talk: int
    hold: int


def total_seconds(stretches: Iterable[Interval], until: datetime) -> int:
    """The length of the union of the stretches, rounded to whole seconds; an open one lasts ``until``."""
    return round(sum((end - start).total_seconds() for start, end in _union(stretches, until)))


def leg_seconds(leg: LegState, until: datetime) -> Seconds:
    """How long one phone rang, talked and held. Times on hold never count as talk."""
    end = leg.ended_at or until
    talks, holds = _within(leg.talks, end), _within(leg.holds, end)
    held = total_seconds(holds, end)
    return Seconds(
        ring=total_seconds([_ringing(leg)], end),
        talk=max(0, total_seconds([*talks, *holds], end) - held),
        hold=held,
    )


def call_seconds(call: CallState, until: datetime) -> Seconds:
    """How long the call rang at the side that was called, and how long the customer talked and was held.

    Without a customer (an internal call) the collectors' own legs count. A consultation between collectors while the
    customer waits is hold, not talk.
    """
    end = call.ended_at or until
    customers = [leg for leg in call.legs if leg.kind is LegKind.CUSTOMER]
    parties = customers or [leg for leg in call.legs if leg.kind is LegKind.AGENT]
    talks = [talk for leg in parties for talk in _within(leg.talks, leg.ended_at or end)]
    holds = [hold for leg in parties for hold in _within(leg.holds, leg.ended_at or end)]
    talk = total_seconds(talks, end)
    rung = [_ringing(leg) for leg in _rung(call)]
    return Seconds(
        ring=total_seconds(rung, end),
        talk=talk,
        hold=total_seconds([*talks, *holds], end) - talk,
    )


def orders_lost_before(now: datetime, up_since: datetime | None) -> datetime:
    """Orders given before this moment that no channel was seen of were lost on their way.

    ``up_since`` is when the exchange last began to answer, None while it does not. What was ordered over an earlier
    link, or by a process that died, is among the calls the exchange lists after the return, or it never came to be.
    """
    if up_since is None or now - up_since < _CAUGHT_UP:
        return now - _ORDER_UNASKED
    return max(up_since, now - _ORDER_ASKED)


def is_contact(call: CallState) -> bool:
    """Whether somebody of the other side talked with a human of the agency."""
    return call.answered_at is not None


def met_machine(call: CallState) -> bool:
    """Whether an answering machine took the call. A talk proves the exchange wrong."""
    return call.answerer is not None and call.answerer.by is AnsweredBy.MACHINE and not is_contact(call)


def was_answered(call: CallState) -> bool:
    """Whether the customer took the call, be it that nobody of the agency was there: to the law he was reached. A
    machine is nobody, but a message left on it is one that reaches him."""
    if is_contact(call):
        return True
    if call.answerer is not None and met_machine(call):
        return call.answerer.left
    outbound = call.direction is Direction.OUTBOUND
    return outbound and any(leg.kind is LegKind.CUSTOMER and leg.answered_at is not None for leg in call.legs)


def reached_customer(call: CallState) -> bool:
    """Whether anything rang at the customer's side. Unknown counts as yes: contact law errs on the debtor's side."""
    return call.lost or any(leg.kind is LegKind.CUSTOMER for leg in call.legs)


def result_of_silence(call: CallState) -> str | None:
    """The result an unanswered outbound call comes to by itself; None when a person has to say it."""
    if call.direction is not Direction.OUTBOUND or call.phase is not CallPhase.ENDED or is_contact(call):
        return None
    customers = [leg for leg in call.legs if leg.kind is LegKind.CUSTOMER]
    if not customers or call.lost:
        return "FAIL"
    last = customers[-1]
    if last.answered_at is not None:
        return _of_nobody(call)
    if last.outcome in (LegOutcome.BUSY, LegOutcome.REJECTED):
        return "BUSY"
    if last.cause in NOT_IN_SERVICE:
        return "FAIL"  # the exchange says so, a collector confirms it: only a person marks a number as dead
    if last.cause in _CAUSES:
        return _CAUSES[last.cause]
    return "NA" if last.outcome in (LegOutcome.NO_ANSWER, LegOutcome.CANCELLED) else "FAIL"


def _of_nobody(call: CallState) -> str:
    """Picked up, and no collector was there: a machine, somebody who waited (in a queue, or to be judged), or somebody
    who heard a recording."""
    if met_machine(call):
        return "VM"
    unjudged = call.answerer is not None and call.answerer.because == HUNG_UP
    return "ABANDONED" if call.queue or unjudged else "MESSAGE"


def left_behind(call: CallState, endpoint: str, *, page_gone: bool) -> LegState | None:
    """The leg by which the phone ``endpoint`` was in the call until it vanished, while its customer is still there;
    None when it did not vanish or somebody else has the customer.

    A phone that says goodbye ends with normal clearing. ``page_gone``: even a leg that is still up is dead, because
    whoever had it is known to be gone.
    """
    customers = (leg for leg in call.legs if leg.kind is LegKind.CUSTOMER)
    agents = [leg for leg in call.legs if leg.kind is LegKind.AGENT]
    if not agents or not any(leg.answered_at is not None and leg.ended_at is None for leg in customers):
        return None
    last = max(agents, key=lambda leg: (leg.started_at, leg.uniqueid))
    if last.endpoint != endpoint or last.answered_at is None:
        return None
    if last.ended_at is None:
        return last if page_gone else None
    others = any(leg.ended_at is None for leg in agents)
    return None if others or last.cause == _NORMAL_CLEARING else last


def number_to_show(own: Sequence[str], phone: str) -> str | None:
    """Which of the numbers held by contract to show to ``phone``: the one with the longest common beginning.

    A debtor sees a call from his own country and city. Without a number of one's own none is chosen: RU 230-FZ art. 9
    forbids to show any other, so the exchange's default stands.
    """
    return max(sorted(own), key=lambda number: _common(number, phone), default=None)


def _common(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _rung(call: CallState) -> list[LegState]:
    """The legs that were called: collectors' phones, or the customer's when the agency calls."""
    kind = LegKind.CUSTOMER if call.direction is Direction.OUTBOUND else LegKind.AGENT
    return [leg for leg in call.legs if leg.kind is kind]


def _ringing(leg: LegState) -> Interval:
    return Interval(start=leg.started_at, end=leg.answered_at or leg.ended_at)


def _within(stretches: Iterable[Interval], end: datetime) -> list[Interval]:
    return [Interval(start=s.start, end=min(s.end or end, end)) for s in stretches]


def _union(stretches: Iterable[Interval], until: datetime) -> list[tuple[datetime, datetime]]:
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted((s.start, s.end or until) for s in stretches):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
