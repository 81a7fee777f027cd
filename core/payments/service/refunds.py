"""Giving money back: from what is left of a payment, never from what is settled."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import case, update

from core.audit.service import record
from core.cases.model import Account, Posting
from core.cases.service.ledger import Line, post
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.i18n import Message, msg
from core.kernel.money import CENT
from core.kernel.uow import Work
from core.payments import rights
from core.payments.errors import BadRefund, NothingLeft, PaymentIsReversed
from core.payments.events import PaymentChanged
from core.payments.model import Payment, PaymentState, Refund
from core.payments.queries.payments import require_payment
from core.payments.service.books import hold_books


async def refund(
    work: Work,
    actor: Actor,
    payment_id: int,
    amount: Decimal,
    reason: str,
    *,
    at: datetime,
    currency: str | None = None,
) -> Payment:
    """Give back some of what is in suspense of a payment, as of today; the transfer itself is made at the bank.
    ``currency``, if given, must be the payment's. The payment as it is then.

    Raises ``NotFound``, ``PaymentIsReversed``, ``NothingLeft`` or ``BadRefund``.
    """
    await require_payment(work.session, actor, rights.REFUND, payment_id)
    _check(amount, reason)
    books = await hold_books(work, at=at)
    payment = await _spend(work, payment_id, amount)
    if currency not in (None, payment.currency):
        raise BadRefund({"amount": msg("The payment is in {currency}.", currency=payment.currency)})
    transaction = await post(
        work,
        actor,
        Posting.REFUND,
        _out_of_suspense(payment, amount),
        value_on=books.today,
        booked_on=books.day_for(books.today),
        at=at,
        reason=reason,
    )
    made = Refund(payment_id=payment_id, amount=amount, reason=reason, transaction_id=transaction.id, created_at=at)
    made.actor_id = actor.user_id or None
    work.session.add(made)
    changes = {"refunded": (None, amount), "reason": (None, reason)}
    record(work, actor, "payment.refunded", ("payment", payment_id), changes, at=at)
    work.emit(PaymentChanged(at=at, payment_id=payment_id))
    return payment


def _out_of_suspense(payment: Payment, amount: Decimal) -> tuple[Line, Line]:
    return (
        Line(account=Account.SUSPENSE, amount=amount, currency=payment.currency, payment_id=payment.id),
        Line(account=Account.REFUND, amount=-amount, currency=payment.currency, payment_id=payment.id),
    )


def _check(amount: Decimal, reason: str) -> None:
    faults: dict[str, Message] = {}
    if amount <= 0 or amount != amount.quantize(CENT):
        faults["amount"] = msg("Enter a sum above zero with at most two decimals.")
    if not reason.strip():
        faults["reason"] = msg("Say why.")
    if faults:
        raise BadRefund(faults)


async def _spend(work: Work, payment_id: int, amount: Decimal) -> Payment:
    """Take the sum from what is left; whoever comes too late finds less."""
    gone = Payment.settled + (Payment.refunded + amount)
    spent = (
        update(Payment)
        .where(Payment.id == payment_id, Payment.state != PaymentState.REVERSED, gone <= Payment.amount)
        .values(
            refunded=Payment.refunded + amount,
            state=case((gone == Payment.amount, PaymentState.SETTLED), else_=PaymentState.POSTED),
        )
        .returning(Payment.id)
    )
    won = (await work.session.execute(spent)).scalar_one_or_none()
    payment = await work.session.get(Payment, payment_id, populate_existing=True)
    if payment is None:
        raise NotFound()
    if won is None:
        raise _why_not(payment)
    return payment


def _why_not(payment: Payment) -> Exception:
    if payment.state == PaymentState.REVERSED:
        return PaymentIsReversed()
    left = payment.amount - payment.settled - payment.refunded
    return BadRefund({"amount": msg("Only {open} is left.", open=str(left))}) if left else NothingLeft()
