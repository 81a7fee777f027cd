"""Callbacks: the list, one of them, planning from a case, taking, moving and cancelling."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import StringConstraints
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from callcenter.callbacks import queries
from callcenter.callbacks.queries import CallbackQuery, CallbackRow
from callcenter.callbacks.rights import EDIT, VIEW
from callcenter.callbacks.service import CallbackService, Plan
from callcenter.voicemail.queries import message_of_callback, one_message
from callcenter.voicemail.service import owe
from core.cases.model import CaseParty
from core.cases.service.access import case_for
from core.kernel.errors import NotFound
from core.kernel.i18n import msg
from core.kernel.paging import Listing
from core.parties.model import Phone
from core.people import queries as people
from web.export import export
from web.forms import Form, parse
from web.lists import EXPORT_BATCH, PAGE_SIZE, Asked, ListSpec, asked, listed, row_by_row
from web.page import go_to, page
from web.pages import options
from web.pages.calls import call_words as words
from web.pages.calls.phone import local
from web.pages.listing import (
    Column,
    EmptyState,
    Filter,
    FilterKind,
    PhoneCell,
    Row,
    StateCell,
    TextCell,
    TimeCell,
)
from web.security import actor, identity, right, route
from web.state import part, services

_VIEW = right(VIEW)
_EDIT = right(EDIT)
_WINDOW = timedelta(minutes=30)
_Reason = Annotated[str, StringConstraints(max_length=500)]

SPEC = ListSpec(
    key="callbacks",
    title=msg("Callbacks"),
    path="/callbacks",
    sort="window_start",
    search_hint=msg("Number, name, case or reason"),
    export_right=VIEW,
    columns=(
        Column(key="window_start", label=msg("When, his time"), sortable=True),
        Column(key="state", label=msg("State")),
        Column(key="phone", label=msg("Number")),
        Column(key="party", label=msg("Person")),
        Column(key="case", label=msg("Case")),
        Column(key="user", label=msg("Whose")),
        Column(key="reason", label=msg("About what")),
        Column(key="origin", label=msg("Where from")),
        Column(key="created_at", label=msg("Planned on"), sortable=True, visible=False),
    ),
    filters=(
        Filter(key="due", label=msg("To be called now"), kind=FilterKind.BOOL),
        Filter(
            key="state",
            label=msg("State"),
            kind=FilterKind.SELECT,
            options=options.of_words(words.CALLBACK_STATES),
        ),
        Filter(key="owner", label=msg("Whose"), kind=FilterKind.SELECT),
        Filter(key="day", label=msg("Day"), kind=FilterKind.DATE),
        Filter(key="case", label=msg("Case id")),
    ),
    empty=EmptyState(
        title=msg("No callbacks"),
        hint=msg("Plan one from a case with the key b. Missed calls become callbacks by themselves."),
        icon="calendar-time",
    ),
)


class PlanForm(Form):
    """``at`` is the debtor's local time."""

    at: datetime
    owner: Literal["me", "team"] = "me"
    reason: _Reason = ""
    automatic: bool = False


class CasePlanForm(PlanForm):
    """From a case: which of its numbers."""

    phone_id: int


class MoveForm(Form):
    """``at`` is the debtor's local time."""

    at: datetime


class CancelForm(Form):
    reason: Annotated[str, StringConstraints(max_length=200)] = ""


async def show(request: Request) -> Response:
    """The list, open ones first of all."""
    wanted = asked(request, await _spec(request))
    found = await _find(request, _query(wanted))
    drawn = await listed(request, wanted, found, _row)
    return await page(request, "list_page.html", {"view": drawn})


async def download(request: Request) -> Response:
    """The same list as a file."""
    wanted = asked(request, await _spec(request))
    return await export(request, "callbacks", wanted.shown, _batches(request, _query(wanted)))


def _batches(request: Request, query: CallbackQuery) -> AsyncIterator[list[Row]]:
    return row_by_row(lambda after: _find(request, replace(query, after=after, before=None, size=EXPORT_BATCH)), _row)


async def detail(request: Request) -> Response:
    """One callback and what can be done with it."""
    async with services(request).uow.read() as session:
        found = await queries.one_callback(session, actor(request), _id(request))
        message = await message_of_callback(session, actor(request), found.id)
    context = {
        "callback": found,
        "message": message,
        "state": words.CALLBACK_STATES[found.state],
        "origin": words.ORIGINS[found.origin],
        "edits": actor(request).may(EDIT) and found.closed_at is None,
    }
    return await page(request, "callbacks/callback.html", context)


async def plan(request: Request) -> Response:
    """Plan one for the person of a case."""
    form, case_id = await parse(request, CasePlanForm), int(request.path_params["case"])
    async with services(request).uow.read() as session:
        await case_for(session, actor(request), case_id)
        theirs = select(Phone).join(CaseParty, CaseParty.party_id == Phone.party_id)
        phone = await session.scalar(theirs.where(CaseParty.case_id == case_id, Phone.id == form.phone_id).limit(1))
        if phone is None:
            raise NotFound
        zone = await queries.debtor_zone(session, phone.party_id, phone.e164)
    known = Plan(phone=phone.e164, party_id=phone.party_id, case_id=case_id, zone=zone, **_agreed(request, form, zone))
    await part(request, CallbackService).plan(actor(request), known)
    return go_to(f"/cases/{case_id}")


