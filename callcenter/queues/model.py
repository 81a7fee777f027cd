"""The rows of queues and of who serves them."""

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Key

MAIN = "main"
"""The code of the shipped queue: where the dialplan's safe path takes every caller."""


class QueueKind(StrEnum):
    """``INBOUND`` takes callers, ``CAMPAIGN`` the debtors a campaign reached: such a queue lives as long as that."""

    INBOUND = "inbound"
    CAMPAIGN = "campaign"


class Strategy(StrEnum):
    """Asterisk's names for who is rung next."""

    IN_TURN = "rrmemory"
    LONGEST_IDLE = "leastrecent"
    FEWEST_CALLS = "fewestcalls"
    ALL = "ringall"
    RANDOM = "random"


class Overflow(StrEnum):
    """Where a caller goes whom nobody took in time."""

    GOODBYE = "goodbye"
    QUEUE = "queue"
    VOICEMAIL = "voicemail"


class Closed(StrEnum):
    """What a caller meets when nobody is there."""

    GOODBYE = "goodbye"
    VOICEMAIL = "voicemail"


class Calendar(Base):
    """Hours of work: ``week`` by weekday (``"0"`` is Monday) as from–until pairs of ``HH:MM`` in ``zone``."""

    __tablename__ = "calendars"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    zone: Mapped[str] = mapped_column(String(64))
    week: Mapped[dict[str, Any]] = mapped_column(JSON)


class CalendarDay(Base):
    """A day out of the ordinary: its ``hours`` replace those of the weekday; none on a holiday."""

    __tablename__ = "calendar_days"

    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendars.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    hours: Mapped[list[Any]] = mapped_column(JSON)


class QueueNumber(Base):
    """A number of ours that leads to a queue."""

    __tablename__ = "queue_numbers"

    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"), index=True)


class QueueStage(Base):
    """Debtors whose case is at this stage belong to this queue, whatever number they dial."""

    __tablename__ = "queue_stages"

    stage_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"), index=True)


class Queue(Base):
    """A queue. ``code`` is its name in Asterisk and never changes; ``name`` of the shipped one is a msgid.

    ``weight``: of two queues with the same members the heavier one is served first; ``priority`` is what a caller
    brings along when he joins: higher ones stand in front. Seconds: ``ring_seconds`` one member is rung and
    ``max_wait_seconds`` a caller waits (None: as the exchange is set up), ``service_seconds`` within which a caller
    counts as served in time, ``wrap_up_seconds`` a member is left alone after a call whatever he says,
    ``announce_seconds`` between two announcements of the caller's place (0: none). ``everybody``: all with a phone
    serve it, at level 0 unless a row says otherwise. ``own_first``: a debtor's own collector, if he waits for a call,
    is rung ``own_seconds`` before the queue. ``calendar_id`` says when somebody is there (None: always), ``closed``
    what a caller meets otherwise.
    """

    __tablename__ = "queues"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10), default=QueueKind.INBOUND)
    strategy: Mapped[str] = mapped_column(String(12), default=Strategy.IN_TURN)
    weight: Mapped[int] = mapped_column(default=0)
    priority: Mapped[int] = mapped_column(default=0)
    ring_seconds: Mapped[int | None]
    max_wait_seconds: Mapped[int | None]
    service_seconds: Mapped[int] = mapped_column(default=20)
    wrap_up_seconds: Mapped[int] = mapped_column(default=1)
    announce_seconds: Mapped[int] = mapped_column(default=0)
    overflow: Mapped[str] = mapped_column(String(10), default=Overflow.GOODBYE)
    overflow_queue_id: Mapped[int | None] = mapped_column(ForeignKey("queues.id"))
    everybody: Mapped[bool] = mapped_column(default=False)
    own_first: Mapped[bool] = mapped_column(default=True)
    own_seconds: Mapped[int] = mapped_column(default=12)
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendars.id"))
    closed: Mapped[str] = mapped_column(String(10), default=Closed.VOICEMAIL)
    active: Mapped[bool] = mapped_column(default=True)
    shipped: Mapped[bool] = mapped_column(default=False)


class QueueMember(Base):
    """Who serves a queue. ``penalty`` is his level: 0 is rung first, a higher one only when all below are taken.
    ``active`` off keeps somebody out of a queue that everybody serves."""

    __tablename__ = "queue_members"

    queue_id: Mapped[int] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, index=True)
    penalty: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
