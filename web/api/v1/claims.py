"""Claims of a case: what each says of itself, and what it is made of."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request

from core.cases import errors, rights
from core.cases.model import COMPONENTS, Case, ClaimNature, ClaimState
from core.cases.model import Claim as Row
from core.cases.queries.claims import claim_and_case, claims_of
from core.cases.service.access import case_for
from core.cases.service.cases import NewClaim
from core.cases.service.claims import ClaimFacts, add_claim, edit_claim, facts_of
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from web.api.v1.operation import Operation, routes_of, step
from web.api.v1.reach import reader
from web.api.v1.shapes import Currency, Id, Money, Nothing, Page, Sent, Shape, money
from web.security import actor, right
from web.state import services

Number = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00]*\S[^\x00]*$")]
Contract = Annotated[str, Field(max_length=80, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00]*\S[^\x00]*$")]


class Components(Shape):
    """A debt by what it is made of."""

    principal: Money
    contractual_interest: Money
    penalty: Money
    statutory_interest: Money
    creditor_fees: Money
    court_costs: Money
    agency_fees: Money


class ClaimOnCase(Components):
    """A debt of the case."""

    id: Id
    number: str
    state: ClaimState
    contract_number: str | None
    due_on: date | None
    limitation_on: date | None


class Claim(ClaimOnCase):
    """A claim whole. ``limitation_on`` is the day from which it is time-barred, ``limitation_restarted_on`` when the
    period began anew."""

    case_id: Id
    contract_on: date | None
    nature: ClaimNature
    limitation_restarted_on: date | None


class ClaimPage(Page[Claim]):
    """Every claim of the case in the order they came, those withdrawn too; always one page."""


class ClaimsAsked(Sent):
    """Whose claims."""

    case: Id


class Part(Sent):
    """A sum of zero or more. The amount is text: a JSON number may have lost its cents on the way."""

    amount: Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,2})?$", examples=["1234.56"])]
    currency: Currency


class ClaimAdded(Sent):
    """A further claim and ``reason`` why it comes; sums are in the case's currency, at least one is above zero.
    ``limitation_on`` null: as the law has it."""

    case_id: Id
    number: Number
    reason: Reason
    contract_number: Contract | None = None
    contract_on: date | None = None
    due_on: date | None = None
    nature: ClaimNature = ClaimNature.BUSINESS
    limitation_on: date | None = None
    limitation_restarted_on: date | None = None
    principal: Part | None = None
    contractual_interest: Part | None = None
    penalty: Part | None = None
    statutory_interest: Part | None = None
    creditor_fees: Part | None = None
    court_costs: Part | None = None
    agency_fees: Part | None = None

    def claim(self, case: Case) -> NewClaim:
        """As the use case takes it. Raises ``Invalid`` for a sum in another currency."""
        parts: dict[str, Part] = {name: part for name in COMPONENTS if (part := getattr(self, name)) is not None}
        if any(part.currency != case.currency for part in parts.values()):
            fault = msg("The debt is in {currency}.", currency=case.currency)
            raise Invalid(dict.fromkeys((name for name, one in parts.items() if one.currency != case.currency), fault))
        plain = ("number", "contract_on", "due_on", "nature", "limitation_on", "limitation_restarted_on")
        said: dict[str, Any] = {name: getattr(self, name) for name in plain}
        said |= {name: Decimal(part.amount) for name, part in parts.items()}
        return NewClaim(**said, contract_no=self.contract_number)


class ClaimCorrected(Sent):
    """What the claim is to say, and ``reason`` why. What is not named stays as it is; ``limitation_on`` null: as the
    law has it. Sums are corrected in the case's books."""

    reason: Reason
    number: Number | None = None
    contract_number: Contract | None = None
    contract_on: date | None = None
    due_on: date | None = None
    nature: ClaimNature | None = None
    limitation_on: date | None = None
    limitation_restarted_on: date | None = None

    def facts(self, row: Row) -> ClaimFacts:
        """As the use case takes it."""
        named = self.model_dump(exclude_unset=True, exclude={"reason"})
        if "contract_number" in named:
            named["contract_no"] = named.pop("contract_number")
        needed = {name: named.pop(name) for name in ("number", "nature") if named.get(name, 0) is None}
        if needed:
            raise Invalid(dict.fromkeys(needed, msg("This is needed.")))
        return facts_of(row, self.reason, **named)