async def plan_for_message(request: Request) -> Response:
    """Plan one for whoever left a message, which says so from then on."""
    form, held = await parse(request, PlanForm), services(request)
    async with held.uow.read() as session:
        message = await one_message(session, actor(request), _id(request))
        zone = await queries.debtor_zone(session, message.party_id, message.phone or "")
    known = Plan(
        phone=message.phone or "",
        party_id=message.party_id,
        case_id=message.case_id,
        zone=zone,
        source_call_id=message.call_id,
        **_agreed(request, form, zone),
    )
    async with held.uow.write() as work:
        callback_id = await part(request, CallbackService).add(work, actor(request), known)
        await owe(work, actor(request), message, callback_id, at=held.clock.now())
    return go_to(f"/callbacks/{callback_id}")


def _agreed(request: Request, form: PlanForm, zone: str) -> dict[str, Any]:
    """When, about what, and by whom: the reader himself, or anyone of his team."""
    start, mine = local(form.at, zone), form.owner == "me"
    return {
        "start": start,
        "end": start + _WINDOW,
        "reason": form.reason,
        "user_id": actor(request).user_id if mine else None,
        "unit_id": None if mine else identity(request).user.unit_id,
        "automatic": form.automatic,
    }


async def take(request: Request) -> Response:
    """Call now, and go to the case."""
    async with services(request).uow.read() as session:
        found = await queries.one_callback(session, actor(request), _id(request))
    await part(request, CallbackService).take(actor(request), found.id)
    return go_to(f"/cases/{found.case_id}" if found.case_id is not None else f"/callbacks/{found.id}")


async def move(request: Request) -> Response:
    """Give it another time."""
    form = await parse(request, MoveForm)
    async with services(request).uow.read() as session:
        found = await queries.one_callback(session, actor(request), _id(request))
    start = local(form.at, found.zone)
    end = start + (found.window_end - found.window_start)
    await part(request, CallbackService).reschedule(actor(request), found.id, start, end)
    return go_to(f"/callbacks/{found.id}")


async def cancel(request: Request) -> Response:
    """Drop it."""
    form = await parse(request, CancelForm)
    await part(request, CallbackService).cancel(actor(request), _id(request), form.reason)
    return go_to("/callbacks")


def _query(wanted: Asked) -> CallbackQuery:
    return CallbackQuery(
        due=wanted.value("due") == "1",
        state=wanted.value("state") or None,
        user_id=wanted.number("owner"),
        case_id=wanted.number("case"),
        since=wanted.since("day"),
        until=wanted.until("day"),
        search=wanted.search,
        sort=wanted.sort,
        after=wanted.after,
        before=wanted.before,
        size=PAGE_SIZE,
    )


async def _find(request: Request, query: CallbackQuery) -> Listing[CallbackRow]:
    async with services(request).uow.read() as session:
        return await queries.list_callbacks(session, actor(request), query)


async def _spec(request: Request) -> ListSpec:
    """The list with the people there are to filter by."""
    async with services(request).uow.read() as session:
        users = await people.colleagues(session, actor(request), VIEW)
    return SPEC.with_options({"owner": options.of_people(users)})


def _row(one: CallbackRow) -> Row:
    case_href = f"/cases/{one.case_id}" if one.case_id is not None else None
    return Row(
        id=str(one.id),
        href=f"/callbacks/{one.id}",
        cells={
            "window_start": TimeCell(one.window_start, zone=one.zone),
            "state": StateCell(words.CALLBACK_STATES[one.state]),
            "phone": PhoneCell(one.phone, case_id=one.case_id),
            "party": TextCell(one.party),
            "case": TextCell(one.case_number, href=case_href),
            "user": TextCell(one.user or (msg("anyone of the team") if one.unit_id is not None else msg("anyone"))),
            "reason": TextCell(one.reason),
            "origin": TextCell(words.ORIGINS[one.origin]),
            "created_at": TimeCell(one.created_at),
        },
    )


def _id(request: Request) -> int:
    return int(request.path_params["id"])


routes = [
    route("/callbacks", show, policy=_VIEW, name="callbacks"),
    route("/callbacks/export", download, policy=_VIEW, name="callbacks.export"),
    route("/callbacks/{id:int}", detail, policy=_VIEW, name="callback"),
    route("/callbacks/{id:int}/take", take, policy=_EDIT, methods=["POST"], name="callback.take"),
    route("/callbacks/{id:int}/move", move, policy=_EDIT, methods=["POST"], name="callback.move"),
    route("/callbacks/{id:int}/cancel", cancel, policy=_EDIT, methods=["POST"], name="callback.cancel"),
    route("/cases/{case:int}/callbacks", plan, policy=_EDIT, methods=["POST"], name="case.callback"),
    route("/voicemail/{id:int}/callbacks", plan_for_message, policy=_EDIT, methods=["POST"], name="voicemail.callback"),
]
