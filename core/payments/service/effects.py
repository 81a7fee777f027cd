"""What moving money on cases sets off, in the transaction that moves it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, union, update

from core.cases.model import Case, EventKind, PaymentPlan, Promise
from core.cases.queries.balance import debts_of
from core.cases.queries.zones import debtor_zones
from core.cases.rules.balance import ClaimDebt
from core.cases.service.appropriation import Received
from core.cases.service.balances import refresh_balances
from core.cases.service.timeline import add_events
from core.kernel.access import Actor
from core.kernel.among import Among
from core.kernel.uow import Work
from core.payments.model import Allocation, Payment, Settlement
from core.payments.ports import AfterMoney, Appropriation, Credited, TakenBack
from core.payments.service.payers import forget

#: What cases owe, by case: their claims that stand.
Debts = Mapping[int, Sequence[ClaimDebt]]
_NOTHING_KNOWN: Debts = MappingProxyType({})


class MoveKind(StrEnum):
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    REVERSED = "reversed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """Money of a payment that came on a case by a settlement, or went again. ``amount`` is above zero."""

    kind: MoveKind
    case_id: int
    payment_id: int
    settlement_id: int
    amount: Decimal
    currency: str
    value_on: date


@dataclass(frozen=True, slots=True)
class _Now:
    """A case after the money has moved."""

    debtor_id: int | None
    open_amount: Decimal
    resettle_from: date | None


class Effects:
    """Everybody who follows the money, by constructor."""

    def __init__(self, appropriate: Appropriation, after: AfterMoney) -> None:
        self._appropriate = appropriate
        self._after = after

    async def moved(
        self,
        work: Work,
        actor: Actor,
        moves: Sequence[Move],
        *,
        today: date,
        at: datetime,
        reason: str = "",
        debts: Debts = _NOTHING_KNOWN,
    ) -> None:
        """Bring everything that follows up to date: balances, promises and plans, the time line, planned work.

        ``today`` is the agency's; ``debts`` are the claims of cases whose state after the moves is known. The caller
        holds the cases' locks.
        """
        case_ids = sorted({move.case_id for move in moves})
        if not case_ids:
            return
        await refresh_balances(work, case_ids, at=at, known=debts)
        await _mark_to_resettle(work, moves, today, debts)
        await _copy_last_payment(work, moves, at)
        cases = await _cases(work, case_ids)
        await self._count(work, cases, at)
        await forget(work, [(one.payment_id, one.case_id) for one in moves if one.kind is not MoveKind.SETTLED])
        told = [(move.case_id, _data(move, cases[move.case_id])) for move in moves]
        await add_events(work, EventKind.PAYMENT, told, at, actor=actor, text=reason)
        await self._after.money_came(work, _credited(moves, cases), at=at)
        await self._after.money_went(work, _taken_back(moves), at=at)

    async def _count(self, work: Work, cases: Mapping[int, _Now], at: datetime) -> None:
        """Promises and plans are judged by the debtor's own day."""
        received = await _received(work, cases)
        debtors = {case_id: cases[case_id].debtor_id for case_id in received}
        zones = await debtor_zones(work.session, {party for party in debtors.values() if party is not None})
        for case_id, money in received.items():
            zone = zones.get(debtors[case_id] or 0, ZoneInfo("UTC"))
            await self._appropriate(work, case_id, money, at=at, today=at.astimezone(zone).date())


def _data(move: Move, case: _Now) -> dict[str, object]:
    return {
        "kind": move.kind,
        "payment_id": move.payment_id,
        "settlement_id": move.settlement_id,
        "amount": str(move.amount),
        "currency": move.currency,
        "value_on": move.value_on.isoformat(),
        "paid_in_full": case.open_amount <= 0,
        "resettle": case.resettle_from is not None,
    }


def _credited(moves: Sequence[Move], cases: Mapping[int, _Now]) -> list[Credited]:
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for move in moves:
        if move.kind is MoveKind.SETTLED:
            sums[move.case_id] += move.amount
    return [
        Credited(case_id=case_id, amount=amount, paid_in_full=cases[case_id].open_amount <= 0)
        for case_id, amount in sums.items()
    ]


def _taken_back(moves: Sequence[Move]) -> list[TakenBack]:
    return [
        TakenBack(case_id=move.case_id, settlement_id=move.settlement_id)
        for move in moves
        if move.kind is not MoveKind.SETTLED
    ]


