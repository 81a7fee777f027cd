"""Settling a payment with a preview of every line, and taking back: settlements, payments, money given back."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import StringConstraints
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import Response

from core.cases.model import Case, Claim, Component
from core.cases.queries.balance import OpenItem, open_items
from core.cases.service.access import case_for
from core.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.kernel.money import CENT
from core.payments import rights
from core.payments.errors import BadSettlement
from core.payments.queries.payments import PaymentCard, payment_card
from core.payments.rules.allocation import Wanted
from core.payments.rules.explain import explain
from core.payments.rules.schemes import MANUAL
from core.payments.service.desk import PaymentDesk
from core.payments.service.orders import Settled, SettleOrder
from core.payments.service.schemes import list_schemes
from core.payments.service.withdrawing import BounceFee
from web.forms import Form, is_position, parse, submitted
from web.page import go_to, page
from web.pages.cases import case_words
from web.pages.listing import Option
from web.pages.money.money_words import scheme_name
from web.pages.money.payments import split_bar
from web.security import actor, right, route
from web.state import part, services

_MOST_CASES = 50
Reason = Annotated[str, StringConstraints(min_length=1, max_length=300)]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Open:
    """A case that the payment may be settled on, and what is open on it as of the payment's value date."""

    case: Case
    items: tuple[OpenItem, ...]

    @property
    def total(self) -> Decimal:
        return sum((item.amount for item in self.items), Decimal(0))

    @property
    def claims(self) -> Mapping[int, tuple[str, Decimal]]:
        """Number and sum of each claim by its id."""
        found: dict[int, tuple[str, Decimal]] = {}
        for item in self.items:
            _, before = found.get(item.claim_id, ("", Decimal(0)))
            found[item.claim_id] = (item.claim_number, before + item.amount)
        return found


def _ordered(payment_id: int, data: QueryParams | FormData, case_ids: tuple[int, ...]) -> SettleOrder:
    """What the form asks for. Raises ``BadSettlement`` for a sum that cannot be read."""
    claims = frozenset(int(one) for one in _positions(data, "claim"))
    scheme = str(data.get("scheme") or "") or None
    return SettleOrder(
        payment_id=payment_id,
        case_ids=case_ids,
        claim_ids=claims or None,
        amount=_sum("amount", str(data.get("amount") or "")),
        scheme_key=scheme,
        lines=_lines(data) if scheme == MANUAL.key else (),
    )


def _positions(data: QueryParams | FormData, name: str) -> list[str]:
    return [str(one) for one in data.getlist(name) if is_position(str(one))]


def _lines(data: QueryParams | FormData) -> tuple[Wanted, ...]:
    """Sums chosen by hand: ``line-<claim>-<component>``."""
    found = []
    for name, value in data.multi_items():
        claim, _, component = name.removeprefix("line-").partition("-")
        if not name.startswith("line-") or not is_position(claim) or component not in set(Component):
            continue
        amount = _sum(name, str(value))
        if amount is not None:
            found.append(Wanted(claim_id=int(claim), component=Component(component), amount=amount))
    return tuple(found)


def _sum(name: str, text: str) -> Decimal | None:
    text = text.strip().replace(",", ".").replace(" ", "")
    if not text:
        return None
    try:
        amount = Decimal(text)
        exact = amount == amount.quantize(CENT)
    except InvalidOperation:
        exact = False
    if not exact:
        raise BadSettlement({name: msg("Enter a sum with at most two decimals.")})
    return amount


async def plan(request: Request) -> Response:
    """Choose cases, claims and scheme; every line is shown before anything is posted."""
    return await _plan(request, request.query_params)


