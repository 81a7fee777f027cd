"""Payments that wait for somebody to say what they are for, with the cases they may be for."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Case
from core.kernel.access import Actor
from core.payments import rights
from core.payments.model import MoneyAccount, Payment, PaymentState
from core.payments.queries.ranking import Asked, ranking
from core.payments.queries.searching import found_by
from core.payments.rules.matching import Match, Reason
from core.people.access import reaches

PAGE = 20
_CASES_SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """A case a payment may be for, with its score (0 to 100) and why."""

    case_id: int
    number: str
    debtor: str
    balance: Decimal
    currency: str
    score: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A payment in the queue. ``double`` is a payment it may be once more."""

    payment: Payment
    account: str
    double: int | None
    suggestions: tuple[Suggestion, ...]


async def count_queue(session: AsyncSession, actor: Actor) -> int:
    """How many payments wait."""
    actor.require(rights.SETTLE)
    return await session.scalar(_queue(select(func.count()).select_from(Payment))) or 0


async def queue(
    session: AsyncSession, actor: Actor, *, search: str = "", after: int = 0, size: int = PAGE
) -> Sequence[Waiting]:
    """The next payments behind payment ``after``, in the order they were registered; what they may be for is weighed
    now. ``search`` looks in payer, purpose, document and account."""
    actor.require(rights.SETTLE)
    wanted = _queue(select(Payment, MoneyAccount.name).join(MoneyAccount, MoneyAccount.id == Payment.account_id))
    if search.strip():
        wanted = wanted.where(found_by(search))
    found = (await session.execute(wanted.where(Payment.id > after).order_by(Payment.id).limit(size))).all()
    ranked = await ranking(session, [_asked(row.Payment) for row in found])
    cases = await _reachable(session, actor, {match.case_id for matches in ranked for match in matches})
    return [
        Waiting(
            payment=row.Payment,
            account=row.name,
            double=row.Payment.match.get("double"),
            suggestions=_suggested(matches, cases),
        )
        for row, matches in zip(found, ranked, strict=True)
    ]


def _queue(statement: Select[*tuple[object, ...]]) -> Select[*tuple[object, ...]]:
    return statement.where(Payment.state == PaymentState.POSTED, Payment.case_id.is_(None))


def _asked(payment: Payment) -> Asked:
    return Asked(
        amount=payment.amount,
        currency=payment.currency,
        purpose=payment.purpose,
        payer_name=payment.payer_name,
        payer_account=payment.payer_account or "",
        payer_tax_id=payment.payer_tax_id or "",
    )


async def _reachable(session: AsyncSession, actor: Actor, case_ids: set[int]) -> dict[int, Case]:
    wanted = select(Case).where(Case.id.in_(case_ids))
    reach = reaches(actor, rights.SETTLE, owner=Case.collector_id, unit=Case.unit_id)
    found = await session.scalars(wanted if reach is None else wanted.where(reach))
    return {case.id: case for case in found}


def _suggested(matches: Sequence[Match], cases: dict[int, Case]) -> tuple[Suggestion, ...]:
    shown = [match for match in matches if match.case_id in cases][:_CASES_SHOWN]
    return tuple(
        Suggestion(
            case_id=match.case_id,
            number=cases[match.case_id].number,
            debtor=cases[match.case_id].debtor_name,
            balance=cases[match.case_id].open_amount,
            currency=cases[match.case_id].currency,
            score=match.score,
            reasons=match.reasons,
        )
        for match in shown
    )
