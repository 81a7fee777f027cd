"""Payments become repayments and are taken back again, exactly, on both databases."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import CaseEvent, Claim, ClaimState, Component, EventKind, LedgerEntry, LedgerTransaction, Promise
from core.kernel.errors import Conflict, Forbidden, NotFound
from core.payments.errors import (
    AlreadyWithdrawn,
    BadPayment,
    BadRefund,
    BadSettlement,
    DuplicatePayment,
    EarlierMonthOpen,
    LaterMonthClosed,
    MoneyGivenBack,
    MonthIsClosed,
    MonthIsOpen,
    MonthNotOver,
    NothingLeft,
    NothingOpen,
    PaymentIsReversed,
    ReceiptTaken,
)
from core.payments.model import ClosedMonth, Payment, PaymentState, Settlement, Source
from core.payments.rules.allocation import Wanted
from core.payments.service.books import close_month
from core.payments.service.orders import SettleOrder
from core.payments.service.posting import post_and_settle_many
from core.payments.service.registering import NewPayment
from core.payments.service.withdrawing import BounceFee
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


async def test_settling_by_the_law_of_the_case(till: Till) -> None:
    payment_id = await till.pay("1300.00", case=till.first)
    expected = await till.desk.preview(till.accountant, SettleOrder(payment_id=payment_id))
    assert (await till.payment(payment_id)).settled == 0
    done = await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id))
    assert done.result == expected.result
    assert await till.claims(till.first) == {
        "1": {},
        "2": {"principal": Decimal(450), "penalty": Decimal(30)},
    }
    payment = await till.payment(payment_id)
    assert (payment.state, payment.settled) == (PaymentState.SETTLED, Decimal(1300))
    lines = await till.repayments(payment_id)
    assert [(line.component, line.amount, line.rank) for line in lines] == [
        ("court_costs", Decimal(50), 1),
        ("contractual_interest", Decimal(200), 2),
        ("principal", Decimal(1000), 3),
        ("principal", Decimal(50), 3),
    ]
    assert {line.collector_id for line in lines} == {till.collector.user_id}
    case = await till.case(till.first)
    assert case.open_amount == 480
    assert case.last_payment_at == till.clock.now()
    assert [(one.case_id, one.amount, one.paid_in_full) for one in till.followers.credited] == [
        (till.first.id, Decimal(1300), False)
    ]
    async with till.uow.read() as session:
        event = (await session.scalars(select(CaseEvent).where(CaseEvent.kind == EventKind.PAYMENT))).one()
    assert event.data["payment_id"] == payment_id
    assert event.data["amount"] == "1300"
    with pytest.raises(NothingLeft):
        await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id))
    await till.check_books()


async def test_one_payment_over_several_cases_and_too_much_of_it(till: Till) -> None:
    payment_id = await till.pay("2100.00")
    with pytest.raises(BadSettlement):
        await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id))
    both = (till.first.id, till.second.id)
    done = await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id, case_ids=both))
    assert done.result.remainder == 20
    payment = await till.payment(payment_id)
    assert (payment.state, payment.settled) == (PaymentState.POSTED, Decimal(2080))
    assert (await till.case(till.first)).open_amount == (await till.case(till.second)).open_amount == 0
    assert all(one.paid_in_full for one in till.followers.credited)
    async with till.uow.read() as session:
        assert set(await session.scalars(select(Claim.state))) == {ClaimState.PAID}
    with pytest.raises(NothingOpen):
        await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id))
    given = await till.desk.refund(till.accountant, payment_id, Decimal(20), "paid too much")
    assert given.refunded == 20
    assert (await till.payment(payment_id)).state == PaymentState.SETTLED
    with pytest.raises(NothingLeft):
        await till.desk.refund(till.accountant, payment_id, Decimal("0.01"), "more")
    await till.check_books()


async def test_part_of_a_payment_on_the_claim_the_debtor_named(till: Till) -> None:
    async with till.uow.read() as session:
        named = await session.scalar(select(Claim.id).where(Claim.case_id == till.first.id, Claim.number == "2"))
    payment_id = await till.pay("400.00", case=till.first, claim_id=named)
    await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id, amount=Decimal(100)))
    assert (await till.claims(till.first))["2"] == {"principal": Decimal(400), "penalty": Decimal(30)}
    order = SettleOrder(payment_id=payment_id, scheme_key="PRINCIPAL_FIRST", claim_ids=frozenset({named or 0}))
    await till.desk.settle(till.accountant, order)
    assert (await till.claims(till.first))["2"] == {"principal": Decimal(100), "penalty": Decimal(30)}
    with pytest.raises(BadSettlement):
        await till.desk.settle(
            till.accountant, SettleOrder(payment_id=await till.pay("5", case=till.first), amount=Decimal(6))
        )


async def test_lines_by_hand(till: Till) -> None:
    async with till.uow.read() as session:
        one = await session.scalar(select(Claim.id).where(Claim.case_id == till.first.id, Claim.number == "1")) or 0
    payment_id = await till.pay("100.00", case=till.first)
    wrong = (Wanted(claim_id=one, component=Component.COURT_COSTS, amount=Decimal(51)),)
    with pytest.raises(BadSettlement):
        await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id, lines=wrong))
    with pytest.raises(BadSettlement):
        await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id, scheme_key="MANUAL"))
    with pytest.raises(BadSettlement):
        await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id, scheme_key="NONE_SUCH"))
    right = (Wanted(claim_id=one, component=Component.PRINCIPAL, amount=Decimal(60)),)
    await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id, lines=right))
    assert (await till.claims(till.first))["1"]["principal"] == 940
    assert (await till.payment(payment_id)).settled == 60


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


async def test_money_paid_to_the_creditor_is_settled_like_any_other(till: Till) -> None:
    payment_id = await till.pay("100.00", case=till.first, account_id=till.direct)
    await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id))
    async with till.uow.read() as session:
        accounts = await session.scalars(select(LedgerEntry.account).where(LedgerEntry.payment_id == payment_id))
        assert set(accounts) == {"direct", "suspense", "debt"}


async def test_two_who_settle_at_once_spend_a_payment_once(till: Till) -> None:
    payment_id = await till.pay("1000.00")
    orders = [SettleOrder(payment_id=payment_id, case_ids=(one.id,)) for one in (till.first, till.second) * 3]
    done = await asyncio.gather(*(till.desk.settle(till.accountant, order) for order in orders), return_exceptions=True)
    assert all(isinstance(one, NothingLeft | NothingOpen) for one in done if isinstance(one, BaseException)), done
    payment = await till.payment(payment_id)
    assert payment.settled == 1000
    assert sum(line.amount for line in await till.repayments(payment_id)) == 1000
    left = (await till.case(till.first)).open_amount + (await till.case(till.second)).open_amount
    assert left == 2080 - 1000
    await till.check_books()


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


async def test_many_at_once_are_as_one_by_one(till: Till) -> None:
    """Payments of one chunk on one case, back-dated among them, split as if each had been settled alone in order."""
    payments = [
        NewPayment(
            account_id=till.bank,
            amount=Decimal(amount),
            value_on=day,
            source=Source.STATEMENT,
            doc_no=str(n),
            case_id=case,
        )
        for n, (amount, day, case) in enumerate(
            [
                ("200.00", date(2026, 3, 5), till.first.id),
                ("300.00", date(2026, 3, 1), till.first.id),
                ("500.00", date(2026, 3, 5), till.second.id),
                ("77.00", date(2026, 3, 4), None),
            ]
        )
    ]
    async with till.uow.write() as work:
        posted = await post_and_settle_many(
            work, till.accountant, [*payments, payments[0]], till.desk.effects, at=till.clock.now()
        )
    assert [one.fresh for one in posted] == [True, True, True, True, False]
    assert posted[3].settled is None
    assert posted[4].payment_id == posted[0].payment_id
    lines = [line for one in posted[:2] for line in await till.repayments(one.payment_id)]
    assert [(line.value_on.day, line.component, line.amount) for line in lines] == [
        (5, "principal", Decimal(200)),
        (1, "court_costs", Decimal(50)),
        (1, "contractual_interest", Decimal(200)),
        (1, "principal", Decimal(50)),
    ]
    assert posted[2].settled is not None
    assert posted[2].settled.result.remainder == 200
    assert (await till.case(till.first)).open_amount == 1280
    assert (await till.case(till.second)).open_amount == 0
    async with till.uow.read() as session:
        assert await session.scalar(select(func.count()).select_from(Settlement)) == 3
    await till.check_books()


async def test_promises_hear_what_stands(till: Till) -> None:
    async with till.uow.write() as work:
        party = (await work.session.get_one(type(till.first), till.first.id)).debtor_id
        work.session.add(
            Promise(
                case_id=till.first.id,
                party_id=party,
                amount=Decimal(100),
                currency="RUB",
                due_on=TODAY,
                created_at=till.clock.now(),
            )
        )
    payment_id = await till.pay("120.00", case=till.first)
    done = await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id, amount=Decimal(50)))
    await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id, amount=Decimal(70)))
    told = till.followers.received[till.first.id]
    assert [(one.payment_id, one.amount, one.value_on) for one in told] == [(payment_id, Decimal(120), TODAY)]
    assert done.settlement_id
    await till.desk.withdraw(till.accountant, done.settlement_id, "wrong")
    assert [one.amount for one in till.followers.received[till.first.id]] == [Decimal(70)]
