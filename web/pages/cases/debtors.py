"""Debtors: the list of the people and organisations on cases, and one of them with its tree and contact data."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.queries import lists
from core.cases.queries.debtors import DebtorCard, debtor_card
from core.cases.queries.lists import DebtorRow, ListQuery
from core.cases.service import entities
from core.kernel.errors import DomainError, Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.parties.errors import BadPhone, PhoneKnown
from core.parties.model import Address, AddressKind, Email, PartyKind, Phone, PhoneKind
from core.parties.rules import masked_id
from core.parties.service import NewParty, NewPhone
from web.forms import EmailField, Form, ZoneField, parse, submitted
from web.lists import PAGE_SIZE, ListSpec, asked, listed
from web.page import go_to, page
from web.pages import options
from web.pages.cases import case_words as words
from web.pages.cases.case_list import CASES, case_row
from web.pages.choices import language_options
from web.pages.listing import Align, Column, DayCell, EmptyState, Filter, FilterKind, Row, TextCell, ZoneCell
from web.pages.zones import zone_options
from web.rendering import LANGUAGE_NAMES
from web.security import actor, right, route
from web.state import services

Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Short = Annotated[str, StringConstraints(max_length=120)]
_CONTACTS: Mapping[str, type[Phone] | type[Email] | type[Address]] = {
    "phone": Phone,
    "email": Email,
    "address": Address,
}

DEBTORS = ListSpec(
    key="debtors",
    title=msg("Debtors"),
    path="/debtors",
    sort="name",
    search_hint=msg("Name, phone, tax number or e-mail"),
    columns=(
        Column(key="name", label=msg("Name"), sortable=True),
        Column(key="birth", label=msg("Birth date")),
        Column(key="zone", label=msg("Time zone")),
        Column(key="language", label=msg("Language")),
        Column(key="phones", label=msg("Phones"), align=Align.END),
        Column(key="cases", label=msg("Cases"), align=Align.END),
    ),
    filters=(Filter(key="liable", label=msg("Only who owes"), kind=FilterKind.BOOL),),
    empty=EmptyState(
        title=msg("Nobody found"), hint=msg("Search by another piece of the name or number."), icon="users"
    ),
)


async def debtors(request: Request) -> Response:
    """The people on the cases in reach."""
    wanted = asked(request, DEBTORS)
    query = ListQuery(search=wanted.search, sort=wanted.sort, after=wanted.after, before=wanted.before, size=PAGE_SIZE)
    async with services(request).uow.read() as session:
        liable = bool(wanted.value("liable"))
        found = await lists.list_debtors(session, actor(request), query, liable_only=liable)
    drawn = await listed(request, wanted, found, _debtor)
    return await page(request, "list_page.html", {"view": drawn})


def _debtor(line: DebtorRow) -> Row:
    return Row(
        id=str(line.id),
        href=f"/debtors/{line.id}",
        cells={
            "name": TextCell(line.name, href=f"/debtors/{line.id}"),
            "birth": DayCell(line.birth_date),
            "zone": ZoneCell(line.timezone),
            "language": TextCell(LANGUAGE_NAMES.get(line.language or "")),
            "phones": TextCell(line.phones),
            "cases": TextCell(line.cases),
        },
    )


class EntityForm(Form):
    """Who a debtor is."""

    name: Name
    language: Annotated[str, StringConstraints(max_length=2)] | None = None
    timezone: ZoneField | None = None


class BelowForm(Form):
    """A branch or a contact person to hang below an organisation."""

    name: Name
    kind: PartyKind
    phone: Short = ""


class ContactForm(Form):
    """Another way to reach a debtor: any of the three."""

    phone: Short = ""
    phone_kind: PhoneKind = PhoneKind.MOBILE
    email: EmailField | None = None
    address: Annotated[str, StringConstraints(max_length=500)] = ""
    address_kind: AddressKind = AddressKind.HOME


class MoveForm(Form):
    """Where in its tree a party hangs; nowhere when empty."""

    parent_id: int | None = None


async def one(request: Request) -> Response:
    """A debtor. Looking at it is written in the audit trail."""
    return await _drawn(request)


async def _drawn(request: Request, faults: Mapping[str, Message] | None = None) -> Response:
    held, me = services(request), actor(request)
    async with held.uow.read() as session:
        card = await debtor_card(session, me, request.path_params["id"])
    await held.looks.looked(me, ("party", card.party.id))
    spec = replace(CASES, filters=(), search_hint=None, export_right=None)
    context = {
        "card": card,
        "rows": [case_row(line) for line in card.cases],
        "columns": [column for column in spec.columns if column.visible],
        "above": _possible_parents(card),
        "values": dict(await submitted(request)) if faults else {},
        "faults": faults or {},
        "edits": me.may(rights.EDIT),
        "kinds": words.PARTY_KINDS,
        "ids": [(words.ID_KINDS[known.kind], masked_id(known.value)) for known in card.ids],
        "phone_kinds": options.of_words(words.PHONE_KINDS),
        "address_kinds": options.of_words(words.ADDRESS_KINDS),
        "address_words": words.ADDRESS_KINDS,
        "qualities": words.PHONE_QUALITIES,
        "entity_kinds": options.of_words(words.PARTY_KINDS),
        "languages_": language_options(),
        "language_names": LANGUAGE_NAMES,
        "zones": zone_options(actor(request).language),
    }
    return await page(request, "debtors/debtor.html", context, status=422 if faults else 200)


def _possible_parents(card: DebtorCard) -> list[tuple[int, str]]:
    """Organisations of the same tree, by their depth."""
    return [
        (branch.party.id, "\u2003" * branch.depth + branch.party.name)
        for branch in card.tree
        if branch.party.kind == PartyKind.ORGANISATION and branch.party.id != card.party.id
    ]


async def change(request: Request) -> Response:
    """Save who a debtor is."""
    held, party_id = services(request), request.path_params["id"]
    try:
        sent = await parse(request, EntityForm)
        async with held.uow.write() as work:
            data = entities.EntityData(**sent.model_dump())
            await entities.edit_entity(work, actor(request), party_id, data, at=held.clock.now())
    except Invalid as faults:
        return await _drawn(request, faults.fields)
    return go_to(f"/debtors/{party_id}")


async def add_below(request: Request) -> Response:
    """Hang a branch or a contact person below an organisation."""
    held, party_id = services(request), request.path_params["id"]
    try:
        sent = await parse(request, BelowForm)
        phones = (NewPhone(raw=sent.phone, region="", kind=PhoneKind.WORK, source="entered"),) if sent.phone else ()
        new = NewParty(name=sent.name, kind=sent.kind, phones=phones)
        async with held.uow.write() as work:
            added = await entities.add_below(work, actor(request), party_id, new, at=held.clock.now())
    except Invalid as fault:
        return await _drawn(request, _fields(fault, "below_"))
    return go_to(f"/debtors/{added.id}")


async def move(request: Request) -> Response:
    """Hang a party elsewhere in its tree."""
    held, party_id, sent = services(request), request.path_params["id"], await parse(request, MoveForm)
    async with held.uow.write() as work:
        await entities.move_below(work, actor(request), party_id, sent.parent_id, at=held.clock.now())
    return go_to(f"/debtors/{party_id}")


async def add_contact(request: Request) -> Response:
    """Record a number, an e-mail or an address."""
    held, party_id = services(request), request.path_params["id"]
    try:
        sent = await parse(request, ContactForm)
        phone = NewPhone(raw=sent.phone, region="", kind=sent.phone_kind, source="entered") if sent.phone else None
        if phone is None and not sent.email and not sent.address:
            raise Invalid({"phone": msg("Enter a number, an e-mail or an address.")})
        async with held.uow.write() as work:
            await entities.add_contact(
                work,
                actor(request),
                party_id,
                phone=phone,
                email=sent.email or "",
                address=sent.address,
                address_kind=sent.address_kind,
                at=held.clock.now(),
            )
    except (Invalid, PhoneKnown) as fault:
        return await _drawn(request, _fields(fault))
    return go_to(f"/debtors/{party_id}")


def _fields(fault: DomainError, prefix: str = "") -> Mapping[str, Message]:
    """What is wrong, by field of the form it was sent with."""
    if isinstance(fault, BadPhone | PhoneKnown):
        return {f"{prefix}phone": fault.message}
    return {f"{prefix}{name}": text for name, text in fault.fields.items()} if isinstance(fault, Invalid) else {}


async def remove_contact(request: Request) -> Response:
    """Take away what was entered by mistake."""
    held, party_id = services(request), request.path_params["id"]
    kind = _CONTACTS.get(request.path_params["kind"])
    if kind is None:
        raise NotFound
    async with held.uow.write() as work:
        row = request.path_params["row"]
        await entities.remove_contact(work, actor(request), party_id, kind, row, at=held.clock.now())
    return go_to(f"/debtors/{party_id}")


_VIEW, _EDIT = right(rights.VIEW), right(rights.EDIT)
routes = (
    route("/debtors", debtors, policy=_VIEW, name="debtors"),
    route("/debtors/{id:int}", one, policy=_VIEW, name="debtor"),
    route("/debtors/{id:int}", change, policy=_EDIT, methods=["POST"], name="debtor.change"),
    route("/debtors/{id:int}/below", add_below, policy=_EDIT, methods=["POST"], name="debtor.below"),
    route("/debtors/{id:int}/move", move, policy=_EDIT, methods=["POST"], name="debtor.move"),
    route("/debtors/{id:int}/contacts", add_contact, policy=_EDIT, methods=["POST"], name="debtor.contact"),
    route(
        "/debtors/{id:int}/contacts/{kind}/{row:int}/remove",
        remove_contact,
        policy=_EDIT,
        methods=["POST"],
        name="debtor.contact_remove",
    ),
)
