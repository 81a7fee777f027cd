"""Rows of debts: claims, and the ledger that every change of them is written in."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.cases.model.vocabulary import ClaimNature, ClaimState
from core.kernel.db import Base
from core.kernel.types import Amount, Key, UtcDateTime


class Claim(Base):
    """A debt within a case, in the case's currency.

    ``number`` is the creditor's number of the claim, ``limitation_on`` the day from which it is time-barred, by what
    ``limitation_by`` says (``rules/limitation.py``) and ``limitation_restarted_on``, when the period began anew.
    The components are the sums of the claim's ledger entries, copied in the transaction that posts them; interest that
    accrues by ``interest_group_id`` from ``interest_from`` (None: the day after ``due_on``) is not among them until it
    is computed, so that a component may be below zero by what was paid on accrued interest. ``stated`` is what the
    creditor's registry said last (component to decimal text).
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
    limitation_by: Mapped[str | None] = mapped_column(String(12))
    limitation_restarted_on: Mapped[date | None] = mapped_column()
    nature: Mapped[str] = mapped_column(String(10), default=ClaimNature.BUSINESS)
    principal: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    contractual_interest: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    statutory_interest: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    penalty: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    creditor_fees: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    court_costs: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    agency_fees: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    stated: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    interest_group_id: Mapped[int | None] = mapped_column(ForeignKey("interest_groups.id"), index=True)
    interest_from: Mapped[date | None] = mapped_column()


class Account(StrEnum):
    """Accounts of the ledger. A debit is positive: it raises a debt or the money held.

    ``DEBT`` what a debtor owes, by claim and component; ``PLACEMENT`` what creditors handed over; ``MONEY`` what came
    in; ``DIRECT`` what was paid to the creditor himself; ``SUSPENSE`` money not settled yet or paid too much;
    ``REFUND`` what was given back; ``WRITE_OFF`` what was forgiven; ``FEES`` what the agency charged.
    """

    DEBT = "debt"
    PLACEMENT = "placement"
    MONEY = "money"
    DIRECT = "direct"
    SUSPENSE = "suspense"
    REFUND = "refund"
    WRITE_OFF = "write_off"
    FEES = "fees"


class Posting(StrEnum):
    """Why something was posted."""

    OPENING = "opening"
    ADJUSTMENT = "adjustment"
    FEE = "fee"
    WRITE_OFF = "write_off"
    PAYMENT = "payment"
    SETTLEMENT = "settlement"
    WITHDRAWAL = "withdrawal"
    REVERSAL = "reversal"
    REFUND = "refund"


class LedgerTransaction(Base):
    """What was posted at once: its entries add up to zero. It is written once and never changed.

    ``value_on`` is the day it takes effect for balances and interest, ``booked_on`` the day it belongs to in the
    agency's books: later than ``value_on`` when that month is closed. A transaction that takes another back mirrors it
    entry by entry and names it in ``reverses_id``, which can happen once.
    """

    __tablename__ = "ledger_transactions"
    __table_args__ = (UniqueConstraint("reverses_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    value_on: Mapped[date] = mapped_column()
    booked_on: Mapped[date] = mapped_column(index=True)
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(300), default="")
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_transactions.id"))


class LedgerEntry(Base):
    """One line of a transaction: ``amount`` on an account, debit above zero, credit below.

    Entries on ``DEBT`` name case, claim and component; those that move a payment's money name the payment.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        Index("ix_ledger_entries_case", "case_id", "value_on"),
        Index("ix_ledger_entries_claim", "claim_id", "value_on"),
        Index("ix_ledger_entries_payment", "payment_id", "account"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("ledger_transactions.id"), index=True)
    account: Mapped[str] = mapped_column(String(10))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"))
    component: Mapped[str | None] = mapped_column(String(20))
    payment_id: Mapped[int | None] = mapped_column(BigInteger)
    amount: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(String(3))
    value_on: Mapped[date] = mapped_column()


_KEPT = ("ledger_transactions", "ledger_entries")

#: Statements per database that make the ledger append-only; a migration runs them after the tables exist.
APPEND_ONLY_DDL: Mapping[str, tuple[str, ...]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        for table in _KEPT
        for what in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$",
        *(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
            for table in _KEPT
        ),
    ),
}
#: Takes them away again.
DROP_DDL: Mapping[str, tuple[str, ...]] = {
    "sqlite": tuple(f"DROP TRIGGER {table}_no_{what}" for table in _KEPT for what in ("update", "delete")),
    "postgresql": (*(f"DROP TRIGGER {table}_kept ON {table}" for table in _KEPT), "DROP FUNCTION ledger_refuse()"),
}
