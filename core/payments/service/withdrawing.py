"""Taking back: settlements by the exact mirror of each line, payments as a whole. Nothing is ever deleted."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update

from core.audit.service import record
from core.cases.model import Account, Case, Claim, Component, LedgerEntry, LedgerTransaction, Posting
from core.cases.service.access import case_for
from core.cases.service.balances import refresh_balances
from core.cases.service.ledger import Line, lock_cases, mirror, post
from core.kernel.access import Actor
from core.kernel.bulk import insert_many
from core.kernel.errors import Conflict, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import Work
from core.payments import rights
from core.payments.errors import AlreadyWithdrawn, BadPayment, MoneyGivenBack, PaymentIsReversed
from core.payments.events import PaymentChanged
from core.payments.model import Allocation, Payment, PaymentState, Settlement
from core.payments.queries.payments import require_payment
from core.payments.service.books import Books, hold_books
from core.payments.service.effects import Effects, Move, MoveKind


@dataclass(frozen=True, kw_only=True, slots=True)
class BounceFee:
    """What a payment that bounced costs the debtor: charged on ``claim_id`` as the agency's fee, on the day of the
    reversal, as a transaction of its own. ``currency``, if given, must be the case's."""

    claim_id: int
    amount: Decimal
    currency: str | None = None


async def withdraw(
    work: Work,
    actor: Actor,
    settlement_id: int,
    reason: str,
    effects: Effects,
    *,
    at: datetime,
    payment_id: int | None = None,
) -> Payment:
    """Take a settlement (of ``payment_id``, if given) back: its money is in suspense again, and every balance at every
    date as if it had never been. The payment as it is then.

    Raises ``NotFound`` or ``AlreadyWithdrawn``.
    """
    await _check_reach(work, actor, [settlement_id])
    settlement = await work.session.get(Settlement, settlement_id)
    if settlement is None or payment_id not in (None, settlement.payment_id):
        raise NotFound()
    books = await hold_books(work, at=at)
    moves = await withdraw_many(work, actor, [settlement_id], MoveKind.WITHDRAWN, reason=reason, books=books, at=at)
    await effects.moved(work, actor, moves, today=books.today, at=at, reason=reason)
    return await _payment_now(work, settlement.payment_id)


async def reverse(
    work: Work,
    actor: Actor,
    payment_id: int,
    reason: str,
    effects: Effects,
    *,
    at: datetime,
    fee: BounceFee | None = None,
) -> Payment:
    """Take a payment back as a whole: everything that stands of it is withdrawn, the payment itself mirrored. The
    payment as it is then.

    Raises ``NotFound``, ``PaymentIsReversed``, ``MoneyGivenBack`` or ``BadPayment`` for the fee.
    """
    await require_payment(work.session, actor, rights.WITHDRAW, payment_id)
    standing = await _standing(work, payment_id)
    await _check_reach(work, actor, standing)
    books = await hold_books(work, at=at)
    fee_case = await _fee_case(work, actor, fee)
    moves = await withdraw_many(
        work, actor, standing, MoveKind.REVERSED, reason=reason, books=books, at=at, also=fee_case
    )
    await _mirror_payment(work, actor, payment_id, reason, books, at=at)
    if fee is not None:
        await _charge(work, actor, fee, reason=reason, books=books, at=at)
    await effects.moved(work, actor, moves, today=books.today, at=at, reason=reason)
    await refresh_balances(work, fee_case, at=at)
    return await _payment_now(work, payment_id)


async def _payment_now(work: Work, payment_id: int) -> Payment:
    return await work.session.get_one(Payment, payment_id, populate_existing=True)