async def _mark_to_resettle(work: Work, moves: Sequence[Move], today: date, debts: Debts) -> None:
    """Mark the cases on which a payment came that is older than others that stand, if those have paid more on some
    component than is owed now that interest ran on less."""
    came: dict[int, date] = {}
    for move in moves:
        if move.kind is MoveKind.SETTLED:
            came[move.case_id] = min(move.value_on, came.get(move.case_id, move.value_on))
    standing = (
        select(Allocation.case_id, func.max(Allocation.value_on))
        .join(Settlement, Settlement.id == Allocation.settlement_id)
        .where(Among(Allocation.case_id, came), Settlement.withdrawn_at.is_(None))
        .group_by(Allocation.case_id)
    )
    later = {case_id: last for case_id, last in await work.session.execute(standing) if last > came[case_id]}
    overpaid = {
        debt.case_id
        for debt in await _claims(work, later, debts)
        if any(amount < 0 for day in {later[debt.case_id], today} for amount in debt.on(day).parts.values())
    }
    for case_id in overpaid:
        unmarked = Case.resettle_from.is_(None) | (Case.resettle_from > came[case_id])
        marked = update(Case).where(Case.id == case_id, unmarked).values(resettle_from=came[case_id])
        await work.session.execute(marked, execution_options={"synchronize_session": False})


async def _claims(work: Work, case_ids: Iterable[int], debts: Debts) -> list[ClaimDebt]:
    """The claims of cases; those that are not known are read."""
    wanted = list(case_ids)
    unknown = [case_id for case_id in wanted if case_id not in debts]
    read = await debts_of(work.session, unknown) if unknown else []
    return [*read, *(debt for case_id in wanted for debt in debts.get(case_id, ()))]


async def _copy_last_payment(work: Work, moves: Sequence[Move], at: datetime) -> None:
    """When the last repayment that stands was posted: now, unless something went."""
    went = {move.case_id for move in moves if move.kind is not MoveKind.SETTLED}
    came = {move.case_id for move in moves} - went
    earlier = or_(Case.last_payment_at.is_(None), Case.last_payment_at < at)
    now = update(Case).where(Among(Case.id, came), earlier).values(last_payment_at=at)
    await work.session.execute(now, execution_options={"synchronize_session": False})
    if went:
        await _look_for_last_payment(work, went)


async def _look_for_last_payment(work: Work, case_ids: Collection[int]) -> None:
    standing = (
        select(func.max(Settlement.posted_at))
        .join(Allocation, Allocation.settlement_id == Settlement.id)
        .where(Allocation.case_id == Case.id, Settlement.withdrawn_at.is_(None))
        .correlate(Case)
        .scalar_subquery()
    )
    copied = update(Case).where(Among(Case.id, case_ids)).values(last_payment_at=standing)
    await work.session.execute(copied, execution_options={"synchronize_session": False})


async def _cases(work: Work, case_ids: Sequence[int]) -> Mapping[int, _Now]:
    columns = select(Case.id, Case.debtor_id, Case.open_amount, Case.resettle_from).where(Among(Case.id, case_ids))
    rows = await work.session.execute(columns)
    return {row.id: _Now(row.debtor_id, row.open_amount, row.resettle_from) for row in rows}


async def _received(work: Work, case_ids: Collection[int]) -> Mapping[int, Sequence[Received]]:
    """What stands, payment by payment, on those of the cases that something was ever agreed on."""
    agreed = union(
        select(Promise.case_id).where(Among(Promise.case_id, case_ids)),
        select(PaymentPlan.case_id).where(Among(PaymentPlan.case_id, case_ids)),
    )
    found: dict[int, list[Received]] = {case_id: [] for case_id in sorted(await work.session.scalars(agreed))}
    if not found:
        return found
    net = func.sum(Allocation.amount)
    keys = (Allocation.case_id, Payment.id, Payment.value_on, Payment.created_at)
    standing = (
        select(*keys, net)
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Allocation.case_id.in_(found))
        .group_by(*keys)
        .having(net != 0)
        .order_by(Payment.value_on, Payment.id)
    )
    for case_id, payment_id, value_on, created_at, amount in await work.session.execute(standing):
        money = Received(payment_id=payment_id, value_on=value_on, amount=amount, entered_at=created_at)
        found[case_id].append(money)
    return found
