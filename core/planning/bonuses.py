"""Bonuses of a month: how they are reckoned for each role, and what everybody gets, explained line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.service import record
from core.cases.model import Case
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.uow import Work
from core.payments.model import Allocation
from core.people.access import visible
from core.people.model import Role, User
from core.planning import rights
from core.planning.bonus_rules import Bonus, Rule, Step, bonus, rule_faults
from core.planning.errors import BadBonus
from core.planning.model import BonusRule, FinancialPlan, PlanScope
from core.planning.rules import month_of, next_month


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffBonus:
    """What an employee gets for a month in one currency. ``bonus`` is None when the role has no rule, ``salary`` in
    currencies the role is not paid in."""

    user_id: int
    name: str
    role: str
    currency: str
    collected: Decimal
    salary: Decimal | None
    bonus: Bonus | None

    @property
    def total(self) -> Decimal:
        """Salary and bonus together."""
        return (self.salary or Decimal(0)) + (self.bonus.amount if self.bonus else Decimal(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """One repayment that counts; below zero it takes another back."""

    value_on: date
    case_id: int
    case_number: str
    component: str
    amount: Decimal
    currency: str


async def bonus_table(session: AsyncSession, actor: Actor, month: date) -> Sequence[StaffBonus]:
    """Everybody in reach who gets something or collected something in the month, by name."""
    return await _table(session, actor, month, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffMonth:
    """One employee's month, a line for each currency; none when there is nothing to get."""

    user_id: int
    name: str
    role: str
    lines: Sequence[StaffBonus]


async def bonus_of(session: AsyncSession, actor: Actor, user_id: int, month: date) -> StaffMonth:
    """One employee's month. Raises ``NotFound`` for one out of reach."""
    wanted = select(User, Role).join(Role, Role.id == User.role_id).where(User.id == user_id)
    row = (await session.execute(visible(wanted, actor, rights.BONUS, owner=User.id))).one_or_none()
    if row is None:
        raise NotFound()
    lines = await _table(session, actor, month, user_id)
    return StaffMonth(user_id=user_id, name=row.User.full_name, role=row.Role.name, lines=lines)


async def collected_by(session: AsyncSession, actor: Actor, user_id: int, month: date) -> Sequence[Collected]:
    """The repayments of the month that count for an employee in reach, by value date."""
    rows = await session.execute(
        visible(
            select(
                Allocation.value_on,
                Allocation.case_id,
                Case.number.label("case_number"),
                Allocation.component,
                Allocation.amount,
                Allocation.currency,
            )
            .join(Case, Case.id == Allocation.case_id)
            .where(
                Allocation.collector_id == user_id,
                Allocation.value_on >= month_of(month),
                Allocation.value_on < next_month(month_of(month)),
            )
            .order_by(Allocation.value_on, Allocation.id),
            actor,
            rights.BONUS,
            owner=Allocation.collector_id,
        )
    )
    return [Collected(**row._mapping) for row in rows]


async def bonus_rules(session: AsyncSession, actor: Actor) -> Sequence[tuple[Role, Rule | None]]:
    """Every role, by name, with how its bonus is reckoned, if at all."""
    actor.require(rights.BONUS)
    rows = await session.execute(
        select(Role, BonusRule).outerjoin(BonusRule, BonusRule.role_id == Role.id).order_by(Role.name)
    )
    return [(row.Role, None if row.BonusRule is None else _rule(row.BonusRule)) for row in rows]


async def set_bonus(work: Work, actor: Actor, role_id: int, rule: Rule, *, at: datetime) -> None:
    """Say how a role's bonus is reckoned, from the next look at the table on. Raises ``BadBonus`` or ``NotFound``."""
    actor.require(rights.BONUS)
    actor.require(rights.EDIT)
    if await work.session.get(Role, role_id) is None:
        raise NotFound()
    if faults := rule_faults(rule):
        raise BadBonus(faults)
    bands = [{"from": str(step.start), "coefficient": str(step.coefficient)} for step in rule.steps]
    values = {"percent": rule.percent, "bands": bands, "without_plan": rule.without_plan}
    row = await work.session.get(BonusRule, role_id)
    changes = {name: (getattr(row, name, None), value) for name, value in values.items()}
    record(work, actor, "planning.bonus", ("role", role_id), changes, at=at)
    if row is None:
        work.session.add(BonusRule(role_id=role_id, updated_at=at, **values))
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.updated_at = at


def _rule(row: BonusRule) -> Rule:
    steps = (Step(start=Decimal(band["from"]), coefficient=Decimal(band["coefficient"])) for band in row.bands)
    return Rule(percent=row.percent, steps=tuple(steps), without_plan=row.without_plan)


async def _table(session: AsyncSession, actor: Actor, month: date, user_id: int | None) -> list[StaffBonus]:
    month = month_of(month)
    people = select(User, Role).join(Role, Role.id == User.role_id)
    if user_id is not None:
        people = people.where(User.id == user_id)
    staff = (await session.execute(visible(people, actor, rights.BONUS, owner=User.id))).all()
    rules = {row.role_id: _rule(row) for row in await session.scalars(select(BonusRule))}
    collected, plans = await _collected(session, month), await _plans(session, month)
    found = []
    for user, role in sorted(staff, key=lambda row: row.User.full_name.casefold()):
        paid_in = {role.currency} if role.salary and role.currency and user.active else set()
        for currency in sorted({*collected.get(user.id, {}), *plans.get(user.id, {}), *paid_in}):
            rule, plan = rules.get(role.id), plans.get(user.id, {}).get(currency)
            brought = collected.get(user.id, {}).get(currency, Decimal(0))
            found.append(
                StaffBonus(
                    user_id=user.id,
                    name=user.full_name,
                    role=role.name,
                    currency=currency,
                    collected=brought,
                    salary=role.salary if currency in paid_in else None,
                    bonus=None if rule is None else bonus(rule, brought, plan),
                )
            )
    return found


async def _collected(session: AsyncSession, month: date) -> Mapping[int, Mapping[str, Decimal]]:
    """What each collected by currency: the fact of plan and fact, so that both tables agree."""
    rows = await session.execute(
        select(Allocation.collector_id, Allocation.currency, func.sum(Allocation.amount).label("amount"))
        .where(
            Allocation.collector_id.is_not(None),
            Allocation.value_on >= month,
            Allocation.value_on < next_month(month),
        )
        .group_by(Allocation.collector_id, Allocation.currency)
    )
    found: dict[int, dict[str, Decimal]] = {}
    for row in rows:
        found.setdefault(row.collector_id, {})[row.currency] = row.amount
    return found


async def _plans(session: AsyncSession, month: date) -> Mapping[int, Mapping[str, Decimal]]:
    found: dict[int, dict[str, Decimal]] = {}
    wanted = select(FinancialPlan).where(FinancialPlan.month == month, FinancialPlan.scope == PlanScope.USER)
    for plan in await session.scalars(wanted):
        found.setdefault(plan.subject_id, {})[plan.currency] = plan.amount
    return found
