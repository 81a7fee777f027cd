"""When the recorder of a customer's channel is begun anew."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from panoramisk.message import Message

from callcenter.calls.errors import OrderRefused
from callcenter.calls.facts import LegKind
from core.kernel.i18n import msg
from telephony.ami import events as e
from telephony.ami.actions import Action, MixMonitorMute, PressKey, SetVariable
from telephony.recorders import KEY, Recorders
from telephony.tracking.fold import Fold
from telephony.tracking.state import Channel
from tests.unit.telephony.replay import ENDPOINTS, events

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Dialplan:
    """What it was ordered. It says that it is done as soon as it is asked to, unless it is ``slow``; while ``gone`` it
    refuses."""

    orders: list[Action] = field(default_factory=list)
    slow: bool = False
    gone: bool = False
    recorders: Recorders | None = None

    async def send(self, action: Action) -> Message:
        if self.gone:
            raise OrderRefused(reason=msg("gone"))
        self.orders.append(action)
        if isinstance(action, PressKey) and not self.slow:
            self.done(action)
        return Message({})

    def done(self, action: PressKey) -> None:
        assert self.recorders is not None
        self.recorders.hear(e.RecorderBegun(at=NOW, uniqueid=action.channel))

    @property
    def pressed(self) -> list[str]:
        return [action.channel for action in self.orders if isinstance(action, PressKey)]


@asynccontextmanager
async def following(dialplan: Dialplan) -> AsyncIterator[Recorders]:
    recorders = dialplan.recorders = Recorders(dialplan)
    task = asyncio.create_task(recorders.run())
    await asyncio.sleep(0)
    yield recorders
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def told(recorders: Recorders, fold: Fold, happened: list[e.AmiEvent]) -> None:
    """Each event by itself, with time for what it leads to."""
    for event in happened:
        fold.apply(event)
        recorders.follow(fold, fold.changed())
        for _ in range(5):
            await asyncio.sleep(0)


def customers(fold: Fold) -> list[Channel]:
    return [leg for call in fold.live_calls() for leg in call.legs() if leg.kind is LegKind.CUSTOMER]


def in_talk(name: str) -> tuple[Fold, Channel, list[e.AmiEvent]]:
    """A story up to its first talk, the customer, and what is left of it."""
    fold, story = Fold("test", ENDPOINTS), events(name)
    for place, event in enumerate(story):
        fold.apply(event)
        for customer in customers(fold):
            if customer.talking_since is not None:
                return fold, customer, story[place + 1 :]
    raise AssertionError("nobody talked")


@pytest.mark.parametrize(
    ("name", "talks"),
    [
        ("direct_hidden", 1),
        ("queue_answered", 1),
        ("order_answered", 1),
        ("queue_abandoned", 0),
        ("hold_unhold", 2),
        ("hold_and_ring_back", 2),
        ("blind_transfer", 2),
    ],
)
async def test_it_is_begun_anew_for_each_talk(name: str, talks: int) -> None:
    dialplan = Dialplan()
    async with following(dialplan) as recorders:
        fold = Fold("test", ENDPOINTS)
        await told(recorders, fold, events(name))
    assert len(dialplan.pressed) == talks
    assert len(set(dialplan.pressed)) <= 1
    assert {action.key for action in dialplan.orders if isinstance(action, PressKey)} <= {KEY}


async def test_the_second_collector_of_an_attended_transfer_is_recorded_too() -> None:
    dialplan = Dialplan()
    async with following(dialplan) as recorders:
        fold, customer, rest = in_talk("attended_transfer")
        await told(recorders, fold, rest)
    assert customer.uniqueid in dialplan.pressed


async def test_a_supervisor_who_joins_and_one_who_leaves_change_whom_the_customer_hears() -> None:
    dialplan = Dialplan()
    async with following(dialplan) as recorders:
        fold, customer, _ = in_talk("direct_hidden")
        for bridge in (customer.bridge, None):
            fold.spies["spy-1"] = bridge
            recorders.follow(fold, [call.snapshot() for call in fold.live_calls()])
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    assert dialplan.pressed == [customer.uniqueid] * 2


async def test_what_did_not_change_is_left_alone() -> None:
    dialplan = Dialplan()
    async with following(dialplan) as recorders:
        fold, customer, _ = in_talk("direct_hidden")
        for _ in range(3):
            recorders.follow(fold, [call.snapshot() for call in fold.live_calls()])
            await asyncio.sleep(0)
    assert dialplan.pressed == [customer.uniqueid]


async def test_a_pause_waits_for_a_recorder_that_is_just_being_begun() -> None:
    """It would not know that it is to be silent."""
    dialplan = Dialplan(slow=True)
    async with following(dialplan) as recorders:
        fold, customer, _ = in_talk("direct_hidden")
        recorders.follow(fold, fold.changed())
        await asyncio.sleep(0)
        pause = asyncio.create_task(recorders.pause(customer))
        for _ in range(5):
            await asyncio.sleep(0)
        (press,) = dialplan.orders
        assert isinstance(press, PressKey)
        dialplan.done(press)
        await pause
    assert [type(action) for action in dialplan.orders[1:]] == [SetVariable, MixMonitorMute]


async def test_who_came_while_it_was_paused_is_recorded_from_the_resumption_on() -> None:
    dialplan = Dialplan()
    async with following(dialplan) as recorders:
        _, customer, _ = in_talk("direct_hidden")
        await recorders.pause(customer)
        await recorders.resume(customer)
    kinds = [SetVariable, MixMonitorMute, MixMonitorMute, SetVariable, PressKey]
    assert [type(action) for action in dialplan.orders] == kinds


async def test_what_was_refused_is_tried_again_when_the_call_is_next_looked_at() -> None:
    dialplan = Dialplan(gone=True)
    async with following(dialplan) as recorders:
        fold, customer, _ = in_talk("direct_hidden")
        for dialplan.gone in (True, False):
            recorders.follow(fold, [call.snapshot() for call in fold.live_calls()])
            for _ in range(5):
                await asyncio.sleep(0)
    assert dialplan.pressed == [customer.uniqueid]
