"""The gate every contact passes, and the ledger behind it.

A contact is decided and reserved in one transaction. SQLite has one writer; on PostgreSQL the gate takes advisory
locks on the debtor and on the phone, in that order, so that whoever comes second sees what the first reserved.
"""

import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.compliance import queries, rulebook, rules
from callcenter.compliance.decision import Decision
from callcenter.compliance.errors import AlreadyReserved, ContactForbidden, ReasonMissing
from callcenter.compliance.events import AttemptChanged, ContactRefused
from callcenter.compliance.facts import ContactFacts, ContactRequest, Question, blocks_of
from callcenter.compliance.model import AttemptState, ContactAttempt, ContactDecision
from callcenter.compliance.ports import FactsSource
from callcenter.compliance.rights import OVERRIDE
from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work
from core.parties import zones

_RANK = {
    AttemptState.RESERVED: 0,
    AttemptState.RELEASED: 1,
    AttemptState.CANCELLED: 1,
    AttemptState.PLACED: 2,
    AttemptState.NOT_ANSWERED: 3,
    AttemptState.ANSWERED: 4,
}
"""Reports come late, twice and out of order: a state only ever gives way to one that says more of what happened."""

_PARTY_LOCKS, _PHONE_LOCKS = 7101, 7102
"""Name spaces of PostgreSQL's advisory locks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reservation:
    """Leave to make one contact. ``overridden`` when a rule denied it and somebody with the right gave a reason."""

    attempt_id: int
    call_id: int | None
    decision: Decision
    overridden: bool


class Gate:
    """Decides on contacts and reserves them."""

    def __init__(self, facts: FactsSource, clock: Clock) -> None:
        self._facts = facts
        self._clock = clock

    async def decide(self, session: AsyncSession, request: ContactRequest, at: datetime | None = None) -> Decision:
        """What the law says to the contact now, or at the aware time ``at`` as far as is known today (a callback that
        is planned); reserves and stores nothing."""
        decision, _facts = await self._decide(session, request, at or self._clock.now())
        return decision

    async def reserve(
        self, work: Work, actor: Actor, request: ContactRequest, override_reason: str | None = None
    ) -> Reservation:
        """Leave to make the contact, stored with its decision in the caller's transaction.

        Raises ``ContactForbidden`` when a rule denies it and no ``override_reason`` is given (needs the right
        ``compliance.override``), ``AlreadyReserved`` when the call has a reservation. Open the transaction with
        ``deciding`` and refusals are stored too.
        """
        await _serialise(work.session, request)
        await _refuse_twice(work.session, request.call_id)
        decision, facts = await self._decide(work.session, request, self._clock.now())
        reason = None if decision.allowed else _override(actor, request, decision, override_reason)
        stored = _row(actor, request, decision, reason)
        work.session.add(stored)
        await work.session.flush()
        attempt = ContactAttempt(
            call_id=request.call_id,
            party_id=request.party_id,
            case_id=request.case_id,
            debts=sorted(facts.debts),
            phone=request.phone,
            channel=request.channel,
            inbound=False,
            state=AttemptState.RESERVED,
            at=decision.at,
            actor_id=actor.user_id,
            decision_id=stored.id,
            override_reason=reason,
        )
        work.session.add(attempt)
        await work.session.flush()
        work.emit(_changed(attempt, decision.at))
        if reason is not None:
            changes = {"rule": (None, decision.rule_id), "reason": (None, reason)}
            record(work, actor, OVERRIDE, ("contact_attempt", attempt.id), changes, at=decision.at)
        return Reservation(
            attempt_id=attempt.id, call_id=request.call_id, decision=decision, overridden=reason is not None
        )

    @asynccontextmanager
    async def deciding(self, uow: UnitOfWork, actor: Actor) -> AsyncIterator[Work]:
        """A transaction to reserve in. When the gate refuses, the transaction is rolled back as ever, and the refusal
        is stored in one of its own before the error goes on."""
        try:
            async with uow.write() as work:
                yield work
        except ContactForbidden as refusal:
            async with uow.write() as work:
                await self.store_refusal(work, actor, refusal)
            raise

    async def placed(self, work: Work, call_id: int) -> bool:
        """The debtor's phone is being dialled. Whether that was news."""
        return await self._advance(work, call_id, AttemptState.PLACED)

    async def settle(self, work: Work, call_id: int, *, answered: bool) -> bool:
        """What became of a contact that reached the debtor's side. Whether that was news; an answer is never taken
        back."""
        state = AttemptState.ANSWERED if answered else AttemptState.NOT_ANSWERED
        return await self._advance(work, call_id, state)

    async def cancel(self, work: Work, call_id: int) -> bool:
        """The collector gave up, or never picked up, before anything rang at the debtor's: it does not count."""
        return await self._advance(work, call_id, AttemptState.CANCELLED)

    async def release(self, work: Work, call_id: int) -> bool:
        """The order to dial failed before anything rang: it does not count. Without effect once it rang."""
        return await self._advance(work, call_id, AttemptState.RELEASED)

    async def record_inbound(self, work: Work, call_id: int, request: ContactRequest, *, answered: bool) -> None:
        """A call that the debtor placed. Never blocked; counts only for rules that say so. May be reported again."""
        if await work.session.scalar(select(ContactAttempt.id).where(ContactAttempt.call_id == call_id)) is not None:
            await self.settle(work, call_id, answered=answered)
            return
        facts = await self._facts.facts_for(work.session, request.party_id, request.case_id, request.phone)
        now = self._clock.now()
        attempt = ContactAttempt(
            call_id=call_id,
            party_id=request.party_id,
            case_id=request.case_id,
            debts=sorted(facts.debts),
            phone=request.phone,
            channel=request.channel,
            inbound=True,
            state=AttemptState.ANSWERED if answered else AttemptState.NOT_ANSWERED,
            at=now,
            settled_at=now,
        )
        work.session.add(attempt)
        await work.session.flush()
        work.emit(_changed(attempt, now))

    async def _decide(
        self, session: AsyncSession, request: ContactRequest, now: datetime
    ) -> tuple[Decision, ContactFacts]:
        facts = await self._facts.facts_for(session, request.party_id, request.case_id, request.phone)
        profile = await rulebook.profile_of(session, facts.jurisdiction)
        zone = zones.resolve(
            explicit=facts.zone,
            of_phone=facts.phone_zone,
            phone=request.phone,
            address=facts.address_zones,
            country=profile.country,
        )
        recorded = await queries.blocks_in_force(session, request, now)
        since = now - timedelta(days=profile.lookback_days())
        history = await queries.history(session, request.party_id, request.phone, since)
        question = Question(
            party_id=request.party_id,
            channel=request.channel,
            zone=zone,
            debts=facts.debts,
            phone=request.phone,
            blocks=(*recorded, *blocks_of(facts, zone, now)),
            machine=request.machine,
        )
        return rules.decide(question, history, profile, now), facts

    async def store_refusal(self, work: Work, actor: Actor, refusal: ContactForbidden) -> None:
        """Keep the decision that forbade a contact, for whoever answers the error instead of passing it on."""
        request, decision = refusal.request, refusal.decision
        work.session.add(_row(actor, request, decision, None))
        work.emit(
            ContactRefused(
                at=decision.at,
                party_id=request.party_id,
                case_id=request.case_id,
                call_id=request.call_id,
                rule_id=decision.rule_id or "",
            )
        )

    async def _advance(self, work: Work, call_id: int, state: AttemptState) -> bool:
        now = self._clock.now()
        earlier = [one for one, rank in _RANK.items() if rank < _RANK[state]]
        settled_at = None if state is AttemptState.PLACED else now
        attempt = await work.session.scalar(
            update(ContactAttempt)
            .where(ContactAttempt.call_id == call_id, ContactAttempt.state.in_(earlier))
            .values(state=state, settled_at=settled_at)
            .returning(ContactAttempt)
            .execution_options(synchronize_session="fetch", populate_existing=True)
        )
        if attempt is None:
            return False
        work.emit(_changed(attempt, now))
        return True


