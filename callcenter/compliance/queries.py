"""Reads of the ledger. The caller has made sure that the actor may see the case."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.compliance.decision import Decision
from callcenter.compliance.facts import Block, Contact, ContactRequest, Outcome
from callcenter.compliance.law.terms import BlockKind, Channel
from callcenter.compliance.model import AttemptState, ContactAttempt, ContactBlock, ContactDecision

OUTCOMES = {
    AttemptState.RESERVED: Outcome.LIVE,
    AttemptState.PLACED: Outcome.LIVE,
    AttemptState.ANSWERED: Outcome.ANSWERED,
    AttemptState.NOT_ANSWERED: Outcome.UNANSWERED,
}
"""What an attempt in a state counts as; those in other states never reached the debtor and do not count."""


async def history(session: AsyncSession, party_id: int, phone: str | None, since: datetime) -> list[Contact]:
    """The contacts that count, of the debtor and of the phone, since an aware time."""
    own = ContactAttempt.party_id == party_id
    rows = await session.scalars(
        select(ContactAttempt)
        .where(or_(own, ContactAttempt.phone == phone) if phone else own)
        .where(ContactAttempt.at >= since, ContactAttempt.state.in_(OUTCOMES))
        .order_by(ContactAttempt.at)
        .execution_options(populate_existing=True)
    )
    return [_contact(row) for row in rows]


def _contact(row: ContactAttempt) -> Contact:
    return Contact(
        at=row.at,
        channel=Channel(row.channel),
        outcome=OUTCOMES[AttemptState(row.state)],
        party_id=row.party_id,
        debts=frozenset(row.debts),
        phone=row.phone,
        inbound=row.inbound,
    )


async def blocks_in_force(session: AsyncSession, request: ContactRequest, now: datetime) -> list[Block]:
    """Recorded blocks that hold for the person, the case or the phone at ``now``."""
    rows = await session.scalars(_in_force(now).where(_concerns(request.party_id, request.case_id, request.phone)))
    return [Block(kind=BlockKind(row.kind), ends_at=row.ends_at) for row in rows]


async def block_entries(
    session: AsyncSession, party_id: int, case_id: int, phones: Sequence[str], now: datetime
) -> list[ContactBlock]:
    """The entries that hold now for a person, his case and his phones, newest first: for the case screen."""
    concerns = or_(_concerns(party_id, case_id, None), ContactBlock.phone.in_(phones))
    rows = await session.scalars(_in_force(now).where(concerns).order_by(ContactBlock.id.desc()))
    return list(rows)


def _in_force(now: datetime) -> Select[ContactBlock]:
    return select(ContactBlock).where(
        ContactBlock.lifted_at.is_(None), or_(ContactBlock.ends_at.is_(None), ContactBlock.ends_at > now)
    )


def _concerns(party_id: int, case_id: int, phone: str | None) -> ColumnElement[bool]:
    concerns = or_(ContactBlock.party_id == party_id, ContactBlock.case_id == case_id)
    return or_(concerns, ContactBlock.phone == phone) if phone else concerns


async def decisions_of(session: AsyncSession, case_id: int, limit: int = 50) -> list[ContactDecision]:
    """The stored decisions on a case, newest first."""
    rows = await session.scalars(
        select(ContactDecision)
        .where(ContactDecision.case_id == case_id)
        .order_by(ContactDecision.at.desc(), ContactDecision.id.desc())
        .limit(limit)
    )
    return list(rows)


def restored(row: ContactDecision) -> Decision:
    """The decision as it was made."""
    return msgspec.convert(row.snapshot, Decision)
