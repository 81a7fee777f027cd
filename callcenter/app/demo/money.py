"""Money of the demo: accounts, promises of every fate, a plan, payments settled, in cash, waiting and taken back."""

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.app.demo.earnings import agree_terms, draw_up
from callcenter.app.demo.registry import CREDITORS
from callcenter.app.wiring import House
from core.cases.model import Case, Creditor
from core.cases.queries.agency import agency_day
from core.cases.rules.plans import Rhythm, equal_sums, schedule
from core.cases.service.plans import NewPlan, take_plan
from core.cases.service.promises import NewPromise, take_promise
from core.kernel.access import PROGRAM, Actor
from core.kernel.money import CENT
from core.payments.model import AccountKind, MoneyAccount, Source
from core.payments.queries.receipts import next_receipt_no
from core.payments.service.accounts import AccountData, add_account
from core.payments.service.orders import SettleOrder
from core.payments.service.registering import NewPayment
from core.people.access import actor_of
from core.people.model import User
from core.planning.queries import company
from core.planning.service import CompanyData, add_company

COMPANY = CompanyData(
    name="Harbour Collections",
    legal_name="Harbour Collections Sample LLC",
    address="1 Example Quay, Moscow",
    tax_id="0000000000",
    phone="+74990000199",
    email="office@harbour.example",
    country="RU",
    currency="RUB",
    timezone="Europe/Moscow",
)
_BANK = "Sample Bank"


async def demo_money(house: House) -> None:
    """Lay the demo's money out, once: where there are accounts already nothing is added."""
    base = house.ground
    now = base.clock.now()
    async with base.uow.write() as work:
        if await work.session.scalar(select(MoneyAccount.id).limit(1)) is not None:
            return
        if await company(work.session) is None:
            await add_company(work, PROGRAM, COMPANY, at=now)
        creditors = await _creditors(work.session)
        for data in _accounts(creditors):
            await add_account(work, PROGRAM, data, at=now)
        await agree_terms(work, creditors.values(), at=now)
    await _Story(house).tell()
    async with base.uow.write() as work:
        await draw_up(work, creditors, CREDITORS[0].name, at=base.clock.now())


async def _creditors(session: AsyncSession) -> dict[str, int]:
    names = [data.name for data in CREDITORS]
    rows = await session.scalars(select(Creditor).where(Creditor.name.in_(names)))
    return {row.name: row.id for row in rows}


def _accounts(creditors: dict[str, int]) -> list[AccountData]:
    """A bank account and a cash desk in each creditor's currency, and what is paid to the first creditor himself."""
    found = []
    for n, data in enumerate(CREDITORS):
        number = f"0000000000000000000{n}"
        found += [
            AccountData(
                name=f"Main account {data.currency}",
                kind=AccountKind.BANK,
                number=number,
                bank=_BANK,
                currency=data.currency,
            ),
            AccountData(
                name=f"Cash desk {data.currency}",
                kind=AccountKind.CASH,
                number=f"CASH-{data.currency}",
                currency=data.currency,
            ),
        ]
    first = CREDITORS[0]
    direct = AccountData(
        name=f"Paid to {first.name}",
        kind=AccountKind.DIRECT,
        number="DIRECT-0",
        currency=first.currency,
        creditor_id=creditors.get(first.name),
    )
    return [*found, direct]


