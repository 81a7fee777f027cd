"""Joining reports gives the same call whatever their order and however often they come."""

from dataclasses import replace
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.facts import AnsweredBy, Answerer, CallPhase, CallState
from callcenter.calls.merging import is_ghost, join
from tests.fakes.floor import answered, ended, held, incoming, resumed, ringing

_MACHINE = Answerer(by=AnsweredBy.MACHINE, because="LONGGREETING-1500-1500", milliseconds=2310)


@st.composite
def histories(draw: st.DrawFn) -> list[CallState]:
    """What telephony tells of one inbound call from its first ring to its end, state by state."""
    step = st.integers(1, 400)
    now = draw(step)
    states = [incoming(1)]
    states.append(
        ringing(states[-1], *draw(st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True)), since=now)
    )
    if draw(st.booleans()):
        now += draw(step)
        states.append(answered(states[-1], int(str(states[-1].legs[1].endpoint)) - 100, since=now))
        for _ in range(draw(st.integers(0, 3))):
            now += draw(step)
            states.append(held(states[-1], now))
            now += draw(step)
            states.append(resumed(states[-1], now))
    states.append(ended(states[-1], now + draw(step)))
    judged = draw(st.integers(0, len(states)))  # from which state on it is known who answered
    said = [replace(_MACHINE, left=n > judged) for n in range(len(states))]
    return [replace(state, answerer=said[n]) if n >= judged else state for n, state in enumerate(states)]


@given(histories(), st.data())
def test_any_order_and_repetition_joins_to_the_same_call(history: list[CallState], data: st.DataObject) -> None:
    extra = data.draw(st.lists(st.sampled_from(history), max_size=6))
    shuffled = data.draw(st.permutations([*history, *extra]))
    inorder = reduce(join, history, history[0])
    assert reduce(join, shuffled, shuffled[0]) == inorder
    assert inorder.phase is CallPhase.ENDED
    assert inorder.answerer == history[-1].answerer
    assert {leg.uniqueid: leg for leg in inorder.legs} == {leg.uniqueid: leg for leg in history[-1].legs}


@given(histories())
def test_each_report_in_order_is_what_the_log_then_says(history: list[CallState]) -> None:
    stored = history[0]
    for state in history:
        stored = join(stored, state)
        assert (stored.phase, stored.answered_at, stored.ended_at) == (state.phase, state.answered_at, state.ended_at)


def test_a_certain_end_replaces_a_lost_one_and_not_the_other_way_round() -> None:
    talk = answered(ringing(incoming(1), 1), 1)
    lost = replace(ended(talk, 500), lost=True)
    certain = ended(talk, 60)
    assert join(lost, certain).ended_at == certain.ended_at
    assert not join(certain, lost).lost


@given(histories(), st.data())
def test_no_leg_keeps_the_end_that_was_guessed_for_a_lost_call(history: list[CallState], data: st.DataObject) -> None:
    """Whatever is reported when of a call that was given up for lost once, or twice, and whose end was then read."""
    known = data.draw(st.integers(0, len(history) - 2))
    guesses = [
        replace(ended(history[known], data.draw(st.integers(0, 3000))), lost=True)
        for _ in range(data.draw(st.integers(1, 2)))
    ]
    reports = data.draw(st.permutations([*history, *guesses]))
    joined = reduce(join, reports, reports[0])
    assert not joined.lost
    assert {leg.uniqueid: leg for leg in joined.legs} == {leg.uniqueid: leg for leg in history[-1].legs}


def test_a_call_thought_lost_that_goes_on_is_alive_again() -> None:
    lost = replace(ended(ringing(incoming(1), 1), 10), lost=True)
    alive = answered(ringing(incoming(1), 1), 1, since=20)
    assert join(lost, alive).phase is CallPhase.TALKING
    assert join(lost, alive).ended_at is None
    assert join(lost, alive).legs == alive.legs


def test_an_end_without_a_start_is_no_call() -> None:
    assert is_ghost(replace(ended(incoming(1), 3), legs=()))
    assert not is_ghost(ended(incoming(1), 3))
