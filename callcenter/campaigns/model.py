"""The rows of campaigns: what they may, who works in them, the cases they are to reach, every attempt."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.campaigns.machines import Machines
from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime

_IN_FLIGHT = text("ended_at IS NULL")


class Mode(StrEnum):
    """How numbers are dialled. ``PREVIEW``: the collector sees the case first. ``PROGRESSIVE``: one line for each
    collector who waits. ``PREDICTIVE``: as many as pacing finds lawful. ``AGENTLESS``: a message is played."""

    PREVIEW = "preview"
    PROGRESSIVE = "progressive"
    PREDICTIVE = "predictive"
    AGENTLESS = "agentless"


class CampaignState(StrEnum):
    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class EntryState(StrEnum):
    """Where a case of the list stands. ``SHOWN``: a collector looks at it before he dials. ``TALKED``: somebody was
    reached and the result decides what follows. ``DONE`` is over by the rules of retries, ``STOPPED`` by something
    outside: a payment, a block, a case that was closed."""

    WAITING = "waiting"
    SHOWN = "shown"
    DIALLING = "dialling"
    TALKED = "talked"
    DONE = "done"
    STOPPED = "stopped"


class Passed(StrEnum):
    """Why a collector did not ring the case that was shown to him."""

    LATER = "passed_later"
    SPOKEN = "passed_spoken"
    CHECK = "passed_check"


class Campaign(Base):
    """A list of cases to be rung, and how.

    ``hours`` are minutes of the debtor's own day ``[opens, closes]``, ``weekdays`` the ISO days on which it dials.
    ``ceiling`` is the share of answered calls that may be abandoned in any rolling hour; a campaign that ``withdraws``
    hangs attempts up while they ring where it would be broken otherwise. Seconds: ``ring_seconds`` an
    attempt rings, ``connect_seconds`` an answered debtor waits for a collector, ``countdown_seconds`` until a preview
    dials by itself (0: only by click). ``retries`` maps a result to the minutes until the next attempt; a result that
    is not in it ends the entry. ``message`` is the recording that an agentless campaign plays, ``apology`` the one that
    an abandoned debtor hears, ``machine_message`` the one that is left where ``machines`` says so. Whoever hears
    ``message`` forbids further calls by the digit ``opt_out_key``, which ``opted_out`` confirms, and is put through to
    the collectors by ``talk_key``. All are names of sounds at the exchange, or ``own:`` and the name of a recording of
    the house's. ``filter`` is what is asked of the list of cases
    (``filling.stored``), kept live with the eyes of ``owner_id``; None for a list of chosen cases only.
    ``queue_open`` while the exchange has its queue.
    """

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    mode: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10), default=CampaignState.DRAFT, index=True)
    priority: Mapped[int] = mapped_column(default=0)
    hours: Mapped[list[int]] = mapped_column(JSON)
    weekdays: Mapped[list[int]] = mapped_column(JSON)
    ceiling: Mapped[float] = mapped_column(default=0.03)
    most_per_agent: Mapped[float] = mapped_column(default=3.0)
    withdraws: Mapped[bool] = mapped_column(default=True)
    ring_seconds: Mapped[int] = mapped_column(default=25)
    connect_seconds: Mapped[int] = mapped_column(default=2)
    countdown_seconds: Mapped[int] = mapped_column(default=0)
    machines: Mapped[str] = mapped_column(String(10), default=Machines.OFF)
    machine_message: Mapped[str | None] = mapped_column(String(80))
    lines: Mapped[int] = mapped_column(default=5)
    retries: Mapped[dict[str, int]] = mapped_column(JSON)
    most_a_day: Mapped[int] = mapped_column(default=2)
    most_in_total: Mapped[int] = mapped_column(default=6)
    show_number: Mapped[str | None] = mapped_column(String(20))
    message: Mapped[str | None] = mapped_column(String(80))
    apology: Mapped[str] = mapped_column(String(80))
    opt_out_key: Mapped[str | None] = mapped_column(String(1))
    talk_key: Mapped[str | None] = mapped_column(String(1))
    opted_out: Mapped[str] = mapped_column(String(80), default="vm-goodbye")
    filter: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    filter_name: Mapped[str] = mapped_column(String(120), default="")
    owner_id: Mapped[int] = mapped_column(BigInteger)
    unit_id: Mapped[int | None] = mapped_column(BigInteger)
    queue_open: Mapped[bool] = mapped_column(default=False)
    filled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def queue(self) -> str:
        """The queue at the exchange into which its debtors are put."""
        return f"campaign-{self.id}"

    @property
    def puts_through(self) -> bool:
        """Whether debtors come to its collectors by the exchange's queue."""
        return self.mode in (Mode.PROGRESSIVE, Mode.PREDICTIVE) or bool(self.mode == Mode.AGENTLESS and self.talk_key)


