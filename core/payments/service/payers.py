"""Learning which account pays for which case: from settlements people make, forgotten when they are taken back."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, select, update

from core.kernel.bulk import insert_missing
from core.kernel.uow import Work
from core.payments.model import KnownPayer, Payment

_LEARNED = "learned"


async def learn(work: Work, payment_id: int, case_ids: Collection[int], *, at: datetime) -> None:
    """A person settled the payment on these cases: its account has paid for them once more."""
    payment = await work.session.get_one(Payment, payment_id)
    fresh = sorted(set(case_ids) - set(payment.match.get(_LEARNED, ())))
    if not payment.payer_account or not fresh:
        return
    mine = KnownPayer.payer_account == payment.payer_account, KnownPayer.case_id.in_(fresh)
    rows = [
        {"payer_account": payment.payer_account, "case_id": case_id, "times": 0, "last_at": at} for case_id in fresh
    ]
    await insert_missing(work.session, KnownPayer, rows)
    await work.session.execute(update(KnownPayer).where(*mine).values(times=KnownPayer.times + 1, last_at=at))
    payment.match = {**payment.match, _LEARNED: sorted({*payment.match.get(_LEARNED, ()), *fresh})}


async def forget(work: Work, taken: Iterable[tuple[int, int]]) -> None:
    """Settlements of (payment, case) were taken back: what was learned from them goes."""
    wanted: dict[int, set[int]] = {}
    for payment_id, case_id in taken:
        wanted.setdefault(payment_id, set()).add(case_id)
    payments = await work.session.scalars(select(Payment).where(Payment.id.in_(wanted)).order_by(Payment.id))
    for payment in payments.all():
        learned = set(payment.match.get(_LEARNED, ()))
        gone = learned & wanted[payment.id]
        if not gone:
            continue
        mine = KnownPayer.payer_account == payment.payer_account, KnownPayer.case_id.in_(sorted(gone))
        await work.session.execute(update(KnownPayer).where(*mine).values(times=KnownPayer.times - 1))
        await work.session.execute(delete(KnownPayer).where(*mine, KnownPayer.times <= 0))
        payment.match = {**payment.match, _LEARNED: sorted(learned - gone)}
