"""The rows of the call log."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from callcenter.calls.facts import AnsweredBy, Answerer, Interval, Wish
from core.kernel.db import Base
from core.kernel.types import Key, UtcDateTime


class Stretches(TypeDecorator[tuple[Interval, ...]]):
    """Intervals of one leg as JSON: they are only ever read and written together with it."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: tuple[Interval, ...] | None, dialect: Dialect) -> Any:
        return [[s.start.isoformat(), s.end.isoformat() if s.end else None] for s in value or ()]

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[Interval, ...]:
        return tuple(
            Interval(start=datetime.fromisoformat(start), end=datetime.fromisoformat(end) if end else None)
            for start, end in value or ()
        )


class AnswererColumn(TypeDecorator[Answerer]):
    """Who answered, as JSON: one judgement, only ever read and written whole."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Answerer | None, dialect: Dialect) -> Any:
        return None if value is None else [
            value.by, value.because, value.milliseconds, value.left, value.wish
        ]  # fmt: skip

    def process_result_value(self, value: Any, dialect: Dialect) -> Answerer | None:
        if value is None:
            return None
        by, because, milliseconds, left, *wish = value  # rows of before messages could be answered have none
        return Answerer(
            by=AnsweredBy(by),
            because=because,
            milliseconds=milliseconds,
            left=left,
            wish=Wish(wish[0]) if wish else Wish.NONE,
        )


class OrderState(StrEnum):
    """A click's way to the exchange. Only ``RESERVED`` may become ``SENT``, once: that step is the licence to dial."""

    RESERVED = "reserved"
    SENT = "sent"
    REFUSED = "refused"


