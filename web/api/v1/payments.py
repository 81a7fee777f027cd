"""Payments, their settlement into repayments, and what is taken or given back."""

from functools import partial

from starlette.requests import Request

from core.cases.fields import Asked
from core.cases.queries.lists import ListQuery
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.i18n import msg
from core.payments import errors, rights
from core.payments.model import Source
from core.payments.queries.payments import list_payments, payment_card
from core.payments.queries.repayments import RepaymentQuery, list_repayments
from core.payments.rules.allocation import Wanted
from core.payments.service.desk import PaymentDesk
from core.payments.service.orders import SettleOrder
from core.payments.service.registering import NewPayment
from web.api.v1.operation import Operation, routes_of, step
from web.api.v1.payment_shapes import (
    AllocationPage,
    AllocationsAsked,
    Payment,
    PaymentMade,
    PaymentNow,
    PaymentPage,
    PaymentsAsked,
    PaymentWhole,
    RefundWanted,
    Registered,
    ReversalWanted,
    SettlementWanted,
    Split,
    WithdrawalWanted,
    allocation,
    payment_now,
    payment_values,
    split,
    whole,
)
from web.api.v1.shapes import Nothing
from web.security import actor, right
from web.state import part, services


async def index(request: Request, asked: PaymentsAsked) -> PaymentPage:
    chosen = {
        "state": asked.state,
        "source": asked.source,
        "account": asked.account,
        "case_id": asked.case,
        "creditor": asked.creditor,
    }
    filters = {key: Asked(values=(str(value),)) for key, value in chosen.items() if value is not None}
    if asked.unsettled:
        filters["rest"] = Asked(low="0.0001")
    low, high = asked.value_from, asked.value_to
    filters["value"] = Asked(low=low.isoformat() if low else "", high=high.isoformat() if high else "")
    query = ListQuery(search=asked.search or "", filters=filters, sort="-value", after=asked.after, size=asked.limit)
    async with services(request).uow.read() as session:
        found = await list_payments(session, actor(request), query)
    return PaymentPage(items=[Payment(**payment_values(row)) for row in found.rows], next=found.next)


async def one(request: Request, _sent: Nothing) -> PaymentWhole:
    payment_id: int = request.path_params["id"]
    async with services(request).uow.read() as session:
        card = await payment_card(session, actor(request), payment_id)
    await services(request).looks.looked(actor(request), ("payment", payment_id))
    return whole(card, actor(request).language)


async def allocations(request: Request, asked: AllocationsAsked) -> AllocationPage:
    query = RepaymentQuery(
        case_id=asked.case,
        payment_id=asked.payment,
        creditor_id=asked.creditor,
        collector_id=asked.agent,
        component=asked.component,
        value_from=asked.value_from,
        value_to=asked.value_to,
        after=asked.after,
        size=asked.limit,
    )
    async with services(request).uow.read() as session:
        found = await list_repayments(session, actor(request), query)
    return AllocationPage(items=[allocation(line, actor(request).language) for line in found.rows], next=found.next)


async def register(request: Request, made: PaymentMade) -> Registered:
    new = NewPayment(
        account_id=made.account_id,
        amount=made.amount.decimal,
        currency=made.amount.currency,
        value_on=made.value_on,
        source=Source.API,
        receipt_no=made.receipt_number,
        doc_no=made.document_number,
        payer_name=made.payer_name,
        payer_account=made.payer_account,
        payer_tax_id=made.payer_tax_id,
        purpose=made.purpose,
        case_id=made.case_id,
        claim_id=made.claim_id,
        occurrence=made.occurrence,
    )
    return Registered(id=await part(request, PaymentDesk).register(actor(request), new))


async def settle(request: Request, wanted: SettlementWanted) -> Split:
    desk, me, order = part(request, PaymentDesk), actor(request), _order(request.path_params["id"], wanted)
    done = await (desk.preview(me, order) if wanted.preview else desk.settle(me, order))
    return split(done, me.language)


async def withdraw(request: Request, wanted: WithdrawalWanted) -> PaymentNow:
    desk, payment_id = part(request, PaymentDesk), request.path_params["id"]
    return payment_now(await desk.withdraw(actor(request), wanted.settlement_id, wanted.reason, payment_id=payment_id))