async def withdraw_many(
    work: Work,
    actor: Actor,
    settlement_ids: Sequence[int],
    kind: MoveKind,
    *,
    reason: str,
    books: Books,
    at: datetime,
    also: Sequence[int] = (),
) -> list[Move]:
    """Withdraw settlements without telling anybody yet; cases (``also`` those) and payments are locked first. Rights
    and effects are the caller's."""
    lines = select(Allocation).where(Allocation.settlement_id.in_(settlement_ids)).order_by(Allocation.id)
    repayments = (await work.session.scalars(lines)).all()
    await lock_cases(work, {*(line.case_id for line in repayments), *also})
    moves = []
    for settlement_id in settlement_ids:
        mine = [line for line in repayments if line.settlement_id == settlement_id and line.reverses_id is None]
        moves += await _withdraw(work, actor, settlement_id, mine, kind, reason=reason, books=books, at=at)
    return moves


async def _check_reach(work: Work, actor: Actor, settlement_ids: Sequence[int]) -> None:
    actor.require(rights.WITHDRAW)
    touched = select(Allocation.case_id).where(Allocation.settlement_id.in_(settlement_ids)).distinct()
    for case_id in await work.session.scalars(touched):
        await case_for(work.session, actor, case_id, rights.WITHDRAW)


async def _standing(work: Work, payment_id: int) -> Sequence[int]:
    found = select(Settlement.id).where(Settlement.payment_id == payment_id, Settlement.withdrawn_at.is_(None))
    return (await work.session.scalars(found.order_by(Settlement.id.desc()))).all()


async def _withdraw(
    work: Work,
    actor: Actor,
    settlement_id: int,
    repayments: Sequence[Allocation],
    kind: MoveKind,
    *,
    reason: str,
    books: Books,
    at: datetime,
) -> list[Move]:
    settlement = await _end(work, actor, settlement_id, reason, at=at)
    payment = await _give_back(work, settlement)
    booked_on = books.day_for(books.today)
    taken_back = await mirror(
        work, actor, settlement.transaction_id, Posting.WITHDRAWAL, booked_on=booked_on, at=at, reason=reason
    )
    await work.session.execute(
        update(Settlement).where(Settlement.id == settlement_id).values(withdrawal_id=taken_back.id)
    )
    await insert_many(work.session, Allocation, [_opposite(line, booked_on, at) for line in repayments])
    changes = {"settlement": (settlement_id, None), "reason": (None, reason)}
    record(work, actor, "payment.withdrawn", ("payment", payment.id), changes, at=at)
    work.emit(PaymentChanged(at=at, payment_id=payment.id))
    return _moves(kind, settlement_id, repayments)


async def _end(work: Work, actor: Actor, settlement_id: int, reason: str, *, at: datetime) -> Settlement:
    """Only one who asks ends a settlement. Raises ``NotFound`` or ``AlreadyWithdrawn``."""
    ended = (
        update(Settlement)
        .where(Settlement.id == settlement_id, Settlement.withdrawn_at.is_(None))
        .values(withdrawn_at=at, withdrawn_by_id=actor.user_id or None, withdrawn_reason=reason)
        .returning(Settlement.id)
    )
    won = (await work.session.execute(ended)).scalar_one_or_none()
    settlement = await work.session.get(Settlement, settlement_id, populate_existing=True)
    if settlement is None:
        raise NotFound()
    if won is None:
        raise AlreadyWithdrawn()
    return settlement


async def _give_back(work: Work, settlement: Settlement) -> Payment:
    """Put the settlement's money back to what is left of the payment."""
    given = (
        update(Payment)
        .where(Payment.id == settlement.payment_id, Payment.settled >= settlement.amount)
        .values(settled=Payment.settled - settlement.amount, state=PaymentState.POSTED)
        .returning(Payment.id)
    )
    if (await work.session.execute(given)).scalar_one_or_none() is None:
        raise Conflict()
    return await work.session.get_one(Payment, settlement.payment_id, populate_existing=True)


_MIRRORED = (
    "settlement_id",
    "payment_id",
    "case_id",
    "claim_id",
    "creditor_id",
    "component",
    "currency",
    "value_on",
    "rank",
    "rule",
    "collector_id",
    "unit_id",
    "stage_id",
    "terms_id",
)


