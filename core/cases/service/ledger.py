"""Posting to the ledger: the one door through which a debt or the money for it changes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from core.cases.model import Account, Case, Claim, Component, LedgerEntry, LedgerTransaction, Posting
from core.kernel.access import Actor
from core.kernel.uow import Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One entry to post: a debit above zero, a credit below. Lines on ``DEBT`` name claim, case and component."""

    account: Account
    amount: Decimal
    currency: str
    case_id: int | None = None
    claim_id: int | None = None
    component: Component | None = None
    payment_id: int | None = None


async def lock_cases(work: Work, case_ids: Iterable[int]) -> Sequence[Case]:
    """The cases, by id, held until the transaction ends: whoever decides by a balance locks what he decides on first.

    SQLite has one writer anyway; in PostgreSQL the rows are locked, always in the order of their ids.
    """
    locked = select(Case).where(Case.id.in_(set(case_ids))).order_by(Case.id).with_for_update()
    return (await work.session.scalars(locked, execution_options={"populate_existing": True})).all()


async def post(
    work: Work,
    actor: Actor,
    kind: Posting,
    lines: Sequence[Line],
    *,
    value_on: date,
    booked_on: date,
    at: datetime,
    reason: str = "",
    reverses_id: int | None = None,
) -> LedgerTransaction:
    """Write a transaction whose lines add up to zero in every currency, and bring the claims' copies up to it.

    The cases have been locked by the caller, who also refreshes them afterwards (``refresh_cases``). Raises
    ``ValueError`` for lines that do not balance: that is a fault of the program, never of a user.
    """
    _check_balanced(lines)
    transaction = LedgerTransaction(
        kind=kind,
        value_on=value_on,
        booked_on=booked_on,
        posted_at=at,
        actor_id=actor.user_id or None,
        reason=reason,
        reverses_id=reverses_id,
    )
    work.session.add(transaction)
    await work.session.flush()
    work.session.add_all(
        LedgerEntry(
            transaction_id=transaction.id,
            account=line.account,
            case_id=line.case_id,
            claim_id=line.claim_id,
            component=line.component,
            payment_id=line.payment_id,
            amount=line.amount,
            currency=line.currency,
            value_on=value_on,
        )
        for line in lines
    )
    await _copy_to_claims(work, lines)
    return transaction


async def mirror(
    work: Work, actor: Actor, transaction_id: int, kind: Posting, *, booked_on: date, at: datetime, reason: str
) -> LedgerTransaction:
    """Take a transaction back by its exact opposite, on its own value date, once: a second time breaks the unique
    ``reverses_id`` (``IntegrityError``)."""
    original = await work.session.get_one(LedgerTransaction, transaction_id)
    entries = select(LedgerEntry).where(LedgerEntry.transaction_id == transaction_id).order_by(LedgerEntry.id)
    opposite = [
        Line(
            account=Account(entry.account),
            amount=-entry.amount,
            currency=entry.currency,
            case_id=entry.case_id,
            claim_id=entry.claim_id,
            component=None if entry.component is None else Component(entry.component),
            payment_id=entry.payment_id,
        )
        for entry in await work.session.scalars(entries)
    ]
    return await post(
        work,
        actor,
        kind,
        opposite,
        value_on=original.value_on,
        booked_on=booked_on,
        at=at,
        reason=reason,
        reverses_id=transaction_id,
    )


def _check_balanced(lines: Sequence[Line]) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.currency] += line.amount
    if not lines or any(sums.values()):
        raise ValueError(f"a transaction must add up to zero, not {dict(sums)}")


async def _copy_to_claims(work: Work, lines: Sequence[Line]) -> None:
    """Add what was posted to the copies on the claims."""
    moved: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in lines:
        if line.claim_id is not None and line.component is not None:
            moved[line.claim_id][line.component.value] += line.amount
    claims = select(Claim).where(Claim.id.in_(moved)).order_by(Claim.id)
    for claim in await work.session.scalars(claims, execution_options={"populate_existing": True}):
        for component, amount in moved[claim.id].items():
            setattr(claim, component, getattr(claim, component) + amount)
    await work.session.flush()
