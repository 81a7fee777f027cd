"""Who is rung is told before the call is written; the log says nothing twice and leaves no pop standing."""

import asyncio
import random
from collections.abc import Callable, Collection
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update

from callcenter.calls.bell import Bell, Plates
from callcenter.calls.events import CallEnded, CallMerged, CallOffered, CallWithdrawn
from callcenter.calls.facts import CallState, LegKind, LegState
from callcenter.calls.model import Call
from callcenter.calls.offers import offers_of
from callcenter.calls.reporting import CallReporter
from callcenter.calls.ringbook import RingBook
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.events import Event
from core.kernel.uow import UnitOfWork
from telephony.telling import CallTeller
from tests.fakes.floor import (
    DEBTOR,
    FakeCallers,
    FakeGate,
    FakeStaff,
    FakeTelephony,
    answered,
    at,
    collector,
    ended,
    incoming,
    phone_of,
    ringing,
)
from web.live.hub import Hub
from web.live.messages import LiveMessages


class FakePlates:
    """The phones and the debtor of the other stand-ins, and the calls that are really in the log."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def read(self, endpoints: Collection[str], phones: Collection[str], logged: Collection[int]) -> Plates:
        async with self._uow.read() as session:
            return Plates(
                users=await FakeStaff().users(session, endpoints),
                matches=await FakeCallers().match(session, phones),
                offers=await offers_of(session, logged),
            )


@pytest.fixture
def book() -> RingBook:
    return RingBook()


@pytest.fixture
def reporter(uow: UnitOfWork, clock: ManualClock, book: RingBook) -> CallReporter:
    return CallReporter(uow, clock, staff=FakeStaff(), callers=FakeCallers(), gate=FakeGate(), book=book)


@pytest.fixture
def bell(uow: UnitOfWork, bus: Bus, clock: ManualClock, book: RingBook) -> Bell:
    return Bell(bus, clock, book, FakePlates(uow))


def outline(events: list[Event]) -> list[tuple[str, set[int]]]:
    return [(type(event).__name__, set(event.user_ids)) for event in events if hasattr(event, "user_ids")]


def standing(events: list[Event]) -> set[tuple[int, int]]:
    """The pops that are open after these events: (call, user)."""
    pops: set[tuple[int, int]] = set()
    for event in events:
        match event:
            case CallOffered():
                pops |= {(event.call.call_id, user) for user in event.user_ids}
            case CallWithdrawn():
                pops -= {(event.call.call_id, user) for user in event.user_ids}
            case CallEnded():
                pops = {pop for pop in pops if pop[0] != event.call.call_id}
            case CallMerged():
                pops = {pop for pop in pops if pop[0] not in event.merged_ids}
    return pops


async def test_a_ring_is_told_before_it_is_written_and_once(
    bell: Bell, reporter: CallReporter, bus: Bus, told: list[Event]
) -> None:
    call = ringing(incoming(1), 1, 2)
    await bell.ring([call])
    await bus.drained()
    (offered,) = told
    assert isinstance(offered, CallOffered)
    assert (offered.user_ids, offered.offer.phone, offered.offer.case_id, offered.offer.queue) == (
        frozenset({1, 2}),
        DEBTOR,
        70,
        "main",
    )
    await reporter.report((call,))
    await bell.ring([call])
    await reporter.report((answered(call, 2),))
    await bus.drained()
    assert outline(told) == [("CallOffered", {1, 2}), ("CallWithdrawn", {1}), ("CallAnswered", {2})]


async def test_a_phone_that_answers_before_anybody_looks_pops_too(
    bell: Bell, reporter: CallReporter, bus: Bus, told: list[Event]
) -> None:
    call = answered(ringing(incoming(1), 1, 2), 1)
    await bell.ring([call])
    await reporter.report((call,))
    await bus.drained()
    assert outline(told) == [("CallOffered", {1}), ("CallAnswered", {1})]


async def test_without_a_bell_the_log_tells_whoever_answered_at_once(
    reporter: CallReporter, bus: Bus, told: list[Event]
) -> None:
    await reporter.report((answered(ringing(incoming(1), 1), 1),))
    await bus.drained()
    assert outline(told) == [("CallOffered", {1}), ("CallAnswered", {1})]


async def test_after_a_restart_nobody_is_told_of_the_call_he_is_in(bell: Bell, bus: Bus, told: list[Event]) -> None:
    call = answered(ringing(incoming(1), 1), 1)
    bell.know([call])
    await bell.ring([call])
    await bell.ring([ringing(call, 2)])
    await bus.drained()
    assert outline(told) == [("CallOffered", {2})]


async def test_who_gave_up_before_the_ring_was_written_leaves_no_pop(
    bell: Bell, reporter: CallReporter, bus: Bus, told: list[Event]
) -> None:
    call = ringing(incoming(1), 1)
    await bell.ring([call])
    await reporter.report((ended(call, 4),))
    await bus.drained()
    assert outline(told) == [("CallOffered", {1}), ("CallWithdrawn", {1}), ("CallEnded", {1})]


async def test_the_next_collector_is_not_called_off_by_what_was_written_late(
    bell: Bell, reporter: CallReporter, uow: UnitOfWork, bus: Bus, told: list[Event]
) -> None:
    """The ring at the first phone is being written while the second one begins to ring."""
    first = ringing(incoming(1), 1)
    both = replace(first, legs=(*first.legs, phone_of(1, 2, started_at=at(3))))
    await bell.ring([first])
    async with uow.write():
        writing = asyncio.create_task(reporter.report((first,)))
        await asyncio.sleep(0)
        await bell.ring([both])
    await writing
    await reporter.report((both,))
    await bus.drained()
    assert outline(told) == [("CallOffered", {1}), ("CallOffered", {2})]


async def test_a_ring_that_cannot_be_written_is_taken_back_and_told_once_it_can(
    bell: Bell, reporter: CallReporter, bus: Bus, told: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    call = ringing(incoming(1), 1)
    teller = CallTeller(reporter, retry=0, bell=bell)

    async def full(_calls: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(reporter, "report", full)
        await bell.ring([call])
        teller.take([call])
        await teller.tell()
    await bus.drained()
    assert outline(told) == [("CallOffered", {1}), ("CallWithdrawn", {1})]
    await teller.tell()
    await bus.drained()
    assert teller.done
    assert outline(told)[2:] == [("CallOffered", {1})]


async def test_a_bell_that_cannot_look_up_leaves_it_to_the_log(
    bell: Bell, reporter: CallReporter, bus: Bus, told: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> dict[str, int]:
        raise OSError("the database is away")

    call = ringing(incoming(1), 1)
    with monkeypatch.context() as broken:
        broken.setattr(FakeStaff, "users", away)
        await bell.ring([call])
    await reporter.report((call,))
    await bus.drained()
    assert outline(told) == [("CallOffered", {1})]


async def test_the_caller_that_a_person_chose_is_shown_to_the_next_phone(
    bell: Bell, reporter: CallReporter, uow: UnitOfWork, bus: Bus, told: list[Event]
) -> None:
    call = ringing(incoming(1, None), 1)
    await reporter.report((call,))
    async with uow.write() as work:
        await work.session.execute(update(Call).where(Call.id == 1).values(phone=DEBTOR, case_id=77))
    await bell.ring([replace(call, legs=(*call.legs, phone_of(1, 2, started_at=at(3))))])
    await bus.drained()
    last = told[-1]
    assert isinstance(last, CallOffered)
    assert (last.user_ids, last.offer.phone, last.offer.case_id) == (frozenset({2}), DEBTOR, 77)


async def test_whoever_was_told_finds_what_he_was_told_of(
    bell: Bell, reporter: CallReporter, book: RingBook, uow: UnitOfWork, clock: ManualClock, telephony: FakeTelephony
) -> None:
    call = ringing(incoming(1), 1)
    await bell.ring([call])
    paused: Any = SimpleNamespace(paused_calls=_nothing)
    messages = LiveMessages(Hub(clock), uow, telephony, paused, book.until_written)
    asked = asyncio.create_task(messages.snapshot(collector(1)))
    other = await messages.snapshot(collector(2))
    assert (other["offers"], asked.done()) == ([], False)
    await reporter.report((call,))
    assert [offer["call_id"] for offer in (await asked)["offers"]] == [1]


async def test_nobody_waits_for_ever(bell: Bell, uow: UnitOfWork, bus: Bus, clock: ManualClock) -> None:
    impatient = RingBook(patience=0.01)
    hasty = Bell(bus, clock, impatient, FakePlates(uow))
    await hasty.ring([ringing(incoming(1), 1)])
    async with asyncio.timeout(60):
        await impatient.until_written(1)


@pytest.mark.parametrize("seed", range(12))
async def test_however_far_the_log_is_behind_the_pops_are_right_in_the_end(
    seed: int, bell: Bell, reporter: CallReporter, bus: Bus, told: list[Event]
) -> None:
    """Calls change at random, the log writes their latest states now and then: what stands is what rings."""
    chance = random.Random(seed)
    teller = CallTeller(reporter, retry=0, bell=bell)
    calls = {number: incoming(number) for number in range(1, 5)}
    for _ in range(40):
        number = chance.choice(list(calls))
        calls[number] = chance.choice(_STEPS)(calls[number], chance)
        await bell.ring([calls[number]])
        teller.take([calls[number]])
        if chance.random() < 0.3:
            await teller.tell()
    await teller.tell()
    await bus.drained()
    live = [(call.call_id, user, leg) for call in calls.values() for user, leg in _phones(call) if not call.ended_at]
    rings = {(call_id, user) for call_id, user, leg in live if leg.answered_at is None and leg.ended_at is None}
    talks = {(call_id, user) for call_id, user, leg in live if leg.answered_at is not None}
    assert standing(told) - talks == rings


def _phones(call: CallState) -> list[tuple[int, LegState]]:
    """The collectors' legs, each with its user."""
    return [(int(leg.endpoint or 0) - 100, leg) for leg in call.legs if leg.kind is LegKind.AGENT]


def _ring(call: CallState, chance: random.Random) -> CallState:
    """One more phone, unless somebody talks or it is over."""
    free = {1, 2, 3, 4} - {user for user, _ in _phones(call)}
    return ringing(call, chance.choice(sorted(free)), since=len(call.legs) + 1) if free and _waits(call) else call


def _take(call: CallState, chance: random.Random) -> CallState:
    rung = [user for user, leg in _phones(call) if leg.ended_at is None]
    return answered(call, chance.choice(rung), since=20) if rung and _waits(call) else call


def _end(call: CallState, _chance: random.Random) -> CallState:
    return ended(call, 60) if call.ended_at is None else call


def _waits(call: CallState) -> bool:
    return call.ended_at is None and call.answered_at is None


_STEPS: tuple[Callable[[CallState, random.Random], CallState], ...] = (_ring, _ring, _ring, _ring, _take, _end)


async def _nothing(_user_id: int) -> tuple[int, ...]:
    return ()
