"""Rows of money: accounts it comes to, payments, their settlement into repayments, closed months, commission."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.kernel.db import Base
from core.kernel.types import Amount, Key, UtcDateTime
from core.parties.search import make_searchable


class AccountKind(StrEnum):
    """Where money comes to. ``DIRECT``: to the creditor himself, who tells us of it."""

    BANK = "bank"
    CASH = "cash"
    DIRECT = "direct"


class MoneyAccount(Base):
    """An account of the agency's, a cash desk, or a creditor's own account. ``number`` is an IBAN or a bank's digits.

    ``creditor_id`` says whose debts are paid there, when only one creditor's are.
    """

    __tablename__ = "money_accounts"
    __table_args__ = (UniqueConstraint("number", "currency"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(6), default=AccountKind.BANK)
    number: Mapped[str] = mapped_column(String(40))
    bank: Mapped[str] = mapped_column(String(120), default="")
    currency: Mapped[str] = mapped_column(String(3))
    creditor_id: Mapped[int | None] = mapped_column(ForeignKey("creditors.id"))
    import_mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    active: Mapped[bool] = mapped_column(default=True)


class Source(StrEnum):
    """How a payment came into the books."""

    MANUAL = "manual"
    STATEMENT = "statement"
    CASH = "cash"
    API = "api"


class PaymentState(StrEnum):
    """``POSTED`` waits to be settled (wholly or the rest of it), ``REVERSED`` was taken back as a whole."""

    POSTED = "posted"
    SETTLED = "settled"
    REVERSED = "reversed"


class Payment(Base):
    """Money that came in (wpłata). It is never deleted: a reversal mirrors it.

    ``amount`` is split into ``settled`` (repayments that stand), ``refunded`` and the rest, which is in suspense.
    ``value_on`` is the day it counts for the debtor, ``booked_on`` the day of the books. ``fingerprint`` is the same
    for the same line of a statement however often it is read. ``case_id`` is the case it was matched to and
    ``claim_id`` the claim the payer named (designation); ``match`` says how it was found: score and reasons.
    ``settled`` only moves by conditional update, so that two who settle at once cannot spend it twice. ``search_text``
    holds payer, purpose and numbers, folded.
    """

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("fingerprint"),
        UniqueConstraint("receipt_no"),
        CheckConstraint("amount > 0 AND settled >= 0 AND refunded >= 0 AND settled + refunded <= amount", name="split"),
        Index("ix_payments_value_on", "value_on", "id"),
        Index("ix_payments_state", "state", "value_on", "id"),
        Index("ix_payments_case", "case_id", "value_on"),
        Index("ix_payments_payer_account", "payer_account"),
        Index("ix_payments_doc_no", "doc_no"),
        Index("ix_payments_batch", "batch_id"),
        Index("ix_payments_alike", "account_id", "value_on", "amount"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("money_accounts.id"))
    state: Mapped[str] = mapped_column(String(10), default=PaymentState.POSTED)
    amount: Mapped[Decimal] = mapped_column(Amount)
    settled: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    refunded: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    currency: Mapped[str] = mapped_column(String(3))
    value_on: Mapped[date] = mapped_column()
    booked_on: Mapped[date] = mapped_column()
    source: Mapped[str] = mapped_column(String(10))
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    receipt_no: Mapped[str | None] = mapped_column(String(40))
    doc_no: Mapped[str] = mapped_column(String(60), default="")
    payer_name: Mapped[str] = mapped_column(String(300), default="")
    payer_account: Mapped[str | None] = mapped_column(String(40))
    payer_tax_id: Mapped[str | None] = mapped_column(String(20))
    purpose: Mapped[str] = mapped_column(Text, default="")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"))
    match: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reversed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reversed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    search_text: Mapped[str] = mapped_column(Text, default="")


PAYMENTS = Payment.__table__
assert isinstance(PAYMENTS, Table)
make_searchable(PAYMENTS)


class Settlement(Base):
    """One act of splitting a payment into repayments, by ``scheme_key`` as it was then (``scheme``).

    Withdrawing it posts the mirror of every line and leaves this row with who, when and why.
    """

    __tablename__ = "settlements"
    __table_args__ = (Index("ix_settlements_payment", "payment_id", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    scheme_key: Mapped[str] = mapped_column(String(40))
    scheme: Mapped[dict[str, Any]] = mapped_column(JSON)
    amount: Mapped[Decimal] = mapped_column(Amount)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("ledger_transactions.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_reason: Mapped[str] = mapped_column(String(300), default="")
    withdrawal_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_transactions.id"))


class Allocation(Base):
    """A repayment (spłata): a share of a payment on one component of one claim. Written once and never changed, but for
    what it earned as long as no statement to the creditor has it.

    ``amount`` is below zero on the mirror of a line that was withdrawn, which names it in ``reverses_id`` (once).
    ``rank`` and ``rule`` explain why the money went there. ``collector_id``, ``unit_id`` and ``stage_id`` are the
    case's when it was posted: plan and fact count by them. ``commission`` and ``commission_vat`` are the agency's
    share by ``terms_id``; ``remittance_id`` the statement to the creditor that took it up.
    """

    __tablename__ = "allocations"
    __table_args__ = (
        UniqueConstraint("reverses_id"),
        Index("ix_allocations_payment", "payment_id", "id"),
        Index("ix_allocations_case", "case_id", "value_on"),
        Index("ix_allocations_claim", "claim_id", "value_on"),
        Index("ix_allocations_settlement", "settlement_id"),
        Index("ix_allocations_booked", "booked_on", "id"),
        Index("ix_allocations_creditor", "creditor_id", "booked_on", "id"),
        Index("ix_allocations_remittance", "remittance_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlements.id"))
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    component: Mapped[str] = mapped_column(String(20))
    amount: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(String(3))
    value_on: Mapped[date] = mapped_column()
    booked_on: Mapped[date] = mapped_column()
    rank: Mapped[int] = mapped_column(default=0)
    rule: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    collector_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    stage_id: Mapped[int | None] = mapped_column(ForeignKey("stages.id"))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("allocations.id"))
    commission: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    commission_vat: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    terms_id: Mapped[int | None] = mapped_column(ForeignKey("commission_terms.id"))
    remittance_id: Mapped[int | None] = mapped_column(ForeignKey("remittances.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Refund(Base):
    """Money of a payment that was given back, or is to be: the transfer itself is made at the bank."""

    __tablename__ = "refunds"
    __table_args__ = (Index("ix_refunds_payment", "payment_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    amount: Mapped[Decimal] = mapped_column(Amount)
    reason: Mapped[str] = mapped_column(String(300))
    transaction_id: Mapped[int] = mapped_column(ForeignKey("ledger_transactions.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Scheme(Base):
    """A predefined way of settling (domain 2.5): ``data`` is the order of claims and the ranks of components.

    Shipped schemes (``builtin``) can be copied, not changed.
    """

    __tablename__ = "schemes"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(160))
    builtin: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class KnownPayer(Base):
    """An account that has paid for a case before, learned from settlements people confirmed."""

    __tablename__ = "known_payers"
    __table_args__ = (Index("ix_known_payers_case", "case_id"),)

    payer_account: Mapped[str] = mapped_column(String(40), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    times: Mapped[int] = mapped_column(default=1)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseKey(Base):
    """A number a payment may name, as :func:`core.payments.rules.references.key_of` writes it.

    ``number`` is how the case or claim writes it. ``claim_id`` is 0 for the case's own number. The rows follow the
    cases and claims when payments are matched (:mod:`core.payments.service.keys`).
    """

    __tablename__ = "case_keys"
    __table_args__ = (Index("ix_case_keys_case", "case_id", "claim_id"),)

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    claim_id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(String(80), primary_key=True)


class ClosedMonth(Base):
    """A month of the books in which nothing may be booked any more. ``month`` is its first day."""

    __tablename__ = "closed_months"

    month: Mapped[date] = mapped_column(primary_key=True)
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class TermsKind(StrEnum):
    """What the percentage depends on: nothing, the claim's age in days, the payment's sum, the stage. ``FIXED``: a sum
    for each case, earned once with its first repayment."""

    FLAT = "flat"
    BY_AGE = "by_age"
    BY_AMOUNT = "by_amount"
    BY_STAGE = "by_stage"
    FIXED = "fixed"


class CommissionTerms(Base):
    """What a creditor's contract pays the agency (domain 2.6).

    ``bases`` are the components that earn, ``bands`` the table that ``kind`` reads: ``[{"from": "0", "percent": "12"},
    …]``, ``{"stage": key, "percent": …}`` or ``{"amount": …}``. ``direct_percent`` is a factor, in percent, for
    what was paid to the creditor himself.
    """

    __tablename__ = "commission_terms"
    __table_args__ = (Index("ix_commission_terms_creditor", "creditor_id", "valid_from"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10), default=TermsKind.FLAT)
    bases: Mapped[list[str]] = mapped_column(JSON)
    bands: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    vat_percent: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    direct_percent: Mapped[Decimal] = mapped_column(Amount, default=Decimal(100))
    valid_from: Mapped[date] = mapped_column()
    valid_until: Mapped[date | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RemittanceState(StrEnum):
    DRAFT = "draft"
    ISSUED = "issued"
    CANCELLED = "cancelled"


class Remittance(Base):
    """A statement to a creditor: what was collected in a period, what the agency keeps, what is passed on.

    ``number`` is given when it is issued; from then on its repayments are in no other one.
    """

    __tablename__ = "remittances"
    __table_args__ = (UniqueConstraint("number"), Index("ix_remittances_creditor", "creditor_id", "until_on"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    number: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10), default=RemittanceState.DRAFT)
    from_on: Mapped[date] = mapped_column()
    until_on: Mapped[date] = mapped_column()
    currency: Mapped[str] = mapped_column(String(3))
    collected: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    collected_direct: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    commission: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    commission_vat: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
