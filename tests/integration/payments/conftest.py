"""Debts to settle on: two creditors' cases, accounts, an accountant, and effects that only remember."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.cases.model import COMPONENTS, Case, Claim, Creditor, Jurisdiction, LedgerEntry, LedgerTransaction
from core.cases.service.appropriation import Received
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.creditors import CreditorData, add_creditor, ensure_order
from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork, Work
from core.parties.service import NewParty
from core.payments import rights
from core.payments.model import AccountKind, Allocation, MoneyAccount, Payment, Source
from core.payments.ports import Credited, TakenBack
from core.payments.service.desk import PaymentDesk
from core.payments.service.effects import Effects
from core.payments.service.registering import NewPayment
from core.people.model import Role, User

TODAY = date(2026, 3, 11)
MONEY_RIGHTS = tuple(right.key for right in rights.RIGHTS if right.key.startswith(("payments.", "commission.")))


@dataclass
class Followers:
    """Promises and planned work as settling sees them: what they were told last."""

    received: dict[int, Sequence[Received]] = field(default_factory=dict)
    credited: list[Credited] = field(default_factory=list)
    taken_back: list[TakenBack] = field(default_factory=list)

    async def appropriate(
        self, work: Work, case_id: int, received: Sequence[Received], *, at: datetime, today: date
    ) -> None:
        assert work.session.in_transaction()
        assert at.date() == today
        self.received[case_id] = received

    async def money_came(self, work: Work, credited: Sequence[Credited], *, at: datetime) -> None:
        assert work.session.in_transaction()
        assert at.tzinfo is not None
        self.credited += credited

    async def money_went(self, work: Work, taken: Sequence[TakenBack], *, at: datetime) -> None:
        assert work.session.in_transaction()
        self.taken_back += taken


@dataclass
class Till:
    """The desk with two cases of one creditor, and the accounts money comes to."""

    uow: UnitOfWork
    clock: ManualClock
    desk: PaymentDesk
    followers: Followers
    accountant: Actor
    collector: Actor
    bank: int
    cash: int
    direct: int
    order_id: int
    first: Case
    second: Case

    async def pay(self, amount: str, *, on: date = TODAY, case: Case | None = None, **more: object) -> int:
        """A payment that came to the bank; its id."""
        wanted = {"account_id": self.bank, "source": Source.STATEMENT, "purpose": f"{len(self._said)}", **more}
        self._said.append(1)
        new = NewPayment(amount=Decimal(amount), value_on=on, case_id=case.id if case else None, **wanted)  # type: ignore[arg-type]
        return await self.desk.register(self.accountant, new)

    _said: list[int] = field(default_factory=list)

    async def payment(self, payment_id: int) -> Payment:
        async with self.uow.read() as session:
            return await session.get_one(Payment, payment_id)

    async def case(self, case: Case) -> Case:
        async with self.uow.read() as session:
            return await session.get_one(Case, case.id)

    async def repayments(self, payment_id: int) -> list[Allocation]:
        async with self.uow.read() as session:
            found = select(Allocation).where(Allocation.payment_id == payment_id).order_by(Allocation.id)
            return list(await session.scalars(found))

    async def claims(self, case: Case) -> dict[str, dict[str, Decimal]]:
        """Copies of the claims' components that are not zero, by claim number."""
        async with self.uow.read() as session:
            rows = await session.scalars(select(Claim).where(Claim.case_id == case.id).order_by(Claim.id))
            return {row.number: {n: getattr(row, n) for n in COMPONENTS if getattr(row, n)} for row in rows}

    async def check_books(self) -> None:
        """Every transaction and the whole ledger add up to zero."""
        async with self.uow.read() as session:
            by_transaction = (
                select(LedgerEntry.transaction_id, LedgerEntry.currency, func.sum(LedgerEntry.amount))
                .group_by(LedgerEntry.transaction_id, LedgerEntry.currency)
                .having(func.sum(LedgerEntry.amount) != 0)
            )
            assert (await session.execute(by_transaction)).all() == []
            empty = select(LedgerTransaction.id).where(
                ~select(LedgerEntry.id).where(LedgerEntry.transaction_id == LedgerTransaction.id).exists()
            )
            assert (await session.scalars(empty)).all() == []


async def open_debt(work: Work, order_id: int, number: str, claims: Sequence[NewClaim], at: datetime) -> Case:
    debtor = NewPerson(party=NewParty(name=f"Debtor {number}"))
    new = NewCase(order_id=order_id, number=number, people=(debtor,), claims=tuple(claims))
    return await open_case(work, PROGRAM, new, at=at)


def claim(number: str, principal: str, due: date = date(2025, 11, 1), **parts: str) -> NewClaim:
    amounts = {name: Decimal(amount) for name, amount in parts.items()}
    return NewClaim(number=number, principal=Decimal(principal), due_on=due, **amounts)  # type: ignore[arg-type]


@pytest.fixture
async def till(uow: UnitOfWork, clock: ManualClock) -> Till:
    now = clock.now()
    async with uow.write() as work:
        role = Role(key=None, name="Accountant")
        work.session.add(role)
        await work.session.flush()
        clara = User(login="clara", password_hash="x", role_id=role.id, created_at=now)
        anna = User(login="anna", password_hash="x", role_id=role.id, created_at=now)
        work.session.add_all([clara, anna])
        data = CreditorData(name="Northern Loans", jurisdiction=Jurisdiction.RU, region="RU", currency="RUB")
        creditor: Creditor = await add_creditor(work, PROGRAM, data, at=now)
        order = await ensure_order(work, PROGRAM, creditor.id, "2026-01", date(2026, 1, 15), at=now)
        accounts = [
            MoneyAccount(name=kind, kind=kind, number=f"4070281000000000000{n}", currency="RUB")
            for n, kind in enumerate((AccountKind.BANK, AccountKind.CASH, AccountKind.DIRECT))
        ]
        work.session.add_all(accounts)
        await work.session.flush()
        two = [
            claim("1", "1000.00", contractual_interest="200.00", court_costs="50.00"),
            claim("2", "500.00", date(2026, 1, 20), penalty="30.00"),
        ]
        first = await open_debt(work, order.id, "A-1", two, now)
        second = await open_debt(work, order.id, "A-2", [claim("1", "300.00")], now)
        first.collector_id = anna.id
        ids = [account.id for account in accounts]
    followers = Followers()
    held = (*MONEY_RIGHTS, "cases.view")
    return Till(
        uow=uow,
        clock=clock,
        desk=PaymentDesk(uow, clock, Effects(followers.appropriate, followers)),
        followers=followers,
        accountant=Actor(user_id=clara.id, login="clara", rights=dict.fromkeys(held, Scope.ALL)),
        collector=Actor(user_id=anna.id, login="anna", rights=dict.fromkeys(("cases.view", rights.CASH), Scope.OWN)),
        bank=ids[0],
        cash=ids[1],
        direct=ids[2],
        order_id=order.id,
        first=first,
        second=second,
    )
