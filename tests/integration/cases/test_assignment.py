"""Assignment rules on both databases: kept in order, applied to many cases, and to new ones as they come in."""

import asyncio
from collections import Counter
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.cases.model import AssignmentRule, Case, CaseEvent, EventKind, MassOutcome, MassState
from core.cases.queries.lists import ListQuery
from core.cases.rules.assignment import ALL_FULL, NO_RULE
from core.cases.rules.mass import MassAction
from core.cases.service.assignment import (
    RuleData,
    every_rule,
    hand_out_new,
    move_rule,
    remove_rule,
    save_rule,
    switch_new,
)
from core.cases.service.mass import Mass
from core.cases.service.mass_actions import Deed, Params
from core.kernel.access import PROGRAM, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.jobs import JobRunner
from core.kernel.uow import UnitOfWork
from core.people.model import User
from tests.integration.cases.conftest import Floor, debtor_case
from tests.integration.cases.test_mass import enabled, seen

BY_RULE = Deed(MassAction.RULE, Params())


async def ruled(uow: UnitOfWork, clock: ManualClock, *rules: RuleData) -> list[int]:
    async with uow.write() as work:
        return [(await save_rule(work, PROGRAM, None, rule, at=clock.now())).id for rule in rules]


async def owners(uow: UnitOfWork) -> list[int | None]:
    async with uow.read() as session:
        return list(await session.scalars(select(Case.collector_id).order_by(Case.id)))


async def test_the_directory_keeps_its_order(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    one = RuleData(name="A", user_ids=(floor.anna.id,))
    first, second, third = await ruled(uow, clock, one, RuleData(name="B", unit_id=1), one)

    async def order() -> list[int]:
        async with uow.read() as session:
            return [rule.id for rule in await every_rule(session)]

    assert await order() == [first, second, third]
    async with uow.write() as work:
        await move_rule(work, PROGRAM, third, up=True, at=clock.now())
        await move_rule(work, PROGRAM, first, up=True, at=clock.now())
        await save_rule(work, PROGRAM, second, RuleData(name="Bee", unit_id=1, active=False), at=clock.now())
    assert await order() == [first, third, second]
    async with uow.write() as work:
        await move_rule(work, PROGRAM, first, up=False, at=clock.now())
        await remove_rule(work, PROGRAM, second, at=clock.now())
    assert await order() == [third, first]
    for faulty in (
        RuleData(name=" ", unit_id=1),
        RuleData(name="x"),
        RuleData(name="x", unit_id=1, user_ids=(1,)),
        RuleData(name="x", unit_id=1, min_amount=Decimal(2), max_amount=Decimal(1)),
        RuleData(name="x", unit_id=1, max_load=0),
    ):
        with pytest.raises(Invalid):
            await ruled(uow, clock, faulty)
    async with uow.write() as work:
        with pytest.raises(NotFound):
            await remove_rule(work, PROGRAM, 999, at=clock.now())
        with pytest.raises(Forbidden):
            await remove_rule(work, floor.actor(floor.anna), first, at=clock.now())


async def test_cases_are_handed_out_foreseen_and_taken_back(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    for n in range(6):
        await debtor_case(uow, clock, floor, f"A-{n}", "Petrov", amount=str(1000 * (n + 1)))
    chief = await enabled(uow, floor.boris)
    await ruled(
        uow,
        clock,
        RuleData(name="Big", user_ids=(floor.boris.id,), min_amount=Decimal(5000), max_load=2),
        RuleData(name="Middle", user_ids=(floor.anna.id, floor.boris.id), min_amount=Decimal(2000)),
        RuleData(name="Off", user_ids=(floor.anna.id,), active=False),
    )
    mass = Mass(uow, clock)
    jobs = JobRunner(uow, clock, mass.handlers)
    run = await mass.choose_all(chief, ListQuery())
    told = await mass.foresee(chief, run, BY_RULE)
    assert (told.done, {text.msgid: count for text, count in told.skipped}) == (
        4,
        {NO_RULE.msgid: 1, ALL_FULL.msgid: 1},
    )
    await mass.start(chief, run, BY_RULE)
    await jobs.run_due()
    assert await seen(uow, run) == (MassState.DONE, {MassOutcome.DONE: 4, MassOutcome.SKIPPED: 2})
    anna, boris = floor.anna.id, floor.boris.id
    assert await owners(uow) == [None, anna, boris, anna, boris, None]
    await mass.undo(chief, run)
    await jobs.run_due()
    assert await owners(uow) == [None] * 6


async def test_who_leaves_hands_everything_on(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    for n in range(4):
        await debtor_case(uow, clock, floor, f"A-{n}", "Petrov", owner=floor.anna)
    chief = await enabled(uow, floor.boris)
    await ruled(uow, clock, RuleData(name="All", user_ids=(floor.anna.id, floor.boris.id)))
    mass = Mass(uow, clock)
    run = await mass.choose_all(chief, ListQuery())
    await mass.start(chief, run, BY_RULE)
    await JobRunner(uow, clock, mass.handlers).run_due()
    assert await owners(uow) == [floor.boris.id] * 4


async def test_two_who_deal_at_once_keep_the_limit(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    for n in range(20):
        await debtor_case(uow, clock, floor, f"A-{n:02}", "Petrov")
    chief = await enabled(uow, floor.boris, Scope.ALL)
    await ruled(uow, clock, RuleData(name="All", user_ids=(floor.anna.id,), max_load=7))
    mass = Mass(uow, clock)
    async with uow.read() as session:
        ids = (await session.scalars(select(Case.id).order_by(Case.id))).all()
    for half in (ids[:10], ids[10:]):
        await mass.start(chief, await mass.choose(chief, half), BY_RULE)
    runners = [JobRunner(uow, clock, mass.handlers) for _ in range(2)]
    await asyncio.wait_for(asyncio.gather(*(runner.run_due() for runner in runners)), 60)
    assert Counter(await owners(uow)) == {floor.anna.id: 7, None: 13}


async def test_new_cases_go_out_when_that_is_switched_on(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    async with uow.write() as work:
        (await work.session.get_one(User, floor.anna.id)).extension = "201"
    ids = [
        (await debtor_case(uow, clock, floor, f"A-{n}", "Petrov", amount=amount)).id for n, amount in enumerate("59")
    ]
    await ruled(uow, clock, RuleData(name="Red", unit_id=floor.anna.unit_id, min_amount=Decimal(6)))
    async with uow.write() as work:
        await hand_out_new(work, ids, at=clock.now())
    assert await owners(uow) == [None, None]
    async with uow.write() as work:
        await switch_new(work, PROGRAM, on=True, at=clock.now())
        await hand_out_new(work, ids, at=clock.now())
    assert await owners(uow) == [None, floor.anna.id]
    async with uow.read() as session:
        assert (await session.get_one(Case, ids[1])).unit_id == floor.anna.unit_id
        told = select(CaseEvent.data).where(CaseEvent.kind == EventKind.ASSIGNED)
        assert (await session.scalars(told)).all() == [{"collector_id": floor.anna.id}]
        assert (await session.scalars(select(AssignmentRule.name))).all() == ["Red"]
