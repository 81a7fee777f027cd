"""A month of the books that is closed takes nothing any more."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import LedgerTransaction
from core.payments.errors import EarlierMonthOpen, LaterMonthClosed, MonthIsClosed, MonthIsOpen, MonthNotOver
from core.payments.model import ClosedMonth
from core.payments.service.books import close_month
from core.payments.service.orders import SettleOrder
from tests.integration.payments.conftest import TODAY, Till


async def test_a_closed_month_takes_nothing_any_more(till: Till) -> None:
    early = await till.pay("100.00", on=date(2026, 1, 30), case=till.first)
    with pytest.raises(MonthNotOver):
        await till.desk.close_month(till.accountant, TODAY)
    with pytest.raises(EarlierMonthOpen):
        await till.desk.close_month(till.accountant, date(2026, 2, 15))
    await till.desk.close_month(till.accountant, date(2026, 1, 15))
    with pytest.raises(MonthIsClosed):
        await till.desk.close_month(till.accountant, date(2026, 1, 1))
    await till.desk.close_month(till.accountant, date(2026, 2, 15))
    late = await till.pay("70.00", on=date(2026, 1, 31), case=till.second)
    payment = await till.payment(late)
    assert (payment.value_on, payment.booked_on) == (date(2026, 1, 31), TODAY)
    assert (await till.payment(early)).booked_on == date(2026, 1, 30)
    done = await till.desk.settle(till.accountant, SettleOrder(payment_id=early))
    assert {(line.value_on, line.booked_on) for line in await till.repayments(early)} == {(date(2026, 1, 30), TODAY)}
    assert done.settlement_id
    await till.desk.withdraw(till.accountant, done.settlement_id, "wrong")
    assert {line.booked_on for line in await till.repayments(early)} == {TODAY}
    with pytest.raises(LaterMonthClosed):
        await till.desk.reopen_month(till.accountant, date(2026, 1, 1), "mistake")
    await till.desk.reopen_month(till.accountant, date(2026, 2, 1), "mistake")
    with pytest.raises(MonthIsOpen):
        await till.desk.reopen_month(till.accountant, date(2026, 2, 1), "mistake")
    assert (await till.payment(await till.pay("1.00", on=date(2026, 1, 31)))).booked_on == date(2026, 2, 1)


async def test_nobody_books_in_a_month_once_it_is_closed(till: Till) -> None:
    """Whoever comes before the closing is in the month, whoever comes after in a later one; nobody is in between."""
    await till.pay("1.00", on=date(2026, 2, 1))

    async def close() -> int:
        """How many transactions the month had when it was closed."""
        async with till.uow.write() as work:
            await close_month(work, till.accountant, date(2026, 2, 1), at=till.clock.now())
            return await _booked_in_february(work.session)

    tries = [till.pay("100.00", on=date(2026, 2, 27), case=till.first, doc_no=str(n)) for n in range(8)]
    half = len(tries) // 2
    *_, then = await asyncio.gather(*tries[:half], *tries[half:], close())
    async with till.uow.read() as session:
        assert (await session.scalars(select(ClosedMonth.month))).all() == [date(2026, 2, 1)]
        assert await _booked_in_february(session) == then
        days = set(await session.scalars(select(LedgerTransaction.booked_on)))
    assert date(2026, 2, 27) in days or TODAY in days


async def _booked_in_february(session: AsyncSession) -> int:
    booked = LedgerTransaction.booked_on.between(date(2026, 2, 1), date(2026, 2, 28))
    return await session.scalar(select(func.count()).select_from(LedgerTransaction).where(booked)) or 0