def _opposite(line: Allocation, booked_on: date, at: datetime) -> dict[str, Any]:
    """The mirror of a repayment: what was earned by it is taken back too."""
    return {
        **{name: getattr(line, name) for name in _MIRRORED},
        "amount": -line.amount,
        "commission": -line.commission,
        "commission_vat": -line.commission_vat,
        "booked_on": booked_on,
        "reverses_id": line.id,
        "created_at": at,
    }


def _moves(kind: MoveKind, settlement_id: int, repayments: Sequence[Allocation]) -> list[Move]:
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for line in repayments:
        sums[line.case_id] += line.amount
    first = repayments[0]
    return [
        Move(
            kind=kind,
            case_id=case_id,
            payment_id=first.payment_id,
            settlement_id=settlement_id,
            amount=amount,
            currency=first.currency,
            value_on=first.value_on,
        )
        for case_id, amount in sums.items()
    ]


async def _mirror_payment(
    work: Work, actor: Actor, payment_id: int, reason: str, books: Books, *, at: datetime
) -> None:
    ended = (
        update(Payment)
        .where(Payment.id == payment_id, Payment.state != PaymentState.REVERSED)
        .where(Payment.settled == 0, Payment.refunded == 0)
        .values(state=PaymentState.REVERSED, reversed_at=at, reversed_by_id=actor.user_id or None, reason=reason)
        .returning(Payment.id)
    )
    won = (await work.session.execute(ended)).scalar_one_or_none()
    payment = await work.session.get(Payment, payment_id, populate_existing=True)
    if payment is None:
        raise NotFound()
    if won is None:
        raise _why_not(payment)
    posted = (
        select(LedgerTransaction.id)
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .where(LedgerEntry.payment_id == payment_id, LedgerTransaction.kind == Posting.PAYMENT)
    )
    transaction_id = (await work.session.scalars(posted.distinct())).one()
    booked_on = books.day_for(books.today)
    await mirror(work, actor, transaction_id, Posting.REVERSAL, booked_on=booked_on, at=at, reason=reason)
    changes = {"state": (PaymentState.POSTED, PaymentState.REVERSED), "reason": (None, reason)}
    record(work, actor, "payment.reversed", ("payment", payment_id), changes, at=at)
    work.emit(PaymentChanged(at=at, payment_id=payment_id))


def _why_not(payment: Payment) -> Conflict:
    if payment.state == PaymentState.REVERSED:
        return PaymentIsReversed()
    return MoneyGivenBack() if payment.refunded else Conflict()


async def _fee_case(work: Work, actor: Actor, fee: BounceFee | None) -> Sequence[int]:
    """The case a fee is charged on, if there is one to charge."""
    if fee is None:
        return ()
    if fee.amount <= 0:
        raise BadPayment({"fee": msg("Enter a sum above zero.")})
    claim = await work.session.get(Claim, fee.claim_id)
    if claim is None:
        raise NotFound()
    case = await case_for(work.session, actor, claim.case_id, rights.WITHDRAW)
    if fee.currency not in (None, case.currency):
        raise BadPayment({"fee": msg("The debt is in {currency}.", currency=case.currency)})
    return (case.id,)


async def _charge(work: Work, actor: Actor, fee: BounceFee, *, reason: str, books: Books, at: datetime) -> None:
    claim = await work.session.get_one(Claim, fee.claim_id)
    currency = (await work.session.get_one(Case, claim.case_id)).currency
    debt = Line(
        account=Account.DEBT,
        amount=fee.amount,
        currency=currency,
        case_id=claim.case_id,
        claim_id=claim.id,
        component=Component.AGENCY_FEES,
    )
    lines = (debt, Line(account=Account.FEES, amount=-fee.amount, currency=currency))
    day = books.day_for(books.today)
    await post(work, actor, Posting.FEE, lines, value_on=books.today, booked_on=day, at=at, reason=reason)
    record(work, actor, "claim.fee", ("claim", claim.id), {"agency_fees": (None, fee.amount)}, at=at)
