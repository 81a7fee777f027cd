"""Payments become repayments and are taken back again, exactly, on both databases."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.cases.model import CaseEvent, Claim, ClaimState, Component, EventKind, LedgerEntry, Promise
from core.payments.errors import BadSettlement, NothingLeft, NothingOpen
from core.payments.model import PaymentState, Settlement, Source
from core.payments.rules.allocation import Wanted
from core.payments.service.orders import SettleOrder
from core.payments.service.posting import post_and_settle_many
from core.payments.service.registering import NewPayment
from tests.integration.payments.conftest import TODAY, Till


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
