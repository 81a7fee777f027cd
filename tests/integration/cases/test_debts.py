"""Debts changed by hand: corrected, forgiven, charged; accrual stopped; rates that change."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.audit.model import AuditEntry
from core.cases import rights
from core.cases.errors import InterestNameTaken, RatesUsed
from core.cases.model import (
    AccrualBlock,
    Case,
    CaseEvent,
    Claim,
    Component,
    EventKind,
    InterestGroup,
    InterestTerm,
    LedgerEntry,
    RateKind,
    RateTable,
)
from core.cases.queries.balance import case_balance
from core.cases.rules.interest import Days
from core.cases.service import accrual, debts, rates
from core.cases.service.balances import CarryForward
from core.cases.service.debts import DebtChange
from core.cases.shipped_rates import ship_rates
from core.kernel.access import Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.uow import UnitOfWork
from tests.integration.cases.conftest import Floor
from tests.integration.cases.ledger import group_of

TODAY = date(2026, 3, 11)
PRINCIPAL, STATUTORY, FEE = Component.PRINCIPAL, Component.STATUTORY_INTEREST, Component.AGENCY_FEES


@pytest.fixture
def anna(floor: Floor) -> Actor:
    return floor.actor(floor.anna, Scope.OWN, rights.LEDGER, rights.INTEREST)


async def _claim_id(uow: UnitOfWork, case: Case) -> int:
    async with uow.read() as session:
        return (await session.scalars(select(Claim.id).where(Claim.case_id == case.id))).one()


async def _balance(uow: UnitOfWork, case: Case, on: date = TODAY) -> dict[str, Decimal]:
    """What is owed by component, and that the case says the same of today."""
    async with uow.read() as session:
        found = await case_balance(session, case.id, on)
        if on == TODAY:
            assert (await session.get_one(Case, case.id)).open_amount == found.total
        assert await session.scalar(select(func.sum(LedgerEntry.amount))) == 0
    return {part.value: amount for part, amount in found.parts.items() if amount}


async def test_a_debt_is_corrected_forgiven_and_charged(
    uow: UnitOfWork, clock: ManualClock, case: Case, anna: Actor
) -> None:
    claim, now = await _claim_id(uow, case), clock.now()
    lower = DebtChange(
        claim_id=claim, component=PRINCIPAL, amount=Decimal(-18250), reason="wrong sum", value_on=date(2026, 1, 30)
    )
    forgiven = DebtChange(claim_id=claim, component=STATUTORY, amount=Decimal("100.00"), reason="agreed")
    fee = DebtChange(claim_id=claim, component=FEE, amount=Decimal("15.50"), reason="reminder by post")
    async with uow.write() as work:
        await debts.adjust(work, anna, case.id, lower, at=now)
        await debts.write_off(work, anna, case.id, forgiven, at=now)
        await debts.charge_fee(work, anna, case.id, fee, at=now)
    assert await _balance(uow, case) == {
        "principal": Decimal(18250),
        "statutory_interest": Decimal("400.00"),  # 30 × 10.00 + 40 × 5.00 - 100.00
        "agency_fees": Decimal("15.50"),
    }
    async with uow.read() as session:
        told = (await session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id))).all()
        trail = set(await session.scalars(select(AuditEntry.action)))
    kinds = [event.kind for event in told if event.text]
    assert kinds == [EventKind.CLAIM, EventKind.CLAIM, EventKind.INTEREST]
    assert {"debt.adjusted", "debt.written_off", "debt.charged"} <= trail


@pytest.mark.parametrize(
    ("use_case", "change", "field"),
    [
        (debts.adjust, {"amount": Decimal(0)}, "amount"),
        (debts.adjust, {"amount": Decimal("1.001")}, "amount"),
        (debts.adjust, {"reason": " "}, "reason"),
        (debts.adjust, {"value_on": TODAY + timedelta(days=1)}, "value_on"),
        (debts.write_off, {"amount": Decimal(-5)}, "amount"),
        (debts.write_off, {"amount": Decimal("36500.01")}, "amount"),
        (debts.write_off, {"component": STATUTORY, "amount": Decimal("700.01")}, "amount"),
        (debts.charge_fee, {"component": PRINCIPAL}, "component"),
    ],
)
async def test_what_cannot_be_changed_so_is_told_by_field(
    uow: UnitOfWork,
    clock: ManualClock,
    case: Case,
    anna: Actor,
    use_case: object,
    change: dict[str, object],
    field: str,
) -> None:
    asked = {"component": PRINCIPAL, "amount": Decimal(5), "reason": "because", **change}
    wanted = DebtChange(claim_id=await _claim_id(uow, case), **asked)  # type: ignore[arg-type]
    with pytest.raises(Invalid) as fault:
        async with uow.write() as work:
            await use_case(work, anna, case.id, wanted, at=clock.now())  # type: ignore[operator]
    assert set(fault.value.fields) == {field}


async def test_nobody_changes_a_foreign_debt(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, case: Case, anna: Actor
) -> None:
    claim = await _claim_id(uow, case)
    boris = floor.actor(floor.boris, Scope.OWN, rights.LEDGER, rights.INTEREST)
    fee = DebtChange(claim_id=claim, component=FEE, amount=Decimal(5), reason="x")
    for actor, error in ((boris, NotFound), (floor.actor(floor.anna), Forbidden)):
        with pytest.raises(error):
            async with uow.write() as work:
                await debts.charge_fee(work, actor, case.id, fee, at=clock.now())
        with pytest.raises(error):
            async with uow.write() as work:
                await accrual.block_accrual(work, actor, case.id, Days(TODAY), "x", at=clock.now())
    foreign = DebtChange(claim_id=claim + 99, component=FEE, amount=Decimal(5), reason="x")
    with pytest.raises(NotFound):
        async with uow.write() as work:
            await debts.charge_fee(work, anna, case.id, foreign, at=clock.now())


async def test_accrual_is_blocked_and_goes_on(uow: UnitOfWork, clock: ManualClock, case: Case, anna: Actor) -> None:
    async with uow.write() as work:
        block = await accrual.block_accrual(work, anna, case.id, Days(date(2026, 3, 2)), "a moratorium", at=clock.now())
    assert (await _balance(uow, case))["statutory_interest"] == Decimal("600.00")
    async with uow.write() as work:
        await accrual.lift_block(work, anna, case.id, block.id, at=clock.now())
    assert (await _balance(uow, case))["statutory_interest"] == Decimal("610.00")
    assert (await _balance(uow, case, date(2026, 3, 21)))["statutory_interest"] == Decimal("710.00")
    with pytest.raises(NotFound):
        async with uow.write() as work:
            await accrual.lift_block(work, anna, case.id, block.id, at=clock.now())
    with pytest.raises(Invalid):
        async with uow.write() as work:
            await accrual.block_accrual(work, anna, case.id, Days(TODAY, date(2026, 3, 1)), "x", at=clock.now())
    async with uow.read() as session:
        assert (await session.scalars(select(AccrualBlock.until_on))).one() == date(2026, 3, 10)


async def test_a_claim_gets_other_terms_or_none(uow: UnitOfWork, clock: ManualClock, case: Case, anna: Actor) -> None:
    claim, now = await _claim_id(uow, case), clock.now()
    async with uow.write() as work:
        other = await group_of(work, clock, [(date(2025, 1, 1), "20")], name="Other")
        await accrual.set_terms(work, anna, case.id, claim, group_id=other, interest_from=date(2026, 3, 10), at=now)
    assert (await _balance(uow, case))["statutory_interest"] == Decimal("40.00")
    async with uow.write() as work:
        await accrual.set_terms(work, anna, case.id, claim, group_id=None, interest_from=None, at=now)
    assert await _balance(uow, case) == {"principal": Decimal(36500)}


async def test_a_changed_rate_changes_every_balance_that_was_reckoned_by_it(
    uow: UnitOfWork, clock: ManualClock, case: Case, anna: Actor
) -> None:
    async with uow.write() as work:
        table = (await work.session.scalars(select(RateTable))).one()
        await rates.set_rate(work, anna, table.id, date(2026, 3, 2), Decimal(20), at=clock.now())
        with pytest.raises(RatesUsed):
            await rates.delete_table(work, anna, table.id, at=clock.now())
    assert await CarryForward(uow, clock).run() == 1
    assert (await _balance(uow, case))["statutory_interest"] == Decimal("800.00")
    async with uow.write() as work:
        await rates.remove_rate(work, anna, table.id, date(2026, 3, 2), at=clock.now())
        group = (await work.session.scalars(select(InterestGroup))).one()
        term = (await work.session.scalars(select(InterestTerm))).one()
        flat = rates.TermData(bases=("principal",), accrues_to="penalty", percent=Decimal("3.65"))
        await rates.save_term(work, anna, group.id, None, flat, at=clock.now())
        await rates.remove_term(work, anna, group.id, term.id, at=clock.now())
    assert await CarryForward(uow, clock).run() == 1
    assert await _balance(uow, case) == {"principal": Decimal(36500), "penalty": Decimal("255.50")}


async def test_rates_and_terms_that_make_no_sense_are_refused(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, anna: Actor
) -> None:
    now = clock.now()
    async with uow.write() as work:
        index = await rates.add_table(work, anna, "i", rates.TableData(name="i", kind=RateKind.MONTHLY_INDEX), at=now)
        group = await rates.add_group(work, anna, "g", at=now)
    for day, percent, field in ((2, "100.5", "valid_from"), (1, "0.8", "percent")):
        with pytest.raises(Invalid) as fault:
            async with uow.write() as work:
                await rates.set_rate(work, anna, index.id, date(2026, 1, day), Decimal(percent), at=now)
        assert set(fault.value.fields) == {field}
    good = {"bases": ("principal",), "accrues_to": "penalty", "percent": Decimal(1)}
    for wrong in (
        {"bases": ()},
        {"bases": ("penalty",)},
        {"percent": None},
        {"table_id": index.id},
        {"percent": Decimal(-1)},
        {"cap_amount": Decimal(-1)},
        {"valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 1)},
    ):
        with pytest.raises(Invalid):
            async with uow.write() as work:
                await rates.save_term(work, anna, group.id, None, rates.TermData(**(good | wrong)), at=now)  # type: ignore[arg-type]
    with pytest.raises(InterestNameTaken):
        async with uow.write() as work:
            await rates.add_table(work, anna, "i", rates.TableData(name="i"), at=now)
    with pytest.raises(InterestNameTaken):
        async with uow.write() as work:
            await rates.add_group(work, anna, "g", at=now)


async def test_what_is_shipped_is_unconfirmed_and_shipped_once(uow: UnitOfWork, clock: ManualClock) -> None:
    for _ in range(2):
        async with uow.write() as work:
            await ship_rates(work, at=clock.now())
    async with uow.read() as session:
        tables = (await session.scalars(select(RateTable))).all()
        terms = (await session.scalars(select(InterestTerm))).all()
    assert {table.key for table in tables} == {"ru_key_rate", "pl_reference_rate", "ua_inflation"}
    assert not any(table.confirmed for table in tables)
    assert len(terms) == 4
