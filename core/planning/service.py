"""The company, and the plans of its stages, departments and employees."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.audit.service import altered, record
from core.cases.model import Stage
from core.kernel.access import Actor
from core.kernel.bulk import insert_or_ignore
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import Work
from core.people.model import Unit, User
from core.planning import rights
from core.planning.errors import CompanyThere, ReasonMissing
from core.planning.model import Company, FinancialPlan, PlanCorrection, PlanScope, PlanSubject
from core.planning.rules import month_of

_ONLY = 1
_SUBJECTS: dict[PlanScope, type[Stage] | type[Unit] | type[User]] = {
    PlanScope.STAGE: Stage,
    PlanScope.UNIT: Unit,
    PlanScope.USER: User,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CompanyData:
    """See :class:`core.planning.model.Company`."""

    name: str
    legal_name: str = ""
    address: str = ""
    tax_id: str = ""
    register_no: str = ""
    phone: str = ""
    email: str = ""
    site: str = ""
    bank_details: str = ""
    country: str = ""
    currency: str = ""
    timezone: str = "UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanData:
    """A plan to set: the sum that ``subject_id`` of ``scope`` is to collect in the month of ``month``."""

    month: date
    scope: PlanScope
    subject_id: int
    amount: Decimal
    currency: str
    reason: str = ""


async def add_company(work: Work, actor: Actor, data: CompanyData, *, at: datetime) -> Company:
    """Record the company. Raises ``CompanyThere`` for a second one (C06)."""
    actor.require(rights.COMPANY)
    company = Company(id=_ONLY, updated_at=at, **asdict(data))
    try:
        async with work.session.begin_nested():
            work.session.add(company)
    except IntegrityError as error:
        raise CompanyThere from error
    record(work, actor, "company.added", ("company", _ONLY), {"name": (None, data.name)}, at=at)
    return company


async def change_company(work: Work, actor: Actor, data: CompanyData, *, at: datetime) -> Company:
    """Change the company's details. Raises ``NotFound`` while there is none."""
    actor.require(rights.COMPANY)
    company = await work.session.get(Company, _ONLY)
    if company is None:
        raise NotFound
    changes = altered(company, asdict(data))
    company.updated_at = at
    record(work, actor, "company.changed", ("company", _ONLY), changes, at=at)
    return company


async def want_plan(work: Work, actor: Actor, scope: PlanScope, subject_id: int, *, wanted: bool, at: datetime) -> None:
    """Switch on, or off, that a stage, department or employee is to have a plan every month."""
    actor.require(rights.EDIT)
    await _subject(work, scope, subject_id)
    await work.session.execute(
        insert_or_ignore(work.session, PlanSubject), {"scope": scope, "subject_id": subject_id, "active": wanted}
    )
    subject = await work.session.get_one(PlanSubject, (scope, subject_id))
    record(work, actor, "planning.wanted", (scope, subject_id), {"active": (subject.active, wanted)}, at=at)
    subject.active = wanted


async def set_plan(work: Work, actor: Actor, data: PlanData, *, at: datetime) -> FinancialPlan:
    """Set a month's plan, or correct it: a correction keeps what was there, who changed it and why.

    Raises ``Invalid`` for a sum below zero, ``ReasonMissing`` for a correction that does not say why, ``Conflict`` when
    somebody else set the same plan at the same moment.
    """
    actor.require(rights.EDIT)
    await _subject(work, data.scope, data.subject_id)
    if data.amount < 0:
        raise Invalid({"amount": msg("Enter a sum of zero or more.")})
    month = month_of(data.month)
    known = await work.session.scalar(
        select(FinancialPlan)
        .where(
            FinancialPlan.month == month,
            FinancialPlan.scope == data.scope,
            FinancialPlan.subject_id == data.subject_id,
            FinancialPlan.currency == data.currency,
        )
        .with_for_update()
    )
    if known is None:
        return await _first(work, actor, data, month, at)
    if known.amount != data.amount:
        _correct(work, actor, known, data, at)
    return known


async def _first(work: Work, actor: Actor, data: PlanData, month: date, at: datetime) -> FinancialPlan:
    plan = FinancialPlan(
        month=month,
        scope=data.scope,
        subject_id=data.subject_id,
        amount=data.amount,
        currency=data.currency,
        set_by_id=actor.user_id or None,
        set_at=at,
    )
    try:
        async with work.session.begin_nested():
            work.session.add(plan)
    except IntegrityError as error:
        raise Conflict from error
    changes = {"month": (None, month), "amount": (None, data.amount), "currency": (None, data.currency)}
    record(work, actor, "planning.set", (data.scope, data.subject_id), changes, at=at)
    return plan


def _correct(work: Work, actor: Actor, plan: FinancialPlan, data: PlanData, at: datetime) -> None:
    if not data.reason.strip():
        raise ReasonMissing({"reason": msg("Say why the plan is corrected.")})
    work.session.add(
        PlanCorrection(
            plan_id=plan.id,
            before=plan.amount,
            after=data.amount,
            reason=data.reason.strip(),
            by_id=actor.user_id or None,
            at=at,
        )
    )
    changes = {"month": (plan.month, plan.month), "amount": (plan.amount, data.amount), "reason": (None, data.reason)}
    record(work, actor, "planning.corrected", (data.scope, data.subject_id), changes, at=at)
    plan.amount = data.amount


async def _subject(work: Work, scope: PlanScope, subject_id: int) -> None:
    if await work.session.get(_SUBJECTS[scope], subject_id) is None:
        raise NotFound
