"""Taking cash from a debtor in the field: a small form, and the receipt to print or to share."""

import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases.model import Case
from core.cases.queries.agency import agency_day
from core.cases.service.access import case_for
from core.kernel.errors import Invalid
from core.kernel.i18n import Message, msg
from core.kernel.money import Money
from core.payments import rights
from core.payments.errors import DuplicatePayment, ReceiptTaken
from core.payments.model import AccountKind, Source
from core.payments.queries.receipts import next_receipt_no, receipt, taken_before
from core.payments.service.accounts import list_accounts
from core.payments.service.desk import PaymentDesk
from core.payments.service.registering import NewPayment
from core.planning.queries import company
from web.forms import Form, parse, submitted
from web.page import go_to, page
from web.pages import options
from web.security import actor, right, route
from web.state import part, services

_USED = msg("This receipt number has been used already. The next one is filled in.")


class CashForm(Form):
    """Cash as it is taken. ``key`` was given out with the form, so that two taps are one payment."""

    key: Annotated[str, StringConstraints(min_length=8, max_length=64)]
    account_id: int
    amount: Decimal
    payer_name: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    receipt_no: Annotated[str, StringConstraints(min_length=1, max_length=40)]


async def ask(request: Request) -> Response:
    """The form, with the payer and the next receipt number filled in."""
    return await _form(request, {})


async def _case(request: Request) -> Case:
    async with services(request).uow.read() as session:
        return await case_for(session, actor(request), request.path_params["id"], rights.CASH)


async def _form(request: Request, values: Mapping[str, Any], faults: Mapping[str, Message] | None = None) -> Response:
    held, me, case = services(request), actor(request), await _case(request)
    async with held.uow.read() as session:
        accounts = await list_accounts(session, active_only=True)
        today = await agency_day(session, held.clock.now())
        proposed = await next_receipt_no(session, me, today)
    desks = (one for one in accounts if one.kind == AccountKind.CASH and one.currency == case.currency)
    filled = {"payer_name": case.debtor_name, "receipt_no": proposed, **values}
    if faults and "receipt_no" in faults:
        filled["receipt_no"] = proposed
    context = {
        "case": case,
        "owed": Money(case.open_amount, case.currency),
        "today": today,
        "desks": options.of_rows(desks),
        "values": filled,
        "key": secrets.token_hex(16),
        "faults": faults or {},
    }
    return await page(request, "money/cash.html", context, status=422 if faults else 200)


async def take(request: Request) -> Response:
    """Register the cash once, however often the form is sent; then the receipt."""
    case = await _case(request)
    try:
        sent = await parse(request, CashForm)
    except Invalid as faults:
        return await _form(request, await _typed(request), faults.fields)
    try:
        payment_id = await _register(request, case, sent)
    except (DuplicatePayment, ReceiptTaken):
        async with services(request).uow.read() as session:
            known = await taken_before(session, actor(request), sent.receipt_no, sent.key)
        if known is None or known.amount != sent.amount:
            return await _form(request, await _typed(request), {"receipt_no": _USED})
        payment_id = known.id
    except Invalid as faults:
        return await _form(request, await _typed(request), faults.fields)
    return go_to(f"/cases/{case.id}/receipts/{payment_id}")


async def _typed(request: Request) -> dict[str, str]:
    sent = await submitted(request)
    return {name: str(sent[name]) for name in CashForm.model_fields if name in sent and name != "key"}


async def _register(request: Request, case: Case, sent: CashForm) -> int:
    held = services(request)
    async with held.uow.read() as session:
        today = await agency_day(session, held.clock.now())
    new = NewPayment(
        account_id=sent.account_id,
        amount=sent.amount,
        value_on=today,
        source=Source.CASH,
        receipt_no=sent.receipt_no,
        payer_name=sent.payer_name,
        case_id=case.id,
        match={"key": sent.key},
    )
    return await part(request, PaymentDesk).register(actor(request), new)


async def show_receipt(request: Request) -> Response:
    """The receipt, with the company's details; after a reversal it says so."""
    async with services(request).uow.read() as session:
        found = await receipt(session, actor(request), request.path_params["id"], request.path_params["payment"])
        agency = await company(session)
    context = {"receipt": found, "company": agency, "amount": Money(found.payment.amount, found.payment.currency)}
    return await page(request, "money/receipt.html", context)


_CASH = right(rights.CASH)
routes = (
    route("/cases/{id:int}/cash", ask, policy=_CASH, name="case.cash"),
    route("/cases/{id:int}/cash", take, policy=_CASH, methods=["POST"], name="case.take_cash"),
    route(
        "/cases/{id:int}/receipts/{payment:int}",
        show_receipt,
        policy=right("cases.view"),
        name="case.receipt",
    ),
)
