"""What money that comes does to the floor's plans, and what stays when it is taken back."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from callcenter.app.adapters.money import KEPT, LOOK_AGAIN, PAID
from callcenter.app.wiring import House
from callcenter.callbacks.model import Callback, CallbackState
from callcenter.callbacks.service import Plan
from callcenter.compliance.facts import ContactRequest
from core.cases.model import Case, CaseEvent, EventKind, Task, TaskKind, TaskState
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.promise_types import ship_promise_types
from core.cases.service.promises import NewPromise, take_promise
from core.kernel.access import PROGRAM
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.parties.service import NewParty, NewPhone
from core.payments.events import MoneyCame
from core.payments.model import Source
from core.payments.service.orders import SettleOrder
from core.payments.service.registering import NewPayment
from tests.factories.money import money_account
from tests.factories.people import Cast
from tests.factories.work import creditor_and_order

PHONE = "+79000000042"
OWED = Decimal(1000)


@dataclass
class Floor:
    """A debtor's case of anna's with plans to call him."""

    house: House
    uow: UnitOfWork
    clock: ManualClock
    anna: int
    case: Case
    account: int

    @property
    def today(self) -> date:
        return self.clock.now().date()

    async def callback(self, start: datetime) -> int:
        plan = Plan(phone=PHONE, start=start, end=start + timedelta(hours=1), case_id=self.case.id, user_id=self.anna)
        async with self.uow.write() as work:
            return await self.house.floor.callbacks.add(work, PROGRAM, plan)

    async def row(self, callback_id: int) -> Callback:
        async with self.uow.read() as session:
            return await session.get_one(Callback, callback_id)

    async def task(self, kind: TaskKind) -> int:
        at = self.clock.now()
        async with self.uow.write() as work:
            task = Task(case_id=self.case.id, kind=kind, title="x", due_at=at, created_at=at)
            work.session.add(task)
            await work.session.flush()
            return task.id

    async def tasks(self) -> dict[str, str]:
        async with self.uow.read() as session:
            rows = await session.scalars(select(Task).where(Task.case_id == self.case.id))
            return {row.title if row.key else row.kind: row.state for row in rows}

    async def pay(self, amount: Decimal, doc_no: str = "1") -> int:
        new = NewPayment(
            account_id=self.account,
            amount=amount,
            value_on=self.today,
            source=Source.STATEMENT,
            doc_no=doc_no,
            case_id=self.case.id,
        )
        payment_id = await self.house.payments.register(PROGRAM, new)
        done = await self.house.payments.settle(PROGRAM, SettleOrder(payment_id=payment_id))
        assert done.settlement_id is not None
        return done.settlement_id

    async def may_call(self) -> bool:
        request = ContactRequest(party_id=self.case.debtor_id or 0, case_id=self.case.id, phone=PHONE)
        async with self.uow.read() as session:
            return (await self.house.floor.gate.decide(session, request, at=self.clock.now())).allowed


@pytest.fixture
async def floor(uow: UnitOfWork, clock: ManualClock, house: House, cast: Cast) -> Floor:
    async with uow.write() as work:
        await ship_promise_types(work)
        _, order = await creditor_and_order(work, clock)
        debtor = NewParty(name="Debtor", timezone="Europe/Moscow", phones=(NewPhone(raw=PHONE),))
        new = NewCase(
            order_id=order.id,
            number="L-1",
            people=(NewPerson(party=debtor),),
            claims=(NewClaim(number="1", principal=OWED, due_on=date(2026, 1, 1)),),
            collector_id=cast.users["anna"],
        )
        case = await open_case(work, PROGRAM, new, at=clock.now())
    return Floor(house, uow, clock, cast.users["anna"], case, await money_account(uow))


async def test_a_paid_debt_is_called_about_no_more(floor: Floor, bus: Bus) -> None:
    told: list[MoneyCame] = []

    async def hear(event: MoneyCame) -> None:
        told.append(event)

    bus.subscribe(MoneyCame, hear)
    planned, ringing = [await floor.callback(floor.clock.now() + timedelta(hours=n)) for n in (20, 21)]
    async with floor.uow.write() as work:
        (await work.session.get_one(Callback, ringing)).state = CallbackState.DIALLING
    for kind in (TaskKind.CALL, TaskKind.CHECK_PAYMENT, TaskKind.DOCUMENT):
        await floor.task(kind)
    assert await floor.may_call()

    settlement = await floor.pay(OWED)
    row = await floor.row(planned)
    assert (row.state, row.closed_reason) == (CallbackState.CANCELLED, PAID)
    assert (await floor.row(ringing)).state == CallbackState.DIALLING
    ended = TaskState.CANCELLED
    assert await floor.tasks() == {"call": ended, "check_payment": ended, "document": TaskState.OPEN}
    assert not await floor.may_call()
    await bus.drained()
    assert [(one.collector_id, one.amount, one.case_number) for one in told] == [(floor.anna, OWED, "L-1")]

    await floor.house.payments.withdraw(PROGRAM, settlement, "Another debtor's.")
    assert await floor.may_call()
    assert (await floor.row(planned)).state == CallbackState.CANCELLED
    assert (await floor.tasks())[LOOK_AGAIN] == TaskState.OPEN
    async with floor.uow.read() as session:
        case = await session.get_one(Case, floor.case.id)
        keys = (await session.scalars(select(Task.key).where(Task.key.is_not(None)))).all()
    assert (case.open_amount, case.next_action_at) == (OWED, floor.clock.now())
    assert keys == [f"settlement:{settlement}:{floor.case.id}:withdrawn"]


async def test_a_kept_promise_needs_no_call_on_its_day(floor: Floor) -> None:
    before = await floor.callback(floor.clock.now() + timedelta(hours=30))
    floor.clock.advance(timedelta(minutes=5))
    due = floor.today + timedelta(days=2)
    promised = NewPromise(party_id=floor.case.debtor_id or 0, amount=Decimal(300), due_on=due)
    async with floor.uow.write() as work:
        await take_promise(work, PROGRAM, floor.case.id, promised, today=floor.today, at=floor.clock.now())
    on_the_day = await floor.callback(floor.clock.now() + timedelta(days=2))
    later = await floor.callback(floor.clock.now() + timedelta(days=9))
    await floor.pay(Decimal(100))
    assert (await floor.row(on_the_day)).state == CallbackState.PLANNED
    await floor.pay(Decimal(200), "2")
    row = await floor.row(on_the_day)
    assert (row.state, row.closed_reason) == (CallbackState.CANCELLED, KEPT)
    assert [(await floor.row(one)).state for one in (before, later)] == [CallbackState.PLANNED] * 2
    assert await floor.may_call()


async def test_every_move_is_on_the_time_line(floor: Floor) -> None:
    settlement = await floor.pay(Decimal(100))
    await floor.house.payments.withdraw(PROGRAM, settlement, "Wrong.")
    async with floor.uow.read() as session:
        told = select(CaseEvent.data).where(CaseEvent.kind == EventKind.PAYMENT).order_by(CaseEvent.id)
        kinds = [data["kind"] for data in await session.scalars(told)]
    assert kinds == ["settled", "withdrawn"]
