"""Balances read from the ledger, and the copies of them that cases and claims carry."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.cases.model import COMPONENTS, Case, Claim, ClaimState, Component, LedgerEntry
from core.cases.queries.balance import balances, case_balance, open_items
from core.cases.rules.interest import explained
from core.cases.service.balances import CarryForward
from core.cases.service.cases import NewClaim
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.planning.model import Company
from tests.integration.cases.conftest import Floor
from tests.integration.cases.ledger import bearing_case, group_of, pay, take_back

PRINCIPAL, STATUTORY = Component.PRINCIPAL, Component.STATUTORY_INTEREST
DUE = date(2025, 12, 31)
RATES = [(date(2025, 1, 1), "21"), (date(2026, 2, 16), "15.5")]


async def _case(uow: UnitOfWork, clock: ManualClock, floor: Floor, *claims: NewClaim, number: str = "I-1") -> Case:
    async with uow.write() as work:
        group = await group_of(work, clock, RATES, name=f"Group of {number}")
        bearing = [NewClaim(**{**_fields(claim), "interest_group_id": group}) for claim in claims]
        return await bearing_case(work, clock, floor.order.id, number, bearing)


def _fields(claim: NewClaim) -> dict[str, object]:
    return {name: getattr(claim, name) for name in NewClaim.__dataclass_fields__}


async def _claim(uow: UnitOfWork, case: Case, number: str = "1") -> Claim:
    async with uow.read() as session:
        found = select(Claim).where(Claim.case_id == case.id, Claim.number == number)
        return (await session.scalars(found)).one()


async def test_openings_are_entries_and_the_balance_is_them_with_interest(
    uow: UnitOfWork, clock: ManualClock, floor: Floor
) -> None:
    """36,500.00 from 01.01.2026: 46 days × 21.00 + 24 days × 15.50 = 1,338.00 as of 11.03.2026."""
    case = await _case(
        uow,
        clock,
        floor,
        NewClaim(number="1", principal=Decimal(36500), court_costs=Decimal("12.34"), due_on=DUE),
    )
    async with uow.read() as session:
        found = await case_balance(session, case.id, date(2026, 3, 11))
        early = await case_balance(session, case.id, DUE)
        assert await session.scalar(select(func.sum(LedgerEntry.amount))) == 0
        for name in COMPONENTS:
            posted = select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(LedgerEntry.component == name)
            kept = await session.scalar(posted)
            assert kept == await session.scalar(select(getattr(Claim, name)))
        copied = (await session.scalars(select(Case).where(Case.id == case.id))).one()
    assert found.parts[STATUTORY] == Decimal("1338.00")
    assert found.total == Decimal("37850.34") == copied.open_amount
    assert (copied.balance_on, copied.due_since) == (date(2026, 3, 11), DUE)
    assert early.total == Decimal("36512.34")
    (claim,) = found.claims
    assert sum((line.amount for line in explained(claim.accrued)[0].lines), Decimal(0)) == Decimal("1338.00")


async def test_a_back_dated_payment_and_its_withdrawal(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    """16,500 of 36,500 paid as of 10.01.2026: ten days × 21.00, then 36 × 11.506849, then 24 × 8.493151."""
    case = await _case(uow, clock, floor, NewClaim(number="1", principal=Decimal(36500), due_on=DUE))
    claim, today = await _claim(uow, case), date(2026, 3, 11)
    async with uow.write() as work:
        paid = await pay(work, clock, case, claim.id, {PRINCIPAL: "16500"}, date(2026, 1, 10))
    async with uow.read() as session:
        less = await case_balance(session, case.id, today)
        assert (await session.get_one(Case, case.id)).open_amount == less.total
    assert less.parts[STATUTORY] == Decimal("828.08")  # 210 + 414.246575 + 203.835616
    async with uow.write() as work:
        await take_back(work, clock, case, paid)
    async with uow.read() as session:
        again = await case_balance(session, case.id, today)
        whole = await balances(session, [case.id, 0], date(2026, 1, 20))
    assert again.parts[STATUTORY] == Decimal("1338.00")
    assert whole == {case.id: Decimal("36920.00"), 0: 0}


async def test_a_paid_claim_says_so_until_it_is_owed_again(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    case = await _case(
        uow,
        clock,
        floor,
        NewClaim(number="1", principal=Decimal(36500), due_on=DUE, limitation_on=date(2028, 1, 1)),
        NewClaim(number="2", principal=Decimal(10), due_on=date(2026, 3, 1), limitation_on=date(2029, 1, 1)),
    )
    claim = await _claim(uow, case)
    on = clock.now().date()
    async with uow.write() as work:
        await pay(work, clock, case, claim.id, {PRINCIPAL: "36500"}, on)
    assert (await _claim(uow, case)).state == ClaimState.OPEN  # the interest is still owed
    async with uow.write() as work:
        last = await pay(work, clock, case, claim.id, {STATUTORY: "1338"}, on)
    paid = await _claim(uow, case)
    assert (paid.state, paid.statutory_interest) == (ClaimState.PAID, Decimal(-1338))
    async with uow.read() as session:
        rest = await session.get_one(Case, case.id)
        assert (rest.due_since, rest.limitation_on) == (date(2026, 3, 1), date(2029, 1, 1))
        assert {item.claim_number for item in await open_items(session, [case.id], on)} == {"2"}
        assert (await balances(session, [case.id], date(2026, 3, 10)))[case.id] > Decimal(37000)
    async with uow.write() as work:
        await take_back(work, clock, case, last)
    assert (await _claim(uow, case)).state == ClaimState.OPEN


async def test_open_items_are_what_was_open_then_and_is_unpaid_now(
    uow: UnitOfWork, clock: ManualClock, floor: Floor
) -> None:
    case = await _case(
        uow,
        clock,
        floor,
        NewClaim(number="late", principal=Decimal(36500), due_on=DUE),
        NewClaim(number="later", principal=Decimal(100), due_on=date(2026, 3, 31)),
    )
    claim = await _claim(uow, case, "late")
    async with uow.write() as work:
        await pay(work, clock, case, claim.id, {PRINCIPAL: "36000"}, date(2026, 3, 1))
    async with uow.read() as session:
        items = await open_items(session, [case.id], date(2026, 1, 10))
        today = await open_items(session, [case.id], clock.now().date())
    assert [(item.claim_number, item.component, item.amount, item.overdue) for item in items] == [
        ("late", PRINCIPAL, Decimal(500), True),
        ("late", STATUTORY, Decimal("210.00"), True),
    ]
    assert [(item.claim_number, item.amount) for item in today if not item.overdue] == [("later", Decimal(100))]


async def test_interest_that_a_back_dated_payment_made_smaller_is_to_be_settled_again(
    uow: UnitOfWork, clock: ManualClock, floor: Floor
) -> None:
    case = await _case(uow, clock, floor, NewClaim(number="1", principal=Decimal(36500), due_on=DUE))
    claim = await _claim(uow, case)
    async with uow.write() as work:
        await pay(work, clock, case, claim.id, {STATUTORY: "1338"}, date(2026, 3, 11))
        await pay(work, clock, case, claim.id, {PRINCIPAL: "36500"}, date(2026, 1, 10))
    async with uow.read() as session:
        (found,) = (await case_balance(session, case.id, date(2026, 3, 11))).to_resettle
        assert await open_items(session, [case.id], date(2026, 3, 11)) == []
    assert (found.component, found.amount) == (STATUTORY, Decimal("1128.00"))


async def test_balances_are_carried_forward_once_a_day_of_the_agency(
    uow: UnitOfWork, clock: ManualClock, floor: Floor
) -> None:
    case = await _case(uow, clock, floor, NewClaim(number="1", principal=Decimal(36500), due_on=DUE))
    async with uow.write() as work:
        still = await bearing_case(work, clock, floor.order.id, "S", [NewClaim(number="1", principal=Decimal(5))])
        work.session.add(Company(id=1, name="Agency", timezone="Asia/Vladivostok", updated_at=clock.now()))
    carry = CarryForward(uow, clock)
    clock.set(datetime(2026, 3, 11, 13, 59, tzinfo=UTC))
    assert await carry.run() == 0
    clock.advance(timedelta(minutes=1))  # midnight in Vladivostok
    assert await carry.run() == 1
    assert await carry.run() == 0
    async with uow.read() as session:
        carried = await session.get_one(Case, case.id)
        assert (carried.balance_on, carried.open_amount) == (date(2026, 3, 12), Decimal("37853.50"))
        assert (await session.get_one(Case, still.id)).balance_on == date(2026, 3, 11)
        behind = await case_balance(session, case.id, date(2026, 3, 12))
    assert behind.total == carried.open_amount


@pytest.mark.parametrize("stated", [Decimal(0), Decimal(7)])
async def test_what_the_creditor_reckoned_is_not_reckoned_again(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, stated: Decimal
) -> None:
    async with uow.write() as work:
        creditor = await work.session.merge(floor.creditor)
        creditor.interest_group_id = await group_of(work, clock, RATES)
        claim = NewClaim(number="1", principal=Decimal(36500), statutory_interest=stated, due_on=DUE)
        case = await bearing_case(work, clock, floor.order.id, "C", [claim])
    async with uow.read() as session:
        found = await case_balance(session, case.id, date(2026, 3, 11))
    assert found.parts[STATUTORY] == (stated or Decimal("1338.00"))
