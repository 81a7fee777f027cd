"""How long, and what silence came to."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.facts import AnsweredBy, Answerer, Direction, Interval, LegOutcome
from callcenter.calls.rules import (
    call_seconds,
    leg_seconds,
    met_machine,
    orders_lost_before,
    result_of_silence,
    total_seconds,
    was_answered,
)
from tests.fakes.floor import answered, at, customer, ended, held, incoming, resumed, ringing

spans = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)).map(sorted), max_size=8)


@given(spans)
def test_total_seconds_counts_every_covered_second_once(pairs: list[list[int]]) -> None:
    covered = {second for start, end in pairs for second in range(start, end)}
    assert total_seconds([Interval(start=at(a), end=at(b)) for a, b in pairs], at(0)) == len(covered)


@given(spans, spans, st.integers(0, 300))
def test_talk_and_hold_never_exceed_the_leg(talks: list[list[int]], holds: list[list[int]], end: int) -> None:
    leg = customer(
        1,
        ended_at=at(end),
        talks=tuple(Interval(start=at(a), end=at(b)) for a, b in talks),
        holds=tuple(Interval(start=at(a), end=at(b)) for a, b in holds),
    )
    seconds = leg_seconds(leg, at(end))
    assert 0 <= seconds.talk + seconds.hold <= end


def test_an_inbound_call_is_rung_talked_and_held_as_it_was() -> None:
    call = ended(resumed(held(answered(ringing(incoming(1), 1, 2, since=2), 1, since=5), 25), 40), 70)
    seconds = call_seconds(call, at(70))
    assert (seconds.ring, seconds.talk, seconds.hold) == (3, 50, 15)


def test_an_open_stretch_lasts_until_now() -> None:
    call = answered(ringing(incoming(1), 1), 1, since=5)
    assert call_seconds(call, at(5) + timedelta(seconds=7)).talk == 7


@pytest.mark.parametrize(
    ("outcome", "cause", "expected"),
    [
        (LegOutcome.BUSY, 17, "BUSY"),
        (LegOutcome.REJECTED, 21, "BUSY"),
        (LegOutcome.NO_ANSWER, 19, "NA"),
        (LegOutcome.CANCELLED, 16, "NA"),
        (LegOutcome.FAILED, 34, "CONGEST"),
        (LegOutcome.FAILED, 1, "FAIL"),
        (LegOutcome.FAILED, 127, "FAIL"),
    ],
)
def test_silence_comes_to_a_result(outcome: LegOutcome, cause: int, expected: str) -> None:
    call = ended(replace(incoming(1), direction=Direction.OUTBOUND), 30, cause, outcome)
    assert result_of_silence(call) == expected


@pytest.mark.parametrize(
    ("by", "because", "left", "queue", "result", "reached"),
    [
        (AnsweredBy.MACHINE, "LONGGREETING-1500-1500", False, None, "VM", False),
        (AnsweredBy.MACHINE, "LONGGREETING-1500-1500", True, None, "VM", True),
        (AnsweredBy.PERSON, "HUMAN-800-800", False, "campaign-1", "ABANDONED", True),
        (AnsweredBy.UNSURE, "TOOLONG-5500", False, None, "MESSAGE", True),
        (AnsweredBy.UNSURE, "HANGUP", False, None, "ABANDONED", True),
    ],
)
def test_who_answered_says_what_a_call_without_a_talk_was(
    by: AnsweredBy, because: str, left: bool, queue: str | None, result: str, reached: bool
) -> None:
    heard = Answerer(by=by, because=because, milliseconds=2310, left=left)
    call = replace(incoming(1), direction=Direction.OUTBOUND, legs=(customer(1, answered_at=at(2)),), queue=queue)
    call = ended(replace(call, answerer=heard), 30)
    assert result_of_silence(call) == result
    assert was_answered(call) is reached


def test_a_talk_proves_a_judgement_wrong() -> None:
    heard = Answerer(by=AnsweredBy.MACHINE, because="LONGGREETING-1500-1500", milliseconds=2310)
    call = answered(ringing(replace(incoming(1), direction=Direction.OUTBOUND, answerer=heard), 1), 1)
    assert was_answered(ended(call, 60))
    assert not met_machine(call)


def test_an_answered_call_is_for_a_person_to_judge() -> None:
    call = answered(ringing(replace(incoming(1), direction=Direction.OUTBOUND), 1), 1)
    assert result_of_silence(ended(call, 60)) is None
    assert result_of_silence(ended(incoming(1), 60)) is None


@pytest.mark.parametrize(
    ("up_since", "lost_before"),
    [
        pytest.param(None, -120, id="nobody can be asked"),
        pytest.param(-1, -120, id="the exchange is being asked"),
        pytest.param(-3, -3, id="what an earlier link left"),
        pytest.param(-60, -10, id="this link left it without a channel"),
    ],
)
def test_orders_without_a_channel_are_lost_once_the_exchange_has_been_asked(
    up_since: int | None, lost_before: int
) -> None:
    since = None if up_since is None else at(1000 + up_since)
    assert orders_lost_before(at(1000), since) == at(1000 + lost_before)
