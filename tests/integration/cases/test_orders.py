"""Orders on both databases: entered once, found, seen within reach, deleted while empty."""

import asyncio
from datetime import date, timedelta

import pytest

from core.cases import rights
from core.cases.errors import OrderNumberTaken, OrderUsed
from core.cases.queries.orders import OrderQuery, list_orders, order_row
from core.cases.service.creditors import OrderData, add_order, change_order, delete_order
from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.uow import UnitOfWork
from tests.integration.cases.conftest import Floor, debtor_case

PLACED = date(2026, 3, 1)


async def _found(uow: UnitOfWork, actor: Actor, query: OrderQuery = OrderQuery()) -> list[str]:  # noqa: B008 - frozen
    async with uow.read() as session:
        return [row.number for row in (await list_orders(session, actor, query)).rows]


async def test_an_order_is_entered_found_and_counted(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    clerk = floor.actor(floor.anna, Scope.ALL, rights.ORDERS, rights.CREDITORS_VIEW)
    async with uow.write() as work:
        data = OrderData(number="B-7", name="Spring lot", placed_on=PLACED, ends_on=PLACED + timedelta(days=90))
        order = await add_order(work, clerk, floor.creditor.id, data, at=clock.now())
    await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", owner=floor.boris)
    assert await _found(uow, clerk) == ["B-7", "2026-01"]
    assert await _found(uow, clerk, OrderQuery(search="spring")) == ["B-7"]
    assert await _found(uow, clerk, OrderQuery(search="100%_")) == []
    assert await _found(uow, clerk, OrderQuery(entered=True)) == ["B-7"]
    assert await _found(uow, clerk, OrderQuery(placed_to=date(2026, 2, 1))) == ["2026-01"]
    assert await _found(uow, clerk, OrderQuery(creditor_ids=(floor.creditor.id + 1,))) == []
    async with uow.read() as session:
        lot = await order_row(session, clerk, floor.order.id)
        empty = await order_row(session, clerk, order.id)
    assert (lot.cases, lot.open_cases, empty.cases) == (1, 1, 0)
    assert lot.open_amount > 0
    assert empty.entered_by == "Ahn"


async def test_a_collector_sees_the_orders_of_his_cases(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    anna, boris = floor.actor(floor.anna), floor.actor(floor.boris)
    await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", owner=floor.boris)
    assert await _found(uow, anna) == []
    assert await _found(uow, boris) == ["2026-01"]
    everything = floor.actor(floor.anna, Scope.ALL, rights.CREDITORS_VIEW)
    assert await _found(uow, everything, OrderQuery(held=True)) == []
    async with uow.read() as session:
        with pytest.raises(NotFound):
            await order_row(session, anna, floor.order.id)


async def test_a_number_is_taken_once_even_at_once(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    async def enter() -> bool:
        try:
            async with uow.write() as work:
                data = OrderData(number="B-7", placed_on=PLACED)
                await add_order(work, PROGRAM, floor.creditor.id, data, at=clock.now())
        except OrderNumberTaken:
            return False
        return True

    assert sorted(await asyncio.gather(enter(), enter())) == [False, True]


async def test_what_is_wrong_is_refused(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    now = clock.now()
    await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel")
    async with uow.write() as work:
        upside_down = OrderData(number="B-8", placed_on=PLACED, ends_on=PLACED - timedelta(days=1))
        with pytest.raises(Invalid):
            await add_order(work, PROGRAM, floor.creditor.id, upside_down, at=now)
        with pytest.raises(NotFound):
            await add_order(work, PROGRAM, 987654, OrderData(number="B-8", placed_on=PLACED), at=now)
        data = OrderData(number="B-9", placed_on=PLACED)
        with pytest.raises(Forbidden):
            await add_order(work, floor.actor(floor.anna), floor.creditor.id, data, at=now)
        other_id = (await add_order(work, PROGRAM, floor.creditor.id, data, at=now)).id
        with pytest.raises(OrderNumberTaken):
            await change_order(work, PROGRAM, other_id, OrderData(number="2026-01", placed_on=PLACED), at=now)
        with pytest.raises(OrderUsed):
            await delete_order(work, PROGRAM, floor.order.id, at=now)
        await delete_order(work, PROGRAM, other_id, at=now)
    assert await _found(uow, PROGRAM) == ["2026-01"]
