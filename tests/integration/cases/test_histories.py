"""Random histories of a debt: at any day the balance is what an independent reckoning from the raw history says."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random

import pytest
from sqlalchemy import func, select

from core.cases.model import COMPONENTS, Case, Claim, Component, LedgerEntry, LedgerTransaction
from core.cases.queries.balance import balances, case_balance, open_items
from core.cases.rules.interest import Days
from core.cases.service import debts
from core.cases.service.accrual import block_accrual
from core.cases.service.balances import CarryForward
from core.cases.service.cases import NewClaim
from core.cases.service.debts import DebtChange
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork, Work
from tests.integration.cases.conftest import Floor
from tests.integration.cases.ledger import bearing_case, group_of, pay, take_back

RATES = ((date(2025, 1, 1), "21"), (date(2025, 6, 9), "20"), (date(2026, 2, 16), "15.5"))
STEPS = 14


@dataclass
class History:
    """What happened to one claim, as plain facts: what came and went, and the days without interest."""

    case: Case
    claim_id: int
    due: date
    moves: list[tuple[date, str, Decimal]] = field(default_factory=list)
    blocked: list[tuple[date, date]] = field(default_factory=list)

    def owed(self, on: date) -> Decimal:
        posted = sum((amount for day, _, amount in self.moves if day <= on), Decimal(0))
        exact, day = Fraction(0), self.due + timedelta(days=1)
        while day <= on:
            if not any(first <= day <= last for first, last in self.blocked):
                base = sum((amount for at, what, amount in self.moves if what == "principal" and at < day), Decimal(0))
                rate = [Fraction(percent) for since, percent in RATES if since <= day][-1]
                exact += Fraction(max(base, Decimal(0))) * rate / 100 / 365  # 2025 and 2026 have 365 days
            day += timedelta(days=1)
        cents = Decimal((exact * 100 * 10**12).__floor__()).scaleb(-12).quantize(Decimal(1), ROUND_HALF_UP)
        return posted + cents.scaleb(-2)


@pytest.mark.parametrize("seed", range(6))
async def test_a_balance_is_what_the_raw_history_says(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, seed: int
) -> None:
    chance, today = Random(seed), clock.now().date()
    async with uow.write() as work:
        group = await group_of(work, clock, RATES)
        history = await _opened(work, clock, floor, group, chance)
    paid: list[tuple[LedgerTransaction, date, dict[Component, Decimal]]] = []
    for _ in range(STEPS):
        on = today - timedelta(days=chance.randrange(0, 300))
        async with uow.write() as work:
            await _step(work, clock, history, chance, on, paid)
    await CarryForward(uow, clock).run()
    async with uow.read() as session:
        for on in (today, *(today - timedelta(days=chance.randrange(0, 320)) for _ in range(12))):
            expected = history.owed(on)
            assert (await case_balance(session, history.case.id, on)).total == expected, on
            assert (await balances(session, [history.case.id], on))[history.case.id] == expected
            for item in await open_items(session, [history.case.id], on):
                assert item.amount > 0
                assert item.amount == item.amount.quantize(Decimal("0.01"))
        assert (await session.get_one(Case, history.case.id)).open_amount == history.owed(today)
        assert await session.scalar(select(func.sum(LedgerEntry.amount))) == 0
        claim = await session.get_one(Claim, history.claim_id)
        for name in COMPONENTS:
            assert getattr(claim, name) == sum(
                (amount for _, what, amount in history.moves if what == name), Decimal(0)
            )


async def _opened(work: Work, clock: ManualClock, floor: Floor, group: int, chance: Random) -> History:
    due = clock.now().date() - timedelta(days=chance.randrange(30, 310))
    amounts = {"principal": _sum(chance, 900_000), "court_costs": _sum(chance, 9_000)}
    claim = NewClaim(number="1", due_on=due, interest_group_id=group, **amounts)
    case = await bearing_case(work, clock, floor.order.id, "H", [claim])
    claim_id = (await work.session.scalars(select(Claim.id).where(Claim.case_id == case.id))).one()
    return History(case, claim_id, due, [(due, name, amount) for name, amount in amounts.items()])


async def _step(
    work: Work,
    clock: ManualClock,
    history: History,
    chance: Random,
    on: date,
    paid: list[tuple[LedgerTransaction, date, dict[Component, Decimal]]],
) -> None:
    """Something happens with the value date ``on``: a payment, its withdrawal, a correction, a fee, a stop."""
    case, now = history.case, clock.now()
    what = chance.choice(("pay", "pay", "take back", "adjust", "fee", "block"))
    if what == "take back" and paid:
        transaction, day, parts = paid.pop(chance.randrange(len(paid)))
        await take_back(work, clock, case, transaction)
        history.moves += _signed(day, parts.items(), 1)
    elif what == "adjust":
        amount = _sum(chance, 50_000) * chance.choice((1, -1))
        change = DebtChange(
            claim_id=history.claim_id, component=Component.PRINCIPAL, amount=amount, reason="x", value_on=on
        )
        await debts.adjust(work, PROGRAM, case.id, change, at=now)
        history.moves.append((on, "principal", amount))
    elif what == "fee":
        fee = DebtChange(
            claim_id=history.claim_id,
            component=Component.AGENCY_FEES,
            amount=_sum(chance, 900),
            reason="x",
            value_on=on,
        )
        await debts.charge_fee(work, PROGRAM, case.id, fee, at=now)
        history.moves.append((on, "agency_fees", fee.amount))
    elif what == "block":
        until = on + timedelta(days=chance.randrange(0, 40))
        await block_accrual(work, PROGRAM, case.id, Days(on, until), "x", at=now)
        history.blocked.append((on, until))
    else:
        parts = {Component.PRINCIPAL: _sum(chance, 200_000), Component.STATUTORY_INTEREST: _sum(chance, 5_000)}
        texts = {component: str(amount) for component, amount in parts.items()}
        paid.append((await pay(work, clock, case, history.claim_id, texts, on), on, parts))
        history.moves += _signed(on, parts.items(), -1)


def _signed(on: date, parts: Iterable[tuple[Component, Decimal]], sign: int) -> list[tuple[date, str, Decimal]]:
    return [(on, component.value, sign * amount) for component, amount in parts]


def _sum(chance: Random, below: int) -> Decimal:
    return Decimal(chance.randrange(1, below * 100)).scaleb(-2)
