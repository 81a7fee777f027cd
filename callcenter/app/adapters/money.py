"""What the call floor does when money has come."""

from collections.abc import Sequence
from datetime import datetime

from callcenter.callbacks.service import CallbackService
from core.cases.ports import PlannedWork
from core.cases.service.planning import replan
from core.kernel.uow import Work
from core.payments.ports import Credited


class PaidWork:
    """Implements ``core.payments.ports.AfterMoney``: nobody is rung up about a debt that is paid."""

    def __init__(self, callbacks: CallbackService, sources: Sequence[PlannedWork]) -> None:
        self._callbacks = callbacks
        self._sources = sources

    async def money_came(self, work: Work, credited: Sequence[Credited], *, at: datetime) -> None:
        paid = [one.case_id for one in credited if one.paid_in_full]
        if paid:
            await self._callbacks.debt_paid(work, paid, at=at)
            await replan(work, paid, self._sources)
