"""What telephony reports becomes rows once, whatever the order and the repetition, and is told to whom it concerns."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

from callcenter.calls.events import CallAnswered, CallEnded, CallHeld, CallMerged, CallOffered, CallWithdrawn
from callcenter.calls.facts import CallState, LegOutcome
from callcenter.calls.model import Call, CallLink, Leg
from callcenter.calls.reporting import CallReporter
from callcenter.calls.rows import as_state
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.events import Event
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import FakeFollower, answered, at, ended, held, incoming, resumed, ringing


async def stored(uow: UnitOfWork) -> list[Call]:
    async with uow.read() as session:
        statement = (
            select(Call)
            .where(Call.merged_into.is_(None))
            .options(selectinload(Call.legs), selectinload(Call.links))
            .order_by(Call.id)
        )
        return list((await session.scalars(statement)).all())


def story(call_id: int) -> list[CallState]:
    """Two phones ring, the second answers, hold and back, end."""
    states = [incoming(call_id)]
    states.append(ringing(states[-1], 1, 2))
    states.append(answered(states[-1], 2))
    states.append(held(states[-1], 20))
    states.append(resumed(states[-1], 30))
    states.append(ended(states[-1], 60))
    return states


def outline(rows: Sequence[Call]) -> list[object]:
    columns = ("id", "phase", "phone", "party_id", "case_id", "user_id", "talk_seconds", "hold_seconds", "ring_seconds")
    return [(as_state(row), *(getattr(row, name) for name in columns), row.needs_result) for row in rows]


async def test_a_call_from_ring_to_end(
    reporter: CallReporter, uow: UnitOfWork, bus: Bus, told: list[Event], follower: FakeFollower
) -> None:
    for state in story(1):
        await reporter.report((state,))
    await bus.drained()
    (row,) = await stored(uow)
    assert (row.phase, row.user_id, row.party_id, row.case_id) == ("ended", 2, 7, 70)
    assert (row.ring_seconds, row.talk_seconds, row.hold_seconds) == (3, 45, 10)
    assert (row.needs_result, row.wrap_started_at) == (True, at(60))
    kinds = [(type(event), set(event.user_ids)) for event in told]  # type: ignore[attr-defined]
    assert kinds == [
        (CallOffered, {1, 2}),
        (CallWithdrawn, {1}),
        (CallAnswered, {2}),
        (CallHeld, {2}),
        (CallHeld, {2}),
        (CallEnded, {1, 2}),
    ]
    assert [news.activities.get(2) for news in follower.news] == [
        None,
        "ringing",
        "talking",
        "hold",
        "talking",
        "wrap_up",
    ]
    assert follower.news[-1].activities[1] == "idle"


async def test_followers_hear_when_it_happened_however_late_it_is_written(
    reporter: CallReporter, clock: ManualClock, follower: FakeFollower
) -> None:
    clock.advance(timedelta(seconds=40))
    for state in story(1):
        await reporter.report((state,))
    assert {news.at for news in follower.news} == {at(40)}
    assert [news.since for news in follower.news[-3:]] == [at(20), at(30), at(40)], "an exchange may be ahead of time"


@pytest.mark.parametrize("heard", [range(6), (5,), (1, 5), (0, 2, 5), (3, 4, 5), (2, 4, 5)])
async def test_what_was_written_late_is_told_whole(
    reporter: CallReporter, clock: ManualClock, follower: FakeFollower, heard: Sequence[int]
) -> None:
    """Each collector's part in a call is the same to its followers whether each change was written or only some."""
    clock.advance(timedelta(seconds=100))
    states = story(1)
    for number in heard:
        await reporter.report((states[number],))
    doing: dict[int, list[tuple[datetime, str]]] = {1: [], 2: []}
    for news in follower.news:
        for moment, activities in (*news.passed, (news.since, news.activities)):
            for user, activity in activities.items():
                if not doing[user] or doing[user][-1][1] != activity:
                    doing[user].append((moment, activity))
    assert doing == {
        1: [(at(2), "ringing"), (at(5), "idle")],
        2: [(at(2), "ringing"), (at(5), "talking"), (at(20), "hold"), (at(30), "talking"), (at(60), "wrap_up")],
    }


async def test_an_order_given_up_for_lost_that_was_carried_out_after_all_demands_its_result(
    reporter: CallReporter, uow: UnitOfWork, follower: FakeFollower
) -> None:
    async with uow.write() as work:
        lost = {"phase": "ended", "lost": True, "result_code": None, "started_at": at(0), "ended_at": at(1)}
        work.session.add(Call(id=1, server="", direction="inbound", order_state="sent", **lost))
    await reporter.report((story(1)[-1],))
    (row,) = await stored(uow)
    assert (row.lost, row.talk_seconds, row.needs_result, row.wrap_started_at) == (False, 45, True, at(60))
    assert follower.news[-1].ended


