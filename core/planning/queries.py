"""Reading plans, what was collected against them, and which are still to be set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Stage
from core.kernel.access import Actor
from core.payments.model import Allocation
from core.people.access import visible
from core.people.model import Unit, User
from core.planning import rights
from core.planning.model import Company, FinancialPlan, PlanCorrection, PlanScope, PlanSubject
from core.planning.ports import WorkCalendar
from core.planning.rules import Achievement, WorkingDays, achievement, month_of, next_month, working_days


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanLine:
    """One subject's month. ``wanted``: it is to have a plan; ``corrections`` counts the changes of it."""

    scope: PlanScope
    subject_id: int
    name: str
    currency: str
    wanted: bool
    corrections: int
    reached: Achievement


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanSheet:
    """Plan and fact of one month for stages, departments or employees, by name."""

    month: date
    scope: PlanScope
    days: WorkingDays
    lines: tuple[PlanLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MissingPlan:
    """Somebody switched on who has no plan for the month."""

    scope: PlanScope
    subject_id: int
    name: str


#: Which column of a repayment names the subject: what the case's stage, department and collector were when it came.
_ATTRIBUTED = {
    PlanScope.STAGE: Allocation.stage_id,
    PlanScope.UNIT: Allocation.unit_id,
    PlanScope.USER: Allocation.collector_id,
}


async def company(session: AsyncSession) -> Company | None:
    """The company, if it has been entered."""
    return await session.get(Company, 1)


async def plan_sheet(
    session: AsyncSession, actor: Actor, scope: PlanScope, month: date, *, today: date, calendar: WorkCalendar
) -> PlanSheet:
    """Plan/fact of the month for every subject in the actor's reach that has a plan, is to have one, or collected."""
    month = month_of(month)
    names = await _names(session, actor, scope)
    country = (await session.scalar(select(Company.country))) or ""
    days = working_days(month, today, await calendar.work_days(session, country))
    plans = {(plan.subject_id, plan.currency): plan for plan in await _plans(session, scope, month)}
    facts = await _facts(session, scope, month)
    wanted = await _wanted(session, scope)
    corrections = await _corrections(session, [plan.id for plan in plans.values()])
    currency = (await session.scalar(select(Company.currency))) or ""
    asked = {*plans, *facts}
    alone = {(subject, currency) for subject in wanted if not any(key[0] == subject for key in asked)}
    keys = sorted((key for key in (*asked, *alone) if key[0] in names), key=lambda key: (names[key[0]].casefold(), key))
    lines = tuple(
        PlanLine(
            scope=scope,
            subject_id=subject,
            name=names[subject],
            currency=unit,
            wanted=subject in wanted,
            corrections=corrections.get(plans[subject, unit].id, 0) if (subject, unit) in plans else 0,
            reached=achievement(
                plans[subject, unit].amount if (subject, unit) in plans else None,
                facts.get((subject, unit), Decimal(0)),
                days,
            ),
        )
        for subject, unit in keys
    )
    return PlanSheet(month=month, scope=scope, days=days, lines=lines)


async def missing_plans(session: AsyncSession, actor: Actor, month: date) -> list[MissingPlan]:
    """Those switched on, in the actor's reach, who have no plan for the month: what the check at its start finds."""
    found: list[MissingPlan] = []
    for scope in PlanScope:
        names = await _names(session, actor, scope)
        planned = {plan.subject_id for plan in await _plans(session, scope, month_of(month))}
        lacking = (await _wanted(session, scope)) - planned
        found.extend(
            MissingPlan(scope=scope, subject_id=subject, name=names[subject])
            for subject in sorted(lacking & names.keys(), key=lambda one: names[one].casefold())
        )
    return found


async def corrections_of(session: AsyncSession, plan_id: int) -> Sequence[tuple[PlanCorrection, str | None]]:
    """Every correction of a plan with its author's login, the newest first."""
    rows = await session.execute(
        select(PlanCorrection, User.login)
        .outerjoin(User, User.id == PlanCorrection.by_id)
        .where(PlanCorrection.plan_id == plan_id)
        .order_by(PlanCorrection.id.desc())
    )
    return [(row.PlanCorrection, row.login) for row in rows]


async def plan_of(
    session: AsyncSession, scope: PlanScope, subject_id: int, month: date, currency: str
) -> FinancialPlan | None:
    """One plan."""
    return await session.scalar(
        select(FinancialPlan).where(
            FinancialPlan.scope == scope,
            FinancialPlan.subject_id == subject_id,
            FinancialPlan.month == month_of(month),
            FinancialPlan.currency == currency,
        )
    )


async def subject_name(session: AsyncSession, actor: Actor, scope: PlanScope, subject_id: int) -> str | None:
    """The name of a subject in reach."""
    return (await _names(session, actor, scope)).get(subject_id)


async def switches(session: AsyncSession, actor: Actor, scope: PlanScope) -> list[tuple[int, str, bool]]:
    """Every subject in reach with whether it is to have a plan: stages in their order, others by name."""
    names, wanted = await _names(session, actor, scope), await _wanted(session, scope)
    return [(one, name, one in wanted) for one, name in names.items()]


async def _names(session: AsyncSession, actor: Actor, scope: PlanScope) -> Mapping[int, str]:
    """Names of the subjects in reach. Stages belong to nobody, so that whoever may see plans sees all of them."""
    actor.require(rights.VIEW)
    if scope is PlanScope.STAGE:
        return {
            row.id: row.name
            for row in await session.execute(
                select(Stage.id, Stage.name).where(Stage.active).order_by(Stage.position, Stage.id)
            )
        }
    if scope is PlanScope.UNIT:
        units = visible(select(Unit.id, Unit.name).order_by(Unit.name), actor, rights.VIEW, unit=Unit.id)
        return {row.id: row.name for row in await session.execute(units)}
    people = select(User.id, User.surname, User.first_name, User.login).where(User.active).order_by(User.surname)
    rows = await session.execute(visible(people, actor, rights.VIEW, owner=User.id))
    return {row.id: " ".join(filter(None, (row.surname, row.first_name))) or row.login for row in rows}


async def _plans(session: AsyncSession, scope: PlanScope, month: date) -> Sequence[FinancialPlan]:
    statement = select(FinancialPlan).where(FinancialPlan.month == month, FinancialPlan.scope == scope)
    return (await session.scalars(statement)).all()


async def _wanted(session: AsyncSession, scope: PlanScope) -> set[int]:
    statement = select(PlanSubject.subject_id).where(PlanSubject.scope == scope, PlanSubject.active)
    return set((await session.scalars(statement)).all())


async def _facts(session: AsyncSession, scope: PlanScope, month: date) -> Mapping[tuple[int, str], Decimal]:
    """What was collected: repayments by value date, withdrawn ones taken off again by their mirrors."""
    column = _ATTRIBUTED[scope]
    rows = await session.execute(
        select(column.label("subject"), Allocation.currency, func.sum(Allocation.amount).label("amount"))
        .where(Allocation.value_on >= month, Allocation.value_on < next_month(month), column.is_not(None))
        .group_by(column, Allocation.currency)
    )
    return {(row.subject, row.currency): row.amount for row in rows}


async def _corrections(session: AsyncSession, plan_ids: Sequence[int]) -> Mapping[int, int]:
    rows = await session.execute(
        select(PlanCorrection.plan_id, func.count().label("n"))
        .where(PlanCorrection.plan_id.in_(plan_ids))
        .group_by(PlanCorrection.plan_id)
    )
    return {row.plan_id: row.n for row in rows}
