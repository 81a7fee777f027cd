"""A payment is registered once, and only where it can be."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.cases.model import LedgerEntry
from core.kernel.errors import Forbidden, NotFound
from core.payments.errors import BadPayment, DuplicatePayment, ReceiptTaken
from core.payments.model import Source
from core.payments.service.registering import NewPayment
from tests.integration.payments.conftest import TODAY, Till


async def test_a_payment_is_registered_once(till: Till) -> None:
    same = NewPayment(
        account_id=till.bank,
        amount=Decimal("10.00"),
        value_on=TODAY,
        source=Source.MANUAL,
        doc_no="77",
        purpose="Loan  A-1",
    )
    first = await till.desk.register(till.accountant, same)
    again = NewPayment(
        account_id=till.bank,
        amount=Decimal(10),
        value_on=TODAY,
        source=Source.STATEMENT,
        doc_no="77",
        purpose="loan a-1",
    )
    with pytest.raises(DuplicatePayment) as refused:
        await till.desk.register(till.accountant, again)
    assert refused.value.params["payment_id"] == first
    await till.check_books()
    async with till.uow.read() as session:
        moved = select(LedgerEntry.account, LedgerEntry.amount).where(LedgerEntry.payment_id == first)
        assert sorted((row.account, row.amount) for row in await session.execute(moved)) == [
            ("money", Decimal(10)),
            ("suspense", Decimal(-10)),
        ]


async def test_the_same_payment_sent_by_many_at_once_is_one(till: Till) -> None:
    new = NewPayment(account_id=till.bank, amount=Decimal(10), value_on=TODAY, source=Source.API, doc_no="1")
    found = await asyncio.gather(*(till.desk.register(till.accountant, new) for _ in range(6)), return_exceptions=True)
    ids = {one for one in found if isinstance(one, int)}
    assert len(ids) == 1
    assert sum(isinstance(one, DuplicatePayment) for one in found) == 5
    async with till.uow.read() as session:
        assert (
            await session.scalar(select(func.count()).select_from(LedgerEntry).where(LedgerEntry.payment_id.in_(ids)))
            == 2
        )


async def test_what_cannot_be_registered(till: Till) -> None:
    async def refused(error: type[Exception], **values: object) -> None:
        wanted = {"account_id": till.bank, "amount": Decimal(1), "value_on": TODAY, "source": Source.MANUAL, **values}
        with pytest.raises(error):
            await till.desk.register(till.accountant, NewPayment(**wanted))  # type: ignore[arg-type]

    await refused(BadPayment, amount=Decimal(0))
    await refused(BadPayment, amount=Decimal("0.001"))
    await refused(BadPayment, value_on=date(2026, 3, 12))
    await refused(BadPayment, account_id=99)
    await refused(BadPayment, source=Source.CASH, receipt_no="1")
    await refused(BadPayment, source=Source.CASH, account_id=till.cash)
    await refused(NotFound, case_id=999)
    new = NewPayment(account_id=till.bank, amount=Decimal(1), value_on=TODAY, source=Source.MANUAL)
    with pytest.raises(Forbidden):
        await till.desk.register(till.collector, new)


async def test_cash_in_the_field_is_settled_at_once(till: Till) -> None:
    cash = {"account_id": till.cash, "value_on": TODAY, "source": Source.CASH, "receipt_no": "R-1"}
    payment_id = await till.desk.register(
        till.collector,
        NewPayment(amount=Decimal(100), case_id=till.first.id, **cash),  # type: ignore[arg-type]
    )
    assert (await till.payment(payment_id)).settled == 100
    assert (await till.case(till.first)).open_amount == 1680
    with pytest.raises(ReceiptTaken):
        await till.desk.register(
            till.accountant,
            NewPayment(amount=Decimal(7), case_id=till.first.id, **cash),  # type: ignore[arg-type]
        )
    foreign = NewPayment(amount=Decimal(7), case_id=till.second.id, **{**cash, "receipt_no": "R-2"})  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await till.desk.register(till.collector, foreign)