@pytest.mark.parametrize("seed", range(6))
async def test_shuffled_repeated_and_replayed_reports_give_the_same_log(
    reporter: CallReporter, uow: UnitOfWork, seed: int
) -> None:
    chance = random.Random(seed)
    reports = [state for call_id in (1, 2, 3) for state in story(call_id)]
    reports += chance.choices(reports, k=9)
    chance.shuffle(reports)
    while reports:
        size = chance.randint(1, 5)
        await reporter.report(tuple(reports[:size]))
        del reports[:size]
    shuffled = outline(await stored(uow))
    for call_id in (1, 2, 3):
        for state in story(call_id):
            await reporter.report((state,))
    assert outline(await stored(uow)) == shuffled
    assert [row.talk_seconds for row in await stored(uow)] == [45, 45, 45]


async def test_a_replay_writes_and_tells_nothing(reporter: CallReporter, bus: Bus, told: list[Event]) -> None:
    await reporter.report(tuple(story(1)))
    await bus.drained()
    told.clear()
    await reporter.report(tuple(story(1)))
    await bus.drained()
    assert told == []


async def test_an_end_without_a_start_creates_nothing(reporter: CallReporter, uow: UnitOfWork) -> None:
    await reporter.report((replace(ended(incoming(1), 9), legs=()),))
    assert await stored(uow) == []


async def test_a_call_that_happened_while_nobody_watched_is_there(reporter: CallReporter, uow: UnitOfWork) -> None:
    await reporter.report((story(1)[-1],))
    (row,) = await stored(uow)
    assert (row.phase, row.talk_seconds, row.party_id) == ("ended", 45, 7)


async def test_a_repair_under_a_new_id_finds_the_call_by_its_linkedid(reporter: CallReporter, uow: UnitOfWork) -> None:
    for state in story(1)[:3]:
        await reporter.report((state,))
    await reporter.report((replace(story(1)[-1], call_id=99),))
    (row,) = await stored(uow)
    assert (row.id, row.phase) == (1, "ended")


async def test_a_transfer_merges_two_calls_into_one(
    reporter: CallReporter, uow: UnitOfWork, bus: Bus, told: list[Event]
) -> None:
    talk = answered(ringing(incoming(1), 1), 1)
    consult = replace(ringing(replace(incoming(2, None), legs=()), 3, since=10), queue=None)
    await reporter.report((talk, consult))
    merged = replace(talk, merged_ids=(2,), linkedids=("l1", "l2"))
    await reporter.report((consult, merged))
    await bus.drained()
    (row,) = await stored(uow)
    assert {leg.endpoint for leg in row.legs} == {"trunk", "101", "103"}
    assert any(isinstance(event, CallMerged) and event.merged_ids == (2,) for event in told)
    await reporter.report((consult,))  # a late word of the call that is no more
    assert len(await stored(uow)) == 1
    async with uow.read() as session:
        assert await session.scalar(select(func.count()).select_from(CallLink)) == 2
        assert await session.scalar(select(func.count()).select_from(Leg).where(Leg.call_id == 2)) == 0


async def test_merging_before_the_merged_call_was_heard_of_leaves_no_ghost(
    reporter: CallReporter, uow: UnitOfWork
) -> None:
    await reporter.report((replace(incoming(1), merged_ids=(2,)),))
    await reporter.report((incoming(2),))
    assert [row.id for row in await stored(uow)] == [1]


async def test_live_calls_are_those_that_go_on_at_that_server(reporter: CallReporter) -> None:
    talk = story(1)[2]
    other = replace(incoming(3), server="other")
    await reporter.report((talk, story(2)[-1], other))
    assert await reporter.live_calls("lab") == (
        replace(talk, legs=tuple(sorted(talk.legs, key=lambda leg: (leg.started_at, leg.uniqueid)))),
    )


@pytest.mark.parametrize("queued", [False, True])
async def test_whom_a_menu_served_is_missed_only_if_he_waited_afterwards(
    reporter: CallReporter, uow: UnitOfWork, follower: FakeFollower, *, queued: bool
) -> None:
    call = replace(incoming(1), queued_at=at(1) if queued else None)
    await reporter.report((call,))
    async with uow.write() as work:
        await work.session.execute(update(Call).values(self_served=True))
    await reporter.report((ended(call, 20),))
    assert follower.news[-1].missed is queued


async def test_a_caller_who_gives_up_is_missed(reporter: CallReporter, uow: UnitOfWork, follower: FakeFollower) -> None:
    await reporter.report((ringing(incoming(1), 1),))
    await reporter.report((ended(ringing(incoming(1), 1), 9),))
    (row,) = await stored(uow)
    assert (row.user_id, row.needs_result, row.result_code) == (1, False, None)
    assert follower.news[-1].missed
    assert row.legs[1].outcome == LegOutcome.CANCELLED


async def test_hidden_and_oddly_written_numbers(reporter: CallReporter, uow: UnitOfWork) -> None:
    await reporter.report((incoming(1, None), incoming(2, "8 (900) 000-00-01"), incoming(3, "0079000000001")))
    rows = await stored(uow)
    assert [row.phone for row in rows] == [None, "+79000000001", "+79000000001"]
    assert [row.party_id for row in rows] == [None, 7, 7]