async def index(request: Request, asked: ClaimsAsked) -> ClaimPage:
    async with services(request).uow.read() as session:
        case = await case_for(session, actor(request), asked.case)
        rows = await claims_of(session, case.id)
    return ClaimPage(items=[claim_of(row, case.currency) for row in rows], next=None)


async def one(request: Request, _given: Nothing) -> Claim:
    async with services(request).uow.read() as session:
        row, case = await claim_and_case(session, actor(request), request.path_params["id"], rights.VIEW)
    return claim_of(row, case.currency)


async def add(request: Request, given: ClaimAdded) -> Claim:
    me, now = actor(request), services(request).clock.now()
    async with services(request).uow.write() as work:
        case = await case_for(work.session, me, given.case_id, rights.LEDGER)
        row = await add_claim(work, me, case.id, given.claim(case), given.reason, at=now)
        return claim_of(row, case.currency)


async def correct(request: Request, given: ClaimCorrected) -> Claim:
    me, now, claim_id = actor(request), services(request).clock.now(), request.path_params["id"]
    async with services(request).uow.write() as work:
        known, case = await claim_and_case(work.session, me, claim_id, rights.LEDGER)
        await edit_claim(work, me, case.id, claim_id, given.facts(known), at=now)
    async with services(request).uow.read() as session:
        who = reader(request, rights.LEDGER, rights.VIEW)
        row, case = await claim_and_case(session, who, claim_id, rights.VIEW)
    return claim_of(row, case.currency)


def on_case(row: Row, currency: str) -> ClaimOnCase:
    """A claim as it is answered within its case."""
    return ClaimOnCase(**_plain(row), **_parts(row, currency))


def claim_of(row: Row, currency: str) -> Claim:
    """A claim as it is answered."""
    return Claim(
        **_plain(row),
        **_parts(row, currency),
        case_id=row.case_id,
        contract_on=row.contract_on,
        nature=ClaimNature(row.nature),
        limitation_restarted_on=row.limitation_restarted_on,
    )


def _plain(row: Row) -> dict[str, object]:
    return {
        "id": row.id,
        "number": row.number,
        "state": ClaimState(row.state),
        "contract_number": row.contract_no,
        "due_on": row.due_on,
        "limitation_on": row.limitation_on,
    }


def _parts(row: Row, currency: str) -> dict[str, Money]:
    return sums({name: getattr(row, name) for name in COMPONENTS}, currency)


def sums(parts: Mapping[str, Decimal], currency: str) -> dict[str, Money]:
    """The components as they are answered."""
    return {name: money(parts[name], currency) for name in COMPONENTS}


_VIEW, _LEDGER = right(rights.VIEW), right(rights.LEDGER)
_REFUSED = (NotFound, errors.CaseNotOpen)
OPERATIONS = (
    Operation(
        name="claims.list",
        method="GET",
        path="/claims",
        summary="The claims of a case",
        policy=_VIEW,
        takes=ClaimsAsked,
        gives=ClaimPage,
        errors=(NotFound,),
        handler=index,
    ),
    Operation(
        name="claims.get",
        method="GET",
        path="/claims/{id:int}",
        summary="One claim",
        policy=_VIEW,
        takes=Nothing,
        gives=Claim,
        errors=(NotFound,),
        handler=one,
    ),
    Operation(
        name="claims.add",
        method="POST",
        path="/claims",
        summary="Put a further claim on a case that is not closed",
        policy=_LEDGER,
        takes=ClaimAdded,
        gives=Claim,
        status=201,
        acts=True,
        errors=_REFUSED,
        handler=add,
    ),
    step(
        "/claims",
        "correct",
        "Correct what a claim says of itself",
        correct,
        takes=ClaimCorrected,
        gives=Claim,
        policy=_LEDGER,
        errors=_REFUSED,
    ),
)

routes = routes_of(OPERATIONS)
