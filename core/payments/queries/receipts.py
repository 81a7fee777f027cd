"""Receipts for cash: the next number of a collector's day, and one receipt with everything that stands on it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Case, Claim, Creditor
from core.cases.rights import VIEW as CASES_VIEW
from core.cases.service.access import case_for
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.payments.model import Payment
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """A payment in cash, for which case and of whose debt, and who took it."""

    payment: Payment
    case: Case
    creditor: str
    contracts: tuple[str, ...]
    taken_by: str


async def next_receipt_no(session: AsyncSession, actor: Actor, day: date) -> str:
    """The number to propose: the collector's login, the day, and a count; no two collectors share a series."""
    series = f"{actor.login.upper()}-{day:%y%m%d}-"
    used = select(func.max(Payment.receipt_no)).where(
        Payment.created_by_id == actor.user_id, func.substr(Payment.receipt_no, 1, len(series)) == series
    )
    last = (await session.scalar(used) or "").removeprefix(series)
    return f"{series}{int(last) + 1 if last.isdigit() else 1:03}"


async def taken_before(session: AsyncSession, actor: Actor, receipt_no: str, key: str) -> Payment | None:
    """The actor's payment of that receipt, if it came from the form that ``key`` was given out with."""
    known = select(Payment).where(Payment.receipt_no == receipt_no, Payment.created_by_id == actor.user_id)
    payment = await session.scalar(known)
    return payment if payment is not None and payment.match.get("key") == key else None


async def receipt(session: AsyncSession, actor: Actor, case_id: int, payment_id: int) -> Receipt:
    """A receipt of a case in reach. Raises ``NotFound``."""
    case = await case_for(session, actor, case_id, CASES_VIEW)
    payment = await session.get(Payment, payment_id)
    if payment is None or payment.case_id != case.id or payment.receipt_no is None:
        raise NotFound
    creditor = await session.get_one(Creditor, case.creditor_id)
    taker = await session.get(User, payment.created_by_id) if payment.created_by_id else None
    contracts = select(Claim.contract_no).where(Claim.case_id == case.id, Claim.contract_no.is_not(None))
    found = (await session.scalars(contracts.order_by(Claim.id))).all()
    return Receipt(
        payment=payment,
        case=case,
        creditor=creditor.name,
        contracts=tuple(contract for contract in found if contract),
        taken_by=taker.full_name if taker else "",
    )
