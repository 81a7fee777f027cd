"""What cases and claims copy of their balance: written by whoever moves a debt, carried forward every night."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import and_, bindparam, exists, or_, select, update

from core.cases.model import CASES, Case, CaseState, Claim, ClaimState
from core.cases.queries.agency import agency_day
from core.cases.queries.balance import by_case, debts_of
from core.cases.rules.balance import ClaimDebt, Copies, copies_of
from core.cases.rules.score import Factor, StaticFacts, static_score
from core.cases.service.scoring import weights
from core.kernel.among import Among
from core.kernel.bulk import execute_all, reread
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work

_BATCH = 500
_COPIES = ("open_amount", "due_since", "limitation_on", "balance_on")
_CARRIED = (
    update(CASES)  # type: ignore[arg-type]
    .where(CASES.c.id == bindparam("case"))
    .values({name: bindparam(f"new_{name}") for name in _COPIES})
)


_REFRESHED = (
    update(CASES)  # type: ignore[arg-type]
    .where(CASES.c.id == bindparam("case"))
    .values({name: bindparam(f"new_{name}") for name in (*_COPIES, "score")})
)
_NOTHING_KNOWN: Mapping[int, Sequence[ClaimDebt]] = MappingProxyType({})


def _row(case_id: int, found: Copies, today: date) -> dict[str, Any]:
    copied = (found.open_amount, found.due_since, found.limitation_on, today)
    return {"case": case_id, **{f"new_{name}": value for name, value in zip(_COPIES, copied, strict=True)}}


async def refresh_balances(
    work: Work, case_ids: Iterable[int], *, at: datetime, known: Mapping[int, Sequence[ClaimDebt]] = _NOTHING_KNOWN
) -> None:
    """Write anew what cases copy of their claims: the balance with interest as of the agency's today, the oldest due
    day, the first day one is time-barred, and the score that follows from them. A claim that is paid off becomes
    ``PAID``, and ``OPEN`` when it is not.

    ``known`` are the claims of cases as they stand now, from whoever has just read and changed them; the others are
    read.
    """
    await work.session.flush()
    today = await agency_day(work.session, at)
    wanted = list(dict.fromkeys(case_ids))
    copies = await _settle_claims(work, wanted, today, known)
    weighed = await weights(work.session)
    columns = select(Case.id, Case.priority, Case.broken_promises).where(Among(Case.id, wanted))
    cases = (await work.session.execute(columns)).all()
    rows = [
        {**_row(case.id, copies[case.id], today), "new_score": _score(case, copies[case.id], weighed, today)}
        for case in cases
    ]
    await execute_all(work.session, _REFRESHED, rows)
    await reread(work.session, Case, {case.id for case in cases})


def _score(case: Any, found: Copies, weighed: Mapping[Factor, int], today: date) -> int:
    facts = StaticFacts(
        amount=found.open_amount,
        due_since=found.due_since,
        priority=case.priority,
        broken_promises=case.broken_promises,
    )
    return static_score(facts, weighed, today)


async def _settle_claims(
    work: Work, case_ids: Sequence[int], today: date, known: Mapping[int, Sequence[ClaimDebt]] = _NOTHING_KNOWN
) -> dict[int, Copies]:
    """Bring the claims' states up to what is owed; the copies of each case."""
    debts = {case_id: known[case_id] for case_id in case_ids if case_id in known}
    debts |= by_case(await debts_of(work.session, [one for one in case_ids if one not in known], until=today))
    copies: dict[int, Copies] = {}
    turned: dict[ClaimState, list[int]] = defaultdict(list)
    for case_id in case_ids:
        mine = debts.get(case_id, ())
        standing = [debt.on(today) for debt in mine]
        copies[case_id] = copies_of(mine, standing)
        for debt, balance in zip(mine, standing, strict=True):
            state = ClaimState.PAID if balance.settled else ClaimState.OPEN
            if state != debt.state:
                turned[state].append(debt.claim_id)
    for state, claim_ids in turned.items():
        await work.session.execute(update(Claim).where(Claim.id.in_(claim_ids)).values(state=state))
    return copies


class CarryForward:
    """Brings the balances of cases that bear interest up to the agency's today, a few hundred at a time.

    A case that has been carried is not looked at again that day, so an interruption costs nothing: the next round goes
    on where the last one ended.
    """

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def run(self) -> int:
        """Carry everything that is behind; how many cases there were."""
        carried, after = 0, 0
        while batch := await self._batch(after):
            carried, after = carried + len(batch), batch[-1]
        return carried

    async def _batch(self, after: int) -> Sequence[int]:
        async with self._uow.read() as session:
            today = await agency_day(session, self._clock.now())
            accrues = exists().where(
                Claim.case_id == Case.id, Claim.interest_group_id.is_not(None), Claim.state == ClaimState.OPEN
            )
            behind = or_(Case.balance_on.is_(None), and_(Case.balance_on < today, accrues))
            found = select(Case.id).where(Case.id > after, Case.state != CaseState.CLOSED, behind)
            case_ids = (await session.scalars(found.order_by(Case.id).limit(_BATCH))).all()
        if case_ids:
            async with self._uow.write() as work:
                held = select(Case.id).where(Case.id.in_(case_ids)).order_by(Case.id).with_for_update()
                await work.session.execute(held)
                copies = await _settle_claims(work, case_ids, today)
                rows = [_row(case_id, copies[case_id], today) for case_id in case_ids]
                await execute_all(work.session, _CARRIED, rows)
        return case_ids
