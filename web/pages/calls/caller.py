"""Who is calling: candidates with their reasons, search as one types, a new contact; a choice links the call."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from callcenter.calls.queries import call_detail
from callcenter.calls.results import CallResults
from callcenter.calls.views import CallRow
from core.cases.lookup import who_is_calling
from core.cases.queries.lists import CaseRow, ListQuery, list_cases
from core.cases.rules.cases import Candidate as Found
from core.cases.rules.cases import Reason
from core.kernel.i18n import Message, msg
from core.kernel.money import Money
from core.parties.service import NewParty, NewPhone, add_party
from web.forms import Form, parse
from web.page import go_to, page
from web.pages.calls import call_words
from web.pages.cases import case_words
from web.pages.cases.case_view import CallerView, Candidate, CurrentCall
from web.security import actor, right, route
from web.state import part, services

_RESULT = right("calls.result")
_FOUND = 10

_REASONS: Mapping[Reason, Message] = {
    Reason.EXACT_NUMBER: msg("this is the number on file"),
    Reason.NUMBER_ENDING: msg("the number on file ends so"),
    Reason.CONFIRMED_NUMBER: msg("the debtor has answered there"),
    Reason.WRONG_NUMBER: msg("marked as a wrong number"),
    Reason.OWES: msg("owes"),
    Reason.RELATED: msg("related to the debtor"),
    Reason.OPEN_CASE: msg("open case"),
    Reason.CLOSED_CASE: msg("closed case"),
    Reason.RECENT_CONTACT: msg("talked to lately"),
    Reason.NO_CASE: msg("on no case"),
}


class ContactForm(Form):
    """A contact nobody knew yet."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    phone: Annotated[str, StringConstraints(max_length=40)] | None = None
    note: Annotated[str, StringConstraints(max_length=4000)] = ""


async def show(request: Request) -> Response:
    """The page a call opens whose caller is unknown, hidden, or several."""
    call = await _call(request)
    held = services(request)
    async with held.uow.read() as session:
        caller = await who_is_calling(session, actor(request), call.phone, region="", now=held.clock.now())
    shown = CallerView(
        call=_current(call),
        phone=call.phone,
        candidates=tuple(_candidate(one) for one in caller.candidates),
        link_href=f"/calls/{call.id}/caller/search",
        create_href=f"/calls/{call.id}/caller/contact",
    )
    return await page(request, "cases/caller.html", {"caller": shown})


async def search(request: Request) -> Response:
    """Cases that fit what is typed, as a fragment."""
    call, text = await _call(request), request.query_params.get("q", "").strip()
    found: Sequence[CaseRow] = ()
    if text:
        async with services(request).uow.read() as session:
            found = (await list_cases(session, actor(request), ListQuery(search=text, size=_FOUND))).rows
    return await page(request, "cases/_caller_found.html", {"found": found, "call": call, "asked": text})


async def contact(request: Request) -> Response:
    """Record somebody new, and note that it was him on the line."""
    form, call = await parse(request, ContactForm), await _call(request)
    held, number = services(request), form.phone or call.phone
    phones = (NewPhone(raw=number, region="", source="collector"),) if number else ()
    async with held.uow.write() as work:
        party = await add_party(work, NewParty(name=form.name, phones=phones), held.clock.now())
        party_id = party.id
    results = part(request, CallResults)
    await results.link(actor(request), call.id, party_id=party_id, case_id=None)
    if form.note:
        await results.note(actor(request), call.id, form.note)
    return go_to(f"/calls/{call.id}")


async def _call(request: Request) -> CallRow:
    async with services(request).uow.read() as session:
        return (await call_detail(session, actor(request), int(request.path_params["call"]))).call


def _current(call: CallRow) -> CurrentCall:
    return CurrentCall(
        call_id=call.id,
        state=call_words.state_of(call),
        phone=call.phone,
        person=call.party or "",
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        result_missing=call.needs_result,
    )


def _candidate(found: Found) -> Candidate:
    overdue = None
    if found.open_amount is not None and found.currency is not None:
        overdue = Money(found.open_amount, found.currency)
    return Candidate(
        name=found.party_name,
        role=found.relation or (case_words.ROLES[found.role] if found.role else ""),
        case_number=found.case_number or "",
        reason=_REASONS[found.reasons[0]] if found.reasons else "",
        creditor=found.creditor_name or "",
        overdue=overdue,
        party_id=found.party_id,
        case_id=found.case_id,
    )


routes = [
    route("/calls/{call:int}/caller", show, policy=_RESULT, name="call.caller"),
    route("/calls/{call:int}/caller/search", search, policy=_RESULT, name="call.caller.search"),
    route("/calls/{call:int}/caller/contact", contact, policy=_RESULT, methods=["POST"], name="call.caller.contact"),
]
