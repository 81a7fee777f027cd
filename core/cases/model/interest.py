"""Rows of interest: dated rates, groups of terms, and the times nothing accrues."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Amount, Key, UtcDateTime


class RateKind(StrEnum):
    """``ANNUAL`` rates are percent a year; ``MONTHLY_INDEX`` is a price index of the month before (100.8 = +0.8 %)."""

    ANNUAL = "annual"
    MONTHLY_INDEX = "monthly_index"


class DayRule(StrEnum):
    """Days a year is divided into: always 365, always 360, or as many as the year has."""

    FIXED_365 = "365"
    FIXED_360 = "360"
    ACTUAL = "actual"


class RateTable(Base):
    """Rates with the day each is valid from. ``clause`` is their source, ``confirmed`` that a lawyer has checked it."""

    __tablename__ = "rate_tables"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(14), default=RateKind.ANNUAL)
    jurisdiction: Mapped[str | None] = mapped_column(String(4))
    clause: Mapped[str] = mapped_column(String(300), default="")
    confirmed: Mapped[bool] = mapped_column(default=False)


class Rate(Base):
    """A rate from a day on, until the next one."""

    __tablename__ = "rates"

    table_id: Mapped[int] = mapped_column(ForeignKey("rate_tables.id", ondelete="CASCADE"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    percent: Mapped[Decimal] = mapped_column(Amount)


class InterestGroup(Base):
    """How claims bear interest: one or several terms."""

    __tablename__ = "interest_groups"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InterestTerm(Base):
    """One kind of interest of a group: on which components, at which rate, into which component.

    The rate is ``percent`` a year, or the table's plus ``margin`` points. ``cap_percent`` bounds the interest to a
    share of the sum it began with, ``cap_amount`` to a sum. ``grace_days`` pass before it begins.
    """

    __tablename__ = "interest_terms"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("interest_groups.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    bases: Mapped[list[str]] = mapped_column(JSON)
    accrues_to: Mapped[str] = mapped_column(String(20))
    table_id: Mapped[int | None] = mapped_column(ForeignKey("rate_tables.id"))
    percent: Mapped[Decimal | None] = mapped_column(Amount)
    margin: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    day_rule: Mapped[str] = mapped_column(String(6), default=DayRule.FIXED_365)
    cap_percent: Mapped[Decimal | None] = mapped_column(Amount)
    cap_amount: Mapped[Decimal | None] = mapped_column(Amount)
    grace_days: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date | None] = mapped_column()
    valid_until: Mapped[date | None] = mapped_column()


class AccrualBlock(Base):
    """Days, both included, in which nothing accrues on a case. ``until_on`` None: until it is lifted."""

    __tablename__ = "accrual_blocks"
    __table_args__ = (Index("ix_accrual_blocks_case_id", "case_id", "from_on"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    from_on: Mapped[date] = mapped_column()
    until_on: Mapped[date | None] = mapped_column()
    reason: Mapped[str] = mapped_column(String(300))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
