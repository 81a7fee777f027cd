"""Schemes of settlement: the shipped ones with their clause of law, own ones to edit, and trying one on a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import msgspec
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases.model import Case
from core.cases.queries.agency import agency_day
from core.cases.queries.balance import open_items
from core.cases.rights import VIEW as CASES_VIEW
from core.cases.service.access import case_for
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.payments import rights
from core.payments.errors import SchemeKeyTaken
from core.payments.model import Scheme
from core.payments.rules.allocation import Result, allocate
from core.payments.rules.explain import explain
from core.payments.rules.schemes import COMPONENT_LABELS, SchemeRules, from_data
from core.payments.service.schemes import copy_scheme, edit_scheme, list_schemes
from web.forms import Form, is_position, parse, submitted
from web.lists import ListSpec, asked, view
from web.page import go_to, page
from web.pages import options
from web.pages.cases import case_words
from web.pages.listing import Column, EmptyState, Row, State, StateCell, TextCell, Tone
from web.pages.money import money_words as words
from web.pages.money.scheme_draft import drafted, edited
from web.security import actor, right, route
from web.state import services

_HIGHEST = Decimal(10) ** 12
_SHIPPED = State(word=msg("shipped"), icon="package")
_OWN = State(word=msg("our own"), icon="pencil", tone=Tone.ACT)
_OFF = State(word=msg("switched off"), icon="circle-off", tone=Tone.ALERT)
CONFIRMED = State(word=msg("clause read in its source"), icon="circle-check", tone=Tone.LIVE)
UNCONFIRMED = State(word=msg("clause not confirmed"), icon="help-circle", tone=Tone.ALERT)

SCHEMES = ListSpec(
    key="schemes",
    title=msg("Settlement schemes"),
    path="/schemes",
    sort="name",
    columns=(
        Column(key="name", label=msg("Name")),
        Column(key="key", label=msg("Key")),
        Column(key="clause", label=msg("Source")),
        Column(key="confirmed", label=msg("Confirmed")),
        Column(key="kind", label=msg("Kind")),
    ),
    empty=EmptyState(
        title=msg("No schemes"), hint=msg("The program's own schemes come with its installation."), icon="git-branch"
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """How a sum would be settled on a case today, by the scheme as it is shown."""

    case: Case
    amount: Decimal
    result: Result


async def show(request: Request) -> Response:
    """The list of schemes."""
    async with services(request).uow.read() as session:
        found = await list_schemes(session, actor(request))
    drawn = await view(request, asked(request, SCHEMES), map(_row, found), total=len(found))
    return await page(request, "list_page.html", {"view": drawn})


def _row(scheme: Scheme) -> Row:
    rules, href = from_data(scheme.data), f"/schemes/{scheme.id}"
    return Row(
        id=str(scheme.id),
        href=href,
        cells={
            "name": TextCell(words.scheme_name(scheme.key, scheme.name), href=href),
            "key": TextCell(scheme.key),
            "clause": TextCell(rules.clause or None),
            "confirmed": StateCell(_confirmed(rules)),
            "kind": StateCell((_SHIPPED if scheme.builtin else _OWN) if scheme.active else _OFF),
        },
    )


def _confirmed(rules: SchemeRules) -> State | None:
    """Whether the clause was read; a scheme that follows no law has none."""
    if not rules.clause:
        return None
    return CONFIRMED if rules.confirmed else UNCONFIRMED


async def one(request: Request) -> Response:
    """A scheme, readable or to edit; with ``?case=ID&amount=N`` tried on a case."""
    scheme = await _scheme(request)
    return await _page(request, scheme, from_data(scheme.data), scheme.name)


async def _scheme(request: Request) -> Scheme:
    async with services(request).uow.read() as session:
        found = {scheme.id: scheme for scheme in await list_schemes(session, actor(request))}
    if request.path_params["id"] not in found:
        raise NotFound
    return found[request.path_params["id"]]


async def _page(
    request: Request,
    scheme: Scheme,
    rules: SchemeRules,
    name: str,
    faults: Mapping[str, Message] | None = None,
    *,
    active: bool | None = None,
    changed: bool = False,
    copying: Mapping[str, Any] | None = None,
) -> Response:
    me = actor(request)
    try:
        trial, wrong = await _trial(request, rules), None
    except Invalid as fault:
        trial, wrong = None, fault.fields["amount"]
    context = {
        "scheme": scheme,
        "rules": rules,
        "name": name,
        "shown_name": words.scheme_name(scheme.key, scheme.name),
        "active": scheme.active if active is None else active,
        "changed": changed,
        "confirmed": _confirmed(rules),
        "faults": faults or {},
        "copying": copying or {},
        "labels": COMPONENT_LABELS,
        "components": case_words.COMPONENT_LABELS,
        "scopes": options.of_words(words.SCOPES),
        "splits": options.of_words(words.SPLITS),
        "whens": options.of_words(words.WHENS),
        "words": words,
        "edits": me.may(rights.SETUP) and not scheme.builtin,
        "copies": me.may(rights.SETUP),
        "tries": me.may(CASES_VIEW),
        "trial": trial,
        "trial_fault": wrong,
        "asked": request.query_params,
        "explain": explain,
        "search_to": f"/schemes/{scheme.id}",
    }
    return await page(request, "money/scheme.html", context, status=422 if faults or wrong else 200)


async def _trial(request: Request, rules: SchemeRules) -> Trial | None:
    """The scheme on the case asked for; with all that is open when no sum is given. Raises ``Invalid``."""
    case_id, held = request.query_params.get("case", ""), services(request)
    if not is_position(case_id) or rules.manual:
        return None
    async with held.uow.read() as session:
        case = await case_for(session, actor(request), int(case_id), CASES_VIEW)
        today = await agency_day(session, held.clock.now())
        items = await open_items(session, [case.id], today)
    total = sum((item.amount for item in items), Decimal(0))
    amount = _amount(request.query_params.get("amount", ""), total)
    return Trial(case=case, amount=amount, result=allocate(amount, items, rules, as_of=today))


def _amount(text: str, otherwise: Decimal) -> Decimal:
    try:
        amount = Decimal(text.replace(",", ".").strip() or otherwise)
        if 0 <= amount < _HIGHEST and amount == round(amount, 2):
            return amount
    except InvalidOperation:
        pass
    raise Invalid({"amount": msg("Enter a sum with at most two decimals.")})


async def change(request: Request) -> Response:
    """Move ranks about as a button says (``do``), or save."""
    held, me, scheme, sent = services(request), actor(request), await _scheme(request), await submitted(request)
    name, active = str(sent.get("name", "")), "active" in sent
    rules = drafted(sent, from_data(scheme.data))
    if wish := str(sent.get("do", "")):
        moved = msgspec.structs.replace(rules, ranks=edited(rules.ranks, wish))
        return await _page(request, scheme, moved, name, active=active, changed=True)
    try:
        async with held.uow.write() as work:
            await edit_scheme(work, me, scheme.id, name, rules, active=active, at=held.clock.now())
    except Invalid as faults:
        return await _page(request, scheme, rules, name, faults.fields, active=active, changed=True)
    return go_to(f"/schemes/{scheme.id}")


class CopyForm(Form):
    key: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=160)]


async def copy(request: Request) -> Response:
    """Make a scheme of the agency's own from this one."""
    held, scheme = services(request), await _scheme(request)
    try:
        sent = await parse(request, CopyForm)
        async with held.uow.write() as work:
            made = await copy_scheme(work, actor(request), scheme.id, sent.key, sent.name, at=held.clock.now())
    except (Invalid, SchemeKeyTaken) as fault:
        faults = dict(fault.fields) if isinstance(fault, Invalid) else {"key": fault.message}
        told = {f"copy_{name}": text for name, text in faults.items()}
        rules = from_data(scheme.data)
        return await _page(request, scheme, rules, scheme.name, told, copying=await submitted(request))
    return go_to(f"/schemes/{made.id}")


_VIEW, _SETUP = right(rights.VIEW), right(rights.SETUP)
routes = (
    route("/schemes", show, policy=_VIEW, name="schemes"),
    route("/schemes/{id:int}", one, policy=_VIEW, name="scheme"),
    route("/schemes/{id:int}", change, policy=_SETUP, methods=["POST"], name="scheme.change"),
    route("/schemes/{id:int}/copy", copy, policy=_SETUP, methods=["POST"], name="scheme.copy"),
)
