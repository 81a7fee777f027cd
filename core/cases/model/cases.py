"""Rows of debtors' files: the case, the people on it, its time line and its marks."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.cases.model.vocabulary import CaseState, Liability
from core.kernel.db import Base
from core.kernel.types import Amount, Key, UtcDateTime
from core.parties.search import make_searchable

#: Open cases for which nothing is planned (of a collector, and of everybody by their score), and those that belong to
#: a unit and to nobody in it.
_UNPLANNED = text("state = 'open' AND next_action_at IS NULL")
_POOL = text("state = 'open' AND collector_id IS NULL")


class Case(Base):
    """A debtor's file for one creditor.

    ``number`` is the creditor's own and unique for it. ``debtor_id`` and ``debtor_name`` are the main debtor's,
    ``open_amount`` the balance with the interest accrued up to ``balance_on``, ``due_since`` the open claims' oldest
    due date and ``limitation_on`` the first day one of them is time-barred: copies for sorting, written in the
    transaction that changes what they copy. ``jurisdiction`` overrides the creditor's.
    ``next_action_at`` is the earliest planned event (None: nothing is planned), kept by ``service/planning.py`` alone;
    ``next_set_at`` the one that somebody set by hand, and the moment a case came in at: it is done by whoever works on
    the case at or after it. ``score`` is how much the case is worth
    working on next, without what changes by the hour; ``best_hour`` the debtor's local hour in which most talks with
    him began. ``broken_promises`` counts. ``resettle_from`` marks a case whose payments from that day on are to be
    settled again: a back-dated one made them pay more interest than is owed.
    ``search_text`` holds number, names, ids, phones, e-mails and contract numbers, folded.
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("creditor_id", "number"),
        Index("ix_cases_number", "number", "id"),
        Index("ix_cases_debtor_name", "debtor_name", "id"),
        Index("ix_cases_open_amount", "open_amount", "id"),
        Index("ix_cases_due_since", "due_since", "id"),
        Index("ix_cases_next_action_at", "next_action_at", "id"),
        Index("ix_cases_collector_next", "collector_id", "next_action_at", "id"),
        Index("ix_cases_unit_next", "unit_id", "next_action_at", "id"),
        Index("ix_cases_collector_score", "collector_id", "state", "score", "id"),
        Index("ix_cases_last_payment_at", "last_payment_at", "id"),
        Index("ix_cases_limitation_on", "limitation_on", "id"),
        Index(
            "ix_cases_unplanned", "collector_id", "score", "id", sqlite_where=_UNPLANNED, postgresql_where=_UNPLANNED
        ),
        Index(
            "ix_cases_unplanned_score",
            "next_action_at",
            "score",
            "id",
            sqlite_where=_UNPLANNED,
            postgresql_where=_UNPLANNED,
        ),
        Index("ix_cases_pool", "unit_id", "score", "id", sqlite_where=_POOL, postgresql_where=_POOL),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    number: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(10), default=CaseState.OPEN)
    close_reason: Mapped[str | None] = mapped_column(String(20))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_until: Mapped[date | None] = mapped_column()
    suspended_reason: Mapped[str | None] = mapped_column(String(200))
    stage_id: Mapped[int | None] = mapped_column(ForeignKey("stages.id"))
    collector_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    priority: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3), index=True)
    jurisdiction: Mapped[str | None] = mapped_column(String(4))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_action_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_set_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_contact_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    debtor_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"), index=True)
    debtor_name: Mapped[str] = mapped_column(String(300), default="")
    open_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    due_since: Mapped[date | None] = mapped_column()
    balance_on: Mapped[date | None] = mapped_column()
    limitation_on: Mapped[date | None] = mapped_column()
    last_payment_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resettle_from: Mapped[date | None] = mapped_column()
    broken_promises: Mapped[int] = mapped_column(default=0)
    score: Mapped[int] = mapped_column(default=0)
    best_hour: Mapped[int | None] = mapped_column()
    search_text: Mapped[str] = mapped_column(Text, default="")


class CaseParty(Base):
    """A party's part in a case. ``relation`` says how it stands to the debtor (mother, accountant …)."""

    __tablename__ = "case_parties"
    __table_args__ = (UniqueConstraint("case_id", "party_id", "role"), Index("ix_case_parties_party_id", "party_id"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    role: Mapped[str] = mapped_column(String(14))
    liability: Mapped[str] = mapped_column(String(10), default=Liability.NONE)
    liability_amount: Mapped[Decimal | None] = mapped_column(Amount)
    relation: Mapped[str | None] = mapped_column(String(120))


class CaseGuest(Base):
    """A user who is let into a case that is not in his reach, because its debtor is on his phone."""

    __tablename__ = "case_guests"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseEvent(Base):
    """An entry of the time line. It is written once and never changed.

    ``text`` is what a person wrote; ``data`` is what the entry's kind needs to be told in the reader's language.
    ``call_id``, ``party_id`` and ``promise_id`` point at what it is about (a payment, plan or task by id in ``data``);
    ``actor_id`` is None for the program itself.
    """

    __tablename__ = "case_events"
    __table_args__ = (Index("ix_case_events_case_at", "case_id", "at", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(Text, default="")
    call_id: Mapped[int | None] = mapped_column(BigInteger)
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    promise_id: Mapped[int | None] = mapped_column(ForeignKey("promises.id"))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Tag(Base):
    """A word of the agency's own by which cases are marked and found again."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    active: Mapped[bool] = mapped_column(default=True)


class CaseTag(Base):
    """A mark on a case."""

    __tablename__ = "case_tags"
    __table_args__ = (Index("ix_case_tags_tag_id", "tag_id", "case_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True)


CASES = Case.__table__
assert isinstance(CASES, Table)
make_searchable(CASES)
