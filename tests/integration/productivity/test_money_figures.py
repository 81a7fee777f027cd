"""Promises by the day they fell due, and money by its value day: as the rows say, also after money was taken back."""

import random
from collections import Counter
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from callcenter.app.adapters.figures import FloorFigures
from callcenter.app.wiring import House
from callcenter.calls.model import Call
from callcenter.productivity.asking import Ask, By
from callcenter.productivity.kpis import BY_KEY, value
from callcenter.productivity.report import read
from callcenter.productivity.rollups import Rollups
from core.cases.model import CaseState, PartyRole, Promise
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.kernel.access import PROGRAM, Scope
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.parties.service import NewParty
from core.people.model import User
from tests.factories.money import part_paid
from tests.factories.people import Cast
from tests.factories.work import creditor_and_order
from tests.fakes.floor import collector
from tests.integration.productivity.history import History

ON = date(2026, 3, 10)
RAW = FloorFigures()


async def test_money_counts_on_its_value_day_until_it_is_taken_back(
    house: House, uow: UnitOfWork, clock: ManualClock, cast: Cast
) -> None:
    async with uow.write() as work:
        creditor, order = await creditor_and_order(work, clock)
        anna = await work.session.get_one(User, cast.users["anna"])
        new = NewCase(
            order_id=order.id,
            number="C-1",
            people=(NewPerson(party=NewParty(name="Debtor"), role=PartyRole.DEBTOR),),
            claims=(NewClaim(number="1", principal=Decimal(1500), due_on=date(2025, 11, 1)),),
            collector_id=anna.id,
            unit_id=anna.unit_id,
        )
        case = await open_case(work, PROGRAM, new, at=clock.now())
    paid = await part_paid(uow, house.payments, case.id, ON)

    async def collected() -> dict[tuple[object, ...], Decimal | None]:
        await Rollups(uow, RAW).catch_up()
        ask = Ask(first=ON, last=ON, zone=ZoneInfo("UTC"), by=(By.USER, By.CREDITOR), currency="RUB")
        async with uow.read() as session:
            found = await read(session, collector(1, Scope.ALL), RAW, ask, ("collected",), now=clock.now())
        return {line.parts: value(BY_KEY["collected"], line.counters).value for line in found.lines}

    assert await collected() == {(anna.id, creditor.id): Decimal(40)}
    await house.payments.withdraw(PROGRAM, paid.settlement, "a mistake")
    assert sum((one or Decimal(0) for one in (await collected()).values()), Decimal(0)) == 0


@pytest.mark.slow
async def test_kept_rates_are_of_the_promises_that_fell_due(uow: UnitOfWork, clock: ManualClock) -> None:
    history = History(uow, random.Random(21))
    await history.begin()
    await history.go_on(400)
    await Rollups(uow, RAW).catch_up()
    async with uow.read() as session:
        promises = (await session.scalars(select(Promise))).all()
    for day in {one.due_on for one in promises}:
        states = Counter(str(one.state) for one in promises if one.due_on == day)
        decided = [one for one in promises if one.due_on == day and one.state in ("kept", "partly", "broken")]
        ask = Ask(first=day, last=day, zone=ZoneInfo("America/New_York"), currency="RUB")
        counters = ("due_kept", "due_partly", "due_broken", "due_paid", "due_promised")
        async with uow.read() as session:
            total = (await read(session, collector(1, Scope.ALL), RAW, ask, counters, now=clock.now())).total
        number, amount = value(BY_KEY["kept_number"], total), value(BY_KEY["kept_value"], total)
        assert (number.over, number.under) == (states["kept"], len(decided))
        assert amount.over == sum(min(one.paid_amount, one.amount) for one in decided)
        assert amount.under == sum(one.amount for one in decided)


async def test_penetration_is_of_active_cases_whoever_called_them(
    uow: UnitOfWork, clock: ManualClock, cast: Cast
) -> None:
    """Of Anna's two active cases Bella called one twice; a closed one that was called is no part of either number."""
    anna, bella = cast.users["anna"], cast.users["bella"]
    async with uow.write() as work:
        _creditor, order = await creditor_and_order(work, clock)
        cases = [
            await open_case(
                work,
                PROGRAM,
                NewCase(
                    order_id=order.id,
                    number=f"C-{n}",
                    people=(NewPerson(party=NewParty(name=f"Debtor {n}"), role=PartyRole.DEBTOR),),
                    claims=(NewClaim(number="1", principal=Decimal(1500), due_on=date(2025, 11, 1)),),
                    collector_id=anna,
                ),
                at=clock.now(),
            )
            for n in range(3)
        ]
        cases[2].state = CaseState.CLOSED
        work.session.add_all(
            Call(
                id=n,
                server="lab",
                direction="outbound",
                phase="ended",
                phone="+79000000001",
                started_at=clock.now(),
                ended_at=clock.now(),
                user_id=bella,
                case_id=case_id,
            )
            for n, case_id in enumerate((cases[0].id, cases[0].id, cases[2].id), 1)
        )
    await Rollups(uow, RAW).catch_up()
    today = clock.now().date()
    for by in ((), (By.USER,)):
        ask = Ask(first=today, last=today, zone=ZoneInfo("UTC"), by=by, currency="RUB")
        async with uow.read() as session:
            found = await read(
                session, collector(1, Scope.ALL), RAW, ask, ("cases_called", "active_cases"), now=clock.now()
            )
        assert value(BY_KEY["penetration"], found.total).value == Decimal("0.5")
        assert {line.parts: value(BY_KEY["penetration"], line.counters).value for line in found.lines} == {
            (anna,) if by else (): Decimal("0.5")
        }