def _override(actor: Actor, request: ContactRequest, decision: Decision, reason: str | None) -> str:
    """The reason to go against the decision, once the actor may and has given one."""
    if reason is None:
        raise ContactForbidden(request, decision)
    actor.require(OVERRIDE)
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()


def _row(actor: Actor, request: ContactRequest, decision: Decision, override_reason: str | None) -> ContactDecision:
    return ContactDecision(
        at=decision.at,
        party_id=request.party_id,
        case_id=request.case_id,
        call_id=request.call_id,
        phone=request.phone,
        channel=request.channel,
        jurisdiction=decision.jurisdiction,
        verdict=decision.verdict,
        rule_id=decision.rule_id,
        next_allowed_at=decision.next_allowed_at,
        actor_id=actor.user_id,
        override_reason=override_reason,
        snapshot=msgspec.to_builtins(decision),
    )


def _changed(attempt: ContactAttempt, at: datetime) -> AttemptChanged:
    return AttemptChanged(
        at=at,
        attempt_id=attempt.id,
        call_id=attempt.call_id,
        party_id=attempt.party_id,
        case_id=attempt.case_id,
        state=AttemptState(attempt.state),
    )


async def _serialise(session: AsyncSession, request: ContactRequest) -> None:
    """Make everybody who wants the same debtor or the same phone wait for this transaction."""
    if session.get_bind().dialect.name != "postgresql":
        return
    await session.execute(select(func.pg_advisory_xact_lock(_PARTY_LOCKS, _key(str(request.party_id)))))
    if request.phone is not None:
        await session.execute(select(func.pg_advisory_xact_lock(_PHONE_LOCKS, _key(request.phone))))


def _key(name: str) -> int:
    """``name`` as a signed 32-bit lock key; two names that share one merely wait for each other."""
    return zlib.crc32(name.encode()) - (1 << 31)


async def _refuse_twice(session: AsyncSession, call_id: int | None) -> None:
    if call_id is None:
        return
    if await session.scalar(select(ContactAttempt.id).where(ContactAttempt.call_id == call_id)) is not None:
        raise AlreadyReserved
