"""Contact law between the rooms: the call floor's gate, and what the law must know of debtors, cases and phones."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.ports import Block, ContactRequest, ContactVerdict
from callcenter.compliance import facts as law
from callcenter.compliance.errors import ContactForbidden
from callcenter.compliance.law.terms import BlockKind, Jurisdiction
from callcenter.compliance.model import ContactAttempt
from callcenter.compliance.registry import Registry
from callcenter.compliance.rights import OVERRIDE
from callcenter.compliance.service import Gate
from core.cases.model import LIABLE, Case, CaseParty, CaseState, Claim, ClaimState, Creditor
from core.cases.queries.zones import address_zones
from core.kernel.access import PROGRAM, Actor
from core.kernel.errors import NotFound
from core.kernel.i18n import msg
from core.kernel.phones import as_key
from core.kernel.uow import Work
from core.parties.model import Party, Phone, PhoneQuality

#: Stands for somebody the house does not know: no such rows exist.
_NOBODY = 0
_DEAD_NUMBERS = frozenset({PhoneQuality.WRONG, PhoneQuality.NOT_IN_SERVICE, PhoneQuality.FAX})
_STANDING = {
    CaseState.OPEN: law.CaseStanding.OPEN,
    CaseState.SUSPENDED: law.CaseStanding.SUSPENDED,
    CaseState.CLOSED: law.CaseStanding.CLOSED,
}


class DebtorFacts:
    """Implements ``callcenter.compliance.ports.FactsSource`` over parties and cases."""

    async def facts_for(
        self, session: AsyncSession, party_id: int, case_id: int, phone: str | None
    ) -> law.ContactFacts:
        if party_id == _NOBODY:
            return law.ContactFacts(jurisdiction=Jurisdiction.NONE)
        case = (
            await session.execute(
                select(Case.state, Case.suspended_until, Case.jurisdiction, Creditor.jurisdiction.label("creditors"))
                .join(Creditor, Creditor.id == Case.creditor_id)
                .where(Case.id == case_id)
            )
        ).one_or_none()
        party = await session.get(Party, party_id)
        if case is None or party is None:
            raise NotFound
        number = await _number(session, party_id, phone)
        debts = await _debts(session, case_id)
        return law.ContactFacts(
            jurisdiction=Jurisdiction(case.jurisdiction or case.creditors),
            debts=debts,
            nothing_owed=not debts and await _has_paid(session, case_id),
            zone=party.timezone,
            phone_zone=number.timezone if number else None,
            address_zones=(await address_zones(session, [party_id]))[party_id],
            phone_consent=law.Consent(number.consent) if number else law.Consent.UNKNOWN,
            phone_valid=number is None or number.quality not in _DEAD_NUMBERS,
            third_party=await _is_third_party(session, party_id, case_id, number),
            born=party.birth_date,
            case=_STANDING[CaseState(case.state)],
            suspended_until=case.suspended_until,
        )


async def _number(session: AsyncSession, party_id: int, phone: str | None) -> Phone | None:
    if phone is None:
        return None
    return await session.scalar(select(Phone).where(Phone.party_id == party_id, Phone.number == as_key(phone)))


async def _debts(session: AsyncSession, case_id: int) -> frozenset[int]:
    statement = select(Claim.id).where(Claim.case_id == case_id, Claim.state == ClaimState.OPEN)
    return frozenset((await session.scalars(statement)).all())


async def _has_paid(session: AsyncSession, case_id: int) -> bool:
    paid = select(Claim.id).where(Claim.case_id == case_id, Claim.state == ClaimState.PAID).limit(1)
    return await session.scalar(paid) is not None


async def _is_third_party(session: AsyncSession, party_id: int, case_id: int, number: Phone | None) -> bool:
    """Somebody who does not owe, or a number that turned out to be somebody else's."""
    if number is not None and number.quality == PhoneQuality.THIRD_PARTY:
        return True
    statement = select(CaseParty.role).where(CaseParty.case_id == case_id, CaseParty.party_id == party_id)
    roles = set((await session.scalars(statement)).all())
    return bool(roles) and not roles & LIABLE


