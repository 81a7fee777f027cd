"""What was settled is taken back exactly, once, with the fee of a bounced payment."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.cases.model import Claim, ClaimState, LedgerEntry
from core.kernel.errors import Conflict, NotFound
from core.payments.errors import AlreadyWithdrawn, BadRefund, MoneyGivenBack, PaymentIsReversed
from core.payments.model import Payment, PaymentState
from core.payments.service.orders import SettleOrder
from core.payments.service.withdrawing import BounceFee
from tests.integration.payments.conftest import Till


async def test_after_a_withdrawal_everything_is_as_before(till: Till) -> None:
    payment_id = await till.pay("1780.00", on=date(2026, 3, 1), case=till.first)
    before = await till.claims(till.first)
    done = await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id))
    assert done.settlement_id is not None
    await till.desk.withdraw(till.accountant, done.settlement_id, "wrong case")
    assert await till.claims(till.first) == before
    case = await till.case(till.first)
    assert (case.open_amount, case.last_payment_at) == (Decimal(1780), None)
    payment = await till.payment(payment_id)
    assert (payment.state, payment.settled) == (PaymentState.POSTED, Decimal(0))
    lines = await till.repayments(payment_id)
    assert sum(line.amount for line in lines) == 0
    mirrored = {line.reverses_id: line for line in lines if line.reverses_id}
    for line in lines:
        if line.reverses_id is None:
            assert mirrored[line.id].amount == -line.amount
            assert mirrored[line.id].value_on == line.value_on
    async with till.uow.read() as session:
        assert set(await session.scalars(select(Claim.state))) == {ClaimState.OPEN}
        by_day = select(LedgerEntry.value_on, LedgerEntry.account, func.sum(LedgerEntry.amount)).where(
            LedgerEntry.payment_id == payment_id
        )
        sums = {tuple(row) for row in await session.execute(by_day.group_by(LedgerEntry.value_on, LedgerEntry.account))}
    assert sums == {
        (date(2026, 3, 1), "money", Decimal(1780)),
        (date(2026, 3, 1), "suspense", Decimal(-1780)),
        (date(2026, 3, 1), "debt", Decimal(0)),
    }
    with pytest.raises(AlreadyWithdrawn):
        await till.desk.withdraw(till.accountant, done.settlement_id, "again")
    with pytest.raises(NotFound):
        await till.desk.withdraw(till.accountant, 999, "nothing")
    await till.check_books()


async def test_a_bounced_payment_is_reversed_with_its_fee(till: Till) -> None:
    payment_id = await till.pay("300.00", case=till.first)
    for part in ("100", "150"):
        await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id, amount=Decimal(part)))
    async with till.uow.read() as session:
        on = await session.scalar(select(Claim.id).where(Claim.case_id == till.first.id, Claim.number == "1")) or 0
    await till.desk.reverse(till.accountant, payment_id, "no funds", BounceFee(claim_id=on, amount=Decimal(15)))
    payment = await till.payment(payment_id)
    assert (payment.state, payment.settled, payment.reversed_by_id) == (
        PaymentState.REVERSED,
        Decimal(0),
        till.accountant.user_id,
    )
    assert (await till.case(till.first)).open_amount == 1795
    with pytest.raises(PaymentIsReversed):
        await till.desk.reverse(till.accountant, payment_id, "again")
    with pytest.raises(PaymentIsReversed):
        await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id))
    with pytest.raises(PaymentIsReversed):
        await till.desk.refund(till.accountant, payment_id, Decimal(1), "why")
    async with till.uow.read() as session:
        by_account = select(LedgerEntry.account, func.sum(LedgerEntry.amount)).where(
            LedgerEntry.payment_id == payment_id
        )
        assert {row[1] for row in await session.execute(by_account.group_by(LedgerEntry.account))} == {Decimal(0)}
    await till.check_books()


async def test_what_was_given_back_keeps_a_payment_from_being_reversed(till: Till) -> None:
    payment_id = await till.pay("100.00")
    with pytest.raises(BadRefund):
        await till.desk.refund(till.accountant, payment_id, Decimal(101), "too much")
    with pytest.raises(BadRefund):
        await till.desk.refund(till.accountant, payment_id, Decimal(10), " ")
    await till.desk.refund(till.accountant, payment_id, Decimal(10), "asked for it")
    with pytest.raises(MoneyGivenBack):
        await till.desk.reverse(till.accountant, payment_id, "no funds")


async def test_two_who_withdraw_at_once_withdraw_once(till: Till) -> None:
    payment_id = await till.pay("500.00", case=till.first)
    done = await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id))
    assert done.settlement_id
    tries: list[object] = list(
        await asyncio.gather(
            *(till.desk.withdraw(till.accountant, done.settlement_id, "wrong") for _ in range(4)),
            till.desk.reverse(till.accountant, payment_id, "no funds"),
            return_exceptions=True,
        )
    )
    assert all(isinstance(one, Payment | AlreadyWithdrawn | Conflict) for one in tries), tries
    assert sum(line.amount for line in await till.repayments(payment_id)) == 0
    assert (await till.case(till.first)).open_amount == 1780
    await till.check_books()