class _Story:
    """What happened on a handful of cases of the demo."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._uow = house.ground.uow
        self._now = house.ground.clock.now()
        self._desk = house.payments
        self._today = date.min
        self._said = 0

    async def tell(self) -> None:
        async with self._uow.read() as session:
            self._today = await agency_day(session, self._now)
        await self._kept()
        await self._open_and_broken()
        await self._plan()
        await self._cash()
        await self._too_much()
        await self._waiting()
        await self._taken_back()
        await self._house.promises.decide()

    async def _kept(self) -> None:
        case = await self._case("D0002")
        await self._promise(case, case.open_amount / 4, made=6, due=1)
        await self._pay(case, (case.open_amount / 4).quantize(CENT), days=1, settle=True)

    async def _open_and_broken(self) -> None:
        soon, late = await self._case("D1001"), await self._case("D1003")
        await self._promise(soon, soon.open_amount / 3, made=1, due=5)
        await self._promise(late, late.open_amount / 2, made=14, due=-8)

    async def _plan(self) -> None:
        case = await self._case("D0004")
        owner = await self._holder(case)
        total = case.open_amount.quantize(CENT)
        sums = equal_sums(total, 4)
        dues = schedule(sums, self._today, Rhythm.MONTHLY)
        plan = NewPlan(party_id=case.debtor_id or 0, total=total, dues=dues, note="After pay day.")
        async with self._uow.write() as work:
            await take_plan(work, owner, case.id, plan, today=self._today, at=self._now)
        await self._pay(case, sums[0], days=0, settle=True)

    async def _cash(self) -> None:
        case = await self._case("D1005")
        owner = await self._holder(case)
        async with self._uow.read() as session:
            number = await next_receipt_no(session, owner, self._today)
        new = NewPayment(
            account_id=await self._account(AccountKind.CASH, case.currency),
            amount=Decimal(700),
            value_on=self._today,
            source=Source.CASH,
            receipt_no=number,
            payer_name=case.debtor_name,
            case_id=case.id,
        )
        await self._desk.register(owner, new)

    async def _too_much(self) -> None:
        """A debt paid in full, with something left over."""
        case = await self._case("D2002")
        await self._pay(case, case.open_amount.quantize(CENT) + 150, days=3, settle=True)

    async def _waiting(self) -> None:
        case = await self._case("D3003")
        await self._pay(case, Decimal(400), days=0, settle=False)
        for payer, purpose, amount in (
            ("Unknown Payer", "debt repayment, thank you", Decimal("1250.00")),
            ("Sample Holdings", "for the loan of my brother", Decimal("310.50")),
        ):
            await self._register(None, CREDITORS[0].currency, payer, purpose, amount, days=2)

    async def _taken_back(self) -> None:
        case = await self._case("D0005")
        payment_id = await self._pay(case, Decimal(900), days=9, settle=False)
        done = await self._desk.settle(PROGRAM, SettleOrder(payment_id=payment_id))
        await self._desk.withdraw(PROGRAM, done.settlement_id or 0, "Settled on the wrong case.")

    async def _promise(self, case: Case, amount: Decimal, *, made: int, due: int) -> None:
        """A promise made so many days ago, for so many days from today."""
        at = self._now - timedelta(days=made)
        new = NewPromise(
            party_id=case.debtor_id or 0, amount=amount.quantize(CENT), due_on=self._today + timedelta(days=due)
        )
        owner = await self._holder(case)
        async with self._uow.write() as work:
            await take_promise(work, owner, case.id, new, today=self._today - timedelta(days=made), at=at)

    async def _pay(self, case: Case, amount: Decimal, *, days: int, settle: bool) -> int:
        purpose = f"Payment of the debt, case {case.number}"
        payment_id = await self._register(case, case.currency, case.debtor_name, purpose, amount, days=days)
        if settle:
            await self._desk.settle(PROGRAM, SettleOrder(payment_id=payment_id))
        return payment_id

    async def _register(
        self, case: Case | None, currency: str, payer: str, purpose: str, amount: Decimal, *, days: int
    ) -> int:
        self._said += 1
        new = NewPayment(
            account_id=await self._account(AccountKind.BANK, currency),
            amount=amount,
            value_on=self._today - timedelta(days=days),
            source=Source.STATEMENT,
            doc_no=f"D-{self._said}",
            payer_name=payer,
            payer_account=f"000000000000000001{self._said:02}",
            purpose=purpose,
            case_id=case.id if case else None,
        )
        return await self._desk.register(PROGRAM, new)

    async def _case(self, number: str) -> Case:
        async with self._uow.read() as session:
            return (await session.scalars(select(Case).where(Case.number == number))).one()

    async def _holder(self, case: Case) -> Actor:
        async with self._uow.read() as session:
            user = await session.get(User, case.collector_id) if case.collector_id else None
            return await actor_of(session, user) if user else PROGRAM

    async def _account(self, kind: AccountKind, currency: str) -> int:
        wanted = select(MoneyAccount.id).where(MoneyAccount.kind == kind, MoneyAccount.currency == currency)
        async with self._uow.read() as session:
            return (await session.scalars(wanted)).one()
