"""Payments: the list, what is in suspense, and one payment with all that became of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from core.cases.fields import Asked as Wanted
from core.cases.fields import FieldKind
from core.cases.model import Claim
from core.cases.queries import lists
from core.cases.queries.lists import ListQuery
from core.kernel.i18n import Message, msg
from core.kernel.money import Money
from core.kernel.paging import Listing
from core.payments import rights
from core.payments.fields import PAYMENT_FIELDS
from core.payments.model import PaymentState
from core.payments.queries.payments import PaymentCard, PaymentRow, list_payments, payment_card, payment_sums
from core.payments.queries.ranking import candidates_of
from core.payments.rules.matching import Reason, Why
from core.payments.service.accounts import list_accounts
from core.people import queries as people
from web.export import export
from web.lists import EXPORT_BATCH, Asked, ListSpec, asked, listed, row_by_row
from web.page import page
from web.pages import options
from web.pages.cases import case_words
from web.pages.cases.case_list import query_of
from web.pages.listing import (
    Align,
    Column,
    DayCell,
    EmptyState,
    Filter,
    FilterKind,
    MoneyCell,
    Row,
    StateCell,
    TextCell,
    TimeCell,
)
from web.pages.money import money_words as words
from web.security import actor, right, route
from web.state import services

_SHORT = 80
_KINDS = {
    FieldKind.CHOICE: FilterKind.SELECT,
    FieldKind.REFERENCE: FilterKind.SELECT,
    FieldKind.DAY: FilterKind.DATE,
    FieldKind.MOMENT: FilterKind.DATE,
    FieldKind.AMOUNT: FilterKind.RANGE,
}
#: What the list is filtered by, in this order; an import is meant by the number in its address.
_FILTERS = (
    *("state", "source", "account", "value", "booked", "amount", "rest", "case", "debtor", "creditor", "collector"),
    *("payer", "payer_account", "payer_tax_id", "purpose", "document", "receipt", "currency", "registered", "batch"),
)
_CHOICES = {"state": options.of_words(words.PAYMENT_STATES), "source": options.of_words(words.SOURCES)}


def _filter(key: str) -> Filter:
    field = PAYMENT_FIELDS[key]
    kind = FilterKind.TEXT if key in ("batch", "currency") else _KINDS.get(field.kind, FilterKind.TEXT)
    many = kind is FilterKind.SELECT
    return Filter(key=key, label=field.label, kind=kind, options=_CHOICES.get(key, ()), many=many)


PAYMENTS = ListSpec(
    key="payments",
    title=msg("Payments"),
    path="/payments",
    sort="-value",
    search_hint=msg("Payer, purpose, case, document, receipt, account or tax number"),
    export_right=rights.EXPORT,
    columns=(
        Column(key="value", label=msg("Value date"), sortable=True),
        Column(key="payer", label=msg("Payer"), sortable=True),
        Column(key="case", label=msg("Case")),
        Column(key="amount", label=msg("Amount"), align=Align.END, sortable=True),
        Column(key="rest", label=msg("Left"), align=Align.END),
        Column(key="state", label=msg("State")),
        Column(key="account", label=msg("Account")),
        Column(key="source", label=msg("Source")),
        Column(key="id", label=msg("No."), align=Align.END, visible=False),
        Column(key="booked", label=msg("Booked"), visible=False),
        Column(key="settled", label=msg("Settled"), align=Align.END, visible=False),
        Column(key="refunded", label=msg("Given back"), align=Align.END, visible=False),
        Column(key="creditor", label=msg("Creditor"), visible=False),
        Column(key="purpose", label=msg("Purpose"), visible=False),
        Column(key="document", label=msg("Document no."), visible=False),
        Column(key="receipt", label=msg("Receipt no."), visible=False),
        Column(key="payer_account", label=msg("Payer's account"), visible=False),
        Column(key="registered", label=msg("Registered"), visible=False),
    ),
    filters=tuple(_filter(key) for key in _FILTERS),
    empty=EmptyState(
        title=msg("No payments"),
        hint=msg("Payments come from bank statements, from cash against a receipt, or are entered by hand."),
        icon="cash",
    ),
)
#: What waits to be settled, the oldest first.
SUSPENSE = replace(
    PAYMENTS,
    key="suspense",
    title=msg("In suspense"),
    path="/suspense",
    sort="value",
    filters=tuple(item for item in PAYMENTS.filters if item.key != "state"),
    empty=EmptyState(
        title=msg("Nothing is in suspense"),
        hint=msg("Every payment is settled or given back."),
        icon="circle-check",
    ),
)
_POSTED = Wanted(values=(PaymentState.POSTED,))
Endpoint = Callable[[Request], Awaitable[Response]]


def _asks(wanted: Asked) -> ListQuery:
    """What the address asks for; the list of what is in suspense asks for that as well."""
    query = query_of(wanted)
    if wanted.spec.key != SUSPENSE.key:
        return query
    return replace(query, filters={**query.filters, "state": _POSTED})


def _listed(kind: ListSpec) -> Endpoint:
    async def show(request: Request) -> Response:
        me = actor(request)
        wanted = asked(request, await _spec(request, kind))
        query = _asks(wanted)
        async with services(request).uow.read() as session:
            found = await list_payments(session, me, query)
            sums = await payment_sums(session, me, query)
        create = (msg("Register a payment"), "/payments/new") if me.may(rights.EDIT) else None
        drawn = await listed(request, wanted, found, _row, create=create)
        return await page(request, "money/payments.html", {"view": drawn, "sums": sums})

    return show


def _downloaded(kind: ListSpec) -> Endpoint:
    async def download(request: Request) -> Response:
        wanted = asked(request, await _spec(request, kind))
        return await export(request, kind.key, wanted.shown, _batches(request, _asks(wanted)))

    return download


def _batches(request: Request, query: ListQuery) -> AsyncIterator[list[Row]]:
    return row_by_row(lambda after: _find(request, replace(query, after=after, before=None, size=EXPORT_BATCH)), _row)


async def _find(request: Request, query: ListQuery) -> Listing[PaymentRow]:
    async with services(request).uow.read() as session:
        return await list_payments(session, actor(request), query)


async def _spec(request: Request, kind: ListSpec) -> ListSpec:
    """The list with the accounts, creditors and colleagues there are to filter by."""
    async with services(request).uow.read() as session:
        colleagues = await people.colleagues(session, actor(request), rights.VIEW)
        found = {
            "account": options.of_rows(await list_accounts(session)),
            "creditor": options.of_rows(await lists.creditors(session)),
            "collector": options.of_people(colleagues),
        }
    return kind.with_options(found)


def _row(line: PaymentRow) -> Row:
    href = f"/payments/{line.id}"
    return Row(
        id=str(line.id),
        href=href,
        cells={
            "value": DayCell(line.value_on),
            "payer": TextCell(line.payer_name or "—", href=href, note=line.purpose[:_SHORT] or None),
            "case": TextCell(line.case_number, href=f"/cases/{line.case_id}", note=line.debtor_name)
            if line.case_id
            else TextCell(None),
            "amount": MoneyCell(Money(line.amount, line.currency), strong=True),
            "rest": MoneyCell(Money(line.rest, line.currency) if line.rest else None),
            "state": StateCell(words.payment_state(line.state, line.settled)),
            "account": TextCell(line.account),
            "source": TextCell(words.SOURCES[line.source]),
            "id": TextCell(line.id),
            "booked": DayCell(line.booked_on),
            "settled": MoneyCell(Money(line.settled, line.currency)),
            "refunded": MoneyCell(Money(line.refunded, line.currency)),
            "creditor": TextCell(line.creditor),
            "purpose": TextCell(line.purpose),
            "document": TextCell(line.doc_no),
            "receipt": TextCell(line.receipt_no),
            "payer_account": TextCell(line.payer_account),
            "registered": TimeCell(line.created_at),
        },
    )


async def one(request: Request) -> Response:
    """A payment: where it came from, how it is split, what was settled and why, and what can be done with it."""
    me = actor(request)
    async with services(request).uow.read() as session:
        card = await payment_card(session, me, request.path_params["id"])
        named = await session.get(Claim, card.row.claim_id) if card.row.claim_id else None
    await services(request).looks.looked(me, ("payment", card.row.id))
    return await page(
        request, "money/payment.html", {**_context(card, may=me.may), "designated": named.number if named else None}
    )


def _context(card: PaymentCard, *, may: Callable[[str], bool]) -> dict[str, object]:
    row, stands = card.row, card.row.state != PaymentState.REVERSED
    return {
        "card": card,
        "payment": row,
        "state": words.payment_state(row.state, row.settled),
        "source": words.SOURCES[row.source],
        "standing": words.STANDING,
        "withdrawn": words.WITHDRAWN,
        "scheme_name": words.scheme_name,
        "components": case_words.COMPONENT_LABELS,
        "split": split_bar(row),
        "match": _match(card),
        "may_settle": stands and bool(row.rest) and may(rights.SETTLE),
        "may_refund": stands and bool(row.rest) and may(rights.REFUND),
        "may_withdraw": may(rights.WITHDRAW),
        "may_reverse": stands and not row.refunded and may(rights.WITHDRAW),
    }


def _match(card: PaymentCard) -> tuple[int, list[Message]] | None:
    """How well its case fitted when it was sought, in percent, and why; None when nobody sought."""
    for found in candidates_of(card.payment.match):
        if found["case_id"] == card.row.case_id:
            reasons = [Reason(Why(why), points, value).message for why, points, value in found["reasons"]]
            return found["score"], reasons
    return None


def split_bar(row: PaymentRow) -> list[tuple[str, Message, Money, float, float]]:
    """The parts of the payment: name, word, sum, and where in the bar they begin and how long they are (percent)."""
    parts, start, found = (("settled", row.settled), ("refunded", row.refunded), ("rest", row.rest)), 0.0, []
    labels = {"settled": msg("settled"), "refunded": msg("given back"), "rest": msg("in suspense")}
    for name, amount in parts:
        width = float(amount / row.amount * 100)
        found.append((name, labels[name], Money(amount, row.currency), round(start, 3), round(width, 3)))
        start += width
    return found


_VIEW, _EXPORT = right(rights.VIEW), right(rights.EXPORT)
routes = (
    route("/payments", _listed(PAYMENTS), policy=_VIEW, name="payments"),
    route("/payments/export", _downloaded(PAYMENTS), policy=_EXPORT, name="payments.export"),
    route("/payments/{id:int}", one, policy=_VIEW, name="payment"),
    route("/suspense", _listed(SUSPENSE), policy=_VIEW, name="suspense"),
    route("/suspense/export", _downloaded(SUSPENSE), policy=_EXPORT, name="suspense.export"),
)