async def reverse(request: Request, wanted: ReversalWanted) -> PaymentNow:
    desk, payment_id = part(request, PaymentDesk), request.path_params["id"]
    fee = None if wanted.fee is None else wanted.fee.charged()
    return payment_now(await desk.reverse(actor(request), payment_id, wanted.reason, fee))


async def refund(request: Request, wanted: RefundWanted) -> PaymentNow:
    desk, payment_id, given = part(request, PaymentDesk), request.path_params["id"], wanted.amount
    return payment_now(
        await desk.refund(actor(request), payment_id, given.decimal, wanted.reason, currency=given.currency)
    )


def _order(payment_id: int, wanted: SettlementWanted) -> SettleOrder:
    currencies = {one.currency for one in (wanted.amount, *(line.amount for line in wanted.lines)) if one is not None}
    if len(currencies) > 1:
        raise Invalid({"amount": msg("All sums of a payment are in its currency.")})
    lines = [
        Wanted(claim_id=line.claim_id, component=line.component, amount=line.amount.decimal) for line in wanted.lines
    ]
    return SettleOrder(
        payment_id=payment_id,
        case_ids=tuple(wanted.case_ids),
        claim_ids=None if wanted.claim_ids is None else frozenset(wanted.claim_ids),
        amount=wanted.amount.decimal if wanted.amount else None,
        scheme_key=wanted.scheme,
        lines=tuple(lines),
        currency=next(iter(currencies), None),
    )


_SETTLING = (errors.PaymentIsReversed, errors.NothingLeft, errors.NothingOpen, errors.BadSettlement)

_step = partial(step, "/payments")
OPERATIONS = (
    Operation(
        name="payments.list",
        method="GET",
        path="/payments",
        summary="Payments in reach, the latest first",
        policy=right(rights.VIEW),
        takes=PaymentsAsked,
        gives=PaymentPage,
        handler=index,
    ),
    Operation(
        name="payments.get",
        method="GET",
        path="/payments/{id:int}",
        summary="One payment with its settlements and refunds; the look is audited",
        policy=right(rights.VIEW),
        takes=Nothing,
        gives=PaymentWhole,
        errors=(NotFound,),
        handler=one,
    ),
    Operation(
        name="payments.register",
        method="POST",
        path="/payments",
        summary="Register money that came in",
        policy=right(rights.EDIT),
        takes=PaymentMade,
        gives=Registered,
        status=201,
        acts=True,
        errors=(NotFound, errors.BadPayment, errors.DuplicatePayment, errors.ReceiptTaken),
        handler=register,
    ),
    _step(
        "settle",
        "Split a payment into repayments, or show how it would be",
        settle,
        policy=right(rights.SETTLE),
        takes=SettlementWanted,
        gives=Split,
        errors=(NotFound, Conflict, *_SETTLING),
    ),
    _step(
        "withdraw",
        "Take a settlement of the payment back",
        withdraw,
        policy=right(rights.WITHDRAW),
        takes=WithdrawalWanted,
        gives=PaymentNow,
        errors=(NotFound, Conflict, errors.AlreadyWithdrawn),
    ),
    _step(
        "reverse",
        "Take a payment back as a whole",
        reverse,
        policy=right(rights.WITHDRAW),
        takes=ReversalWanted,
        gives=PaymentNow,
        errors=(NotFound, Conflict, errors.PaymentIsReversed, errors.MoneyGivenBack, errors.BadPayment),
    ),
    _step(
        "refund",
        "Give back some of what is left of a payment",
        refund,
        policy=right(rights.REFUND),
        takes=RefundWanted,
        gives=PaymentNow,
        errors=(NotFound, errors.PaymentIsReversed, errors.NothingLeft, errors.BadRefund),
    ),
    Operation(
        name="allocations.list",
        method="GET",
        path="/allocations",
        summary="Repayments in reach, the latest value date first",
        policy=right(rights.VIEW),
        takes=AllocationsAsked,
        gives=AllocationPage,
        handler=allocations,
    ),
)

routes = routes_of(OPERATIONS)
