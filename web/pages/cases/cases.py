"""One case: its screen, and what can be changed on it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.card import Person, case_card
from core.cases.model import CaseState, PartyRole
from core.cases.service import cases as use_cases
from core.cases.service import people as use_people
from core.cases.service.access import case_for
from core.cases.service.serving import NextCase
from core.kernel.errors import DomainError, Invalid, NotFound
from core.kernel.i18n import msg
from core.parties.model import Consent, PhoneKind, PhoneQuality
from core.parties.service import NewParty, NewPhone
from web.forms import Form, ZoneField, parse, submitted
from web.page import go_to, page
from web.pages import options
from web.pages.cases import case_words as words
from web.pages.cases.case_agreements import agreements
from web.pages.cases.case_life import case_life
from web.pages.cases.case_money import money_box
from web.pages.cases.case_screen import CaseScreenParts, case_view
from web.pages.cases.case_view import CaseView
from web.pages.cases.case_work import case_work
from web.pages.cases.next_case import factor_lines, leave_of
from web.pages.choices import language_options
from web.pages.zones import zone_options
from web.security import actor, right, route
from web.state import part, services

Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Short = Annotated[str, StringConstraints(max_length=120)]


async def show(request: Request) -> Response:
    """The case screen."""
    return await page(request, "cases/case.html", {"case": await looked_at(request, request.path_params["id"])})


async def looked_at(request: Request, case_id: int) -> CaseView:
    """Everything a screen shows of a case. Looking at it is written in the audit trail."""
    held, me = services(request), actor(request)
    now = held.clock.now()
    async with held.uow.read(brief=True) as session:
        card = await case_card(session, me, case_id)
        life = await case_life(session, me, card, now)
        work = await case_work(session, me, card, now)
        agreed = await agreements(session, me, card, now)
        money = await money_box(session, me, card)
    await held.looks.looked(me, ("case", case_id))
    parts: CaseScreenParts = part(request, CaseScreenParts)
    facts = await parts.facts(me, card)
    if card.case.state == CaseState.OPEN:
        lines = await part(request, NextCase).why(me, case_id, leave=leave_of(facts.contact))
        work = replace(work, why=factor_lines(lines))
    drawn = case_view(card, facts, life, work, agreed, now=now, may_edit=me.may(rights.EDIT))
    return replace(drawn, money=money)


class NoteForm(Form):
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    call_id: int | None = None


async def note(request: Request) -> Response:
    """Write a note on the time line."""
    sent, case_id = await parse(request, NoteForm), request.path_params["id"]
    held = services(request)
    async with held.uow.write(brief=True) as work:
        await use_cases.add_note(work, actor(request), case_id, sent.text, at=held.clock.now(), call_id=sent.call_id)
    return go_to(f"/cases/{case_id}")


class PersonForm(Form):
    name: Name
    birth_date: date | None = None
    language: Annotated[str, StringConstraints(max_length=2)] | None = None
    timezone: ZoneField | None = None


class NewPersonForm(PersonForm):
    role: PartyRole
    relation: Short | None = None
    phone: Short | None = None


async def new_person(request: Request) -> Response:
    """The form of somebody to put on the case."""
    async with services(request).uow.read() as session:
        await case_for(session, actor(request), request.path_params["id"], rights.EDIT)
    phone = request.query_params.get("phone", "")
    return await _person_form(request, {"phone": phone, "role": PartyRole.RELATIVE})


async def add_person(request: Request) -> Response:
    """Put somebody new on the case."""
    held, case_id = services(request), request.path_params["id"]
    try:
        sent = await parse(request, NewPersonForm)
        numbers = (NewPhone(raw=sent.phone, region="", source="collector"),) if sent.phone else ()
        party = NewParty(
            name=sent.name,
            birth_date=sent.birth_date,
            language=sent.language,
            timezone=sent.timezone,
            phones=numbers,
        )
        person = use_cases.NewPerson(party=party, role=sent.role, relation=sent.relation)
        async with held.uow.write() as work:
            await use_people.add_person(work, actor(request), case_id, person, at=held.clock.now())
    except Invalid as faults:
        return await _person_form(request, await submitted(request), faults)
    return go_to(f"/cases/{case_id}")


async def person(request: Request) -> Response:
    """Somebody on the case: who it is, and the numbers."""
    found = await _found(request)
    values = {name: getattr(found.party, name) for name in PersonForm.model_fields}
    return await _person_form(request, values, person=found)


async def change_person(request: Request) -> Response:
    """Save who somebody is."""
    held, case_id, party_id = services(request), request.path_params["id"], request.path_params["party"]
    try:
        sent = await parse(request, PersonForm)
        data = use_people.PartyData(**sent.model_dump())
        async with held.uow.write() as work:
            await use_people.edit_person(work, actor(request), case_id, party_id, data, at=held.clock.now())
    except Invalid as faults:
        return await _person_form(request, await submitted(request), faults, await _found(request))
    return go_to(f"/cases/{case_id}/people/{party_id}")


async def _found(request: Request) -> Person:
    async with services(request).uow.read() as session:
        card = await case_card(session, actor(request), request.path_params["id"])
    await services(request).looks.looked(actor(request), ("party", request.path_params["party"]))
    for one in card.people:
        if one.party.id == request.path_params["party"]:
            return one
    raise NotFound


async def _person_form(
    request: Request, values: Mapping[str, Any], faults: DomainError | None = None, person: Person | None = None
) -> Response:
    fields = dict(faults.fields) if isinstance(faults, Invalid) else {}
    if faults is not None and not fields:
        fields = {"phone": faults.message}
    context = {
        "case_id": request.path_params["id"],
        "person": person,
        "values": values,
        "faults": fields,
        "roles": options.of_words(words.ROLES),
        "languages_": language_options(),
        "zones": zone_options(actor(request).language),
        "kinds": options.of_words(words.PHONE_KINDS),
        "qualities": options.of_words(words.PHONE_QUALITIES),
        "consents": options.of_words(words.CONSENTS),
        "quality_states": words.PHONE_QUALITIES,
        "edits": actor(request).may(rights.EDIT),
    }
    return await page(request, "cases/person_form.html", context, status=422 if faults else 200)


class NewPhoneForm(Form):
    phone: Short
    kind: PhoneKind = PhoneKind.MOBILE
    label: Short | None = None
    region: Annotated[str, StringConstraints(max_length=2)] = ""


async def add_phone(request: Request) -> Response:
    """Record a number of somebody on the case."""
    held, case_id, party_id = services(request), request.path_params["id"], request.path_params["party"]
    try:
        sent = await parse(request, NewPhoneForm)
        new = NewPhone(raw=sent.phone, region=sent.region, kind=sent.kind, label=sent.label, source="collector")
        async with held.uow.write() as work:
            await use_people.add_phone(work, actor(request), case_id, party_id, new, at=held.clock.now())
    except DomainError as faults:
        if isinstance(faults, NotFound):
            raise
        found = await _found(request)
        values = {name: getattr(found.party, name) for name in PersonForm.model_fields}
        return await _person_form(request, values, faults, found)
    return go_to(f"/cases/{case_id}/people/{party_id}")


class PhoneForm(Form):
    kind: PhoneKind
    quality: PhoneQuality
    consent: Consent
    consent_on: date | None = None
    consent_basis: Annotated[str, StringConstraints(max_length=200)] | None = None
    label: Short | None = None
    timezone: ZoneField | None = None


async def change_phone(request: Request) -> Response:
    """Save what is known of a number."""
    sent, case_id = await parse(request, PhoneForm), request.path_params["id"]
    if sent.consent is not Consent.UNKNOWN and sent.consent_on is None:
        raise Invalid({"consent_on": msg("Say since when.")})
    held = services(request)
    async with held.uow.write() as work:
        phone = await use_people.edit_phone(
            work,
            actor(request),
            case_id,
            request.path_params["phone"],
            use_people.PhoneData(**sent.model_dump()),
            at=held.clock.now(),
        )
    return go_to(f"/cases/{case_id}/people/{phone.party_id}")


async def remove_phone(request: Request) -> Response:
    """Delete a number entered by mistake."""
    held, case_id = services(request), request.path_params["id"]
    async with held.uow.write() as work:
        await use_people.remove_phone(work, actor(request), case_id, request.path_params["phone"], at=held.clock.now())
    return go_to(f"/cases/{case_id}")


_VIEW, _EDIT = right(rights.VIEW), right(rights.EDIT)
routes = (
    route("/cases/{id:int}", show, policy=_VIEW, name="case"),
    route("/cases/{id:int}/notes", note, policy=_EDIT, methods=["POST"], name="case.note"),
    route("/cases/{id:int}/people/new", new_person, policy=_EDIT, name="case.person_new"),
    route("/cases/{id:int}/people", add_person, policy=_EDIT, methods=["POST"], name="case.person_add"),
    route("/cases/{id:int}/people/{party:int}", person, policy=_VIEW, name="case.person"),
    route(
        "/cases/{id:int}/people/{party:int}", change_person, policy=_EDIT, methods=["POST"], name="case.person_change"
    ),
    route(
        "/cases/{id:int}/people/{party:int}/phones", add_phone, policy=_EDIT, methods=["POST"], name="case.phone_add"
    ),
    route("/cases/{id:int}/phones/{phone:int}", change_phone, policy=_EDIT, methods=["POST"], name="case.phone_change"),
    route(
        "/cases/{id:int}/phones/{phone:int}/remove",
        remove_phone,
        policy=_EDIT,
        methods=["POST"],
        name="case.phone_remove",
    ),
)
