"""Entering a case by hand: the debtor and the first claim on one page, the rest on the case itself."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.errors import CaseNumberTaken
from core.cases.model import COMPONENTS, Creditor, Jurisdiction
from core.cases.queries.lists import stages
from core.cases.queries.orders import OrderRow, order_row
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.claims import sum_faults
from core.kernel.errors import DomainError, Invalid
from core.kernel.i18n import Message
from core.parties.errors import BadPhone
from core.parties.model import IdKind, PartyKind
from core.parties.service import NewParty, NewPhone, known_by_id
from core.people import queries as people
from web.forms import EmailField, ZoneField, parse, submitted
from web.page import go_to, page
from web.pages import options
from web.pages.cases import case_words as words
from web.pages.cases.claim_fields import ClaimFields, natures
from web.pages.choices import language_options
from web.pages.zones import zone_options
from web.security import actor, right, route
from web.state import services

Short = Annotated[str, StringConstraints(max_length=60)]


class CaseForm(ClaimFields):
    """A case with its main debtor and first claim. Sums are in the creditor's currency."""

    number: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    kind: PartyKind = PartyKind.PERSON
    name: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    birth_date: date | None = None
    id_kind: IdKind | None = None
    id_value: Short = ""
    language: Annotated[str, StringConstraints(max_length=2)] | None = None
    timezone: ZoneField | None = None
    phone: Short = ""
    email: EmailField | None = None
    address: Annotated[str, StringConstraints(max_length=500)] = ""
    jurisdiction: Jurisdiction | None = None
    stage_id: int | None = None
    collector_id: int | None = None
    claim_no: Short = ""

    def party(self, region: str) -> NewParty:
        """The debtor as the use case takes it."""
        return NewParty(
            name=self.name,
            kind=self.kind,
            birth_date=self.birth_date,
            language=self.language,
            timezone=self.timezone,
            ids=((self.id_kind, self.id_value),) if self.id_kind and self.id_value else (),
            phones=(NewPhone(raw=self.phone, region=region, source="entered"),) if self.phone else (),
            emails=(self.email,) if self.email else (),
            addresses=(self.address,) if self.address else (),
            source="entered",
        )

    def first_claim(self) -> NewClaim:
        """The claim. Raises ``Invalid`` for sums that make no debt."""
        new = self.claim(self.claim_no or self.number)
        if faults := sum_faults(new):
            raise Invalid(faults)
        return new


async def new(request: Request) -> Response:
    """An empty form."""
    order = await _order(request)
    return await _form(request, order, {"kind": PartyKind.PERSON})


async def _order(request: Request) -> OrderRow:
    async with services(request).uow.read() as session:
        return await order_row(session, actor(request), request.path_params["id"])


async def create(request: Request) -> Response:
    """Open the case. A debtor whose tax or document number is known already is that person."""
    held, order = services(request), await _order(request)
    try:
        sent = await parse(request, CaseForm)
        async with held.uow.write() as work:
            creditor = await work.session.get_one(Creditor, order.creditor_id)
            party = sent.party(creditor.region)
            known = await known_by_id(work.session, party.ids)
            new_case = NewCase(
                order_id=order.id,
                number=sent.number,
                people=(NewPerson(party=known or party),),
                claims=(sent.first_claim(),),
                jurisdiction=sent.jurisdiction,
                stage_id=sent.stage_id,
                collector_id=sent.collector_id,
            )
            case = await open_case(work, actor(request), new_case, at=held.clock.now())
    except (Invalid, CaseNumberTaken) as fault:
        return await _form(request, order, await submitted(request), _fields(fault))
    return go_to(f"/cases/{case.id}")


def _fields(fault: DomainError) -> Mapping[str, Message]:
    if isinstance(fault, CaseNumberTaken):
        return {"number": fault.message}
    if isinstance(fault, BadPhone):
        return {"phone": fault.message}
    return dict(fault.fields) if isinstance(fault, Invalid) else {}


async def _form(
    request: Request, order: OrderRow, values: Mapping[str, Any], faults: Mapping[str, Message] | None = None
) -> Response:
    me = actor(request)
    async with services(request).uow.read() as session:
        steps = options.of_rows(one for one in await stages(session) if one.active)
        colleagues = await people.colleagues(session, me, rights.ASSIGN) if me.may(rights.ASSIGN) else []
    context = {
        "order": order,
        "values": values,
        "faults": faults or {},
        "stages": steps,
        "collectors": options.of_people(colleagues),
        "laws": options.of_words(words.JURISDICTIONS),
        "kinds": options.of_words(words.PARTY_KINDS),
        "id_kinds": options.of_words(words.ID_KINDS),
        "languages_": language_options(),
        "zones": zone_options(actor(request).language),
        "natures": natures(),
        "components": [(name, words.COMPONENT_LABELS[name]) for name in COMPONENTS],
    }
    return await page(request, "orders/case_form.html", context, status=422 if faults else 200)


_EDIT = right(rights.ORDERS)
routes = (
    route("/orders/{id:int}/cases/new", new, policy=_EDIT, name="order.case_new"),
    route("/orders/{id:int}/cases", create, policy=_EDIT, methods=["POST"], name="order.case_create"),
)
