"""Whose phone vanished is rung back, once; whose said goodbye is not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest

from callcenter.calls.errors import OrderRefused
from callcenter.calls.events import CallHeld, CallRef
from callcenter.calls.facts import CallPhase, CallState
from callcenter.calls.reporting import CallReporter
from callcenter.calls.ringback import RingBack
from core.kernel.bus import Bus
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import FakeStaff, FakeTelephony, answered, at, ended, incoming, ringing

TALK = answered(ringing(incoming(1), 1), 1)
RUNG = ("ring_back", 1, "101")
LOST, GOODBYE = 44, 16


class FakePhones:
    """Phones that are there or not."""

    there: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.failing = False
        self.failed = asyncio.Event()
        self.asked = 0

    def reachable(self, endpoint: str) -> bool:
        self.asked += 1
        if self.failing:
            self.failed.set()
            raise OSError("the database is away")
        return endpoint in self.there


class SettingTelephony(FakeTelephony):
    """Says when it was given an order, and may refuse it."""

    def __init__(self) -> None:
        super().__init__()
        self.ordered = asyncio.Event()

    async def ring_back(self, call_id: int, endpoint: str) -> None:
        if self.refuse:
            raise OrderRefused(reason="gone")
        await super().ring_back(call_id, endpoint)
        self.ordered.set()


@pytest.fixture
def telephony() -> SettingTelephony:
    return SettingTelephony()


@pytest.fixture
def phones() -> FakePhones:
    return FakePhones()


@pytest.fixture
async def desk(uow: UnitOfWork, bus: Bus, telephony: SettingTelephony, phones: FakePhones) -> AsyncIterator[RingBack]:
    desk = RingBack(uow, telephony=telephony, staff=FakeStaff(), phones=phones)
    bus.subscribe(CallHeld, desk.on_held)
    task = asyncio.create_task(desk.run())
    yield desk
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def vanished(call: CallState, cause: int = LOST) -> CallState:
    """The collector's leg is over, the customer hears music."""
    gone = ended(call, 9, cause)
    legs = (
        next(leg for leg in call.legs if leg.endpoint == "trunk"),
        *(leg for leg in gone.legs if leg.endpoint != "trunk"),
    )
    return replace(call, phase=CallPhase.HELD, legs=legs)


async def test_a_reloaded_page_gets_its_call_back_at_once(
    reporter: CallReporter, desk: RingBack, telephony: SettingTelephony
) -> None:
    await reporter.report((TALK,))
    await desk.phone_ready(1, page_gone=False)
    assert telephony.commands == []
    await desk.phone_ready(1, page_gone=True)
    await desk.phone_ready(1, page_gone=True)
    assert telephony.commands == [RUNG]


async def test_a_phone_that_vanished_is_rung_when_it_is_ready_again(
    reporter: CallReporter, desk: RingBack, telephony: SettingTelephony
) -> None:
    await reporter.report((vanished(TALK),))
    await desk.phone_ready(2, page_gone=True)
    assert telephony.commands == []
    await desk.phone_ready(1, page_gone=False)
    assert telephony.commands == [RUNG]


async def test_a_phone_that_is_there_already_is_rung_when_its_old_leg_dies(
    reporter: CallReporter, desk: RingBack, telephony: SettingTelephony, phones: FakePhones
) -> None:
    phones.there = frozenset({"101"})
    await reporter.report((TALK,))
    await reporter.report((vanished(TALK),))
    await asyncio.wait_for(telephony.ordered.wait(), 60)
    await desk.phone_ready(1, page_gone=True)
    assert telephony.commands == [RUNG]


async def test_an_order_that_was_refused_may_be_given_again(
    reporter: CallReporter, desk: RingBack, telephony: SettingTelephony
) -> None:
    await reporter.report((vanished(TALK),))
    telephony.refuse = True
    await desk.phone_ready(1, page_gone=True)
    telephony.refuse = False
    await desk.phone_ready(1, page_gone=True)
    assert telephony.commands == [RUNG]


@pytest.mark.parametrize(
    "call",
    [
        ringing(incoming(1), 1),
        vanished(TALK, GOODBYE),
        ended(TALK, 9, LOST),
        ringing(vanished(TALK), 2, since=10),
        answered(ringing(vanished(TALK), 2, since=10), 2, since=12),
    ],
    ids=["only ringing", "said goodbye", "over", "rings another", "taken by another"],
)
async def test_nobody_is_rung_back_into_a_call_that_is_not_his(
    reporter: CallReporter, desk: RingBack, telephony: SettingTelephony, call: CallState
) -> None:
    await reporter.report((call,))
    await desk.phone_ready(1, page_gone=True)
    assert telephony.commands == []


async def test_a_database_that_was_away_does_not_end_the_ringing_back(
    reporter: CallReporter, desk: RingBack, telephony: SettingTelephony, phones: FakePhones
) -> None:
    phones.there = frozenset({"101"})
    phones.failing = True
    await reporter.report((TALK,))
    await reporter.report((vanished(TALK),))
    await asyncio.wait_for(phones.failed.wait(), 60)
    phones.failing = False
    call = CallRef(call_id=1, direction="inbound", phone=None, party_id=None, case_id=None)
    await desk.on_held(CallHeld(at=at(20), call=call, user_ids=frozenset({1}), held=True))
    await asyncio.wait_for(telephony.ordered.wait(), 60)


async def test_a_call_that_is_held_again_and_again_waits_once(
    reporter: CallReporter, uow: UnitOfWork, telephony: SettingTelephony, phones: FakePhones
) -> None:
    await reporter.report((vanished(TALK),))
    desk = RingBack(uow, telephony=telephony, staff=FakeStaff(), phones=phones)
    phones.there = frozenset({"101"})
    call = CallRef(call_id=1, direction="inbound", phone=None, party_id=None, case_id=None)
    for _ in range(1000):
        await desk.on_held(CallHeld(at=at(9), call=call, user_ids=frozenset(), held=True))
    task = asyncio.create_task(desk.run())
    await asyncio.wait_for(telephony.ordered.wait(), 60)
    task.cancel()
    assert phones.asked == len({"101", "trunk"})  # each telephone of the call once
    assert telephony.commands == [RUNG]
