"""What every installation starts with: directories, rates and schemes that are a start and can be changed."""

from datetime import datetime

from callcenter.agents.directory import ship_reasons
from callcenter.calls.directory import ship_results
from callcenter.queues.service import ship_queues
from core.cases.service.promise_types import ship_promise_types
from core.cases.shipped_rates import ship_rates
from core.kernel.i18n import translator
from core.kernel.uow import Work
from core.payments.service.schemes import ship_schemes


async def ship(work: Work, *, at: datetime) -> None:
    """Add what is missing; what the agency changed or took out of use stays as it is."""
    await ship_results(work)
    await ship_reasons(work)
    await ship_queues(work)
    await ship_promise_types(work)
    await ship_rates(work, at=at)
    await ship_schemes(work, translator("en"), at=at)
