"""A back-dated payment makes interest smaller: later ones are settled again as if all had come in order."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.cases.model import Component
from core.cases.queries.balance import case_balance
from core.kernel.errors import Forbidden
from core.payments.service.orders import SettleOrder
from tests.integration.cases.ledger import bearing_case, group_of
from tests.integration.payments.conftest import TODAY, Till, claim

JANUARY, MARCH = date(2026, 1, 31), date(2026, 3, 1)


async def test_a_back_dated_payment_is_put_in_its_place(till: Till) -> None:
    """3,650 at 36.5 % a year is 3.65 a day from 2 January: 109.50 by 31 January, 215.35 by 1 March.

    300 of 1 March pays that interest and 84.65. Then 1,109.50 of 31 January turns up: all of it goes to the principal,
    since the interest of that day is paid already, but then only 183.17 had accrued by 1 March. In order, the first
    pays 109.50 and 1,000, the second what accrues on 2,650 for 29 days, 76.85, and 223.15.
    """
    async with till.uow.write() as work:
        group = await group_of(work, till.clock, [(date(2025, 1, 1), "36.5")])
        debt = replace(claim("1", "3650.00", date(2026, 1, 1)), interest_group_id=group)
        case = await bearing_case(work, till.clock, till.order_id, "I-1", [debt])
    for amount, on in (("300.00", MARCH), ("1109.50", JANUARY)):
        payment_id = await till.pay(amount, on=on, case=case)
        order = SettleOrder(payment_id=payment_id, scheme_key="PL_451")
        await till.desk.settle(till.accountant, order)
        assert (await till.case(case)).resettle_from == (None if on == MARCH else JANUARY)
    async with till.uow.read() as session:
        (wrong,) = (await case_balance(session, case.id, MARCH)).to_resettle
    assert (wrong.component, wrong.amount) == (Component.STATUTORY_INTEREST, Decimal("32.18"))

    done = await till.desk.resettle(till.accountant, case.id, JANUARY, "back-dated")
    assert [one.refusal for one in done] == [None, None]
    async with till.uow.read() as session:
        january, march = [await case_balance(session, case.id, day) for day in (JANUARY, MARCH)]
        today = await case_balance(session, case.id, TODAY)
    assert january.parts[Component.PRINCIPAL] == 2650
    assert january.parts[Component.STATUTORY_INTEREST] == 0
    assert march.parts[Component.PRINCIPAL] == Decimal("2426.85")
    assert march.parts[Component.STATUTORY_INTEREST] == 0
    assert today.to_resettle == ()
    assert (await till.case(case)).resettle_from is None
    assert (await till.case(case)).open_amount == today.total
    with pytest.raises(Forbidden):
        await till.desk.resettle(till.collector, case.id, JANUARY, "why not")
    await till.check_books()
