"""The months of the books: what was booked in each, what of it still waits, and which are closed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import LedgerTransaction
from core.cases.queries.agency import agency_day
from core.kernel.access import Actor
from core.payments import rights
from core.payments.model import Allocation, ClosedMonth, Payment, PaymentState
from core.payments.rules.books import month_before, month_of, next_month
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthSums:
    """A month's money in one currency: what came (reversed payments left out), what was settled, what waits of it."""

    currency: str
    received: Decimal
    repaid: Decimal
    waiting: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class BookMonth:
    """A month of the books. ``waiting`` counts its payments that are not settled; ``closable`` and ``reopenable`` say
    what can be done with it now."""

    month: date
    payments: int
    waiting: int
    sums: tuple[MonthSums, ...]
    closed_at: datetime | None
    closed_by: str
    closable: bool
    reopenable: bool

    @property
    def last(self) -> date:
        """Its last day."""
        return next_month(self.month) - timedelta(days=1)


async def book_months(session: AsyncSession, actor: Actor, *, at: datetime, limit: int = 36) -> Sequence[BookMonth]:
    """The months from the first booking to this one, the latest first."""
    actor.require(rights.VIEW)
    today = month_of(await agency_day(session, at))
    first = await session.scalar(select(func.min(LedgerTransaction.booked_on)))
    months = _months(month_of(first) if first is not None else today, today)[-limit:]
    closed = {row.month: row for row in await session.scalars(select(ClosedMonth))}
    names = {user.id: user.full_name for user in await session.scalars(select(User).join(ClosedMonth))}
    found = []
    for month in months:
        counted, waiting, sums = await _sums(session, month)
        shut = closed.get(month)
        before = month_before(month)
        found.append(
            BookMonth(
                month=month,
                payments=counted,
                waiting=waiting,
                sums=sums,
                closed_at=shut.closed_at if shut else None,
                closed_by=names.get(shut.closed_by_id or 0, "") if shut else "",
                closable=shut is None and month < today and (month == months[0] or before in closed),
                reopenable=shut is not None and month == max(closed),
            )
        )
    return found[::-1]


def _months(first: date, last: date) -> list[date]:
    found = [min(first, last)]
    while found[-1] < last:
        found.append(next_month(found[-1]))
    return found


async def _sums(session: AsyncSession, month: date) -> tuple[int, int, tuple[MonthSums, ...]]:
    within = (Payment.booked_on >= month, Payment.booked_on < next_month(month))
    stands = Payment.state != PaymentState.REVERSED
    payments = select(
        Payment.currency,
        func.count(),
        func.count().filter(Payment.state == PaymentState.POSTED),
        func.sum(Payment.amount),
        func.sum(Payment.settled),
        func.sum(Payment.refunded),
    ).where(*within, stands)
    booked = (Allocation.booked_on >= month, Allocation.booked_on < next_month(month))
    lines = select(Allocation.currency, func.sum(Allocation.amount)).where(*booked).group_by(Allocation.currency)
    repaid: dict[str, Decimal] = defaultdict(Decimal)
    for currency, total in await session.execute(lines):
        repaid[currency] = total
    rows = (await session.execute(payments.group_by(Payment.currency).order_by(Payment.currency))).all()
    received = {row[0]: (row[3], row[3] - row[4] - row[5]) for row in rows}
    nothing = (Decimal(0), Decimal(0))
    sums = tuple(
        MonthSums(
            currency=currency,
            received=received.get(currency, nothing)[0],
            repaid=repaid[currency],
            waiting=received.get(currency, nothing)[1],
        )
        for currency in sorted({*received, *repaid})
    )
    return sum(row[1] for row in rows), sum(row[2] for row in rows), sums
