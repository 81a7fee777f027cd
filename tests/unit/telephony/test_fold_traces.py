"""What the fold makes of calls recorded on a real Asterisk."""

import pytest

from callcenter.calls.facts import CallPhase, CallState, Direction, LegKind, LegOutcome
from telephony.tracking.fold import Fold
from tests.unit.telephony.replay import ENDPOINTS, NAMES, events, folded

ANSWERED, BUSY, REJECTED = LegOutcome.ANSWERED, LegOutcome.BUSY, LegOutcome.REJECTED
CANCELLED, NO_ANSWER = LegOutcome.CANCELLED, LegOutcome.NO_ANSWER


def the_call(name: str) -> CallState:
    (call,) = folded(events(name)).values()
    return call


def collectors(call: CallState) -> list[tuple[str | None, LegOutcome]]:
    return [(leg.endpoint, leg.outcome) for leg in call.legs if leg.kind is LegKind.AGENT]


def talked(call: CallState, endpoint: str) -> float:
    stretches = [talk for leg in call.legs if leg.endpoint == endpoint for talk in leg.talks]
    return sum((talk.end - talk.start).total_seconds() for talk in stretches if talk.end)


@pytest.mark.parametrize(
    ("name", "legs"),
    [
        ("queue_answered", [("100", ANSWERED)]),
        ("queue_next_collector", [("100", NO_ANSWER), ("101", ANSWERED)]),
        ("queue_abandoned", [("100", CANCELLED)]),
        ("direct_hidden", [("100", ANSWERED)]),
        ("direct_busy", [("100", BUSY)]),
        ("direct_rejected", [("100", REJECTED)]),
        ("direct_abandoned", [("100", CANCELLED)]),
        ("order_answered", [("100", ANSWERED)]),
        ("order_busy", [("100", ANSWERED)]),
        ("order_not_taken", [("100", NO_ANSWER)]),
        ("order_rejected", [("100", REJECTED)]),
        ("blind_transfer", [("100", ANSWERED), ("101", ANSWERED)]),
        ("attended_transfer", [("100", ANSWERED), ("101", ANSWERED)]),
        ("attended_transfer_while_ringing", [("100", ANSWERED), ("101", ANSWERED)]),
        ("attended_transfer_cancelled", [("100", ANSWERED), ("101", CANCELLED)]),
        ("attended_transfer_to_queue", [("100", ANSWERED), ("101", ANSWERED)]),
        ("conference", [("100", ANSWERED), ("101", ANSWERED)]),
        ("hold_and_ring_back", [("100", ANSWERED), ("100", ANSWERED)]),
    ],
)
def test_one_call_with_its_collectors_and_how_each_rang_out(name: str, legs: list[tuple[str, LegOutcome]]) -> None:
    assert collectors(the_call(name)) == legs


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_over(name: str) -> None:
    fold = Fold("test", ENDPOINTS)
    fold.apply_all(events(name))
    states = fold.changed()
    assert states
    assert all(state.phase is CallPhase.ENDED and state.ended_at is not None and not state.lost for state in states)
    assert all(talk.end is not None for state in states for leg in state.legs for talk in (*leg.talks, *leg.holds))
    assert not fold.live_channels()
    assert not fold.live_calls()


def test_who_called_whom() -> None:
    inbound, ordered = the_call("queue_answered"), the_call("order_answered")
    assert (inbound.direction, inbound.phone, inbound.dialled) == (Direction.INBOUND, "79000000001", "600")
    assert (inbound.queue, inbound.answered_at is not None) == ("collectors", True)
    assert (ordered.direction, ordered.phone, ordered.dialled) == (Direction.OUTBOUND, "79000000008", "5550100")
    assert ordered.call_id == 1008


def test_an_unanswered_order_keeps_its_id_and_says_why() -> None:
    busy, not_taken, rejected = the_call("order_busy"), the_call("order_not_taken"), the_call("order_rejected")
    assert [(call.call_id, call.cause, call.answered_at) for call in (busy, not_taken, rejected)] == [
        (1009, 17, None),
        (1010, 19, None),
        (1011, 21, None),
    ]


def test_a_hidden_caller_has_no_number_and_odd_ones_stay_as_given() -> None:
    assert the_call("direct_hidden").phone is None
    assert the_call("direct_rejected").phone == "8 (900) 000-00-05"


def test_an_abandoned_call_was_never_answered() -> None:
    call = the_call("queue_abandoned")
    assert call.answered_at is None
    assert call.queue == "collectors"


def test_talk_is_credited_to_who_talked() -> None:
    call = the_call("blind_transfer")
    assert talked(call, "100") == pytest.approx(0.7, abs=0.2)
    assert talked(call, "101") == pytest.approx(1.0, abs=0.2)


def test_hold_interrupts_talk_for_both() -> None:
    for leg in the_call("hold_unhold").legs:
        assert len(leg.talks) == 2
        (hold,) = leg.holds
        assert hold.end is not None
        assert (hold.end - hold.start).total_seconds() == pytest.approx(1.0, abs=0.1)


def test_hold_by_parking_counts_as_hold_of_the_customer() -> None:
    call = the_call("hold_and_ring_back")
    (customer,) = [leg for leg in call.legs if leg.kind is LegKind.CUSTOMER]
    (hold,) = customer.holds
    assert hold.end is not None
    assert (hold.end - hold.start).total_seconds() == pytest.approx(0.8, abs=0.15)


def test_two_calls_on_one_phone_stay_two() -> None:
    calls = folded(events("two_calls_on_one_phone"))
    assert len(calls) == 2
    assert all(not call.merged_ids for call in calls.values())


def test_a_conference_merges_the_call_that_joined() -> None:
    assert len(the_call("conference").merged_ids) == 1


def test_local_channels_are_never_legs() -> None:
    for name in NAMES:
        legs = [leg for call in folded(events(name)).values() for leg in call.legs]
        assert not [leg.channel for leg in legs if leg.channel.startswith("Local/")]


@pytest.mark.parametrize(
    ("name", "phases"),
    [
        ("queue_answered", ["ringing", "talking", "ended"]),
        ("queue_abandoned", ["ringing", "ended"]),
        ("queue_next_collector", ["ringing", "queued", "ringing", "talking", "ended"]),
        ("order_answered", ["ringing", "talking", "ended"]),
        ("hold_unhold", ["talking", "held", "talking", "ended"]),
        ("hold_and_ring_back", ["talking", "held", "talking", "ended"]),
    ],
)
def test_phases_follow_the_call(name: str, phases: list[str]) -> None:
    fold, seen = Fold("test", ENDPOINTS), []
    for moment in batches(name):
        fold.apply_all(moment)
        for state in fold.changed():
            if not seen or seen[-1] != state.phase:
                seen.append(state.phase)
    assert seen == phases


def batches(name: str):
    """Events that came within 20 ms are one batch, as the bridge would take them."""
    batch, last = [], None
    for event in events(name):
        if last is not None and (event.at - last).total_seconds() > 0.02:
            yield batch
            batch = []
        batch.append(event)
        last = event.at
    yield batch
