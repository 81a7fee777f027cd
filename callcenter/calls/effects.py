"""What a result brings about beside the call: in the case, in contact law, in the plans to call."""

from datetime import datetime

from callcenter.calls.demands import ResultDetails, needs_case, stops_until
from callcenter.calls.errors import CallWithoutCase
from callcenter.calls.model import Call, Need, ResultCode, Stop
from callcenter.calls.ports import Block, Callbacks, CallContext, Cases, Gate
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.uow import Work


class ResultEffects:
    """Carries out what a code says, in the transaction that stores the result."""

    def __init__(self, clock: Clock, *, gate: Gate, cases: Cases, callbacks: Callbacks) -> None:
        self._clock = clock
        self._gate = gate
        self._cases = cases
        self._callbacks = callbacks

    async def bring_about(self, work: Work, actor: Actor, row: Call, entry: ResultCode, given: ResultDetails) -> None:
        """Promise, callback, mark on the number, work to do, stop of dialling, line in the case's history.

        Raises ``CallWithoutCase`` when the result concerns a case and the call belongs to none.
        """
        if row.case_id is None:
            if needs_case(entry) or given.callback is not None:
                raise CallWithoutCase
            return
        context = CallContext(
            call_id=row.id, case_id=row.case_id, party_id=row.party_id, phone=row.phone, at=self._clock.now()
        )
        promise_until = await self._agreed(work, actor, context, Need(entry.need), given)
        if given.callback is not None:
            await self._callbacks.agree(work, actor, context, given.callback)
        if entry.phone_quality is not None and row.phone is not None:
            await self._cases.mark_phone(work, actor, context, entry.phone_quality)
        if entry.need in (Need.CHECK_TASK, Need.DOCUMENT):
            await self._cases.plan_work(work, actor, context, Need(entry.need), given.document or given.reason)
        block = _block(context, entry, given, stops_until(entry, given, promise_until, context.at))
        if block is not None:
            await self._gate.stop(work, actor, block)
        await self._cases.said(work, actor, context, entry.code, given.reason or given.note)

    async def _agreed(
        self, work: Work, actor: Actor, context: CallContext, need: Need, given: ResultDetails
    ) -> datetime | None:
        """Take the promise or the plan; until when dialling rests for it."""
        if need is Need.PLAN and given.plan is not None:
            return await self._cases.plan(work, actor, context, given.plan)
        if given.promise is not None:
            return await self._cases.promise(work, actor, context, given.promise)
        return None


def _block(context: CallContext, entry: ResultCode, given: ResultDetails, until: datetime | None) -> Block | None:
    for_good = entry.stop in (Stop.CASE, Stop.PHONE)
    if not for_good and until is None:
        return None
    phone_only = entry.stop == Stop.PHONE
    return Block(
        kind=entry.block or "pause",
        basis=given.document or given.reason or entry.code,
        case_id=None if phone_only else context.case_id,
        party_id=context.party_id if entry.block is not None else None,
        phone=context.phone if phone_only else None,
        until=until,
        call_id=context.call_id,
    )
