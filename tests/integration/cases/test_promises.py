"""Promises and plans on both databases: taken, paid, withdrawn, decided by the debtor's own calendar."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from core.cases import rights
from core.cases.errors import BadPlan, BadPromise, PlanEnded, PlanLive, PromiseOpen, PromiseSettled
from core.cases.model import (
    Appropriation,
    Case,
    CaseEvent,
    EventKind,
    Instalment,
    InstalmentState,
    PaymentPlan,
    PlanState,
    Promise,
    PromiseState,
    Task,
    TaskState,
    WorkSettings,
)
from core.cases.queries.dues import SORTS, DaySum, DueQuery, due_days, list_dues
from core.cases.rules.plans import Rhythm, equal_sums, schedule
from core.cases.service.appropriation import Received, appropriate
from core.cases.service.deciding import PromiseKeeper
from core.cases.service.ledger import lock_cases
from core.cases.service.plans import NewPlan, approve_plan, cancel_plan, refuse_plan, take_plan
from core.cases.service.promise_types import promise_types, ship_promise_types
from core.cases.service.promises import NewPromise, cancel_promise, take_promise
from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import DomainError, NotFound
from core.kernel.uow import UnitOfWork
from core.parties.model import Party
from tests.integration.cases.conftest import Floor, debtor_case

TODAY = date(2026, 3, 11)
DUE = date(2026, 3, 16)


class Desk:
    """One case, and the hands that work on it."""

    def __init__(self, uow: UnitOfWork, clock: ManualClock, floor: Floor, case: Case) -> None:
        self.uow, self.clock, self.case = uow, clock, case
        self.anna = floor.actor(floor.anna, Scope.OWN, rights.PLAN)
        self.boss = floor.actor(floor.boris, Scope.ALL, rights.PLAN, rights.APPROVE)
        self.keeper = PromiseKeeper(uow, clock)
        assert case.debtor_id is not None
        self.debtor = case.debtor_id

    async def promise(
        self, amount: str = "1000", due: date = DUE, *, supersede: bool = False, type_id: int | None = None
    ) -> int:
        new = NewPromise(party_id=self.debtor, amount=Decimal(amount), due_on=due, supersede=supersede, type_id=type_id)
        async with self.uow.write() as work:
            taken = await take_promise(work, self.anna, self.case.id, new, today=TODAY, at=self.clock.now())
            return taken.id

    async def plan(self, *, actor: Actor | None = None, total: str = "1000", count: int = 4) -> int:
        dues = schedule(equal_sums(Decimal(total), count), DUE, Rhythm.WEEKLY)
        new = NewPlan(party_id=self.debtor, total=Decimal(total), dues=dues)
        async with self.uow.write() as work:
            taken = await take_plan(work, actor or self.anna, self.case.id, new, today=TODAY, at=self.clock.now())
            return taken.id

    async def money(self, *paid: tuple[int, date, str], entered: bool = True) -> None:
        """Everything that stands settled on the case."""
        now = self.clock.now()
        async with self.uow.write() as work:
            await lock_cases(work, [self.case.id])
            received = [
                Received(payment_id=n, value_on=day, amount=Decimal(sum_), entered_at=now if entered else None)
                for n, day, sum_ in paid
            ]
            await appropriate(work, self.case.id, received, at=now, today=now.date())

    async def state(self, promise_id: int) -> tuple[str, Decimal]:
        async with self.uow.read() as session:
            row = await session.get_one(Promise, promise_id)
            stored = await session.scalar(
                select(func.sum(Appropriation.amount)).where(Appropriation.promise_id == promise_id)
            )
            assert row.paid_amount == (stored or 0)
            return row.state, row.paid_amount

    async def fresh(self) -> Case:
        async with self.uow.read() as session:
            return await session.get_one(Case, self.case.id)

    async def tasks(self) -> dict[str | None, str]:
        async with self.uow.read() as session:
            return {row.key: row.state for row in await session.scalars(select(Task))}

    async def instalments(self, plan_id: int) -> list[tuple[str, Decimal]]:
        async with self.uow.read() as session:
            rows = await session.scalars(select(Instalment).where(Instalment.plan_id == plan_id).order_by(Instalment.n))
            return [(row.state, row.paid_amount) for row in rows]

    async def plan_state(self, plan_id: int) -> str:
        async with self.uow.read() as session:
            return (await session.get_one(PaymentPlan, plan_id)).state


@pytest.fixture
async def desk(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> Desk:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov Pavel", owner=floor.anna, phones=["+79000000101"])
    async with uow.write() as work:
        (await work.session.get_one(Party, case.debtor_id)).timezone = "Europe/Moscow"
        await ship_promise_types(work)
        await ship_promise_types(work)
    return Desk(uow, clock, floor, case)


async def test_money_keeps_a_promise_and_its_withdrawal_opens_it_again(desk: Desk) -> None:
    one = await desk.promise()
    planned = (await desk.fresh()).next_action_at
    assert planned == datetime(2026, 3, 17, 21, tzinfo=UTC)  # the day after the grace begins, in Moscow
    await desk.money((1, TODAY, "400"))
    assert await desk.state(one) == (PromiseState.OPEN, Decimal(400))
    await desk.money((1, TODAY, "400"), (2, DUE, "700"))
    assert await desk.state(one) == (PromiseState.KEPT, Decimal(1000))
    assert (await desk.fresh()).next_action_at is None
    await desk.money((1, TODAY, "400"))
    assert await desk.state(one) == (PromiseState.OPEN, Decimal(400))
    assert (await desk.fresh()).next_action_at == planned
    await desk.money()
    assert await desk.state(one) == (PromiseState.OPEN, Decimal(0))
    async with desk.uow.read() as session:
        told = select(CaseEvent.data).where(CaseEvent.kind == EventKind.PROMISE).order_by(CaseEvent.id)
        assert [data["state"] for data in await session.scalars(told)] == ["open", "kept", "open"]


async def test_a_withdrawal_after_the_day_breaks_the_promise_and_money_in_time_mends_it(desk: Desk) -> None:
    one = await desk.promise()
    await desk.money((1, DUE, "1000"))
    desk.clock.set(datetime(2026, 3, 30, 12, tzinfo=UTC))
    before = await desk.fresh()
    for again in range(2):
        await desk.money()
        assert await desk.state(one) == (PromiseState.BROKEN, Decimal(0)), again
        case = await desk.fresh()
        assert (case.broken_promises, case.priority) == (1, before.priority + 1)
        assert case.next_action_at == desk.clock.now()
        assert await desk.tasks() == {f"promise:{one}:broken": TaskState.OPEN}
        await desk.money((2, DUE + timedelta(days=1), "1000"))  # back-dated into the grace
        assert await desk.state(one) == (PromiseState.KEPT, Decimal(1000))
        case = await desk.fresh()
        assert (case.broken_promises, case.priority, case.next_action_at) == (0, before.priority, None)
        assert await desk.tasks() == {f"promise:{one}:broken": TaskState.CANCELLED}
    await desk.money((3, DUE + timedelta(days=2), "1000"))  # a day too late
    assert await desk.state(one) == (PromiseState.BROKEN, Decimal(0))


async def test_the_night_decides_by_the_debtors_calendar_once(desk: Desk) -> None:
    one = await desk.promise()
    await desk.money((1, DUE, "300"))
    desk.clock.set(datetime(2026, 3, 17, 20, 59, tzinfo=UTC))  # the last minute of the grace in Moscow
    assert await desk.keeper.decide() == 0
    assert (await desk.state(one))[0] == PromiseState.OPEN
    desk.clock.advance(timedelta(minutes=1))
    assert await desk.keeper.decide() == 1
    assert await desk.state(one) == (PromiseState.PARTLY_KEPT, Decimal(300))
    assert await desk.keeper.decide() == 0
    assert (await desk.fresh()).broken_promises == 0
    assert await desk.tasks() == {f"promise:{one}:broken": TaskState.OPEN}


async def test_a_missed_night_is_caught_up_and_a_new_promise_answers_the_call(desk: Desk) -> None:
    one = await desk.promise()
    desk.clock.set(datetime(2026, 4, 20, 12, tzinfo=UTC))
    await asyncio.gather(desk.keeper.decide(), desk.keeper.decide())
    assert (await desk.state(one))[0] == PromiseState.BROKEN
    case = await desk.fresh()
    assert (case.broken_promises, case.next_action_at) == (1, desk.clock.now())
    new = NewPromise(party_id=desk.debtor, amount=Decimal(10), due_on=date(2026, 4, 21))
    async with desk.uow.write() as work:
        await take_promise(work, desk.anna, case.id, new, today=date(2026, 4, 20), at=desk.clock.now())
    assert await desk.tasks() == {f"promise:{one}:broken": TaskState.DONE}


async def test_superseding_keeps_what_had_come_where_it_counted(desk: Desk) -> None:
    one = await desk.promise("1000")
    desk.clock.advance(timedelta(hours=1))
    await desk.money((1, TODAY, "300"))
    desk.clock.advance(timedelta(hours=1))
    with pytest.raises(PromiseOpen):
        await desk.promise("700")
    two = await desk.promise("700", supersede=True)
    assert await desk.state(one) == (PromiseState.CANCELLED, Decimal(300))
    async with desk.uow.write() as work:
        await lock_cases(work, [desk.case.id])
        first = Received(
            payment_id=1, value_on=TODAY, amount=Decimal(300), entered_at=desk.clock.now() - timedelta(hours=1)
        )
        second = Received(
            payment_id=2, value_on=DUE, amount=Decimal(400), entered_at=desk.clock.now() + timedelta(days=3)
        )
        await appropriate(work, desk.case.id, [first, second], at=desk.clock.now(), today=TODAY)
    assert await desk.state(one) == (PromiseState.CANCELLED, Decimal(300))
    assert await desk.state(two) == (PromiseState.OPEN, Decimal(400))


async def test_a_promise_that_would_open_beside_its_successor_is_called_off(desk: Desk) -> None:
    one = await desk.promise("400")
    desk.clock.advance(timedelta(hours=1))
    await desk.money((1, TODAY, "400"))
    desk.clock.advance(timedelta(hours=1))
    two = await desk.promise("600")
    await desk.money()
    assert await desk.state(one) == (PromiseState.CANCELLED, Decimal(0))
    assert await desk.state(two) == (PromiseState.OPEN, Decimal(0))


async def test_a_promise_is_bounded_by_its_type(desk: Desk) -> None:
    async with desk.uow.read() as session:
        types = {row.key: row.id for row in await promise_types(session)}
    with pytest.raises(BadPromise) as refused:
        await desk.promise(due=TODAY + timedelta(days=8), type_id=types["partial"])
    assert set(refused.value.fields) == {"due_on"}
    with pytest.raises(BadPromise):
        await desk.promise(type_id=999)
    one = await desk.promise("100", type_id=types["partial"])
    await desk.money((1, TODAY, "80"))
    assert await desk.state(one) == (PromiseState.KEPT, Decimal(80))
    with pytest.raises(PromiseSettled):
        async with desk.uow.write() as work:
            await cancel_promise(work, desk.anna, one, "asked to", at=desk.clock.now())


async def test_instalments_are_paid_in_order_and_the_plan_completes(desk: Desk) -> None:
    plan = await desk.plan()
    assert (await desk.fresh()).next_action_at == datetime(2026, 3, 15, 21, tzinfo=UTC)
    await desk.money((1, TODAY, "300"))
    paid, opened = (InstalmentState.PAID, Decimal(250)), (InstalmentState.OPEN, Decimal(0))
    assert await desk.instalments(plan) == [paid, (InstalmentState.OPEN, Decimal(50)), opened, opened]
    assert (await desk.fresh()).next_action_at == datetime(2026, 3, 22, 21, tzinfo=UTC)
    await desk.money((1, TODAY, "300"), (2, DUE, "700"))
    assert await desk.plan_state(plan) == PlanState.COMPLETED
    assert (await desk.fresh()).next_action_at is None
    await desk.money((1, TODAY, "300"))
    assert await desk.plan_state(plan) == PlanState.ACTIVE
    with pytest.raises(PlanLive):
        await desk.promise("10")
    with pytest.raises(PlanLive):
        await desk.plan(total="10", count=2)


async def test_a_late_plan_is_called_about_and_defaults_in_the_end(desk: Desk) -> None:
    plan = await desk.plan()
    desk.clock.set(datetime(2026, 3, 19, 20, 59, tzinfo=UTC))
    assert await desk.keeper.decide() == 0
    desk.clock.advance(timedelta(minutes=1))
    assert await desk.keeper.decide() == 1
    assert await desk.plan_state(plan) == PlanState.DELINQUENT
    assert await desk.tasks() == {f"plan:{plan}:late:1": TaskState.OPEN}
    await desk.money((1, date(2026, 3, 19), "250"))
    assert await desk.plan_state(plan) == PlanState.ACTIVE
    assert await desk.tasks() == {f"plan:{plan}:late:1": TaskState.CANCELLED}
    desk.clock.set(datetime(2026, 4, 20, 12, tzinfo=UTC))
    await asyncio.gather(desk.keeper.decide(), desk.keeper.decide())
    assert await desk.plan_state(plan) == PlanState.DEFAULTED
    missed = (InstalmentState.MISSED, Decimal(0))
    assert await desk.instalments(plan) == [(InstalmentState.PAID, Decimal(250)), missed, missed, missed]
    assert (await desk.tasks())[f"plan:{plan}:defaulted"] == TaskState.OPEN
    assert (await desk.fresh()).next_action_at == desk.clock.now()
    await desk.promise("10", due=date(2026, 3, 11))


async def test_a_defaulted_plan_comes_back_when_its_money_is_found(desk: Desk) -> None:
    plan = await desk.plan()
    desk.clock.set(datetime(2026, 3, 27, 12, tzinfo=UTC))
    await desk.keeper.decide()
    assert await desk.plan_state(plan) == PlanState.DEFAULTED
    found = (1, date(2026, 3, 16), "250")
    await desk.money(found)
    assert await desk.plan_state(plan) == PlanState.DELINQUENT
    assert (await desk.tasks())[f"plan:{plan}:defaulted"] == TaskState.CANCELLED
    desk.clock.advance(timedelta(days=1))
    await desk.money(found, (2, date(2026, 3, 28), "300"))
    assert await desk.plan_state(plan) == PlanState.ACTIVE
    opened = InstalmentState.OPEN
    paid = (InstalmentState.PAID, Decimal(250))
    assert await desk.instalments(plan) == [paid, paid, (opened, Decimal(50)), (opened, Decimal(0))]
    await desk.money((2, date(2026, 3, 28), "300"))  # it was another's after all
    assert await desk.plan_state(plan) == PlanState.DELINQUENT


async def test_a_defaulted_plan_stays_so_when_the_money_came_late_or_something_else_was_agreed(desk: Desk) -> None:
    plan = await desk.plan()
    desk.clock.set(datetime(2026, 4, 20, 12, tzinfo=UTC))
    await desk.keeper.decide()
    desk.clock.advance(timedelta(days=2))
    await desk.money((1, date(2026, 4, 22), "1000"))
    assert await desk.plan_state(plan) == PlanState.DEFAULTED
    await desk.promise("10", due=date(2026, 3, 25))
    await desk.money((1, date(2026, 4, 15), "1000"))
    assert await desk.plan_state(plan) == PlanState.DEFAULTED


async def test_above_the_limit_somebody_approves_or_refuses(desk: Desk) -> None:
    async with desk.uow.write() as work:
        work.session.add(WorkSettings(id=1, plan_approval_above=Decimal(900), updated_at=desk.clock.now()))
    plan, now = await desk.plan(), desk.clock.now()
    assert await desk.plan_state(plan) == PlanState.DRAFT
    await desk.money((1, TODAY, "250"))
    assert await desk.plan_state(plan) == PlanState.DRAFT
    refusals: list[tuple[type[DomainError], Actor]] = [(DomainError, desk.anna)]
    for error, actor in refusals:
        with pytest.raises(error):
            async with desk.uow.write() as work:
                await approve_plan(work, actor, plan, at=now)
    async with desk.uow.write() as work:
        await approve_plan(work, desk.boss, plan, at=now)
    assert await desk.plan_state(plan) == PlanState.ACTIVE
    with pytest.raises(PlanEnded):
        async with desk.uow.write() as work:
            await refuse_plan(work, desk.boss, plan, reason="too long", at=now)
    with pytest.raises(BadPlan):
        async with desk.uow.write() as work:
            await cancel_plan(work, desk.anna, plan, reason=" ", at=now)
    async with desk.uow.write() as work:
        await cancel_plan(work, desk.anna, plan, reason="cannot pay", at=now)
    assert await desk.plan_state(plan) == PlanState.CANCELLED
    assert [state for state, _ in await desk.instalments(plan)] == ["paid", "cancelled", "cancelled", "cancelled"]
    second = await desk.plan()
    async with desk.uow.write() as work:
        await refuse_plan(work, desk.boss, second, reason="too long", at=now)
    assert await desk.plan_state(second) == PlanState.CANCELLED
    assert await desk.plan_state(await desk.plan(actor=desk.boss)) == PlanState.ACTIVE


async def test_a_foreign_plan_cannot_be_touched(desk: Desk, floor: Floor, uow: UnitOfWork, clock: ManualClock) -> None:
    plan = await desk.plan()
    boris = floor.actor(floor.boris, Scope.OWN, rights.PLAN, rights.APPROVE)
    for attempt in (approve_plan, lambda w, a, p, at: cancel_plan(w, a, p, reason="no", at=at)):
        async with uow.write() as work:
            with pytest.raises(NotFound):
                await attempt(work, boris, plan, at=clock.now())
    async with uow.write() as work:
        with pytest.raises(NotFound):
            await cancel_plan(work, PROGRAM, 999, reason="no", at=clock.now())


async def test_one_of_two_agreements_at_the_same_moment_is_taken(desk: Desk) -> None:
    results = await asyncio.gather(desk.promise(), desk.plan(), desk.promise(), return_exceptions=True)
    assert sum(isinstance(one, int) for one in results) == 1
    assert sum(isinstance(one, PromiseOpen | PlanLive) for one in results) == 2


async def test_promises_and_instalments_are_one_list_and_one_calendar(
    desk: Desk, floor: Floor, uow: UnitOfWork, clock: ManualClock
) -> None:
    await desk.promise("400")
    await desk.money((1, TODAY, "100"))
    other = await debtor_case(uow, clock, floor, "B-2", "Sidorov Semyon", owner=floor.boris)
    await Desk(uow, clock, floor, other).plan(actor=floor.actor(floor.boris, Scope.ALL, rights.PLAN))

    async def found(actor: Actor = PROGRAM, **asked: Any) -> list[tuple[str, int | None, str]]:
        async with uow.read() as session:
            listing = await list_dues(session, actor, DueQuery(**asked))
            assert listing.total >= len(listing.rows)
            return [(row.number, row.n, row.state) for row in listing.rows]

    everything = [("A-1", None, "open"), *(("B-2", n, "open") for n in (1, 2, 3, 4))]
    assert sorted(await found(), key=str) == sorted(everything, key=str)
    assert await found(desk.anna) == everything[:1]
    assert await found(plans=True) == everything[1:]
    assert await found(plans=False, states=["open"], search="petrov") == everything[:1]
    assert await found(states=["kept"]) == []
    assert await found(due_from=date(2026, 3, 23), due_to=date(2026, 3, 30)) == everything[2:4]
    assert await found(collector_id=floor.anna.id, unit_id=floor.anna.unit_id) == everything[:1]
    for sort in sorted(SORTS):
        for key in (sort, f"-{sort}"):
            async with uow.read() as session:
                whole = await list_dues(session, PROGRAM, DueQuery(sort=key))
                first = await list_dues(session, PROGRAM, DueQuery(sort=key, size=2))
                second = await list_dues(session, PROGRAM, DueQuery(sort=key, size=3, after=first.next))
            assert [*first.rows, *second.rows] == list(whole.rows), key
    async with uow.read() as session:
        days = await due_days(session, PROGRAM, DueQuery(due_to=DUE))
    assert days == [DaySum(day=DUE, currency="RUB", count=2, amount=Decimal(650), paid=Decimal(100))]
