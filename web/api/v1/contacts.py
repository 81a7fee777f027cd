"""Who is calling, and whether the law lets a debtor be contacted."""

from enum import StrEnum

from starlette.requests import Request

from callcenter.calls.errors import BadNumber
from callcenter.compliance.decision import Verdict
from callcenter.compliance.facts import ContactRequest
from callcenter.compliance.law.terms import Channel
from callcenter.compliance.service import Gate
from core.cases import rights
from core.cases.lookup import CallerKind, who_is_calling
from core.cases.model import CaseState, PartyRole
from core.cases.rules.cases import Candidate as Found
from core.cases.rules.cases import Reason
from core.kernel.errors import NotFound
from core.kernel.i18n import translator
from core.kernel.phones import normalise
from web.api.v1.operation import Operation, routes_of
from web.api.v1.reach import person_on
from web.api.v1.shapes import E164, Id, Money, Nothing, Sent, Shape, Utc, When, money
from web.security import actor, right
from web.state import part, services

_VIEW = right(rights.VIEW)


class Known(StrEnum):
    """Whether anybody in reach has the number."""

    KNOWN = "known"
    UNKNOWN = "unknown"


class Candidate(Shape):
    """Somebody who may be calling, and one of his cases. ``reasons`` come strongest first."""

    party_id: Id
    name: str
    phone: str
    role: PartyRole | None
    case_id: int | None
    case_number: str | None
    case_state: CaseState | None
    creditor: str | None
    agent: int | None
    open_amount: Money | None
    last_contact_at: Utc | None
    reasons: list[Reason]


class Caller(Shape):
    """Who has a number, likeliest first."""

    phone: str
    kind: Known
    candidates: list[Candidate]


class ContactAsked(Sent):
    """May this person be contacted about this case? ``at`` null: now. ``phone`` is needed for calls and messages."""

    party_id: Id
    case_id: Id
    phone: E164 | None = None
    channel: Channel = Channel.CALL
    at: When | None = None


class ContactAnswer(Shape):
    """What the law says. ``warn`` lets the contact through. ``rule`` and ``reason`` name the rule that binds longest;
    ``next_allowed_at`` is when it will be allowed, null when that cannot be foreseen."""

    decision: Verdict
    rule: str | None
    reason: str | None
    next_allowed_at: Utc | None


async def caller(request: Request, _sent: Nothing) -> Caller:
    e164 = normalise(_plus(request.path_params["e164"]), region="")
    if e164 is None:
        raise NotFound
    held = services(request)
    async with held.uow.read() as session:
        found = await who_is_calling(session, actor(request), e164, region="", now=held.clock.now())
    known = Known.KNOWN if found.kind is CallerKind.KNOWN else Known.UNKNOWN
    return Caller(phone=e164, kind=known, candidates=[_candidate(one) for one in found.candidates])


def _plus(written: str) -> str:
    """The number with its plus, which is easily lost on the way through an address."""
    return written if written.startswith("+") else f"+{written.strip()}"


def _candidate(found: Found) -> Candidate:
    owed = found.open_amount is not None and found.currency is not None
    return Candidate(
        party_id=found.party_id,
        name=found.party_name,
        phone=found.e164,
        role=PartyRole(found.role) if found.role else None,
        case_id=found.case_id,
        case_number=found.case_number,
        case_state=CaseState(found.case_state) if found.case_state else None,
        creditor=found.creditor_name,
        agent=found.collector_id,
        open_amount=money(found.open_amount, found.currency) if owed else None,  # type: ignore[arg-type]
        last_contact_at=found.last_contact_at,
        reasons=list(found.reasons),
    )


async def check(request: Request, asked: ContactAsked) -> ContactAnswer:
    me = actor(request)
    wanted = ContactRequest(
        party_id=asked.party_id, case_id=asked.case_id, phone=_number(asked.phone), channel=asked.channel
    )
    async with services(request).uow.read() as session:
        await person_on(session, me, asked.case_id, asked.party_id)
        decision = await part(request, Gate).decide(session, wanted, at=asked.at)
    return ContactAnswer(
        decision=decision.verdict,
        rule=decision.rule_id,
        reason=translator(me.language).render(decision.reason) if decision.reason else None,
        next_allowed_at=decision.next_allowed_at,
    )


def _number(phone: str | None) -> str | None:
    if phone is None:
        return None
    e164 = normalise(phone, region="")
    if e164 is None:
        raise BadNumber
    return e164


OPERATIONS = (
    Operation(
        name="phones.get",
        method="GET",
        path="/phones/{e164}",
        summary="Who is calling from this number",
        policy=_VIEW,
        takes=Nothing,
        gives=Caller,
        errors=(NotFound,),
        handler=caller,
    ),
    Operation(
        name="contacts.check",
        method="POST",
        path="/contact-check",
        summary="Whether contact law allows a contact; nothing is reserved",
        policy=_VIEW,
        takes=ContactAsked,
        gives=ContactAnswer,
        errors=(NotFound, BadNumber),
        handler=check,
    ),
)

routes = routes_of(OPERATIONS)
