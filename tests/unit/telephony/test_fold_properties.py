"""Whatever is cut off, doubled or mixed: after a resync the fold knows the truth."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.calls.facts import CallState, LegState
from telephony.ami import events as e
from telephony.tracking.fold import Fold
from telephony.tracking.listing import Listing, at_question
from telephony.tracking.repair import CelRow, rebuild, rows_of
from telephony.tracking.resync import resync, unexplained
from tests.unit.telephony.replay import ENDPOINTS, NAMES, TRACES, events, folded

STORIES = {name: events(name) for name in NAMES}
TRUTHS = {name: folded(story) for name, story in STORIES.items()}
CEL = {name: list(rows_of((TRACES / f"{name}.cel.csv").read_text())) for name in NAMES}
relaxed = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def listing_of(fold: Fold, at: datetime) -> Listing:
    """What Asterisk would list: the live channels of somebody who missed nothing."""
    lines = tuple(
        e.ChannelListed(
            at=at,
            uniqueid=channel.uniqueid,
            channel=channel.name,
            linkedid=channel.linkedid,
            state=e.ChannelState.UP if channel.answered_at else e.ChannelState.RINGING,
            number=channel.number,
            connected=None,
            exten=None,
            context=None,
            bridge=channel.bridge,
            age=int((at - channel.started_at).total_seconds()),
        )
        for channel in fold.live_channels()
    )
    waiting = {each.uniqueid: each.queue for each in fold.live_channels() if each.queue}
    return Listing(asked_at=at, at=at, channels=lines, waiting=waiting)


def who(states: dict[int, CallState]) -> dict[int, object]:
    """A call's essence: parties, legs, whether and by whom it was answered."""
    return {
        call.call_id: (
            call.direction,
            call.phone,
            call.lost,
            sorted((leg.uniqueid, leg.kind, leg.endpoint, leg.answered_at is not None) for leg in call.legs),
        )
        for call in states.values()
    }


def talk(call: CallState, uniqueid: str) -> float:
    return sum(
        (each.end - each.start).total_seconds()
        for leg in call.legs
        if leg.uniqueid == uniqueid
        for each in (*leg.talks, *leg.holds)
        if each.end
    )


def open_hold(leg: LegState) -> bool:
    return bool(leg.holds) and leg.holds[-1].end is None


def agree(name: str, at_cut: dict[int, CallState], changed: Iterable[CallState], missed: Sequence[e.AmiEvent]) -> None:
    """What was reported before a gap and what changed afterwards make up the story's calls."""
    reported = dict(at_cut)
    for state in changed:
        for merged in state.merged_ids:
            reported.pop(merged, None)
        reported[state.call_id] = state
    truth = TRUTHS[name]
    assert who(reported) == who(truth)
    # CEL has no hold: of one in the gap, start or end are unknown, and a wait of under a second looks like none.
    in_gap = any(isinstance(event, e.Held | e.Unheld) for event in missed)
    missed_hold = in_gap or any(open_hold(leg) for call in at_cut.values() for leg in call.legs)
    for call in truth.values():
        for leg in call.legs:
            difference = talk(call, leg.uniqueid) - talk(reported[call.call_id], leg.uniqueid)
            assert abs(difference) < (1.1 if missed_hold else 0.2)


@relaxed
@given(st.sampled_from(NAMES), st.data())
def test_a_gap_is_closed_by_resync(name: str, data: st.DataObject) -> None:
    """Miss any stretch of a story; the list and CEL bring the same calls, legs and talk as missing nothing."""
    story = STORIES[name]
    cut = data.draw(st.integers(0, len(story) - 1), label="heard up to")
    back = data.draw(st.integers(cut, len(story)), label="back at")
    fold, witness = Fold("test", ENDPOINTS), Fold("test", ENDPOINTS)
    fold.apply_all(story[:cut])
    witness.apply_all(story[:back])
    reported = {state.call_id: state for state in fold.changed()}
    at = story[back - 1].at if back else story[0].at
    seen_until = story[cut - 1].at if cut else story[0].at - timedelta(seconds=1)
    rows = [row for row in CEL[name] if row.at <= at]
    rebuilt = rebuild("test", ENDPOINTS, rows)
    resync(fold, logged=(), rebuilt=rebuilt, listing=listing_of(witness, at), began=seen_until, seen_until=seen_until)
    fold.apply_all(story[back:])
    agree(name, reported, fold.changed(), story[cut:back])


