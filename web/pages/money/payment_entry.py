"""Registering a payment by hand: the account, the sum, the payer, and whose debt it is for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import StringConstraints
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from core.cases.model import Case, Claim, ClaimState
from core.cases.queries.agency import agency_day
from core.cases.queries.lists import CaseRow, ListQuery, list_cases
from core.cases.rights import VIEW as CASES_VIEW
from core.cases.service.access import case_for
from core.kernel.access import Actor
from core.kernel.errors import Invalid
from core.kernel.i18n import Message
from core.kernel.money import Money
from core.payments import rights
from core.payments.errors import DuplicatePayment
from core.payments.model import AccountKind, Source
from core.payments.service.accounts import list_accounts
from core.payments.service.desk import PaymentDesk
from core.payments.service.registering import NewPayment
from web.forms import Form, is_position, parse, submitted
from web.page import go_to, local_path, page
from web.pages.listing import Option
from web.rendering import render
from web.security import actor, right, route
from web.state import part, services

_FOUND = 8
Short = Annotated[str, StringConstraints(max_length=60)]


class PaymentForm(Form):
    """A payment as it is typed in. ``occurrence`` says that one like it is known and this is another."""

    account_id: int
    amount: Decimal
    value_on: date
    payer_name: Annotated[str, StringConstraints(max_length=300)] = ""
    payer_account: Annotated[str, StringConstraints(max_length=40)] | None = None
    payer_tax_id: Annotated[str, StringConstraints(max_length=20)] | None = None
    doc_no: Short = ""
    purpose: Annotated[str, StringConstraints(max_length=2000)] = ""
    case_id: int | None = None
    claim_id: int | None = None
    occurrence: int = 0

    def payment(self) -> NewPayment:
        """As the use case takes it."""
        return NewPayment(source=Source.MANUAL, **self.model_dump())


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenCase:
    """The case a payment is for, as the form shows it."""

    id: int
    number: str
    debtor: str
    owed: Money
    claims: tuple[Option, ...]


async def chosen_case(session: AsyncSession, me: Actor, case_id: int) -> ChosenCase:
    """A case in reach with its open claims. Raises ``NotFound``."""
    case = await case_for(session, me, case_id, CASES_VIEW)
    wanted = select(Claim).where(Claim.case_id == case.id, Claim.state == ClaimState.OPEN)
    claims = await session.scalars(wanted.order_by(Claim.due_on, Claim.id))
    return _shown(case, claims.all())


def _shown(case: Case, claims: Sequence[Claim]) -> ChosenCase:
    return ChosenCase(
        id=case.id,
        number=case.number,
        debtor=case.debtor_name,
        owed=Money(case.open_amount, case.currency),
        claims=tuple(
            Option(value=str(claim.id), label=" · ".join(filter(None, (claim.number, claim.contract_no))))
            for claim in claims
        ),
    )


async def new(request: Request) -> Response:
    """An empty form, for ``?case=ID`` if given."""
    asked = request.query_params.get("case", "")
    async with services(request).uow.read() as session:
        today = await agency_day(session, services(request).clock.now())
    return await _form(request, {"value_on": today, "case_id": asked if is_position(asked) else ""})


async def create(request: Request) -> Response:
    """Register the payment, and go on with settling it when its case is known."""
    try:
        sent = await parse(request, PaymentForm)
        if sent.case_id is not None:
            async with services(request).uow.read() as session:
                await case_for(session, actor(request), sent.case_id, CASES_VIEW)
        payment_id = await part(request, PaymentDesk).register(actor(request), sent.payment())
    except DuplicatePayment as known:
        return await _form(request, await submitted(request), {"known": known.message}, known=known)
    except Invalid as faults:
        return await _form(request, await submitted(request), faults.fields)
    return go_to(f"/payments/{payment_id}" + ("/settle" if _settles(request, sent) else ""))


def _settles(request: Request, sent: PaymentForm) -> bool:
    return sent.case_id is not None and actor(request).may(rights.SETTLE)


async def _form(
    request: Request,
    values: Mapping[str, Any],
    faults: Mapping[str, Message] | None = None,
    known: DuplicatePayment | None = None,
) -> Response:
    me, case_id = actor(request), str(values.get("case_id") or "")
    async with services(request).uow.read() as session:
        chosen = await chosen_case(session, me, int(case_id)) if is_position(case_id) else None
        accounts = [
            Option(value=str(one.id), label=f"{one.name} · {one.currency}")
            for one in await list_accounts(session, active_only=True)
            if one.kind != AccountKind.CASH and (chosen is None or one.currency == chosen.owed.currency)
        ]
    context = {
        "values": values,
        "faults": faults or {},
        "accounts": accounts,
        "chosen": chosen,
        "known": known.params["payment_id"] if known else None,
        "again": int(str(values.get("occurrence") or 0)) + 1 if known else 0,
        "search_to": "/payments/new",
    }
    return await page(request, "money/payment_form.html", context, status=422 if faults else 200)


async def find_case(request: Request) -> Response:
    """A piece of a page: cases by what is typed, each a link to ``to`` with the case added."""
    me, text = actor(request), request.query_params.get("q", "").strip()[:200]
    to = local_path(request.query_params.get("to", "/payments/new"))
    found: Sequence[CaseRow] = ()
    if text:
        async with services(request).uow.read() as session:
            found = (await list_cases(session, me, ListQuery(search=text, size=_FOUND))).rows
    joint = "&" if "?" in to else "?"
    hits = [(line, Money(line.open_amount, line.currency), to + joint + urlencode({"case": line.id})) for line in found]
    context = {"language": me.language, "zone": me.timezone, "hits": hits, "text": text}
    return HTMLResponse(render("money/_cases_found.html", context))


_EDIT = right(rights.EDIT)
routes = (
    route("/payments/new", new, policy=_EDIT, name="payments.new"),
    route("/payments", create, policy=_EDIT, methods=["POST"], name="payments.create"),
    route("/payments/cases/search", find_case, policy=right(rights.EDIT, rights.SETTLE), name="payments.cases"),
)
