"""Bringing payments in and settling those that were matched, at one go: what imports do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.kernel.access import Actor
from core.kernel.uow import Work
from core.payments.service.effects import Effects
from core.payments.service.orders import Settled, SettleOrder
from core.payments.service.registering import NewPayment, register_many
from core.payments.service.settling import settle_many


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """What became of a payment: its id, whether it is ``fresh`` or was known before, and how it was settled (None: it
    was not to be)."""

    payment_id: int
    fresh: bool
    settled: Settled | None


async def post_and_settle_many(
    work: Work, actor: Actor, payments: Sequence[NewPayment], effects: Effects, *, at: datetime
) -> Sequence[Posted]:
    """Register payments and settle those that name a case, by the default scheme; in the order given.

    The same rows and the same guarantees as one by one, in a handful of statements; known payments are passed over,
    and one that cannot be settled stays in suspense. Rights are the caller's. Keep to a few thousand a transaction.
    """
    found = await register_many(work, actor, payments, at=at)
    orders = [
        SettleOrder(payment_id=one.payment_id)
        for one, new in zip(found, payments, strict=True)
        if one.fresh and new.case_id is not None
    ]
    settled = {one.payment_id: one for one in await settle_many(work, actor, orders, effects, at=at)}
    return [
        Posted(payment_id=one.payment_id, fresh=one.fresh, settled=settled.get(one.payment_id) if one.fresh else None)
        for one in found
    ]
