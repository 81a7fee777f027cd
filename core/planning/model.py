"""Rows of the company and its financial plan."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Amount, Key, UtcDateTime


class Company(Base):
    """The agency itself. There is exactly one (id 1)."""

    __tablename__ = "company"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    legal_name: Mapped[str] = mapped_column(String(300), default="")
    address: Mapped[str] = mapped_column(String(500), default="")
    tax_id: Mapped[str] = mapped_column(String(20), default="")
    register_no: Mapped[str] = mapped_column(String(60), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    site: Mapped[str] = mapped_column(String(200), default="")
    bank_details: Mapped[str] = mapped_column(String(500), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    currency: Mapped[str] = mapped_column(String(3), default="")
    timezone: Mapped[str] = mapped_column(String(40), default="UTC")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlanScope(StrEnum):
    """Whose plan it is."""

    STAGE = "stage"
    UNIT = "unit"
    USER = "user"


class PlanSubject(Base):
    """A stage, department or employee that is to have a plan every month, while ``active``."""

    __tablename__ = "plan_subjects"

    scope: Mapped[str] = mapped_column(String(6), primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    active: Mapped[bool] = mapped_column(default=True)


class FinancialPlan(Base):
    """How much is to be collected in a month. ``month`` is its first day."""

    __tablename__ = "financial_plans"
    __table_args__ = (UniqueConstraint("month", "scope", "subject_id", "currency"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    month: Mapped[date] = mapped_column()
    scope: Mapped[str] = mapped_column(String(6))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(String(3))
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlanCorrection(Base):
    """A plan that was changed: from what to what, by whom and why."""

    __tablename__ = "plan_corrections"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("financial_plans.id", ondelete="CASCADE"), index=True)
    before: Mapped[Decimal] = mapped_column(Amount)
    after: Mapped[Decimal] = mapped_column(Amount)
    reason: Mapped[str] = mapped_column(String(300))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class BonusRule(Base):
    """What everybody of a role gets beside the salary: ``percent`` of what they collected times the coefficient of
    their plan's achievement. ``bands`` is its table, ``[{"from": "80", "coefficient": "1"}, …]``; ``without_plan``
    holds in a month without a plan.
    """

    __tablename__ = "bonus_rules"

    role_id: Mapped[int] = mapped_column(
        Key, ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    percent: Mapped[Decimal] = mapped_column(Amount)
    bands: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    without_plan: Mapped[Decimal] = mapped_column(Amount, default=Decimal(1))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
