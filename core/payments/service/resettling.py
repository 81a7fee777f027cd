"""Settling again: after a back-dated payment, later ones are split as if they had come in the order of their days."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select, update

from core.cases.model import Case
from core.cases.service.access import case_for
from core.cases.service.balances import refresh_balances
from core.cases.service.ledger import lock_cases
from core.kernel.access import Actor
from core.kernel.uow import Work
from core.payments import rights
from core.payments.model import Allocation, Payment, Settlement
from core.payments.rules.schemes import MANUAL
from core.payments.service.books import hold_books
from core.payments.service.effects import Effects, MoveKind
from core.payments.service.orders import Settled, SettleOrder
from core.payments.service.settling import split_and_post
from core.payments.service.withdrawing import withdraw_many


async def resettle(
    work: Work, actor: Actor, case_id: int, from_on: date, effects: Effects, *, reason: str, at: datetime
) -> Sequence[Settled]:
    """Withdraw what stands on a case of payments from ``from_on`` on, and settle those payments again in the order of
    their value dates, by the schemes and on the cases they were settled by and on; lines chosen by hand stay.

    What no longer finds anything open stays in suspense. Raises ``NotFound`` for a case out of reach.
    """
    actor.require(rights.WITHDRAW)
    await case_for(work.session, actor, case_id, rights.SETTLE)
    books = await hold_books(work, at=at)
    await lock_cases(work, await _cases_together(work, case_id, from_on))
    standing = await _standing(work, case_id, from_on)
    ids = [settlement.id for settlement in standing]
    taken = await withdraw_many(work, actor, ids, MoveKind.WITHDRAWN, reason=reason, books=books, at=at)
    await refresh_balances(work, {move.case_id for move in taken}, at=at)  # claims that were paid off are open again
    done, moves, debts = await split_and_post(work, actor, books, [_again(one) for one in standing], at=at)
    await work.session.execute(update(Case).where(Case.id == case_id).values(resettle_from=None))
    await effects.moved(work, actor, [*taken, *moves], today=books.today, at=at, reason=reason, debts=debts)
    return done


async def _standing(work: Work, case_id: int, from_on: date) -> Sequence[Settlement]:
    touching = select(Allocation.settlement_id).where(Allocation.case_id == case_id)
    found = (
        select(Settlement)
        .join(Payment, Payment.id == Settlement.payment_id)
        .where(
            Settlement.id.in_(touching),
            Settlement.withdrawn_at.is_(None),
            Settlement.scheme_key != MANUAL.key,
            Payment.value_on >= from_on,
        )
        .order_by(Payment.value_on, Payment.id, Settlement.id)
    )
    return (await work.session.scalars(found, execution_options={"populate_existing": True})).all()


async def _cases_together(work: Work, case_id: int, from_on: date) -> set[int]:
    """The case, and those that one of its payments was settled on too: all are locked before anything is."""
    ids = [settlement.id for settlement in await _standing(work, case_id, from_on)]
    shared = select(Allocation.case_id).where(Allocation.settlement_id.in_(ids))
    return {case_id, *await work.session.scalars(shared)}


def _again(settlement: Settlement) -> SettleOrder:
    asked = settlement.scheme["asked"]
    return SettleOrder(
        payment_id=settlement.payment_id,
        case_ids=tuple(asked["cases"]),
        claim_ids=None if asked["claims"] is None else frozenset(asked["claims"]),
        amount=None if asked["amount"] is None else Decimal(asked["amount"]),
        scheme_key=settlement.scheme_key,
    )
