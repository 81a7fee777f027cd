"""Random lives of debts, many at once, compared to the kopeck with what they come to when reckoned by hand.

Two hundred of each database, or as many as ``HISTORIES`` says: 5000 makes 10,000 altogether.
"""

import asyncio
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.cases.model import Account, Case, Claim, LedgerEntry, Promise
from core.cases.queries.balance import case_balance
from core.cases.service.appropriation import appropriate
from core.cases.service.cases import assign
from core.cases.service.promises import NewPromise, take_promise
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.errors import Conflict, Invalid
from core.payments.errors import NothingLeft, NothingOpen
from core.payments.model import Allocation, Payment, PaymentState, Settlement, Source
from core.payments.service.effects import Effects
from core.payments.service.orders import Settled, SettleOrder
from core.payments.service.refunds import refund
from core.payments.service.registering import NewPayment, register_payment
from core.payments.service.resettling import resettle
from core.payments.service.settling import settle
from core.payments.service.withdrawing import reverse, withdraw
from tests.integration.cases.ledger import bearing_case, group_of
from tests.integration.payments.conftest import Followers, Till, claim
from tests.integration.payments.oracle import PARTS, RANKS, UNIT, Debt, split

LIVES, AT_ONCE = 200, 8
START = datetime(2026, 2, 2, 12, tzinfo=UTC)
PERCENT = "18.25"
_RATE = int(Decimal(PERCENT) * UNIT)


@dataclass
class Act:
    """A settlement that stands, as it was asked for, and where its money went by hand reckoning."""

    settlement: int
    payment: int
    cases: tuple[int, ...]
    scheme: str
    asked: int | None
    lines: dict[tuple[int, str], int]


@dataclass
class Money:
    amount: int
    on: date
    acts: list[Act] = field(default_factory=list)
    refunded: int = 0
    reversed: bool = False

    @property
    def settled(self) -> int:
        return sum(sum(act.lines.values()) for act in self.acts)

    @property
    def rest(self) -> int:
        return 0 if self.reversed else self.amount - self.settled - self.refunded