class Call(Base):
    """One call. ``id`` is drawn before the row exists (53 bits, ordered by time).

    ``phone_given`` is the far party's number as it came (None when hidden), ``phone`` the same in E.164. ``user_id``
    is the collector whose call it is: the last who took it, else the last who was rung, else who ordered it. Seconds
    are final once the call has ended. ``queued_at`` is when the caller first began to wait in a queue (``queue`` is
    the last), ``campaign_id`` the campaign that dialled, ``answerer`` who took its call. ``merged_into`` names the call
    that swallowed this one; such a row is no call any more. ``self_served``: a menu gave the caller what he rang for.
    """

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_user_started", "user_id", "started_at"),
        Index("ix_calls_case_started", "case_id", "started_at"),
        Index(
            "ix_calls_live", "server", sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")
        ),
        Index(
            "ix_calls_awaiting_result",
            "user_id",
            sqlite_where=text("needs_result"),
            postgresql_where=text("needs_result"),
        ),
        Index("uq_calls_order_key", "order_key", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    server: Mapped[str] = mapped_column(String(80))
    direction: Mapped[str] = mapped_column(String(10))
    phase: Mapped[str] = mapped_column(String(10))
    phone_given: Mapped[str | None] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(20), index=True)
    dialled: Mapped[str | None] = mapped_column(String(80))
    queue: Mapped[str | None] = mapped_column(String(80))
    queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    campaign_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cause: Mapped[int | None]
    lost: Mapped[bool] = mapped_column(default=False)
    answerer: Mapped[Answerer | None] = mapped_column(AnswererColumn)
    party_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    case_id: Mapped[int | None] = mapped_column(BigInteger)
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    ring_seconds: Mapped[int] = mapped_column(default=0)
    talk_seconds: Mapped[int] = mapped_column(default=0)
    hold_seconds: Mapped[int] = mapped_column(default=0)
    wrap_seconds: Mapped[int] = mapped_column(default=0)
    wrap_started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    wrap_ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    needs_result: Mapped[bool] = mapped_column(default=False)
    result_code: Mapped[str | None] = mapped_column(ForeignKey("call_result_codes.code"), index=True)
    result_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result_by: Mapped[int | None] = mapped_column(BigInteger)
    result_reason: Mapped[str] = mapped_column(String(500), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    attempt_id: Mapped[int | None] = mapped_column(BigInteger)
    order_state: Mapped[str | None] = mapped_column(String(10))
    order_key: Mapped[str | None] = mapped_column(String(200))
    merged_into: Mapped[int | None] = mapped_column(BigInteger, index=True)
    self_served: Mapped[bool] = mapped_column(default=False)

    legs: Mapped[list["Leg"]] = relationship(
        back_populates="call", cascade="all, delete-orphan", order_by="(Leg.started_at, Leg.uniqueid)", lazy="raise"
    )
    links: Mapped[list["CallLink"]] = relationship(
        back_populates="call", cascade="all, delete-orphan", order_by="CallLink.linkedid", lazy="raise"
    )


class CallLink(Base):
    """A Linkedid that Asterisk used for a call: how a repair finds the call it already knows."""

    __tablename__ = "call_links"
    __table_args__ = (Index("uq_call_links_server", "server", "linkedid", unique=True),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    server: Mapped[str] = mapped_column(String(80))
    linkedid: Mapped[str] = mapped_column(String(80))

    call: Mapped[Call] = relationship(back_populates="links", lazy="raise")


class Leg(Base):
    """One channel of a call. ``user_id`` is the collector behind ``endpoint`` at that time."""

    __tablename__ = "call_legs"
    __table_args__ = (
        Index("uq_call_legs_call_id", "call_id", "uniqueid", unique=True),
        Index("ix_call_legs_user_started", "user_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    uniqueid: Mapped[str] = mapped_column(String(80), index=True)
    channel: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(10))
    endpoint: Mapped[str | None] = mapped_column(String(80))
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    number: Mapped[str | None] = mapped_column(String(80))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(10))
    cause: Mapped[int | None]
    talks: Mapped[tuple[Interval, ...]] = mapped_column(Stretches)
    holds: Mapped[tuple[Interval, ...]] = mapped_column(Stretches)
    ring_seconds: Mapped[int] = mapped_column(default=0)
    talk_seconds: Mapped[int] = mapped_column(default=0)
    hold_seconds: Mapped[int] = mapped_column(default=0)

    call: Mapped[Call] = relationship(back_populates="legs", lazy="raise")


class Bookmark(Base):
    """A place in the call worth finding again: ``at_ms`` milliseconds after the answer, where the recording begins."""

    __tablename__ = "call_bookmarks"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    at_ms: Mapped[int]
    label: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Need(StrEnum):
    """What a result code demands before it is accepted."""

    NOTHING = ""
    PROMISE = "promise"
    PLAN = "plan"
    CALLBACK = "callback"
    REASON = "reason"
    CHECK_TASK = "check_task"
    DOCUMENT = "document"


class Stop(StrEnum):
    """How long a result stops dialling: a number of days, until the promise or callback falls due, until somebody
    lifts it; for the case or for the number only. ``RETRY`` leaves it to the rule of retries."""

    NOTHING = ""
    DAYS = "days"
    PROMISE = "promise"
    CALLBACK = "callback"
    CASE = "case"
    PHONE = "phone"
    RETRY = "retry"


class ResultCode(Base):
    """How a call went: an entry of the editable directory.

    ``label`` of the shipped codes is a msgid, of the agency's own codes plain text. ``contact``: somebody was reached
    (None: as the call itself was answered or not); ``rpc``: the right party was. ``phone_quality`` is what the number
    is marked as, ``block`` the kind of legal block the case gets. ``position`` orders the bar, 1 to 9 are its keys.
    """

    __tablename__ = "call_result_codes"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    label: Mapped[str] = mapped_column(String(120))
    contact: Mapped[bool | None]
    rpc: Mapped[bool]
    need: Mapped[str] = mapped_column(String(12), default=Need.NOTHING)
    stop: Mapped[str] = mapped_column(String(10), default=Stop.NOTHING)
    stop_days: Mapped[int | None]
    phone_quality: Mapped[str | None] = mapped_column(String(20))
    block: Mapped[str | None] = mapped_column(String(20))
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    shipped: Mapped[bool] = mapped_column(default=False)