async def _plan(
    request: Request, data: QueryParams | FormData, fault: DomainError | None = None, *, status: int = 200
) -> Response:
    me, payment_id = actor(request), request.path_params["id"]
    async with services(request).uow.read() as session:
        card = await payment_card(session, me, payment_id)
        opened = await _opened(session, request, card, data)
        schemes = await list_schemes(session, me)
    proposal: Settled | None = None
    case_ids = tuple(one.case.id for one in opened)
    try:
        order = _ordered(payment_id, data, case_ids)
        if opened and (order.lines or order.scheme_key != MANUAL.key):
            proposal = await part(request, PaymentDesk).preview(me, order)
    except (NotFound, Forbidden):
        raise
    except DomainError as error:
        fault = fault or error
    chosen = [(name, str(value)) for name, value in data.multi_items() if name not in ("csrf", "seen")]
    context = {
        "payment": card.row,
        "split": split_bar(card.row),
        "opened": opened,
        "asked": data,
        "claims": _positions(data, "claim"),
        "schemes": [Option(value=one.key, label=scheme_name(one.key, one.name)) for one in schemes if one.active],
        "manual": data.get("scheme") == MANUAL.key,
        "proposal": proposal,
        "scheme_used": _scheme_used(proposal, schemes),
        "explain": explain,
        "components": case_words.COMPONENT_LABELS,
        "faults": dict(fault.fields) if isinstance(fault, Invalid) else {},
        "fault": fault.message if fault else None,
        "seen": _digest(proposal) if proposal else "",
        "chosen": chosen,
        "search_to": f"/payments/{payment_id}/settle?{urlencode([('case', one) for one in case_ids])}",
    }
    return await page(request, "money/settle.html", context, status=status)


def _scheme_used(proposal: Settled | None, schemes: Sequence[Any]) -> object:
    if proposal is None:
        return ""
    names = {one.key: one.name for one in schemes}
    return scheme_name(proposal.scheme.key, names.get(proposal.scheme.key, proposal.scheme.key))


async def _opened(
    session: AsyncSession, request: Request, card: PaymentCard, data: QueryParams | FormData
) -> list[_Open]:
    """The cases asked for, else the one the payment was matched to."""
    asked = [int(one) for one in _positions(data, "case")] or ([card.row.case_id] if card.row.case_id else [])
    wanted = list(dict.fromkeys(asked))[:_MOST_CASES]
    cases = [await case_for(session, actor(request), case_id, rights.SETTLE) for case_id in wanted]
    items = await open_items(session, wanted, card.row.value_on)
    return [_Open(case=case, items=tuple(item for item in items if item.case_id == case.id)) for case in cases]


