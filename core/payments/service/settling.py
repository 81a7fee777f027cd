"""Settling: a payment becomes repayments of claims, many payments as exactly as one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.service import record_many
from core.cases.model import Account, Posting
from core.cases.queries.balance import by_case, debts_of, open_items
from core.cases.rules.balance import ClaimDebt, open_items_of
from core.cases.rules.interest import Movement
from core.cases.service.access import case_for
from core.cases.service.ledger import Draft, post_many
from core.cases.service.ledger import Line as Entry
from core.kernel.access import Actor
from core.kernel.among import Among
from core.kernel.bulk import execute_all, insert_many, reread, reserve_ids
from core.kernel.errors import Conflict, DomainError
from core.kernel.types import Amount
from core.kernel.uow import Work
from core.payments import rights
from core.payments.errors import NothingOpen
from core.payments.events import PaymentChanged
from core.payments.model import Allocation, Payment, PaymentState, Settlement
from core.payments.queries.payments import require_payment
from core.payments.rules.allocation import Line, Result
from core.payments.service.books import Books, hold_books
from core.payments.service.commission import earn
from core.payments.service.effects import Debts, Effects, Move, MoveKind
from core.payments.service.orders import Job, Settled, SettleOrder, prepare, split

__all__ = ["SettleOrder", "Settled", "preview", "settle", "settle_many"]


@dataclass(frozen=True, slots=True)
class _Split:
    job: Job
    result: Result
    total: Decimal


async def settle(work: Work, actor: Actor, order: SettleOrder, effects: Effects, *, at: datetime) -> Settled:
    """Settle a payment on cases in reach.

    Raises ``NotFound``, ``NothingLeft``, ``NothingOpen``, ``PaymentIsReversed`` or ``BadSettlement``.
    """
    await _check_reach(work.session, actor, order)
    (found,) = await settle_many(work, actor, [order], effects, at=at)
    if found.refusal is not None:
        raise found.refusal
    return found


async def preview(session: AsyncSession, actor: Actor, order: SettleOrder) -> Settled:
    """What settling would do now; raises what it would raise, and writes nothing."""
    await _check_reach(session, actor, order)
    (job,) = await prepare(session, [order])
    if isinstance(job, DomainError):
        raise job
    result = split(job, await open_items(session, job.case_ids, job.payment.value_on))
    if isinstance(result, DomainError):
        raise result
    return Settled(payment_id=order.payment_id, scheme=job.scheme, result=result)


async def settle_many(
    work: Work, actor: Actor, orders: Sequence[SettleOrder], effects: Effects, *, at: datetime
) -> Sequence[Settled]:
    """Settle payments in the order of their value dates; what became of each, in the order given.

    Each payment is split exactly as if it had been settled alone after those before it: payments that share no case
    are read and written together, in as many waves as the busiest case has payments. Rights are the caller's. One that
    cannot be settled is passed over with its refusal; keep to a few thousand orders a transaction.
    """
    books = await hold_books(work, at=at)
    done, moves, debts = await split_and_post(work, actor, books, orders, at=at)
    await effects.moved(work, actor, moves, today=books.today, at=at, debts=debts)
    return done


async def split_and_post(
    work: Work, actor: Actor, books: Books, orders: Sequence[SettleOrder], *, at: datetime
) -> tuple[Sequence[Settled], list[Move], Debts]:
    """The same without telling anybody: what became of each, what moved, and what the cases owe now."""
    prepared = await prepare(work.session, orders, locked=True)
    done = [
        Settled(payment_id=order.payment_id, refusal=job if isinstance(job, DomainError) else NothingOpen())
        for order, job in zip(orders, prepared, strict=True)
    ]
    jobs = [job for job in prepared if isinstance(job, Job)]
    debts = by_case(await debts_of(work.session, {case_id for job in jobs for case_id in job.case_ids}))
    moves: list[Move] = []
    for wave in _waves(jobs):
        splits = _split_wave(wave, debts, done)
        moves += await _write(work, actor, books, splits, done, at=at)
        _follow(debts, splits)
    await reread(work.session, Payment, {job.payment.id for job in jobs})
    return done, moves, debts


async def _check_reach(session: AsyncSession, actor: Actor, order: SettleOrder) -> None:
    """Raises ``NotFound`` when the payment or a case that was named is out of reach."""
    await require_payment(session, actor, rights.SETTLE, order.payment_id)
    for case_id in order.case_ids:
        await case_for(session, actor, case_id, rights.SETTLE)


def _waves(jobs: Iterable[Job]) -> Sequence[Sequence[Job]]:
    """Jobs by value date and payment, those that share a case or a payment in later waves than those before them."""
    waves: list[list[Job]] = []
    taken: dict[tuple[str, int], int] = defaultdict(int)
    for job in sorted(jobs, key=lambda job: (job.payment.value_on, job.payment.id, job.n)):
        touched = [("payment", job.payment.id), *(("case", case_id) for case_id in job.case_ids)]
        place = max(taken[key] for key in touched)
        taken.update(dict.fromkeys(touched, place + 1))
        waves += [[] for _ in range(place + 1 - len(waves))]
        waves[place].append(job)
    return waves


def _split_wave(wave: Sequence[Job], debts: Debts, done: list[Settled]) -> Sequence[_Split]:
    """Split what can be split over what is owed now; refusals go where the answers are."""
    splits = []
    for job in wave:
        mine = [debt for case_id in job.case_ids for debt in debts.get(case_id, ())]
        result = split(job, [item for debt in mine for item in open_items_of(debt, job.payment.value_on)])
        if isinstance(result, DomainError):
            done[job.n] = Settled(payment_id=job.payment.id, scheme=job.scheme, refusal=result)
        else:
            splits.append(_Split(job, result, sum((line.amount for line in result.lines), Decimal(0))))
    return splits


def _follow(debts: dict[int, list[ClaimDebt]], splits: Sequence[_Split]) -> None:
    """Take what was posted into what is known of the debts, instead of reading them again."""
    for one in splits:
        posted: dict[int, list[Movement]] = defaultdict(list)
        for line in one.result.lines:
            day = one.job.payment.value_on
            posted[line.item.claim_id].append(Movement(on=day, component=line.item.component, amount=-line.amount))
        for case_id in one.job.case_ids:
            debts[case_id] = [
                debt.after(posted[debt.claim_id]) if debt.claim_id in posted else debt for debt in debts[case_id]
            ]


async def _write(
    work: Work, actor: Actor, books: Books, splits: Sequence[_Split], done: list[Settled], *, at: datetime
) -> list[Move]:
    if not splits:
        return []
    await _spend(work, splits)
    transactions = await post_many(work, actor, [_draft(one, books) for one in splits], at=at)
    keys = await reserve_ids(work.session, Settlement, len(splits))
    acts = {"actor_id": actor.user_id or None, "posted_at": at, "withdrawn_reason": ""}
    settlements = [
        {"id": key, "transaction_id": transaction, **_settlement(one), **acts}
        for key, transaction, one in zip(keys, transactions, splits, strict=True)
    ]
    await insert_many(work.session, Settlement, settlements)
    repayments = [
        {"settlement_id": key, "created_at": at, **_repayment(one.job, line, books)}
        for key, one in zip(keys, splits, strict=True)
        for line in one.result.lines
    ]
    await earn(work.session, repayments)
    await insert_many(work.session, Allocation, repayments)
    for key, one in zip(keys, splits, strict=True):
        done[one.job.n] = Settled(
            payment_id=one.job.payment.id, scheme=one.job.scheme, result=one.result, settlement_id=key
        )
    await _tell(work, actor, keys, splits, at=at)
    return [move for key, one in zip(keys, splits, strict=True) for move in _moves(key, one)]


async def _spend(work: Work, splits: Sequence[_Split]) -> None:
    """Take the money from what is left of the payments. Raises ``Conflict`` if somebody else has: the locks forbid it,
    the condition makes sure."""
    spent = {one.job.payment.id: one.job.payment.settled + one.total for one in splits}
    await execute_all(work.session, _SPEND, [_spending(one) for one in splits])
    left = select(Payment.id, Payment.settled, Payment.state).where(Among(Payment.id, spent))
    now = {row.id: row for row in await work.session.execute(left)}
    if any(now[payment_id].settled != settled for payment_id, settled in spent.items()):
        raise Conflict()
    for payment in (one.job.payment for one in splits):
        payment.settled, payment.state = spent[payment.id], now[payment.id].state


def _spending(one: _Split) -> dict[str, Any]:
    payment = one.job.payment
    after = payment.settled + one.total
    return {
        "key": payment.id,
        "before": payment.settled,
        "after": after,
        "now": PaymentState.SETTLED if after + payment.refunded == payment.amount else PaymentState.POSTED,
        "matched_to": payment.case_id or one.job.case_ids[0],
    }


_PAYMENTS = Payment.__table__
assert isinstance(_PAYMENTS, Table)
_SPEND = (
    update(_PAYMENTS)
    .where(
        _PAYMENTS.c.id == bindparam("key"),
        _PAYMENTS.c.settled == bindparam("before", type_=Amount()),
        _PAYMENTS.c.state == PaymentState.POSTED,
    )
    .values(
        settled=bindparam("after", type_=Amount()),
        state=bindparam("now"),
        case_id=func.coalesce(_PAYMENTS.c.case_id, bindparam("matched_to")),
    )
)


def _draft(one: _Split, books: Books) -> Draft:
    payment = one.job.payment
    debts = [
        Entry(
            account=Account.DEBT,
            amount=-line.amount,
            case_id=line.item.case_id,
            claim_id=line.item.claim_id,
            component=line.item.component,
            currency=payment.currency,
            payment_id=payment.id,
        )
        for line in one.result.lines
    ]
    suspense = Entry(account=Account.SUSPENSE, amount=one.total, currency=payment.currency, payment_id=payment.id)
    return Draft(
        kind=Posting.SETTLEMENT,
        lines=[suspense, *debts],
        value_on=payment.value_on,
        booked_on=books.day_for(payment.value_on),
    )


def _settlement(one: _Split) -> dict[str, Any]:
    return {
        "payment_id": one.job.payment.id,
        "scheme_key": one.job.scheme.key,
        "scheme": one.job.kept(),
        "amount": one.total,
    }


def _repayment(job: Job, line: Line, books: Books) -> dict[str, Any]:
    """The row of a repayment, with whose case it was."""
    case = next(case for case in job.cases if case.id == line.item.case_id)
    return {
        "payment_id": job.payment.id,
        "case_id": case.id,
        "claim_id": line.item.claim_id,
        "creditor_id": case.creditor_id,
        "component": line.item.component,
        "amount": line.amount,
        "currency": job.payment.currency,
        "value_on": job.payment.value_on,
        "booked_on": books.day_for(job.payment.value_on),
        "rank": line.rank,
        "rule": line.rule,
        "collector_id": case.collector_id,
        "unit_id": case.unit_id,
        "stage_id": case.stage_id,
        "commission": Decimal(0),
        "commission_vat": Decimal(0),
        "terms_id": None,
    }


async def _tell(work: Work, actor: Actor, keys: Sequence[int], splits: Sequence[_Split], *, at: datetime) -> None:
    entries = [
        (
            ("payment", one.job.payment.id),
            {"settlement": (None, key), "scheme": (None, one.job.scheme.key), "settled": (None, one.total)},
        )
        for key, one in zip(keys, splits, strict=True)
    ]
    await record_many(work, actor, "payment.settled", entries, at=at)
    work.emit(*(PaymentChanged(at=at, payment_id=one.job.payment.id) for one in splits))


def _moves(settlement_id: int, one: _Split) -> list[Move]:
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for line in one.result.lines:
        sums[line.item.case_id] += line.amount
    payment = one.job.payment
    return [
        Move(
            kind=MoveKind.SETTLED,
            case_id=case_id,
            payment_id=payment.id,
            settlement_id=settlement_id,
            amount=amount,
            currency=payment.currency,
            value_on=payment.value_on,
        )
        for case_id, amount in sums.items()
    ]
