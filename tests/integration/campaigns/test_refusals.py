"""What dies, fails or is refused in the middle dials nobody twice and holds up nobody else."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from callcenter.app.adapters.law import requests_for
from callcenter.callbacks.model import Callback
from callcenter.calls.model import Call, OrderState
from callcenter.campaigns.model import EntryState
from callcenter.campaigns.ports import LineOrder
from callcenter.compliance.law.terms import BlockKind
from callcenter.compliance.model import AttemptState, ContactAttempt
from callcenter.compliance.registry import Registry
from core.kernel.access import PROGRAM
from tests.factories.dialling import DiallingFloor


async def test_an_end_that_several_are_told_of_counts_once(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    await floor.campaign()
    await floor.dialler().round()
    (order,) = floor.telephony.lines
    await floor.tell(order, "rings", "picked up")
    async with floor.uow.write() as work:
        over = update(Call).where(Call.id == order.call_id)
        await work.session.execute(over.values(ended_at=floor.clock.now(), result_code="ABANDONED"))
    news = [SimpleNamespace(call_id=order.call_id, campaign_id=1)]
    read = asyncio.Barrier(2)

    async def told() -> None:
        async with floor.uow.write() as work:
            await floor.outcomes.followed(work, news)
            with suppress(TimeoutError):  # the other one waits, or has not been waited for
                await asyncio.wait_for(read.wait(), 0.2)

    await asyncio.gather(told(), told())
    async with floor.uow.read() as session:
        owed = (await session.scalars(select(Callback))).all()
    assert len(owed) == 1


@pytest.mark.parametrize("died", [OrderState.RESERVED, OrderState.SENT])
async def test_a_crash_dials_nobody_twice(floor: DiallingFloor, died: OrderState) -> None:
    """The process dies after the attempt was written: unsent it is given back, sent it may have rung and counts."""
    await floor.open(debtors=1, agents=1)
    campaign_id = await floor.campaign()
    order = await floor.attempts.take(campaign_id, floor.users[0])
    assert order is not None
    async with floor.uow.write() as work:
        await work.session.execute(update(Call).where(Call.id == order.call_id).values(order_state=died))
    dialler = floor.dialler()
    assert await dialler.round() == 0, "nobody knows yet what became of it"
    floor.clock.advance(timedelta(minutes=3))
    await floor.calls.end_lost_orders()
    await dialler.round()
    entry = await floor.entry()
    async with floor.uow.read() as session:
        contact = (await session.scalars(select(ContactAttempt).order_by(ContactAttempt.id))).first()
    assert contact is not None
    if died == OrderState.RESERVED:
        assert (entry.attempts, contact.state) == (0, AttemptState.RELEASED)
    else:
        assert (entry.attempts, contact.state) == (1, AttemptState.NOT_ANSWERED)
        assert entry.next_at > floor.clock.now()
    assert floor.telephony.orders == []


async def test_what_the_exchange_always_refuses_is_tried_ever_later_and_then_given_up(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    await floor.campaign(retries={"FAIL": 5}, most_in_total=5, most_a_day=1, opens=0, closes=1440)
    floor.telephony.refuse, dialler = True, floor.dialler()
    rests = []
    for _ in range(4):
        assert await dialler.round() == 1
        await dialler.round()
        entry = await floor.entry()
        assert (entry.state, entry.attempts, entry.reason) == (EntryState.WAITING, 0, "REFUSED"), "nobody was rung"
        rests.append((entry.next_at - floor.clock.now()) / timedelta(minutes=1))
        floor.clock.advance(timedelta(minutes=rests[-1]))
    assert rests == [1, 2, 4, 5]
    assert await dialler.round() == 1
    await dialler.round()
    assert (await floor.entry()).state == EntryState.DONE
    assert {one.outcome for one in await floor.made()} == {"REFUSED"}


async def test_an_order_that_is_taken_ends_the_refusals(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    await floor.campaign(retries={"BUSY": 10, "FAIL": 60}, most_a_day=9)
    dialler = floor.dialler()
    for refused, minutes in ((True, 1), (True, 2), (False, 10), (True, 1)):
        floor.telephony.refuse = refused
        assert await dialler.round() == 1
        if not refused:
            await floor.tell(floor.telephony.lines[-1], "rings", "busy")
        await dialler.round()
        assert (await floor.entry()).next_at == floor.clock.now() + timedelta(minutes=minutes)
        floor.clock.advance(timedelta(minutes=minutes))


async def test_a_campaign_that_fails_does_not_stop_the_others(
    floor: DiallingFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await floor.open(debtors=4, agents=2)
    low = await floor.campaign(name="Low", users=(floor.users[0],))
    high = await floor.campaign(name="High", priority=5, users=(floor.users[1],))
    take = floor.attempts.take

    async def fails(campaign_id: int, user_id: int | None = None) -> LineOrder | None:
        if campaign_id == high:
            raise RuntimeError("broken")
        return await take(campaign_id, user_id)

    monkeypatch.setattr(floor.attempts, "take", fails)
    assert await floor.dialler().round() == 1
    assert [order.queue for order in floor.telephony.lines] == [f"campaign-{low}"]


async def test_a_rest_that_was_agreed_stops_the_dialler_and_reminds_a_collector(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    await floor.campaign()
    entry, until = await floor.entry(), floor.clock.now() + timedelta(days=2)
    async with floor.uow.write() as work:
        registry = Registry(floor.clock)
        await registry.block(
            work, PROGRAM, BlockKind.PAUSE, basis="promised to pay", case_id=entry.case_id, ends_at=until
        )
    assert await floor.dialler().round() == 0
    entry = await floor.entry()
    assert (entry.state, entry.reason) == (EntryState.WAITING, "none.block.pause")
    assert entry.next_at >= until
    async with floor.uow.write() as work:
        (request,) = await requests_for(work.session, None, None, floor.phones[0])
        verdict = await floor.gate.decide(work.session, request)
    assert verdict.allowed
    assert verdict.rule_id == "none.block.pause"