def _digest(proposal: Settled) -> str:
    """What was shown, so that nothing else is posted."""
    lines = [
        f"{line.item.claim_id}:{line.item.component}:{line.item.amount}:{line.amount}:{line.rank}"
        for line in proposal.result.lines
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


async def post(request: Request) -> Response:
    """Post exactly the lines that were shown; when they would be others now, show them instead."""
    data, payment_id = await submitted(request), request.path_params["id"]
    desk, me = part(request, PaymentDesk), actor(request)
    try:
        order = _ordered(payment_id, data, tuple(int(one) for one in _positions(data, "case")))
        if _digest(await desk.preview(me, order)) != data.get("seen"):
            raise Conflict
        await desk.settle(me, order)
    except (NotFound, Forbidden):
        raise
    except DomainError as fault:
        return await _plan(request, data, fault, status=409 if isinstance(fault, Conflict) else 422)
    return go_to(f"/payments/{payment_id}")


class ReasonForm(Form):
    reason: Reason


async def ask_withdraw(request: Request) -> Response:
    """What withdrawing the settlement would take back, and why it is done."""
    return await _ask_withdraw(request, {})


async def _ask_withdraw(
    request: Request, values: Mapping[str, Any], faults: Mapping[str, Message] | None = None
) -> Response:
    async with services(request).uow.read() as session:
        card = await payment_card(session, actor(request), request.path_params["id"])
    act = next((one for one in card.settlements if one.row.id == request.path_params["settlement"]), None)
    if act is None:
        raise NotFound
    context = {
        "payment": card.row,
        "acts": [act],
        "what": "withdraw",
        "action": f"/payments/{card.row.id}/settlements/{act.row.id}/withdraw",
        "over": act.row.withdrawn_at is not None,
        "claims": (),
    }
    return await _ask(request, context, values, faults)


async def withdraw(request: Request) -> Response:
    """Take the settlement back."""
    async with services(request).uow.read() as session:
        card = await payment_card(session, actor(request), request.path_params["id"])
    settlement_id = request.path_params["settlement"]
    if settlement_id not in [one.row.id for one in card.settlements]:
        raise NotFound
    try:
        sent = await parse(request, ReasonForm)
        await part(request, PaymentDesk).withdraw(actor(request), settlement_id, sent.reason)
    except Invalid as faults:
        return await _ask_withdraw(request, await submitted(request), faults.fields)
    return go_to(f"/payments/{card.row.id}")


class ReverseForm(ReasonForm):
    fee_claim: int | None = None
    fee: Decimal | None = None

    def bounce(self) -> BounceFee | None:
        """What the bounced payment costs the debtor, if anything. Raises ``Invalid``."""
        if self.fee is None:
            return None
        if self.fee_claim is None:
            raise Invalid({"fee_claim": msg("Choose a claim.")})
        return BounceFee(claim_id=self.fee_claim, amount=self.fee)


async def ask_reverse(request: Request) -> Response:
    """What reversing the payment would take back."""
    return await _ask_reverse(request, {})


async def _ask_reverse(
    request: Request, values: Mapping[str, Any], faults: Mapping[str, Message] | None = None
) -> Response:
    me = actor(request)
    async with services(request).uow.read() as session:
        card = await payment_card(session, me, request.path_params["id"])
        case_ids = {line.row.case_id for act in card.settlements for line in act.lines} | {card.row.case_id}
        claims = await session.scalars(select(Claim).where(Claim.case_id.in_(case_ids - {None})).order_by(Claim.id))
        options = [Option(value=str(claim.id), label=claim.number) for claim in claims]
    context = {
        "payment": card.row,
        "acts": [act for act in card.settlements if act.row.withdrawn_at is None],
        "what": "reverse",
        "action": f"/payments/{card.row.id}/reverse",
        "over": card.row.state == "reversed",
        "claims": options,
    }
    return await _ask(request, context, values, faults)


async def reverse(request: Request) -> Response:
    """Take the payment back as a whole."""
    payment_id = await _seen(request)
    try:
        sent = await parse(request, ReverseForm)
        await part(request, PaymentDesk).reverse(actor(request), payment_id, sent.reason, sent.bounce())
    except Invalid as faults:
        return await _ask_reverse(request, await submitted(request), faults.fields)
    return go_to(f"/payments/{payment_id}")


async def _seen(request: Request) -> int:
    """The payment's id, if it is in reach."""
    async with services(request).uow.read() as session:
        return (await payment_card(session, actor(request), request.path_params["id"])).row.id


async def _ask(
    request: Request, context: Mapping[str, Any], values: Mapping[str, Any], faults: Mapping[str, Message] | None
) -> Response:
    told = {**context, "values": values, "faults": faults or {}, "components": case_words.COMPONENT_LABELS}
    return await page(request, "money/take_back.html", told, status=422 if faults else 200)


class RefundForm(ReasonForm):
    amount: Decimal


async def ask_refund(request: Request) -> Response:
    """How much of what is in suspense is to be given back, and why."""
    return await _ask_refund(request, {})


async def _ask_refund(
    request: Request, values: Mapping[str, Any], faults: Mapping[str, Message] | None = None
) -> Response:
    async with services(request).uow.read() as session:
        card = await payment_card(session, actor(request), request.path_params["id"])
    context = {
        "payment": card.row,
        "values": values or {"amount": card.row.rest.quantize(CENT)},
        "faults": faults or {},
    }
    return await page(request, "money/refund.html", context, status=422 if faults else 200)


async def refund(request: Request) -> Response:
    """Give money back: the transfer itself is made at the bank."""
    payment_id = await _seen(request)
    try:
        sent = await parse(request, RefundForm)
        await part(request, PaymentDesk).refund(actor(request), payment_id, sent.amount, sent.reason)
    except Invalid as faults:
        return await _ask_refund(request, await submitted(request), faults.fields)
    return go_to(f"/payments/{payment_id}")


_SETTLE, _WITHDRAW, _REFUND = right(rights.SETTLE), right(rights.WITHDRAW), right(rights.REFUND)
_ACT = "/payments/{id:int}/settlements/{settlement:int}/withdraw"
routes = (
    route("/payments/{id:int}/settle", plan, policy=_SETTLE, name="payment.plan"),
    route("/payments/{id:int}/settle", post, policy=_SETTLE, methods=["POST"], name="payment.settle"),
    route(_ACT, ask_withdraw, policy=_WITHDRAW, name="payment.ask_withdraw"),
    route(_ACT, withdraw, policy=_WITHDRAW, methods=["POST"], name="payment.withdraw"),
    route("/payments/{id:int}/reverse", ask_reverse, policy=_WITHDRAW, name="payment.ask_reverse"),
    route("/payments/{id:int}/reverse", reverse, policy=_WITHDRAW, methods=["POST"], name="payment.reverse"),
    route("/payments/{id:int}/refund", ask_refund, policy=_REFUND, name="payment.ask_refund"),
    route("/payments/{id:int}/refund", refund, policy=_REFUND, methods=["POST"], name="payment.refund"),
)