class History:
    """One life: two cases, and what happens to them day after day."""

    def __init__(self, till: Till, effects: Effects, group: int, seed: int) -> None:
        self.till = till
        self.effects = effects
        self.group = group
        self.seed = seed
        self.chance = random.Random(seed)
        self.at = START
        self.cases: list[Case] = []
        self.debts: dict[int, list[Debt]] = {}
        self.money: dict[int, Money] = {}
        self.promise: tuple[int, int, datetime, date] | None = None

    async def live(self) -> None:
        await self.open()
        steps = (self.pay, self.pay, self.settle, self.withdraw, self.reverse, self.give_back, self.again)
        for n in range(self.chance.randint(5, 9)):
            self.at += timedelta(days=self.chance.choice([0, 0, 1, 3, 6]), minutes=1)
            step = self.pay if n == 0 else self.chance.choice([*steps, self.promised, self.reassign])
            await step()
        await self.check()

    async def open(self) -> None:
        dues = self.chance.sample(range(-40, 10), 6)  # no two alike: sharing among equals is for the engine's own tests
        for which in range(2):
            claims = []
            for n in range(self.chance.randint(1, 3)):
                parts = {
                    name: f"{self.chance.randint(0, 9000) / 100:.2f}"
                    for name in self.chance.sample(["contractual_interest", "penalty", "court_costs"], 2)
                }
                due = (START + timedelta(days=dues.pop())).date()
                new = claim(str(n), f"{self.chance.randint(100, 200_000) / 100:.2f}", due, **parts)
                group = self.group if self.chance.random() < 0.7 else None
                claims.append((new, group))
            clock = ManualClock(START)
            async with self.till.uow.write() as work:
                rows = [replace(new, interest_group_id=group) for new, group in claims]
                case = await bearing_case(work, clock, self.till.order_id, f"H-{self.seed}-{which}", rows)
                found = await work.session.scalars(select(Claim).where(Claim.case_id == case.id).order_by(Claim.id))
                self.cases.append(case)
                self.debts[case.id] = [self._debt(row) for row in found]

    def _debt(self, row: Claim) -> Debt:
        assert row.due_on is not None
        since = min(row.due_on, START.date())
        opened = [(since, part, int(getattr(row, part) * UNIT)) for part in PARTS if getattr(row, part)]
        return Debt(row.id, row.due_on, _RATE if row.interest_group_id else None, opened)

    async def pay(self) -> None:
        """Money comes, now or of days ago, and is mostly settled at once."""
        back = self.chance.choice([0, 0, 0, 2, 9, 20])
        amount, on = self.chance.randint(1, 90_000), (self.at - timedelta(days=back)).date()
        new = NewPayment(
            account_id=self.till.bank,
            amount=Decimal(amount) / 100,
            value_on=on,
            source=Source.MANUAL,
            doc_no=f"{self.seed}/{len(self.money)}",
        )
        async with self.till.uow.write() as work:
            payment_id = await register_payment(work, PROGRAM, new, at=self.at)
        self.money[payment_id] = Money(amount * UNIT // 100, on)
        if self.chance.random() < 0.8:
            await self.settle(payment_id)

    async def settle(self, payment_id: int | None = None) -> None:
        payment_id = payment_id or self.chance.choice(list(self.money))
        cases = tuple(self.chance.sample([case.id for case in self.cases], self.chance.choice([1, 1, 2])))
        rest = self.money[payment_id].rest
        asked = self.chance.randint(1, rest // 100) * 100 if rest >= 100 and self.chance.random() < 0.3 else None
        await self._settle(payment_id, cases, self.chance.choice(list(RANKS)), asked)

    async def _settle(self, payment_id: int, cases: tuple[int, ...], scheme: str, asked: int | None) -> None:
        money = self.money[payment_id]
        lines = self._split(money, cases, scheme, asked)
        order = SettleOrder(
            payment_id=payment_id,
            case_ids=cases,
            scheme_key=scheme,
            amount=None if asked is None else Decimal(asked) / UNIT,
        )
        try:
            async with self.till.uow.write() as work:
                done = await settle(work, PROGRAM, order, self.effects, at=self.at)
        except (NothingLeft, NothingOpen, Conflict):
            assert not lines or money.rest == 0, (self.seed, lines)
            return
        assert _told(done) == lines, (self.seed, scheme, done, lines)
        assert done.settlement_id is not None
        self._apply(money, Act(done.settlement_id, payment_id, cases, scheme, asked, lines))

    def _split(self, money: Money, cases: Sequence[int], scheme: str, asked: int | None) -> dict[tuple[int, str], int]:
        debts = [debt for case_id in cases for debt in self.debts[case_id]]
        return split(money.rest if asked is None else asked, debts, scheme, money.on)

    def _apply(self, money: Money, act: Act) -> None:
        money.acts.append(act)
        self._move(money.on, act.lines, -1)

    def _move(self, on: date, lines: dict[tuple[int, str], int], sign: int) -> None:
        for debts in self.debts.values():
            for debt in debts:
                debt.moves += [
                    (on, part, sign * take) for (claim_id, part), take in lines.items() if claim_id == debt.claim
                ]

    async def withdraw(self) -> None:
        acts = [act for money in self.money.values() for act in money.acts]
        if acts:
            act = self.chance.choice(acts)
            async with self.till.uow.write() as work:
                await withdraw(work, PROGRAM, act.settlement, "a mistake", self.effects, at=self.at)
            self._forget(act)

    def _forget(self, act: Act) -> None:
        money = self.money[act.payment]
        money.acts.remove(act)
        self._move(money.on, act.lines, 1)

    async def reverse(self) -> None:
        payment_id = self.chance.choice(list(self.money))
        money = self.money[payment_id]
        if self.chance.random() < 0.5 or money.reversed or money.refunded:
            return
        async with self.till.uow.write() as work:
            await reverse(work, PROGRAM, payment_id, "no funds", self.effects, at=self.at)
        for act in list(money.acts):
            self._forget(act)
        money.reversed = True

    async def give_back(self) -> None:
        payment_id = self.chance.choice(list(self.money))
        money = self.money[payment_id]
        if money.rest >= 100:
            amount = self.chance.randint(1, money.rest // 100) * 100
            async with self.till.uow.write() as work:
                await refund(work, PROGRAM, payment_id, Decimal(amount) / UNIT, "too much", at=self.at)
            money.refunded += amount

    async def again(self) -> None:
        """Settle a case again from some day on."""
        case, since = self.chance.choice(self.cases), (self.at - timedelta(days=self.chance.randint(0, 25))).date()
        mine = {debt.claim for debt in self.debts[case.id]}
        acts = [
            act
            for payment_id, money in self.money.items()
            for act in money.acts
            if money.on >= since and mine & {claim_id for claim_id, _ in act.lines}
        ]
        acts.sort(key=lambda act: (self.money[act.payment].on, act.payment, act.settlement))
        async with self.till.uow.write() as work:
            done = await resettle(work, PROGRAM, case.id, since, self.effects, reason="again", at=self.at)
        for act in acts:
            self._forget(act)
        assert len(done) == len(acts)
        for act, told in zip(acts, done, strict=True):
            money = self.money[act.payment]
            lines = self._split(money, act.cases, act.scheme, act.asked) if money.rest >= (act.asked or 1) else {}
            if told.settlement_id is None:
                assert not lines, self.seed
            else:
                found = {
                    (one.item.claim_id, one.item.component.value): int(one.amount * UNIT) for one in told.result.lines
                }
                assert found == lines, (self.seed, found, lines)
                self._apply(money, Act(told.settlement_id, act.payment, act.cases, act.scheme, act.asked, lines))

    async def promised(self) -> None:
        case = self.cases[0]
        if self.promise is not None or case.debtor_id is None:
            return
        day = self.at.date()
        amount = self.chance.randint(1, 50) * UNIT
        new = NewPromise(
            party_id=case.debtor_id,
            amount=Decimal(amount) / UNIT,
            due_on=day + timedelta(days=self.chance.randint(0, 7)),
        )
        try:
            async with self.till.uow.write() as work:
                made = await take_promise(work, PROGRAM, case.id, new, today=day, at=self.at)
        except Invalid:  # more than is owed by now
            return
        self.promise = (made.id, amount, self.at, made.due_on + timedelta(days=made.grace_days))

    async def reassign(self) -> None:
        async with self.till.uow.write() as work:
            chosen = self.chance.choice([self.till.collector.user_id, self.till.accountant.user_id])
            await assign(work, PROGRAM, [case.id for case in self.cases], chosen, at=self.at)

    async def check(self) -> None:
        """Every balance of some days, every payment, the promise and the copies, against the hand reckoning."""
        days = [self.at.date() - timedelta(days=n) for n in (0, 4, 11, 30)]
        async with self.till.uow.read() as session:
            for case_id, debts in self.debts.items():
                for day in days:
                    found = await case_balance(session, case_id, day)
                    told = {one.claim_id: {str(p): int(a * UNIT) for p, a in one.parts.items()} for one in found.claims}
                    assert told == {debt.claim: debt.on(day) for debt in debts}, (self.seed, day)
                case = await session.get_one(Case, case_id)
                assert case.balance_on is not None
                owed = sum(sum(debt.on(case.balance_on).values()) for debt in debts)
                assert int(case.open_amount * UNIT) == owed, self.seed
            for payment_id, money in self.money.items():
                row = await session.get_one(Payment, payment_id)
                assert (int(row.settled * UNIT), int(row.refunded * UNIT)) == (money.settled, money.refunded), self.seed
                assert (row.state == PaymentState.REVERSED) == money.reversed
                net = select(func.coalesce(func.sum(Allocation.amount), 0)).where(Allocation.payment_id == payment_id)
                assert int((await session.scalar(net) or 0) * UNIT) == money.settled
                held = select(func.sum(LedgerEntry.amount)).where(
                    LedgerEntry.payment_id == payment_id, LedgerEntry.account == Account.SUSPENSE
                )
                assert int((await session.scalar(held) or 0) * UNIT) == -money.rest, self.seed
            if self.promise is not None:
                await self._check_promise((await session.get_one(Promise, self.promise[0])).paid_amount)

    async def _check_promise(self, paid: Decimal) -> None:
        """What counts for a promise: money of its days; of its first day what was entered after it."""
        assert self.promise is not None
        _, amount, made_at, until = self.promise
        mine = {debt.claim for debt in self.debts[self.cases[0].id]}
        async with self.till.uow.read() as session:
            entered = {
                row.id: row.created_at
                for row in await session.execute(
                    select(Payment.id, Payment.created_at).where(Payment.id.in_(self.money))
                )
            }
        came = sum(
            take
            for payment_id, money in self.money.items()
            if made_at.date() <= money.on <= until and (money.on > made_at.date() or entered[payment_id] >= made_at)
            for act in money.acts
            for (claim_id, _), take in act.lines.items()
            if claim_id in mine
        )
        assert int(paid * UNIT) == min(came, amount), self.seed


def _told(done: Settled) -> dict[tuple[int, str], int]:
    return {(line.item.claim_id, line.item.component.value): int(line.amount * UNIT) for line in done.result.lines}


async def _live_all(till: Till, count: int) -> None:
    """``AT_ONCE`` lives at a time, each step a transaction of its own."""
    async with till.uow.write() as work:
        group = await group_of(work, till.clock, [(date(2020, 1, 1), PERCENT)], name="Lives")
    effects = Effects(appropriate, Followers())
    seeds = iter(range(count))

    async def one_after_another() -> None:
        for seed in seeds:
            await History(till, effects, group, seed).live()

    async with asyncio.TaskGroup() as lives:
        for _ in range(AT_ONCE):
            lives.create_task(one_after_another())
    await till.check_books()
    async with till.uow.read() as session:
        assert await session.scalar(select(func.count()).select_from(Settlement)) or count < 0


@pytest.mark.slow
@pytest.mark.timeout(7200)
async def test_many_lives(till: Till) -> None:
    await _live_all(till, int(os.environ.get("HISTORIES", LIVES)))