class CallGate:
    """Implements ``callcenter.calls.ports.Gate``."""

    def __init__(self, gate: Gate, registry: Registry) -> None:
        self._gate = gate
        self._registry = registry

    async def reserve(self, work: Work, request: ContactRequest) -> ContactVerdict:
        """When a number may be several people's, the law must allow all of them; the likeliest is counted."""
        found = await requests_for(work.session, request.party_id, request.case_id, request.phone, request.call_id)
        first, *others = (replace(one, machine=request.machine) for one in found)
        try:
            for other in others:
                decision = await self._gate.decide(work.session, other)
                if not decision.allowed:
                    raise ContactForbidden(other, decision)
            reserved = await self._gate.reserve(work, request.actor, first, request.override_reason)
        except ContactForbidden as refusal:
            await self._gate.store_refusal(work, request.actor, refusal)
            decision = refusal.decision
            return ContactVerdict(
                allowed=False,
                attempt_id=None,
                rule=decision.rule_id or "",
                reason=decision.reason or refusal.message,
                next_allowed_at=decision.next_allowed_at,
                zone=decision.zone,
                may_override=request.actor.may(OVERRIDE),
            )
        return ContactVerdict(
            allowed=True,
            attempt_id=reserved.attempt_id,
            rule=reserved.decision.rule_id or "",
            reason=reserved.decision.reason or msg("Allowed."),
        )

    async def release(self, work: Work, attempt_id: int) -> None:
        call_id = await _call_of(work.session, attempt_id)
        if call_id is not None:
            await self._gate.release(work, call_id)

    async def settle(self, work: Work, attempt_id: int, *, connected: bool, right_party: bool | None) -> None:
        """A talk with a third party is no talk with the debtor, but it was an answered contact all the same: the strict
        reading counts it."""
        call_id = await _call_of(work.session, attempt_id)
        if call_id is not None:
            await self._gate.settle(work, call_id, answered=connected)

    async def stop(self, work: Work, actor: Actor, block: Block) -> None:
        """The program keeps the block in the collector's name: giving a result needs no right over blocks."""
        await self._registry.block(
            work,
            PROGRAM,
            _kind(block),
            basis=block.basis or f"{actor.login}: {block.kind}",
            party_id=block.party_id,
            case_id=block.case_id if block.phone is None else None,
            phone=block.phone,
            ends_at=block.until,
        )


def _kind(block: Block) -> BlockKind:
    """A number stopped for good is a bad number; everything else has its own kind."""
    return BlockKind.INVALID_PHONE if block.phone is not None and block.until is None else BlockKind(block.kind)


async def _call_of(session: AsyncSession, attempt_id: int) -> int | None:
    return await session.scalar(select(ContactAttempt.call_id).where(ContactAttempt.id == attempt_id))


async def requests_for(
    session: AsyncSession, party_id: int | None, case_id: int | None, phone: str, call_id: int | None = None
) -> list[law.ContactRequest]:
    """Whom the call may reach: as said, else every owner of the number with an open case, else nobody known."""
    pairs = [(party_id, case_id)] if party_id and case_id else await _owners(session, phone)
    return [
        law.ContactRequest(party_id=party, case_id=case, phone=phone, call_id=call_id)
        for party, case in pairs or [(_NOBODY, _NOBODY)]
    ]


async def _owners(session: AsyncSession, phone: str) -> list[tuple[int, int]]:
    rows = await session.execute(
        select(CaseParty.party_id, CaseParty.case_id)
        .join(Phone, Phone.party_id == CaseParty.party_id)
        .join(Case, Case.id == CaseParty.case_id)
        .where(Phone.number == as_key(phone), Case.state != CaseState.CLOSED)
        .order_by(CaseParty.role.in_(LIABLE).desc(), Case.id)
    )
    return [(row.party_id, row.case_id) for row in rows]
