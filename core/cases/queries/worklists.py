"""Worklists: cases that ask for work for one reason each, and the agenda of what is planned.

A worklist is a condition on the list of cases, so everything that list can do works on it. Each condition starts from
an index: from the few promises, callbacks or payments concerned, never from all cases.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Exists, and_, exists, literal_column, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.model import Case, Instalment, InstalmentState, PaymentPlan, Promise, PromiseState, Task, TaskState
from core.cases.ports import PlannedCalls
from core.cases.rules.cases import LIMITATION_WARNING_DAYS
from core.kernel.access import Actor
from core.kernel.paging import count_up_to
from core.people.access import reaches

#: For how many days a broken promise asks for work, and for how many a payment is new.
BROKEN_DAYS = 30
PAID_DAYS = 7
#: Counting a tab further than this tells nothing more.
TAB_LIMIT = 1000

#: Written out, not bound: SQLite takes a partial index only for a condition it can read.
IS_OPEN: ColumnElement[bool] = Case.state == literal_column("'open'")


class Worklist(StrEnum):
    """Why a case asks for work.

    ``UNPLANNED`` nothing is planned for it; ``BROKEN`` a promise of the last 30 days was broken and none follows;
    ``DUE`` a promise or an instalment falls due today; ``CALLBACKS`` somebody is to be called by tonight; ``PAID``
    money came in the last 7 days; ``LIMITATION`` a claim is time-barred within 90 days.
    """

    UNPLANNED = "unplanned"
    BROKEN = "broken"
    DUE = "due"
    CALLBACKS = "callbacks"
    PAID = "paid"
    LIMITATION = "limitation"


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """Now (aware UTC) as a reader in ``zone`` sees it."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def tonight(self) -> datetime:
        """The end of the reader's day."""
        return datetime.combine(self.today + timedelta(days=1), time(), self.zone)


def mine(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """The cases the actor holds himself."""
    return (Case.collector_id == actor.user_id,)


def within(
    worklist: Worklist, moment: Moment, calls: PlannedCalls, whose: Iterable[ColumnElement[bool]] = ()
) -> tuple[ColumnElement[bool], ...]:
    """What a case has to be to stand on the list. ``whose`` narrows it to somebody's cases: then each of them is
    asked where the list would have to begin with very many others."""
    narrowed = tuple(whose)
    conditions = (_OF_SOMEBODY if narrowed else _CONDITIONS).get(worklist, _CONDITIONS[worklist])
    return (IS_OPEN, *narrowed, *conditions(moment, calls))


def _unplanned(_moment: Moment, calls: PlannedCalls) -> Iterable[ColumnElement[bool]]:
    task = exists().where(Task.case_id == Case.id, Task.state == TaskState.OPEN).correlate(Case)
    return Case.next_action_at.is_(None), ~task, Case.id.not_in(calls.cases())


def _broken(moment: Moment, _calls: PlannedCalls) -> Iterable[ColumnElement[bool]]:
    return Case.id.in_(select(Promise.case_id).where(_lately_broken(moment))), ~_followed()


def _broken_of_somebody(moment: Moment, _calls: PlannedCalls) -> Iterable[ColumnElement[bool]]:
    return exists().where(Promise.case_id == Case.id, _lately_broken(moment)).correlate(Case), ~_followed()


def _lately_broken(moment: Moment) -> ColumnElement[bool]:
    return and_(
        Promise.state.in_((PromiseState.BROKEN, PromiseState.PARTLY_KEPT)),
        Promise.due_on >= moment.today - timedelta(days=BROKEN_DAYS),
    )


def _followed() -> Exists:
    """Something was promised again."""
    return exists().where(Promise.case_id == Case.id, Promise.state == PromiseState.OPEN).correlate(Case)


def _due(moment: Moment, _calls: PlannedCalls) -> Iterable[ColumnElement[bool]]:
    promised = select(Promise.case_id).where(Promise.state == PromiseState.OPEN, Promise.due_on == moment.today)
    instalment = (
        select(PaymentPlan.case_id)
        .join(Instalment, Instalment.plan_id == PaymentPlan.id)
        .where(Instalment.state == InstalmentState.OPEN, Instalment.due_on == moment.today)
    )
    return (Case.id.in_(union(promised, instalment)),)


def _callbacks(moment: Moment, calls: PlannedCalls) -> Iterable[ColumnElement[bool]]:
    return (Case.id.in_(calls.cases(moment.tonight)),)


def _paid(moment: Moment, _calls: PlannedCalls) -> Iterable[ColumnElement[bool]]:
    return (Case.last_payment_at >= moment.now - timedelta(days=PAID_DAYS),)


def _limitation(moment: Moment, _calls: PlannedCalls) -> Iterable[ColumnElement[bool]]:
    last = moment.today + timedelta(days=LIMITATION_WARNING_DAYS)
    return Case.limitation_on > moment.today, Case.limitation_on <= last


_CONDITIONS = {
    Worklist.UNPLANNED: _unplanned,
    Worklist.BROKEN: _broken,
    Worklist.DUE: _due,
    Worklist.CALLBACKS: _callbacks,
    Worklist.PAID: _paid,
    Worklist.LIMITATION: _limitation,
}
_OF_SOMEBODY = {Worklist.BROKEN: _broken_of_somebody}

#: The order each list comes in without a wish: what is most urgent first.
SORTS: Mapping[Worklist, str] = {
    Worklist.UNPLANNED: "-score",
    Worklist.BROKEN: "-score",
    Worklist.DUE: "-amount",
    Worklist.CALLBACKS: "next",
    Worklist.PAID: "-paid",
    Worklist.LIMITATION: "limitation_on",
}


async def counts(
    session: AsyncSession,
    actor: Actor,
    moment: Moment,
    calls: PlannedCalls,
    whose: Iterable[ColumnElement[bool]],
) -> dict[Worklist, tuple[int, bool]]:
    """How many cases each worklist holds within the actor's reach, and whether counting stopped there."""
    reach = reaches(actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)
    narrowed = [part for part in (reach, *whose) if part is not None]
    return {
        one: await count_up_to(session, select(Case.id).where(*within(one, moment, calls, narrowed)), TAB_LIMIT)
        for one in Worklist
    }
