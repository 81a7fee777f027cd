"""Figures by calendar day: promises that fell due, and money that came in.

A promise is due on a day and money is valued on one; neither has an hour.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.productivity.model import FigurePlace, RollupDay
from core.cases.model import Case, Promise
from core.cases.model.vocabulary import PromiseState
from core.kernel.bulk import insert_many, insert_missing
from core.payments.model import Allocation
from core.people.model import User

_DECIDED = {
    PromiseState.KEPT: "due_kept",
    PromiseState.PARTLY_KEPT: "due_partly",
    PromiseState.BROKEN: "due_broken",
}
_Key = tuple[int, int, int, int, str]


async def place_promises(session: AsyncSession, promise_ids: Collection[int]) -> None:
    """Note of promises not seen yet in which team their collector is and at which stage their case."""
    statement = (
        select(
            Promise.id.label("subject_id"),
            Promise.taken_by_id.label("user_id"),
            Promise.case_id,
            User.unit_id,
            Case.creditor_id,
            Case.stage_id,
        )
        .join(Case, Case.id == Promise.case_id)
        .outerjoin(User, User.id == Promise.taken_by_id)
        .where(Promise.id.in_(promise_ids))
    )
    rows = [{"kind": "promise", **row._mapping} for row in await session.execute(statement)]
    await insert_missing(session, FigurePlace, rows)


async def sum_day(session: AsyncSession, day: date) -> None:
    """Sum a day anew from its promises and repayments."""
    sums: dict[_Key, dict[str, Any]] = defaultdict(_nothing)
    for row in await session.execute(_promises(day)):
        counters = sums[_key(row)]
        counters[_DECIDED[row.state]] += 1
        counters["due_promised"] += row.amount
        counters["due_paid"] += min(row.paid_amount, row.amount)
    for row in await session.execute(_money(day)):
        counters = sums[_key(row)]
        counters["collected"] += row.collected
        counters["commission"] += row.commission
    await session.execute(delete(RollupDay).where(RollupDay.day == day))
    names = ("user_id", "unit_id", "creditor_id", "stage_id", "currency")
    rows = [{"day": day, **dict(zip(names, key, strict=True)), **values} for key, values in sums.items()]
    await insert_many(session, RollupDay, [row for row in rows if any(row[name] for name in _nothing())])


def _nothing() -> dict[str, Any]:
    zero = Decimal(0)
    counts = dict.fromkeys(_DECIDED.values(), 0)
    return {**counts, "due_promised": zero, "due_paid": zero, "collected": zero, "commission": zero}


def _key(row: Any) -> _Key:
    return (row.user_id or 0, row.unit_id or 0, row.creditor_id or 0, row.stage_id or 0, row.currency)


def _promises(day: date) -> Any:
    of_promise = and_(FigurePlace.kind == "promise", FigurePlace.subject_id == Promise.id)
    return (
        select(
            Promise.taken_by_id.label("user_id"),
            FigurePlace.unit_id,
            FigurePlace.creditor_id,
            FigurePlace.stage_id,
            Promise.currency,
            Promise.state,
            Promise.amount,
            Promise.paid_amount,
        )
        .outerjoin(FigurePlace, of_promise)
        .where(Promise.due_on == day, Promise.state.in_(_DECIDED))
    )


def _money(day: date) -> Any:
    keys = (Allocation.unit_id, Allocation.creditor_id, Allocation.stage_id, Allocation.currency)
    collector = Allocation.collector_id.label("user_id")
    return (
        select(
            collector,
            *keys,
            func.sum(Allocation.amount).label("collected"),
            func.sum(Allocation.commission).label("commission"),
        )
        .where(Allocation.value_on == day)
        .group_by(Allocation.collector_id, *keys)
    )
