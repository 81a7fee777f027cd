"""What money means for the floor's plans: whoever has paid is not called any more, and not by mistake either."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from callcenter.callbacks.model import OPEN, Callback, CallbackState, Origin
from callcenter.callbacks.service import CallbackService
from callcenter.campaigns import filling
from callcenter.campaigns.service import CampaignService
from core.cases.model import Case, Promise, PromiseState, Task, TaskKind, TaskState
from core.cases.ports import PlannedWork
from core.cases.queries.zones import debtor_zones
from core.cases.service.followup import follow_up
from core.cases.service.planning import replan
from core.kernel.access import PROGRAM
from core.kernel.i18n import mark
from core.kernel.uow import Work
from core.payments.events import MoneyCame
from core.payments.ports import Credited, TakenBack

PAID = mark("The debt is paid in full.")
KEPT = mark("The promise it was about is kept.")
LOOK_AGAIN = mark("A payment was withdrawn: look again")

#: What is waiting to be called. One that is being dialled is a call under way.
_WAITING = tuple(state for state in OPEN if state is not CallbackState.DIALLING)
#: Planned attempts on a debtor; papers are still to be put in order after he has paid.
_ATTEMPTS = (TaskKind.CALL, TaskKind.VISIT, TaskKind.CHECK_PAYMENT)


class MoneyEffects:
    """Implements ``core.payments.ports.AfterMoney``. That a paid case is not dialled is contact law's own rule: it
    holds from the moment nothing is open, and no longer than that."""

    def __init__(self, callbacks: CallbackService, campaigns: CampaignService, sources: Sequence[PlannedWork]) -> None:
        self._callbacks = callbacks
        self._campaigns = campaigns
        self._sources = sources

    async def money_came(self, work: Work, credited: Sequence[Credited], *, at: datetime) -> None:
        if not credited:
            return
        paid = [one.case_id for one in credited if one.paid_in_full]
        partly = [one.case_id for one in credited if not one.paid_in_full]
        ended = {
            *await self._end_attempts(work, paid, at=at),
            *await self._drop(work, await _waiting(work, paid), PAID),
            *await self._drop(work, await _about_kept(work, partly, at=at), KEPT),
        }
        if ended:
            await replan(work, ended, self._sources)
        await self._campaigns.stop_cases(work, paid, filling.PAID)
        await filling.look_again(work, partly)
        await _tell(work, credited, at=at)

    async def money_went(self, work: Work, taken: Sequence[TakenBack], *, at: datetime) -> None:
        """What was dropped is not taken up again by itself: somebody looks, once for each settlement."""
        if not taken:
            return
        case_ids = {one.case_id for one in taken}
        cases = {case.id: case for case in await work.session.scalars(select(Case).where(Case.id.in_(case_ids)))}
        for one in taken:
            key = f"settlement:{one.settlement_id}:{one.case_id}:withdrawn"
            await follow_up(work, cases[one.case_id], key, LOOK_AGAIN, at=at, kind=TaskKind.REVIEW)
        await replan(work, case_ids, self._sources)

    async def _drop(self, work: Work, rows: Sequence[Callback], reason: str) -> set[int]:
        self._callbacks.drop(work, PROGRAM, rows, reason)
        return {row.case_id for row in rows if row.case_id is not None}

    async def _end_attempts(self, work: Work, case_ids: Collection[int], *, at: datetime) -> set[int]:
        if not case_ids:
            return set()
        planned = (
            update(Task)
            .where(Task.case_id.in_(case_ids), Task.state == TaskState.OPEN, Task.kind.in_(_ATTEMPTS))
            .values(state=TaskState.CANCELLED, result=PAID, ended_at=at)
            .returning(Task.case_id)
        )
        await work.session.flush()
        return set(await work.session.scalars(planned))


async def _waiting(work: Work, case_ids: Collection[int]) -> Sequence[Callback]:
    if not case_ids:
        return ()
    waiting = select(Callback).where(Callback.case_id.in_(case_ids), Callback.state.in_(_WAITING))
    return (await work.session.scalars(waiting.order_by(Callback.id).with_for_update())).all()


async def _about_kept(work: Work, case_ids: Collection[int], *, at: datetime) -> list[Callback]:
    """Callbacks agreed for the day of a promise that has just been kept, or in the same call as it."""
    if not case_ids:
        return []
    kept = select(Promise).where(
        Promise.case_id.in_(case_ids), Promise.state == PromiseState.KEPT, Promise.settled_at == at
    )
    promises = {promise.case_id: promise for promise in await work.session.scalars(kept)}
    zones = await debtor_zones(work.session, [promise.party_id for promise in promises.values()])
    rows = await _waiting(work, promises)
    return [row for row in rows if row.case_id is not None and _is_about(row, promises[row.case_id], zones)]


def _is_about(row: Callback, promise: Promise, zones: Mapping[int, ZoneInfo]) -> bool:
    if row.origin != Origin.AGREED or row.created_at < promise.created_at:
        return False
    if row.source_call_id is not None and row.source_call_id == promise.call_id:
        return True
    day = row.window_start.astimezone(zones[promise.party_id]).date()
    return promise.due_on <= day <= promise.due_on + timedelta(days=promise.grace_days + 1)


async def _tell(work: Work, credited: Sequence[Credited], *, at: datetime) -> None:
    """The collector of each case hears of it."""
    sums: dict[int, Decimal] = {one.case_id: one.amount for one in credited}
    columns = select(Case.id, Case.number, Case.collector_id, Case.currency).where(Case.id.in_(sums))
    for case in await work.session.execute(columns):
        work.emit(
            MoneyCame(
                at=at,
                case_id=case.id,
                case_number=case.number,
                collector_id=case.collector_id,
                amount=sums[case.id],
                currency=case.currency,
            )
        )
