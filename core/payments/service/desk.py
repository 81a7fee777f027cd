"""The desk of payments: each use case in a transaction of its own, for pages and the API."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork
from core.payments.model import Payment, Source
from core.payments.service import books
from core.payments.service.effects import Effects
from core.payments.service.orders import Settled, SettleOrder
from core.payments.service.payers import learn
from core.payments.service.refunds import refund
from core.payments.service.registering import NewPayment, register_payment
from core.payments.service.resettling import resettle
from core.payments.service.settling import preview, settle, settle_many
from core.payments.service.withdrawing import BounceFee, reverse, withdraw


class PaymentDesk:
    """Registers, settles, withdraws and gives back. ``effects`` are those who follow the money."""

    def __init__(self, uow: UnitOfWork, clock: Clock, effects: Effects) -> None:
        self._uow = uow
        self._clock = clock
        self.effects = effects

    async def register(self, actor: Actor, new: NewPayment) -> int:
        """Register a payment; its id. Cash is settled at once on its case by the default scheme, because the debtor
        has a receipt for it. Raises ``DuplicatePayment``, ``ReceiptTaken`` or ``BadPayment``."""
        at = self._clock.now()
        async with self._uow.write() as work:
            payment_id = await register_payment(work, actor, new, at=at)
            if new.source is Source.CASH and new.case_id is not None:
                await settle_many(work, actor, [SettleOrder(payment_id=payment_id)], self.effects, at=at)
        return payment_id

    async def preview(self, actor: Actor, order: SettleOrder) -> Settled:
        """What settling would do now."""
        async with self._uow.read() as session:
            return await preview(session, actor, order)

    async def settle(self, actor: Actor, order: SettleOrder) -> Settled:
        """Settle a payment, and learn from it whose account it came from; see
        :func:`core.payments.service.settling.settle`."""
        at = self._clock.now()
        async with self._uow.write() as work:
            settled = await settle(work, actor, order, self.effects, at=at)
            await learn(work, order.payment_id, {line.item.case_id for line in settled.result.lines}, at=at)
        return settled

    async def withdraw(
        self, actor: Actor, settlement_id: int, reason: str, *, payment_id: int | None = None
    ) -> Payment:
        """Take a settlement (of ``payment_id``, if given) back; the payment as it is then."""
        async with self._uow.write() as work:
            return await withdraw(
                work, actor, settlement_id, reason, self.effects, at=self._clock.now(), payment_id=payment_id
            )

    async def reverse(self, actor: Actor, payment_id: int, reason: str, fee: BounceFee | None = None) -> Payment:
        """Take a payment back as a whole; the payment as it is then."""
        async with self._uow.write() as work:
            return await reverse(work, actor, payment_id, reason, self.effects, at=self._clock.now(), fee=fee)

    async def resettle(self, actor: Actor, case_id: int, from_on: date, reason: str) -> Sequence[Settled]:
        """Settle the payments of a case from a day on again."""
        async with self._uow.write() as work:
            return await resettle(work, actor, case_id, from_on, self.effects, reason=reason, at=self._clock.now())

    async def refund(
        self, actor: Actor, payment_id: int, amount: Decimal, reason: str, *, currency: str | None = None
    ) -> Payment:
        """Give some of what is in suspense back; the payment as it is then."""
        async with self._uow.write() as work:
            return await refund(work, actor, payment_id, amount, reason, at=self._clock.now(), currency=currency)

    async def close_month(self, actor: Actor, month: date) -> None:
        """Close a month of the books."""
        async with self._uow.write() as work:
            await books.close_month(work, actor, month, at=self._clock.now())

    async def reopen_month(self, actor: Actor, month: date, reason: str) -> None:
        """Open the last closed month again."""
        async with self._uow.write() as work:
            await books.reopen_month(work, actor, month, reason, at=self._clock.now())
