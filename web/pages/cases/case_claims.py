"""A further claim on a case, and what is corrected of one."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.model import COMPONENTS, Case, Claim
from core.cases.service.access import case_for
from core.cases.service.claims import add_claim, edit_claim, facts_of
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message
from web.forms import parse, submitted
from web.once import fresh_key, once
from web.page import page
from web.pages.cases.case_words import COMPONENT_LABELS
from web.pages.cases.claim_fields import ClaimFields, FactFields, natures
from web.security import actor, right, route
from web.state import services

Number = Annotated[str, StringConstraints(max_length=60)]
Reason = Annotated[str, StringConstraints(max_length=300)]


class NewForm(ClaimFields):
    """A further claim, and why it comes."""

    number: Number = ""
    reason: Reason = ""


class EditForm(FactFields):
    """What the claim is to say, and why."""

    number: Number = ""
    reason: Reason = ""


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, {})


async def create(request: Request) -> Response:
    """Add the claim, once."""
    held, me, case_id = services(request), actor(request), request.path_params["id"]

    async def do() -> None:
        sent = await parse(request, NewForm)
        async with held.uow.write() as work:
            await add_claim(work, me, case_id, sent.claim(sent.number), sent.reason, at=held.clock.now())

    return await _once(request, do)


async def edit(request: Request) -> Response:
    """The claim as it is."""
    return await _form(request, None)


async def change(request: Request) -> Response:
    """Correct it, once."""
    held, me = services(request), actor(request)
    case_id, claim_id = request.path_params["id"], request.path_params["claim"]

    async def do() -> None:
        sent = await parse(request, EditForm)
        async with held.uow.write() as work:
            await edit_claim(work, me, case_id, claim_id, sent.facts(sent.number, sent.reason), at=held.clock.now())

    return await _once(request, do)


async def _once(request: Request, do: Callable[[], Awaitable[None]]) -> Response:
    try:
        return await once(request, do, f"/cases/{request.path_params['id']}/balance")
    except Invalid as faults:
        return await _form(request, await submitted(request), faults.fields)


async def _form(
    request: Request, values: Mapping[str, Any] | None, faults: Mapping[str, Message] | None = None
) -> Response:
    """``values`` None: as the claim stands."""
    case, claim = await _named(request)
    context = {
        "case": case,
        "claim": claim,
        "values": _standing(claim) if values is None and claim is not None else values or {},
        "faults": faults or {},
        "natures": natures(),
        "components": [(name, COMPONENT_LABELS[name]) for name in COMPONENTS],
        "once": fresh_key(),
    }
    return await page(request, "cases/claim_form.html", context, status=422 if faults else 200)


async def _named(request: Request) -> tuple[Case, Claim | None]:
    case_id, claim_id = request.path_params["id"], request.path_params.get("claim")
    async with services(request).uow.read() as session:
        case = await case_for(session, actor(request), case_id, rights.LEDGER)
        claim = await session.get(Claim, claim_id) if claim_id is not None else None
    if claim_id is not None and (claim is None or claim.case_id != case_id):
        raise NotFound
    return case, claim


def _standing(claim: Claim) -> dict[str, str]:
    """What the claim says now; a day that follows from the law is left empty."""
    facts = facts_of(claim, "")
    found = {name: getattr(facts, name) for name in ("number", *FactFields.model_fields)}
    return {name: _typed(value) for name, value in found.items() if value is not None}


def _typed(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


_LEDGER = right(rights.LEDGER)
routes = (
    route("/cases/{id:int}/claims/new", new, policy=_LEDGER, name="case.claim_new"),
    route("/cases/{id:int}/claims", create, policy=_LEDGER, methods=["POST"], name="case.claim_add"),
    route("/cases/{id:int}/claims/{claim:int}", edit, policy=_LEDGER, name="case.claim"),
    route("/cases/{id:int}/claims/{claim:int}", change, policy=_LEDGER, methods=["POST"], name="case.claim_edit"),
)
