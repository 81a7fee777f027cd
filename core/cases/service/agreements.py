"""What promises and plans have in common: a case is paid by one agreement at a time, with somebody who owes."""

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.errors import CaseNotOpen, PlanLive, PromiseOpen
from core.cases.model import LIABLE, Case, CaseParty, CaseState, PaymentPlan, PlanState, Promise, PromiseState
from core.cases.service.access import open_case_for
from core.cases.service.ledger import lock_cases
from core.kernel.access import Actor
from core.kernel.uow import Work

#: Plans that are agreed and being paid.
RUNNING = (PlanState.ACTIVE, PlanState.DELINQUENT)
#: Plans that stand in the way of another agreement.
LIVE = (PlanState.DRAFT, *RUNNING)

#: Why something ended that a later agreement replaced.
SUPERSEDED = "superseded"


async def live_plan(session: AsyncSession, case_id: int) -> PaymentPlan | None:
    """The plan that is being paid, or waits for approval."""
    return await session.scalar(select(PaymentPlan).where(PaymentPlan.case_id == case_id, PaymentPlan.state.in_(LIVE)))


async def open_promise(session: AsyncSession, case_id: int) -> Promise | None:
    """The promise that is still waited for."""
    return await session.scalar(select(Promise).where(Promise.case_id == case_id, Promise.state == PromiseState.OPEN))


async def nothing_agreed(session: AsyncSession, case_id: int) -> None:
    """Raises ``PromiseOpen`` or ``PlanLive`` when something is. The caller holds the case's lock."""
    if await open_promise(session, case_id) is not None:
        raise PromiseOpen()
    if await live_plan(session, case_id) is not None:
        raise PlanLive()


async def owes(session: AsyncSession, case_id: int, party_id: int) -> bool:
    """Whether the party answers for the debt."""
    linked = exists().where(CaseParty.case_id == case_id, CaseParty.party_id == party_id, CaseParty.role.in_(LIABLE))
    return bool(await session.scalar(select(linked)))


async def held_open(work: Work, actor: Actor, case_id: int, right: str) -> Case:
    """The open case in reach, held until the transaction ends. Raises ``NotFound`` or ``CaseNotOpen``."""
    case = await open_case_for(work.session, actor, case_id, right)
    await lock_cases(work, [case_id])
    if case.state != CaseState.OPEN:  # it was closed while the lock was waited for
        raise CaseNotOpen()
    return case
