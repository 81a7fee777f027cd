"""A year of daily accrual beside the bare arithmetic; one balance with many entries beside the bare sum of them; all
balances carried forward to another day."""

import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random

from sqlalchemy import func, insert, select

from bench.figure import Figure
from callcenter.app.schema import migrate
from core.cases.model import (
    Account,
    Case,
    Claim,
    Component,
    Creditor,
    DayRule,
    InterestGroup,
    InterestTerm,
    LedgerEntry,
    LedgerTransaction,
    Order,
    Posting,
)
from core.cases.queries.balance import case_balance
from core.cases.rules.interest import Movement, Rates, Term, begins_on, interest
from core.cases.service.balances import CarryForward
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork, Work
from core.parties.model import Party, PartyKind

CLAIMS = 100_000
ENTRIES = 1000
ROUNDS = 50
DUE = date(2024, 6, 30)
YEAR_LATER = date(2025, 6, 30)
_HUNDREDTH = Decimal("0.01")
_STEPS = ((date(2023, 12, 18), Decimal(16)), (date(2024, 9, 16), Decimal(19)), (date(2025, 3, 3), Decimal("17.5")))
_TERM = Term(
    id=1,
    bases=(Component.PRINCIPAL,),
    accrues_to=Component.STATUTORY_INTEREST,
    rates=Rates(name="rates", steps=_STEPS),
    day_rule=DayRule.ACTUAL,
)


async def run(*, small: bool = False) -> list[Figure]:
    claims, seed = CLAIMS // (500 if small else 1), Random(625)
    return [_year(claims, seed), *await _stored(claims)]


def _year(count: int, seed: Random) -> Figure:
    """Each claim has a principal and a payment on some day of the year; each sum is checked."""
    claims = [(_sum(seed, 500_000_00), _sum(seed, 100_000), seed.randrange(1, 365)) for _ in range(count)]
    histories = [
        [
            Movement(on=DUE, component=Component.PRINCIPAL, amount=owed),
            Movement(on=DUE + timedelta(days=paid_on), component=Component.PRINCIPAL, amount=-paid),
        ]
        for owed, paid, paid_on in claims
    ]
    begins = begins_on(DUE, None)
    began = time.perf_counter()
    found = [interest([_TERM], history, begins=begins, blocks=(), as_of=YEAR_LATER) for history in histories]
    ours = time.perf_counter() - began
    weights = _weights()
    began = time.perf_counter()
    bare = [_formula(weights, *claim) for claim in claims]
    reference = time.perf_counter() - began
    wrong = sum(one.parts[Component.STATUTORY_INTEREST] != exact for one, exact in zip(found, bare, strict=True))
    assert not wrong, f"{wrong} of {count} sums differ from the formula"
    return Figure(
        name=f"interest of {count:,} claims over a year, each exact",
        value=ours,
        unit="s",
        reference=reference,
        reference_name="s, two products and a division each",
    )


def _sum(seed: Random, below: int) -> Decimal:
    return Decimal(seed.randrange(1, below)).scaleb(-2)


def _weights() -> list[Decimal]:
    """What of the rate has accrued after so many days, in parts of 365 × 366: walked day by day, without the rules."""
    total, found = Decimal(0), [Decimal(0)]
    for n in range(1, 366):
        day = DUE + timedelta(days=n)
        rate = [percent for since, percent in _STEPS if since <= day][-1]
        total += rate * (365 if day.year == 2024 else 366)  # over 366 days in a leap year, over 365 in the other
        found.append(total)
    return found


def _formula(weights: Sequence[Decimal], owed: Decimal, paid: Decimal, paid_on: int) -> Decimal:
    """Interest on all of it to the day of payment, then on what is left (a debt below zero bears none)."""
    left = max(Decimal(0), owed - paid)
    weighed = owed * weights[paid_on] + left * (weights[365] - weights[paid_on])
    return (weighed / (100 * 365 * 366)).quantize(_HUNDREDTH, ROUND_HALF_UP)


async def _stored(count: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}")
        try:
            await migrate(database)
            uow = UnitOfWork(database, Bus())
            async with uow.write() as work:
                await _furnish(work, count)
            return [await _one_balance(uow), await _carried(uow, count)]
        finally:
            await database.close()


async def _furnish(work: Work, count: int) -> None:
    """``count`` cases with one claim each; the first has ``ENTRIES`` entries, the others their opening."""
    now, ids = datetime(2025, 6, 30, tzinfo=UTC), range(1, count + 1)
    of_the_bank = {"creditor_id": 1, "created_at": now}
    for row in (
        Party(id=1, kind=PartyKind.ORGANISATION, name="Bank", name_key="bank", created_at=now),
        Creditor(id=1, party_id=1, name="Bank", currency="RUB", created_at=now),
        Order(id=1, number="1", placed_on=DUE, **of_the_bank),
        InterestGroup(id=1, name="By contract", created_at=now),
        LedgerTransaction(id=1, kind=Posting.OPENING, value_on=DUE, booked_on=DUE, posted_at=now),
        InterestTerm(group_id=1, bases=["principal"], accrues_to=Component.CONTRACTUAL_INTEREST, percent=Decimal(12)),
    ):
        work.session.add(row)
        await work.session.flush()
    case = {"creditor_id": 1, "order_id": 1, "currency": "RUB", "opened_at": now, "balance_on": now.date()}
    await work.session.execute(insert(Case), [{"id": n, "number": f"C-{n:06}", **case} for n in ids])
    claim = {"number": "1", "due_on": DUE, "interest_group_id": 1, "principal": Decimal(10_000)}
    await work.session.execute(insert(Claim), [{"id": n, "case_id": n, **claim} for n in ids])
    entry = {"transaction_id": 1, "account": Account.DEBT, "component": Component.PRINCIPAL, "currency": "RUB"}
    opened = [{"case_id": n, "claim_id": n, "amount": Decimal(10_000), "value_on": DUE, **entry} for n in ids]
    paid = [
        {"case_id": 1, "claim_id": 1, "amount": Decimal(-1), "value_on": DUE + timedelta(days=n % 300), **entry}
        for n in range(1, ENTRIES)
    ]
    await work.session.execute(insert(LedgerEntry), [*opened, *paid])


async def _one_balance(uow: UnitOfWork) -> Figure:
    async with uow.read() as session:
        bare = select(LedgerEntry.component, func.sum(LedgerEntry.amount)).where(LedgerEntry.case_id == 1)
        bare = bare.group_by(LedgerEntry.component)
        began = time.perf_counter()
        for _ in range(ROUNDS):
            (await session.execute(bare)).all()
        reference = (time.perf_counter() - began) / ROUNDS
        began = time.perf_counter()
        for _ in range(ROUNDS):
            await case_balance(session, 1, YEAR_LATER)
        ours = (time.perf_counter() - began) / ROUNDS
    return Figure(
        name=f"balance of a case with {ENTRIES:,} entries, every day reckoned",
        value=ours * 1000,
        unit="ms",
        reference=reference * 1000,
        reference_name="ms, the sum of its entries",
    )


async def _carried(uow: UnitOfWork, count: int) -> Figure:
    began = time.perf_counter()
    carried = await CarryForward(uow, ManualClock(datetime(2025, 7, 1, 12, tzinfo=UTC))).run()
    taken = time.perf_counter() - began
    assert carried == count, (carried, count)
    return Figure(name=f"balances of {count:,} cases carried to the next day", value=taken, unit="s")
