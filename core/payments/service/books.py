"""The months of the books: where something is booked, and how a month is closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.service import record
from core.cases.model import LedgerTransaction
from core.cases.queries.agency import agency_day
from core.kernel.access import Actor
from core.kernel.locks import BOOKS, own, share
from core.kernel.uow import Work
from core.payments import rights
from core.payments.errors import EarlierMonthOpen, LaterMonthClosed, MonthIsClosed, MonthIsOpen, MonthNotOver
from core.payments.model import ClosedMonth
from core.payments.rules.books import month_before, month_of, open_day


@dataclass(frozen=True, slots=True)
class Books:
    """The books as they stay until the transaction ends. ``today`` is the agency's."""

    closed: frozenset[date]
    today: date

    def day_for(self, wanted: date) -> date:
        """The day of the books for something of the day ``wanted``."""
        return open_day(wanted, self.closed, today=self.today)


async def hold_books(work: Work, *, at: datetime) -> Books:
    """Keep every month as it is until the transaction ends. Everything that books does this before anything else."""
    await share(work.session, BOOKS)
    return Books(await closed_months(work.session), await agency_day(work.session, at))


async def closed_months(session: AsyncSession) -> frozenset[date]:
    """The first days of the months in which nothing is booked any more."""
    return frozenset(await session.scalars(select(ClosedMonth.month)))


async def list_closed(session: AsyncSession, actor: Actor) -> Sequence[ClosedMonth]:
    """The closed months with who closed them and when, the latest first."""
    actor.require(rights.VIEW)
    return (await session.scalars(select(ClosedMonth).order_by(ClosedMonth.month.desc()))).all()


async def close_month(work: Work, actor: Actor, month: date, *, at: datetime) -> None:
    """Close a month that is over; months with bookings are closed one after the other.

    Waits for those who are posting. Raises ``MonthNotOver``, ``MonthIsClosed`` or ``EarlierMonthOpen``.
    """
    actor.require(rights.CLOSE_MONTH)
    month = month_of(month)
    if month >= month_of(await agency_day(work.session, at)):
        raise MonthNotOver(month=_name(month))
    await own(work.session, BOOKS)
    closed = await closed_months(work.session)
    if month in closed:
        raise MonthIsClosed(month=_name(month))
    await _check_earlier(work, month, closed)
    work.session.add(ClosedMonth(month=month, closed_at=at, closed_by_id=actor.user_id or None))
    record(work, actor, "books.closed", ("month", _name(month)), at=at)


async def reopen_month(work: Work, actor: Actor, month: date, reason: str, *, at: datetime) -> None:
    """Open the last closed month again. Raises ``MonthIsOpen`` or ``LaterMonthClosed``."""
    actor.require(rights.CLOSE_MONTH)
    month = month_of(month)
    await own(work.session, BOOKS)
    closed = await closed_months(work.session)
    if month not in closed:
        raise MonthIsOpen(month=_name(month))
    if max(closed) != month:
        raise LaterMonthClosed(month=_name(max(closed)))
    await work.session.execute(delete(ClosedMonth).where(ClosedMonth.month == month))
    record(work, actor, "books.reopened", ("month", _name(month)), {"reason": (None, reason)}, at=at)


async def _check_earlier(work: Work, month: date, closed: frozenset[date]) -> None:
    first = await work.session.scalar(select(func.min(LedgerTransaction.booked_on)))
    before = month_before(month)
    if first is not None and month_of(first) <= before and before not in closed:
        raise EarlierMonthOpen(month=_name(before))


def _name(month: date) -> str:
    return f"{month:%Y-%m}"