class CampaignStaff(Base):
    """A collector, or everybody of a unit, who works in the campaign."""

    __tablename__ = "campaign_staff"
    __table_args__ = (
        UniqueConstraint("campaign_id", "user_id", "unit_id"),
        CheckConstraint("(user_id IS NULL) <> (unit_id IS NULL)", name="one_of_them"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    unit_id: Mapped[int | None] = mapped_column(BigInteger)


class CampaignEntry(Base):
    """A case on the list. ``attempts_today`` counts those of ``counted_on``, the debtor's day of the last one.
    ``reason`` says in one word why it stands where it stands: the last result, a rule of law, ``paid``.
    ``user_id`` is the collector it is shown to, until ``next_at``. ``chosen`` by itself, in a selection or a file: no
    filter takes it off."""

    __tablename__ = "campaign_entries"
    __table_args__ = (
        UniqueConstraint("campaign_id", "case_id"),
        Index("ix_campaign_entries_next", "campaign_id", "state", "next_at"),
        Index("ix_campaign_entries_case", "case_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10), default=EntryState.WAITING)
    reason: Mapped[str] = mapped_column(String(64), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    attempts_today: Mapped[int] = mapped_column(default=0)
    counted_on: Mapped[date | None] = mapped_column()
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_phone: Mapped[str | None] = mapped_column(String(20))
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    chosen: Mapped[bool] = mapped_column(default=False)

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"state": EntryState.WAITING, "reason": "", "attempts": 0, "attempts_today": 0, **values})


class CampaignAttempt(Base):
    """One attempt, written before it is dialled. ``withdrawn_at``: the dialler let it be hung up while it rang; who had
    answered by then was put through all the same. ``outcome`` is a result code (None while it is under way);
    ``user_id`` the collector it was dialled for, or who took it. ``answered_by`` is the exchange's judgement of who
    answered (``machines``; None where nobody listened for it), ``judged_because`` and ``judged_ms`` its reason and how
    long it listened, ``message_left`` whether a machine was left a message, ``wish`` what he asked for by a key."""

    __tablename__ = "campaign_attempts"
    __table_args__ = (
        UniqueConstraint("call_id"),
        Index("ix_campaign_attempts_in_flight", "campaign_id", sqlite_where=_IN_FLIGHT, postgresql_where=_IN_FLIGHT),
        Index("ix_campaign_attempts_ended", "campaign_id", "ended_at"),
        Index("ix_campaign_attempts_entry", "entry_id"),
        Index("ix_campaign_attempts_at", "campaign_id", "at"),
        Index("ix_campaign_attempts_phone", "phone", "at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("campaign_entries.id", ondelete="CASCADE"))
    call_id: Mapped[int] = mapped_column(BigInteger)
    phone: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    picked_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    connected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(20))
    answered_by: Mapped[str | None] = mapped_column(String(10))
    judged_because: Mapped[str | None] = mapped_column(String(40))
    judged_ms: Mapped[int | None] = mapped_column()
    message_left: Mapped[bool] = mapped_column(default=False)
    wish: Mapped[str | None] = mapped_column(String(10))

    @property
    def recalled(self) -> bool:
        """Hung up by the dialler before anybody answered."""
        return self.withdrawn_at is not None and self.picked_up_at is None
