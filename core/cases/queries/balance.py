"""Balances: of one case explained line by line, of many cases at once, and what of them can be paid."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Account, Case, Claim, ClaimState, LedgerEntry
from core.cases.queries.interest import blocks_of, terms_of
from core.cases.rules.balance import CaseBalance, ClaimBalance, ClaimDebt, OpenItem, case_balance_of, open_items_of
from core.cases.rules.interest import Movement
from core.kernel.among import Among

__all__ = ["CaseBalance", "ClaimBalance", "OpenItem", "balances", "by_case", "case_balance", "debts_of", "open_items"]

#: How many cases are read at once: far below the variables a statement may have.
_BATCH = 500


async def case_balance(session: AsyncSession, case_id: int, as_of: date) -> CaseBalance:
    """The balance of a case at the end of a day, with the lines that explain it. Rights are the caller's.

    Claims that were withdrawn do not count. Raises ``NoResultFound`` for a case that is not there.
    """
    debts = await debts_of(session, [case_id], until=as_of)
    if debts:
        return case_balance_of(case_id, debts[0].currency, debts, as_of)
    currency = (await session.execute(select(Case.currency).where(Case.id == case_id))).scalar_one()
    return case_balance_of(case_id, currency, (), as_of)


async def balances(session: AsyncSession, case_ids: Iterable[int], as_of: date) -> Mapping[int, Decimal]:
    """The totals of many cases at the end of a day; zero for one without claims that stand."""
    wanted = list(dict.fromkeys(case_ids))
    totals = dict.fromkeys(wanted, Decimal(0))
    for debt in await debts_of(session, wanted, until=as_of):
        totals[debt.case_id] += debt.on(as_of).total
    return totals


async def open_items(session: AsyncSession, case_ids: Iterable[int], as_of: date) -> Sequence[OpenItem]:
    """What of the open claims can be paid with a value date of ``as_of``: by due day (none first), claim, component."""
    debts = await debts_of(session, case_ids)
    return [item for debt in debts for item in open_items_of(debt, as_of)]


async def debts_of(session: AsyncSession, case_ids: Iterable[int], *, until: date | None = None) -> list[ClaimDebt]:
    """The claims of cases that stand, with what their balance is reckoned from (``until``: with entries up to it)."""
    found: list[ClaimDebt] = []
    rest = iter(dict.fromkeys(case_ids))
    while batch := list(islice(rest, _BATCH)):
        found += await _debts(session, batch, until)
    return sorted(found, key=lambda debt: (debt.due_on or date.min, debt.claim_id))


def by_case(debts: Iterable[ClaimDebt]) -> dict[int, list[ClaimDebt]]:
    """Claims by their case, in the order given."""
    found: dict[int, list[ClaimDebt]] = defaultdict(list)
    for debt in debts:
        found[debt.case_id].append(debt)
    return found


async def _debts(session: AsyncSession, case_ids: Sequence[int], until: date | None) -> list[ClaimDebt]:
    wanted = select(*_CLAIM_COLUMNS, Case.currency).join(Case, Case.id == Claim.case_id)
    wanted = wanted.where(Among(Claim.case_id, case_ids), Claim.state != ClaimState.WITHDRAWN)
    claims = (await session.execute(wanted)).all()
    groups = {claim.interest_group_id for claim in claims if claim.interest_group_id is not None}
    terms = await terms_of(session, groups)
    blocks = await blocks_of(session, case_ids) if groups else {}
    movements = await _movements(session, case_ids, until)
    return [
        ClaimDebt(
            claim_id=claim.id,
            case_id=claim.case_id,
            number=claim.number,
            state=claim.state,
            contract_no=claim.contract_no,
            due_on=claim.due_on,
            limitation_on=claim.limitation_on,
            interest_from=claim.interest_from,
            currency=claim.currency,
            terms=terms.get(claim.interest_group_id, ()) if claim.interest_group_id else (),
            blocks=blocks.get(claim.case_id, ()),
            movements=movements.get(claim.id, ()),
        )
        for claim in claims
    ]


#: What of a claim its balance is reckoned from: columns, since rows of many cases are read at once.
_CLAIM_COLUMNS = (
    Claim.id,
    Claim.case_id,
    Claim.number,
    Claim.state,
    Claim.contract_no,
    Claim.due_on,
    Claim.limitation_on,
    Claim.interest_from,
    Claim.interest_group_id,
)


async def _movements(
    session: AsyncSession, case_ids: Sequence[int], until: date | None
) -> Mapping[int, Sequence[Movement]]:
    """What was posted on the claims, day by day."""
    keys = (LedgerEntry.claim_id, LedgerEntry.value_on, LedgerEntry.component)
    posted = select(*keys, func.sum(LedgerEntry.amount).label("amount"))
    posted = posted.where(Among(LedgerEntry.case_id, case_ids), LedgerEntry.account == Account.DEBT)
    if until is not None:
        posted = posted.where(LedgerEntry.value_on <= until)
    found: dict[int, list[Movement]] = defaultdict(list)
    for claim_id, value_on, component, amount in await session.execute(posted.group_by(*keys).order_by(*keys)):
        assert claim_id is not None  # an entry on a debt names its claim and component
        assert component is not None
        found[claim_id].append(Movement(on=value_on, component=component, amount=amount))
    return found