@relaxed
@given(st.sampled_from(NAMES), st.data())
def test_what_happens_while_the_list_is_being_sent_is_not_lost(name: str, data: st.DataObject) -> None:
    """The list is of a later moment than the question, and what was heard between the two comes after it: calls, legs
    and talk are the same as if nothing had been missed, and CEL has nothing more to say."""
    story = STORIES[name]
    cut = data.draw(st.integers(0, len(story) - 1), label="heard up to")
    asked = data.draw(st.integers(max(cut, 1), len(story)), label="asked at")
    listed = data.draw(st.integers(asked, len(story)), label="listed at")
    fold, witness = Fold("test", ENDPOINTS), Fold("test", ENDPOINTS)
    fold.apply_all(story[:cut])
    witness.apply_all(story[:listed])
    reported_at_cut = {state.call_id: state for state in fold.changed()}
    at = story[asked - 1].at
    answer = replace(listing_of(witness, story[listed - 1].at), asked_at=at)
    listing = at_question(answer, story[asked:listed])
    rows = [row for row in CEL[name] if row.at <= at]
    rebuilt = rebuild("test", ENDPOINTS, rows)
    assert not unexplained(fold, CEL[name], rebuilt, listing), "CEL is waited for in vain"
    seen_until = story[cut - 1].at if cut else story[0].at - timedelta(seconds=1)
    resync(fold, logged=(), rebuilt=rebuilt, listing=listing, began=seen_until, seen_until=seen_until)
    fold.apply_all(story[asked:])
    agree(name, reported_at_cut, fold.changed(), story[cut:asked])


@relaxed
@given(st.sampled_from(NAMES), st.integers(0, 400))
def test_a_new_process_takes_over_from_the_log(name: str, cut: int) -> None:
    """The program dies anywhere; a new fold with the log's calls and the list ends them all, under the same ids."""
    story = STORIES[name]
    cut = min(cut, len(story))
    first = Fold("test", ENDPOINTS)
    first.apply_all(story[:cut])
    log = {state.call_id: state for state in first.changed()}
    at = story[cut - 1].at if cut else story[0].at
    second = Fold("test", ENDPOINTS)
    logged = tuple(state for state in log.values() if state.ended_at is None)
    resync(second, logged=logged, rebuilt=(), listing=listing_of(first, at), began=at, seen_until=at)
    second.apply_all(story[cut:])
    for state in second.changed():
        for merged in state.merged_ids:
            log.pop(merged, None)
        log[state.call_id] = state
    assert who(log) == who(TRUTHS[name])


@relaxed
@given(st.sampled_from(NAMES), st.data())
def test_without_cel_nothing_stays_alive_that_is_not_listed(name: str, data: st.DataObject) -> None:
    story = STORIES[name]
    cut = data.draw(st.integers(1, len(story)))
    fold = Fold("test", ENDPOINTS)
    fold.apply_all(story[:cut])
    live = {call.call_id for call in fold.live_calls()}
    fold.changed()
    at = story[-1].at + timedelta(seconds=10)
    empty = Listing(asked_at=at, at=at, channels=())
    last = story[cut - 1].at
    resync(fold, logged=(), rebuilt=(), listing=empty, began=last, seen_until=last)
    ended = fold.changed()
    assert not fold.live_calls()
    assert {state.call_id for state in ended if state.lost and state.ended_at} == live


@pytest.mark.slow
@relaxed
@given(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True), st.randoms(use_true_random=False))
def test_calls_that_interleave_do_not_disturb_each_other(names: list[str], chance: object) -> None:
    stories = [list(STORIES[name]) for name in names]
    mixed = []
    while any(stories):
        mixed.append(chance.choice([story for story in stories if story]).pop(0))  # type: ignore[attr-defined]
    expected = {call_id: call for name in names for call_id, call in TRUTHS[name].items()}
    assert folded(mixed) == expected


@relaxed
@given(st.sampled_from(NAMES), st.data())
def test_events_that_come_twice_change_no_call(name: str, data: st.DataObject) -> None:
    story = STORIES[name]
    start = data.draw(st.integers(0, len(story)))
    doubled = [*story, *story[start:]]
    assert who(folded(doubled)) == who(TRUTHS[name])


@relaxed
@given(st.permutations(range(12)), st.sampled_from(NAMES))
def test_any_order_of_events_raises_nothing_and_ends(order: list[int], name: str) -> None:
    story = list(STORIES[name])
    head = story[: len(order)]
    fold = Fold("test", ENDPOINTS)
    fold.apply_all(head[place] for place in order if place < len(head))
    fold.apply_all(story)
    fold.changed()


@relaxed
@given(st.sampled_from(NAMES))
def test_cel_alone_tells_the_same_calls(name: str) -> None:
    rebuilt = {state.call_id: state for state in rebuild("test", ENDPOINTS, CEL[name])}
    assert who(rebuilt) == who(TRUTHS[name])


def test_a_broken_cel_line_costs_itself_alone() -> None:
    rows: list[CelRow] = list(rows_of('"CHAN_START","not a time","","","","","","","","","",""\n"half\n'))
    assert rows == []
