"""The rows of figures: what changed, the sums, the plan of shifts, and the reports that are mailed."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Amount, Key, UtcDateTime

_FRESH_TIME = text("kind = 'time' AND subject_id IS NOT NULL")


class RollupMark(Base):
    """Something that figures are made of changed in ``[since, until]``: written by triggers (``triggers.py``) in the
    transaction of the change, taken away by the transaction that sums anew. Rows are only ever added, so that no two
    calls wait for each other here.

    ``kind`` says what is to be looked at: ``call`` (``subject_id`` is one whose collector, case or wait may be new),
    ``time`` (of ``user_id``; ``subject_id`` is a stretch that is in no sum yet), ``promise`` and ``day`` (both by
    calendar day).
    """

    __tablename__ = "rollup_marks"
    __table_args__ = (
        Index("ix_rollup_marks_fresh", "subject_id", sqlite_where=_FRESH_TIME, postgresql_where=_FRESH_TIME),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class FigurePlace(Base):
    """Where a call (or promise) belonged when figures first took it up, seconds after it ended: they do not move when
    its collector changes teams or its case the stage. Reckoned anew only when the call itself gets another collector
    or case (``user_id``, ``case_id`` are those it was reckoned for).

    ``service_seconds`` is the queue's threshold in force then; ``wait_seconds`` how long the caller waited in the queue
    until a collector took the call or he was gone, None when it is not known that he waited.
    """

    __tablename__ = "figure_places"

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    case_id: Mapped[int | None] = mapped_column(BigInteger)
    unit_id: Mapped[int | None] = mapped_column(BigInteger)
    creditor_id: Mapped[int | None] = mapped_column(BigInteger)
    stage_id: Mapped[int | None] = mapped_column(BigInteger)
    service_seconds: Mapped[int | None]
    wait_seconds: Mapped[int | None]


class Rollup(Base):
    """Counters of one piece of time (``slot`` is its first half-hour) in one cube (``counters.CUBES``).

    Seconds are whole and of calls; milliseconds are of collectors' time.
    """

    __tablename__ = "rollups"
    __table_args__ = (Index("ix_rollups_user", "cube", "user_id", "slot"), {"sqlite_with_rowid": False})

    cube: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    stage_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    campaign_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    queue: Mapped[str] = mapped_column(String(80), primary_key=True)
    direction: Mapped[str] = mapped_column(String(10), primary_key=True)
    calls: Mapped[int] = mapped_column(default=0)
    inbound: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    contacts: Mapped[int] = mapped_column(default=0)
    attempt_contacts: Mapped[int] = mapped_column(default=0)
    right_party: Mapped[int] = mapped_column(default=0)
    attempt_right_party: Mapped[int] = mapped_column(default=0)
    promises: Mapped[int] = mapped_column(default=0)
    handled: Mapped[int] = mapped_column(default=0)
    talk_seconds: Mapped[int] = mapped_column(BigInteger, default=0)
    hold_seconds: Mapped[int] = mapped_column(BigInteger, default=0)
    wrap_seconds: Mapped[int] = mapped_column(BigInteger, default=0)
    handle_seconds: Mapped[int] = mapped_column(BigInteger, default=0)
    queued: Mapped[int] = mapped_column(default=0)
    timed: Mapped[int] = mapped_column(default=0)
    taken: Mapped[int] = mapped_column(default=0)
    in_time: Mapped[int] = mapped_column(default=0)
    abandoned: Mapped[int] = mapped_column(default=0)
    wait_seconds: Mapped[int] = mapped_column(BigInteger, default=0)
    available_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    ringing_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    talking_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    hold_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    wrap_up_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    pause_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    planned_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    adhered_ms: Mapped[int] = mapped_column(BigInteger, default=0)


class RollupDay(Base):
    """Promises that fell due on a day, by how they ended, and money that came in on it."""

    __tablename__ = "rollup_days"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: Mapped[date] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    stage_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True, index=True)
    due_kept: Mapped[int] = mapped_column(default=0)
    due_partly: Mapped[int] = mapped_column(default=0)
    due_broken: Mapped[int] = mapped_column(default=0)
    due_promised: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    due_paid: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    collected: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    commission: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))


class ShiftBlock(Base):
    """A planned stretch of a collector's time: ``work`` or a ``break`` within it. Blocks of one collector do not
    overlap. ``day`` is the day on which its shift begins, where he is; ``unit_id`` his team when it was planned."""

    __tablename__ = "shift_blocks"
    __table_args__ = (
        Index("ix_shift_blocks_user", "user_id", "starts_at"),
        Index("ix_shift_blocks_day", "day"),
        CheckConstraint("ends_at > starts_at", name="forward"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    unit_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(8))
    day: Mapped[date] = mapped_column()
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReportSchedule(Base):
    """A saved report that is mailed: ``query`` as it was when it was chosen, read anew each time with the eyes of each
    of the ``recipients`` (user ids).

    ``every`` is a :class:`~callcenter.productivity.mail_rules.Every`, ``day`` the ISO day of the week or the day of the
    month, ``hour`` one of the clocks of ``zone``. ``format`` is ``xlsx`` or ``pdf``. ``next_at`` None: it rests.
    """

    __tablename__ = "report_schedules"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    query: Mapped[str] = mapped_column(String(2000))
    format: Mapped[str] = mapped_column(String(4))
    every: Mapped[str] = mapped_column(String(5))
    day: Mapped[int] = mapped_column(default=1)
    hour: Mapped[int] = mapped_column()
    zone: Mapped[str] = mapped_column(String(40))
    recipients: Mapped[list[int]] = mapped_column(JSON)
    owner_id: Mapped[int] = mapped_column(BigInteger)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MailState(StrEnum):
    """``SENDING`` was reserved: from then on it is sent once or not at all. ``UNCERTAIN``: nobody knows whether it
    arrived."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class ReportMail(Base):
    """One report for one reader, due at a moment. ``error`` is the code of what went wrong last, ``at`` when its state
    was last written."""

    __tablename__ = "report_mails"
    __table_args__ = (UniqueConstraint("schedule_id", "due_at", "user_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("report_schedules.id", ondelete="CASCADE"))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10), default=MailState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(40), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
