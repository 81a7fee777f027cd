"""Rows of the ledger: attempts to contact, decisions, blocks, and what an agency changed in the law's defaults."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Date, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime


class AttemptState(StrEnum):
    """``RESERVED`` may dial, ``PLACED`` rings at the debtor's. ``CANCELLED`` was given up before anything rang there,
    ``RELEASED`` could not be dialled: neither counts."""

    RESERVED = "reserved"
    PLACED = "placed"
    ANSWERED = "answered"
    NOT_ANSWERED = "not_answered"
    CANCELLED = "cancelled"
    RELEASED = "released"


class ContactAttempt(Base):
    """One contact, reserved before it is made. ``at`` is when it was reserved, or when an inbound call came."""

    __tablename__ = "contact_attempts"
    __table_args__ = (
        UniqueConstraint("call_id"),
        Index(None, "party_id", "at"),
        Index(None, "phone", "at"),
        Index(None, "state", "at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int | None] = mapped_column(BigInteger)
    party_id: Mapped[int] = mapped_column(BigInteger)
    case_id: Mapped[int] = mapped_column(BigInteger, index=True)
    debts: Mapped[list[int]] = mapped_column(JSON)
    phone: Mapped[str | None] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(16))
    inbound: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    decision_id: Mapped[int | None] = mapped_column(BigInteger)
    override_reason: Mapped[str | None]


class ContactDecision(Base):
    """A decision as it was made, whether it let the contact through or not. ``snapshot`` is the whole ``Decision``."""

    __tablename__ = "contact_decisions"
    __table_args__ = (Index(None, "case_id", "at"), Index(None, "party_id", "at"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    party_id: Mapped[int] = mapped_column(BigInteger)
    case_id: Mapped[int] = mapped_column(BigInteger)
    call_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    phone: Mapped[str | None] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(16))
    jurisdiction: Mapped[str] = mapped_column(String(8))
    verdict: Mapped[str] = mapped_column(String(8))
    rule_id: Mapped[str | None] = mapped_column(String(64))
    next_allowed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    actor_id: Mapped[int] = mapped_column(BigInteger, index=True)
    override_reason: Mapped[str | None]
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)


class ContactBlock(Base):
    """A person, a case or a phone that may not be contacted: do-not-call entries and legal blocks alike.

    It holds from ``added_at`` until ``ends_at`` or until it is lifted. ``basis`` says on what ground: the document,
    the call, the request.
    """

    __tablename__ = "contact_blocks"
    __table_args__ = (
        CheckConstraint("party_id IS NOT NULL OR case_id IS NOT NULL OR phone IS NOT NULL", name="has_subject"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    party_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    case_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    phone: Mapped[str | None] = mapped_column(String(20), index=True)
    basis: Mapped[str]
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by: Mapped[int] = mapped_column(BigInteger)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by: Mapped[int | None] = mapped_column(BigInteger)
    lift_reason: Mapped[str | None]


class RuleSetting(Base):
    """What the agency changed in a rule; None leaves what the law says. ``openings`` maps a day type to the minutes
    ``[opens, closes]`` or to None where the day is closed."""

    __tablename__ = "contact_rule_settings"

    rule_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    maximum: Mapped[int | None]
    severity: Mapped[str | None] = mapped_column(String(8))
    openings: Mapped[dict[str, list[int] | None] | None] = mapped_column(JSON)
    reason: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[int] = mapped_column(BigInteger)


class CalendarDay(Base):
    """A single date of a jurisdiction's calendar that the agency set: a regional holiday, a transferred day."""

    __tablename__ = "contact_calendar_days"

    jurisdiction: Mapped[str] = mapped_column(String(8), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    day_type: Mapped[str] = mapped_column(String(16))
    note: Mapped[str]
