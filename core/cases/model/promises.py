"""Rows of what debtors agreed to: promises to pay, instalment plans, and the money that came for them."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from core.cases.model.vocabulary import PromiseState
from core.kernel.db import Base
from core.kernel.types import Amount, Key, UtcDateTime


class PromiseType(Base):
    """What kind of promise may be taken, and how it is judged (domain 2.2).

    ``max_days`` and ``max_amount`` bound what may be promised; None: the balance and the house's own limit do.
    """

    __tablename__ = "promise_types"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(default=0)
    grace_days: Mapped[int] = mapped_column(default=1)
    threshold_percent: Mapped[Decimal] = mapped_column(Amount, default=Decimal(100))
    max_days: Mapped[int | None] = mapped_column()
    max_amount: Mapped[Decimal | None] = mapped_column(Amount)
    active: Mapped[bool] = mapped_column(default=True)


class Promise(Base):
    """A promise to pay a sum by a day (domain 2.2).

    ``phone``, ``call_id`` and ``recording_id`` keep who said it, and where. It is kept when ``threshold_percent`` of
    the sum has come by ``due_on`` plus ``grace_days``, partly kept when some has. ``paid_amount`` is what has come, the
    sum of its appropriations. ``by_keys``: the debtor gave it to a menu. At most one is open on a case.
    """

    __tablename__ = "promises"
    __table_args__ = (
        Index(
            "uq_promises_open_case",
            "case_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_promises_case_id", "case_id", "state", "due_on"),
        Index("ix_promises_state_due", "state", "due_on", "case_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    amount: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(String(3))
    due_on: Mapped[date] = mapped_column()
    type_id: Mapped[int | None] = mapped_column(ForeignKey("promise_types.id"))
    grace_days: Mapped[int] = mapped_column(default=0)
    threshold_percent: Mapped[Decimal] = mapped_column(Amount, default=Decimal(100))
    paid_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    state: Mapped[str] = mapped_column(String(10), default=PromiseState.OPEN)
    phone: Mapped[str | None] = mapped_column(String(16))
    call_id: Mapped[int | None] = mapped_column(BigInteger)
    recording_id: Mapped[int | None] = mapped_column(BigInteger)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_keys: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_reason: Mapped[str] = mapped_column(String(200), default="")


class PlanState(StrEnum):
    """``DRAFT`` waits for approval. ``DELINQUENT`` has an instalment late beyond its grace, ``DEFAULTED`` too many."""

    DRAFT = "draft"
    ACTIVE = "active"
    DELINQUENT = "delinquent"
    COMPLETED = "completed"
    DEFAULTED = "defaulted"
    CANCELLED = "cancelled"


class InstalmentState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    MISSED = "missed"
    CANCELLED = "cancelled"


class PaymentPlan(Base):
    """An agreement to pay ``total`` in instalments (domain 2.3). At most one is alive on a case.

    It defaults when an instalment is more than ``grace_days`` late and ``max_missed`` of them were missed.
    """

    __tablename__ = "payment_plans"
    __table_args__ = (
        Index(
            "uq_payment_plans_live_case",
            "case_id",
            unique=True,
            sqlite_where=text("state IN ('draft', 'active', 'delinquent')"),
            postgresql_where=text("state IN ('draft', 'active', 'delinquent')"),
        ),
        Index("ix_payment_plans_case_id", "case_id", "id"),
        Index("ix_payment_plans_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    state: Mapped[str] = mapped_column(String(10))
    total: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(String(3))
    grace_days: Mapped[int] = mapped_column(default=3)
    max_missed: Mapped[int] = mapped_column(default=1)
    phone: Mapped[str | None] = mapped_column(String(16))
    call_id: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(String(500), default="")
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_reason: Mapped[str] = mapped_column(String(200), default="")


class Instalment(Base):
    """One payment of a plan, the ``n``-th from 1. ``paid_amount`` is the sum of its appropriations."""

    __tablename__ = "instalments"
    __table_args__ = (UniqueConstraint("plan_id", "n"), Index("ix_instalments_state_due", "state", "due_on"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("payment_plans.id", ondelete="CASCADE"))
    n: Mapped[int] = mapped_column()
    due_on: Mapped[date] = mapped_column()
    amount: Mapped[Decimal] = mapped_column(Amount)
    paid_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    state: Mapped[str] = mapped_column(String(10), default=InstalmentState.OPEN)


class Appropriation(Base):
    """How much of a payment counts for a promise or an instalment. Worked out anew whenever money moves on the case."""

    __tablename__ = "appropriations"
    __table_args__ = (
        CheckConstraint("(promise_id IS NULL) <> (instalment_id IS NULL)", name="one_purpose"),
        Index("ix_appropriations_payment", "payment_id"),
        Index("ix_appropriations_promise", "promise_id"),
        Index("ix_appropriations_instalment", "instalment_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    payment_id: Mapped[int] = mapped_column(BigInteger)
    promise_id: Mapped[int | None] = mapped_column(ForeignKey("promises.id", ondelete="CASCADE"))
    instalment_id: Mapped[int | None] = mapped_column(ForeignKey("instalments.id", ondelete="CASCADE"))
    amount: Mapped[Decimal] = mapped_column(Amount)
    value_on: Mapped[date] = mapped_column()
