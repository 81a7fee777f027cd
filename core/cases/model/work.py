"""Rows of work to do: tasks, rules that hand cases out, and actions on many cases at once."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Amount, Key, UtcDateTime


class TaskKind(StrEnum):
    """What is to be done."""

    CALL = "call"
    CHECK_PAYMENT = "check_payment"
    DOCUMENT = "document"
    VISIT = "visit"
    REVIEW = "review"
    OTHER = "other"


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class Task(Base):
    """Something planned on a case. ``assignee_id`` None: whoever holds the case.

    ``key`` is set on tasks the program makes, so that the same reason makes one task only.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_tasks_case", "case_id", "state", "due_at"),
        Index("ix_tasks_assignee", "assignee_id", "state", "due_at"),
        Index("ix_tasks_state_due", "state", "due_at", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(14))
    title: Mapped[str] = mapped_column(String(300))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(String(10), default=TaskState.OPEN)
    result: Mapped[str] = mapped_column(String(500), default="")
    key: Mapped[str | None] = mapped_column(String(80))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class AssignmentRule(Base):
    """Who gets which cases: the first rule that fits decides. Conditions that are None ask nothing.

    A case goes to the one of ``user_ids`` (or of ``unit_id``'s collectors) with the fewest open cases, below
    ``max_load``.
    """

    __tablename__ = "assignment_rules"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    position: Mapped[int] = mapped_column()
    name: Mapped[str] = mapped_column(String(120))
    active: Mapped[bool] = mapped_column(default=True)
    creditor_id: Mapped[int | None] = mapped_column(ForeignKey("creditors.id"))
    stage_id: Mapped[int | None] = mapped_column(ForeignKey("stages.id"))
    language: Mapped[str | None] = mapped_column(String(2))
    currency: Mapped[str | None] = mapped_column(String(3))
    min_amount: Mapped[Decimal | None] = mapped_column(Amount)
    max_amount: Mapped[Decimal | None] = mapped_column(Amount)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    user_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    max_load: Mapped[int | None] = mapped_column()


class MassState(StrEnum):
    """``DRAFT`` knows its cases but is not begun; ``UNDOING`` takes back what can be taken back, row by row."""

    DRAFT = "draft"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    UNDOING = "undoing"
    UNDONE = "undone"


class MassOutcome(StrEnum):
    """``KEPT`` was done and could not be taken back: somebody has changed the case since."""

    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"
    ERROR = "error"
    UNDONE = "undone"
    KEPT = "kept"


class MassRun(Base):
    """An action on many cases. ``params`` is what the action needs; ``source`` tells a selection from a file."""

    __tablename__ = "mass_runs"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    action: Mapped[str] = mapped_column(String(20))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    source: Mapped[str] = mapped_column(String(255), default="")
    state: Mapped[str] = mapped_column(String(10), default=MassState.QUEUED)
    total: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MassItem(Base):
    """One case of a run, as line ``n``. ``number`` is what the file said; ``before`` what undoing needs."""

    __tablename__ = "mass_items"
    __table_args__ = (Index("ix_mass_items_outcome", "run_id", "outcome", "n"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("mass_runs.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(60), default="")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    outcome: Mapped[str] = mapped_column(String(8), default=MassOutcome.WAITING)
    error: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class WorkSettings(Base):
    """The house's own settings of worklists: a single row (id 1).

    ``weights`` are those of the next case's score, by factor; ``scored_on`` is the agency's day up to which all cases
    are scored by them (None: the weights have changed since). ``assign_new`` hands new cases out by the rules as they
    come in.
    """

    __tablename__ = "work_settings"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    weights: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    plan_approval_above: Mapped[Decimal | None] = mapped_column(Amount)
    assign_new: Mapped[bool] = mapped_column(default=False)
    scored_on: Mapped[date | None] = mapped_column()
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseLease(Base):
    """A case without a collector that was served to ``user_id``: until ``until`` nobody else is given it."""

    __tablename__ = "case_leases"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    until: Mapped[datetime] = mapped_column(UtcDateTime)
