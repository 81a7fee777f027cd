"""The company, the plans and the stages on both databases."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.errors import StageKeyTaken, StageUsed
from core.cases.model import AssignmentRule, Stage
from core.cases.queries.lists import stages
from core.cases.service.stages import StageData, add_stage, change_stage, delete_stage, order_stages
from core.kernel.access import PROGRAM, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from core.kernel.uow import UnitOfWork
from core.people.model import Role, RoleStage
from core.planning import queries, rights
from core.planning.errors import CompanyThere, ReasonMissing
from core.planning.model import FinancialPlan, PlanCorrection, PlanScope
from core.planning.service import CompanyData, PlanData, add_company, change_company, set_plan, want_plan

MARCH = date(2026, 3, 1)
COMPANY = CompanyData(name="Sample Collections", currency="RUB", country="RU")


class Weekdays:
    async def work_days(self, session: AsyncSession, country: str) -> Callable[[date], bool]:
        return lambda day: day.weekday() < 5


def _plan(stage: Stage, amount: str, reason: str = "") -> PlanData:
    return PlanData(
        month=date(2026, 3, 17),
        scope=PlanScope.STAGE,
        subject_id=stage.id,
        amount=Decimal(amount),
        currency="RUB",
        reason=reason,
    )


async def test_there_is_exactly_one_company(uow: UnitOfWork, clock: ManualClock) -> None:
    async with uow.write() as work:
        with pytest.raises(NotFound):
            await change_company(work, PROGRAM, COMPANY, at=clock.now())
        await add_company(work, PROGRAM, COMPANY, at=clock.now())
    async with uow.write() as work:
        with pytest.raises(CompanyThere):
            await add_company(work, PROGRAM, replace(COMPANY, name="Another"), at=clock.now())
        await change_company(work, PROGRAM, replace(COMPANY, name="Renamed"), at=clock.now())
    async with uow.read() as session:
        known = await queries.company(session)
    assert known is not None
    assert known.name == "Renamed"


async def test_two_who_enter_the_company_at_once_make_one(uow: UnitOfWork, clock: ManualClock) -> None:
    async def enter(name: str) -> bool:
        try:
            async with uow.write() as work:
                await add_company(work, PROGRAM, replace(COMPANY, name=name), at=clock.now())
        except CompanyThere:
            return False
        return True

    assert sorted(await asyncio.gather(enter("One"), enter("Other"))) == [False, True]


async def test_a_plan_is_set_once_and_corrected_with_a_reason(
    uow: UnitOfWork, clock: ManualClock, stage: Stage
) -> None:
    async with uow.write() as work:
        await set_plan(work, PROGRAM, _plan(stage, "1000"), at=clock.now())
    async with uow.write() as work:
        await set_plan(work, PROGRAM, _plan(stage, "1000"), at=clock.now())  # nothing changes, nothing is asked
        with pytest.raises(ReasonMissing):
            await set_plan(work, PROGRAM, _plan(stage, "1200"), at=clock.now())
        with pytest.raises(Invalid):
            await set_plan(work, PROGRAM, _plan(stage, "-1"), at=clock.now())
        await set_plan(work, PROGRAM, _plan(stage, "1200", "a new creditor"), at=clock.now())
    async with uow.read() as session:
        plan = (await session.scalars(select(FinancialPlan))).one()
        kept = (await session.scalars(select(PlanCorrection))).one()
        sheet = await queries.plan_sheet(
            session, PROGRAM, PlanScope.STAGE, MARCH, today=date(2026, 3, 11), calendar=Weekdays()
        )
    assert (plan.month, plan.amount) == (MARCH, Decimal(1200))
    assert (kept.before, kept.after, kept.reason) == (Decimal(1000), Decimal(1200), "a new creditor")
    assert [(line.name, line.reached.plan, line.corrections) for line in sheet.lines] == [("Soft", Decimal(1200), 1)]


async def test_two_who_set_a_plan_at_once_leave_one(uow: UnitOfWork, clock: ManualClock, stage: Stage) -> None:
    async def put(amount: str) -> bool:
        try:
            async with uow.write() as work:
                await set_plan(work, PROGRAM, _plan(stage, amount), at=clock.now())
        except (Conflict, ReasonMissing):
            return False
        return True

    assert sorted(await asyncio.gather(put("100"), put("200"))) == [False, True]


async def test_the_month_asks_for_the_plans_that_are_switched_on(
    uow: UnitOfWork, clock: ManualClock, stage: Stage
) -> None:
    async def missing() -> list[str]:
        async with uow.read() as session:
            return [one.name for one in await queries.missing_plans(session, PROGRAM, MARCH)]

    assert await missing() == []
    async with uow.write() as work:
        await want_plan(work, PROGRAM, PlanScope.STAGE, stage.id, wanted=True, at=clock.now())
    assert await missing() == ["Soft"]
    async with uow.write() as work:
        await set_plan(work, PROGRAM, _plan(stage, "5"), at=clock.now())
    assert await missing() == []
    async with uow.write() as work:
        await want_plan(work, PROGRAM, PlanScope.STAGE, stage.id, wanted=False, at=clock.now())
        with pytest.raises(NotFound):
            await want_plan(work, PROGRAM, PlanScope.UNIT, 987654, wanted=True, at=clock.now())
    async with uow.read() as session:
        april = await queries.missing_plans(session, PROGRAM, date(2026, 4, 1))
    assert april == []


async def test_plans_need_their_rights(uow: UnitOfWork, clock: ManualClock, stage: Stage) -> None:
    reader = replace(PROGRAM, user_id=1, rights={rights.VIEW: Scope.ALL})
    async with uow.write() as work:
        with pytest.raises(Forbidden):
            await set_plan(work, reader, _plan(stage, "1"), at=clock.now())
        with pytest.raises(Forbidden):
            await add_company(work, reader, COMPANY, at=clock.now())


async def test_stages_are_ordered_switched_off_and_deleted_while_unused(
    uow: UnitOfWork, clock: ManualClock, stage: Stage
) -> None:
    now = clock.now()
    async with uow.write() as work:
        role = Role(name="Lawyer")
        work.session.add(role)
        await work.session.flush()
        court = await add_stage(work, PROGRAM, "court", StageData(name="Court", role_ids=(role.id,)), at=now)
        with pytest.raises(StageKeyTaken):
            await add_stage(work, PROGRAM, "court", StageData(name="Again"), at=now)
        await order_stages(work, PROGRAM, [court.id], at=now)
        responsible = (await work.session.scalars(select(RoleStage.stage))).all()
    assert responsible == ["court"]
    async with uow.read() as session:
        assert [(one.key, one.position) for one in await stages(session)] == [("court", 1), ("soft", 2)]
    async with uow.write() as work:
        await change_stage(work, PROGRAM, court.id, StageData(name="Court", active=False), at=now)
        work.session.add(AssignmentRule(position=1, name="to court", stage_id=court.id, user_ids=[]))
        await work.session.flush()
        with pytest.raises(StageUsed):
            await delete_stage(work, PROGRAM, court.id, at=now)
        await delete_stage(work, PROGRAM, stage.id, at=now)
    async with uow.read() as session:
        assert [(one.key, one.active) for one in await stages(session)] == [("court", False)]
