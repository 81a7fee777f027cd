"""The sheet that explains a balance: what was posted, what accrued and by which terms, when nothing did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.model import (
    Account,
    AccrualBlock,
    Case,
    Claim,
    Creditor,
    InterestGroup,
    LedgerEntry,
    LedgerTransaction,
)
from core.cases.queries.balance import CaseBalance, case_balance
from core.cases.service.access import case_for
from core.kernel.access import Actor


@dataclass(frozen=True, kw_only=True, slots=True)
class PostedLine:
    """An entry on a claim: when it takes effect, why, on which component, how much."""

    value_on: date
    kind: str
    component: str
    amount: Decimal
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DebtSheet:
    """A case on a day with everything its balance is made of. ``posted`` goes by claim id."""

    case: Case
    creditor: Creditor
    balance: CaseBalance
    claims: dict[int, Claim]
    posted: dict[int, list[PostedLine]]
    blocks: Sequence[AccrualBlock]
    groups: dict[int, InterestGroup]


async def debt_sheet(session: AsyncSession, actor: Actor, case_id: int, on: date) -> DebtSheet:
    """The sheet of a case at the end of a day. Raises ``NotFound`` for a foreign one; the caller audits the look."""
    case = await case_for(session, actor, case_id, rights.VIEW)
    claims = await session.scalars(select(Claim).where(Claim.case_id == case_id))
    blocks = select(AccrualBlock).where(AccrualBlock.case_id == case_id)
    groups = await session.scalars(select(InterestGroup).order_by(InterestGroup.name))
    return DebtSheet(
        case=case,
        creditor=await session.get_one(Creditor, case.creditor_id),
        balance=await case_balance(session, case_id, on),
        claims={claim.id: claim for claim in claims},
        posted=await _posted(session, case_id, on),
        blocks=(await session.scalars(blocks.order_by(AccrualBlock.from_on, AccrualBlock.id))).all(),
        groups={group.id: group for group in groups},
    )


async def _posted(session: AsyncSession, case_id: int, on: date) -> dict[int, list[PostedLine]]:
    entry, of = LedgerEntry, LedgerTransaction
    listed = select(entry.claim_id, entry.value_on, of.kind, entry.component, entry.amount, of.reason)
    listed = listed.join(of, of.id == entry.transaction_id)
    listed = listed.where(entry.case_id == case_id, entry.account == Account.DEBT, entry.value_on <= on)
    found: dict[int, list[PostedLine]] = {}
    for claim_id, value_on, kind, component, amount, reason in await session.execute(
        listed.order_by(entry.value_on, entry.id)
    ):
        line = PostedLine(value_on=value_on, kind=kind, component=str(component), amount=amount, reason=reason)
        found.setdefault(claim_id or 0, []).append(line)
    return found
