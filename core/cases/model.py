"""Rows of the collection business: creditors, orders, cases, claims, the people on them, promises and the time line."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Amount, Key, UtcDateTime
from core.parties.search import make_searchable


class Jurisdiction(StrEnum):
    """Whose contact law applies."""

    RU = "RU"
    UA = "UA"
    PL = "PL"
    US = "US"
    NONE = "NONE"


class CaseState(StrEnum):
    """``SUSPENDED`` cases are open but nobody may work on them."""

    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why work ended (domain 2.1)."""

    PAID_IN_FULL = "paid_in_full"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    BANKRUPT = "bankrupt"
    DECEASED = "deceased"
    UNTRACEABLE = "untraceable"
    EXHAUSTED = "exhausted"
    LIMITATION = "limitation"
    WRITTEN_OFF = "written_off"
    OPENED_IN_ERROR = "opened_in_error"


class PartyRole(StrEnum):
    """What a party is on a case."""

    DEBTOR = "debtor"
    CO_DEBTOR = "co_debtor"
    GUARANTOR = "guarantor"
    REPRESENTATIVE = "representative"
    HEIR = "heir"
    RELATIVE = "relative"
    EMPLOYER = "employer"
    THIRD_PARTY = "third_party"


#: Roles that owe: a talk with one of them is a right-party contact.
LIABLE = frozenset({PartyRole.DEBTOR, PartyRole.CO_DEBTOR, PartyRole.GUARANTOR, PartyRole.HEIR})


class Liability(StrEnum):
    """How far a party answers for the debt: for all of it, for a part, only after the debtor, or not at all."""

    FULL = "full"
    PARTIAL = "partial"
    SUBSIDIARY = "subsidiary"
    NONE = "none"


class ClaimState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class EventKind(StrEnum):
    """What an entry of the time line is about."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    STAGE = "stage"
    STATE = "state"
    NOTE = "note"
    CALL = "call"
    CALLBACK = "callback"
    PROMISE = "promise"
    CONTACT = "contact"
    PARTY = "party"
    CLAIM = "claim"
    COMPLIANCE = "compliance"
    IMPORT = "import"


class Creditor(Base):
    """A client of the agency. ``party_id`` is its organisation.

    ``jurisdiction`` decides the contact law unless the case says otherwise; ``region`` (ISO 3166) reads phones written
    in the national form. ``own_numbers`` are the agency's E.164 numbers that may be shown for it, ``recording_notice``
    and ``script`` (steps) are read to the debtor. ``import_mapping`` is the last column mapping of its registries.
    """

    __tablename__ = "creditors"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    jurisdiction: Mapped[str] = mapped_column(String(4), default=Jurisdiction.NONE)
    region: Mapped[str] = mapped_column(String(2), default="RU")
    currency: Mapped[str] = mapped_column(String(3))
    own_numbers: Mapped[list[str]] = mapped_column(JSON, default=list)
    recording_notice: Mapped[str] = mapped_column(Text, default="")
    script: Mapped[list[str]] = mapped_column(JSON, default=list)
    import_mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Order(Base):
    """A placement: the lot of cases a creditor handed over together."""

    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("creditor_id", "number"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    number: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200), default="")
    placed_on: Mapped[date] = mapped_column()
    ends_on: Mapped[date | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Stage(Base):
    """A step of the work chain. ``script`` are the lines a collector follows in a talk, step by step."""

    __tablename__ = "stages"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column()
    active: Mapped[bool] = mapped_column(default=True)
    script: Mapped[list[str]] = mapped_column(JSON, default=list)


class Case(Base):
    """A debtor's file for one creditor.

    ``number`` is the creditor's own and unique for it. ``debtor_id`` and ``debtor_name`` are the main debtor's,
    ``open_amount`` the sum of the open claims' components and ``due_since`` their oldest due date: copies for sorting,
    written in the transaction that changes what they copy. ``jurisdiction`` overrides the creditor's.
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
    currency: Mapped[str] = mapped_column(String(3))
    jurisdiction: Mapped[str | None] = mapped_column(String(4))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_action_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_contact_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    debtor_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"), index=True)
    debtor_name: Mapped[str] = mapped_column(String(300), default="")
    open_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    due_since: Mapped[date | None] = mapped_column()
    search_text: Mapped[str] = mapped_column(Text, default="")


class Claim(Base):
    """A debt within a case, by component, in the case's currency.

    ``number`` is the creditor's number of the claim, ``limitation_on`` the day from which it is time-barred.
    """

    __tablename__ = "claims"
    __table_args__ = (UniqueConstraint("case_id", "number"), Index("ix_claims_contract_no", "contract_no"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    number: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(10), default=ClaimState.OPEN)
    contract_no: Mapped[str | None] = mapped_column(String(80))
    contract_on: Mapped[date | None] = mapped_column()
    due_on: Mapped[date | None] = mapped_column()
    limitation_on: Mapped[date | None] = mapped_column()
    principal: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    contractual_interest: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    penalty: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    creditor_fees: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    court_costs: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    agency_fees: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))


#: The components of a claim, in the order they are shown.
COMPONENTS = ("principal", "contractual_interest", "penalty", "creditor_fees", "court_costs", "agency_fees")


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
    ``call_id``, ``party_id`` and ``promise_id`` point at what it is about; ``actor_id`` is None for the program itself.
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


class Promise(Base):
    """A promise to pay a sum by a day (domain 2.2).

    ``phone``, ``call_id`` and ``recording_id`` keep who said it, and where.
    It is kept when the sum has come by ``due_on`` plus ``grace_days``. At most one is open on a case.
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
        Index("ix_promises_case_id", "case_id", "id"),
        Index("ix_promises_state_due", "state", "due_on"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    amount: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(String(3))
    due_on: Mapped[date] = mapped_column()
    grace_days: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10), default=PromiseState.OPEN)
    phone: Mapped[str | None] = mapped_column(String(16))
    call_id: Mapped[int | None] = mapped_column(BigInteger)
    recording_id: Mapped[int | None] = mapped_column(BigInteger)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_reason: Mapped[str] = mapped_column(String(200), default="")


CASES = Case.__table__
assert isinstance(CASES, Table)
make_searchable(CASES)
