"""What payments, settlements and repayments look like in the API, and how they are made of what is stored."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from core.cases.model import Component
from core.kernel.i18n import translator
from core.payments.model import Payment as PaymentDone
from core.payments.model import PaymentState, Source
from core.payments.queries.payments import PaymentCard, PaymentRow, SettlementCard
from core.payments.queries.payments import Repayment as Line
from core.payments.rules.explain import explain
from core.payments.service.orders import Settled
from core.payments.service.withdrawing import BounceFee
from web.api.v1.shapes import Id, Money, MoneySent, Page, Paged, Sent, Shape, Text, Utc, Word, money


class Payment(Shape):
    """Money that came in. ``left`` is neither settled nor given back. ``case_id`` is the case it was matched to,
    ``claim_id`` the claim the payer named."""

    id: Id
    state: PaymentState
    source: Source
    account_id: Id
    account: str
    amount: Money
    settled: Money
    refunded: Money
    left: Money
    value_on: date
    booked_on: date
    document_number: str
    receipt_number: str | None
    payer_name: str
    payer_account: str | None
    payer_tax_id: str | None
    purpose: str
    case_id: int | None
    case_number: str | None
    claim_id: int | None
    created_at: Utc


class PaymentPage(Page[Payment]):
    """Payments, the latest first."""


class Allocation(Shape):
    """A repayment: a share of a payment on one component of one claim. ``why`` says in the reader's language by which
    rule. Below zero it takes back ``reverses_id``; ``withdrawn`` ones are taken back. ``agent`` had the case then."""

    id: Id
    payment_id: Id
    settlement_id: Id
    case_id: Id
    case_number: str
    claim_id: Id
    claim_number: str
    creditor_id: Id
    component: Component
    amount: Money
    value_on: date
    booked_on: date
    rank: int
    why: str
    agent: int | None
    reverses_id: int | None
    withdrawn: bool
    created_at: Utc


class AllocationPage(Page[Allocation]):
    """Repayments, the latest value date first."""


class Settlement(Shape):
    """One act of splitting a payment by a scheme."""

    id: Id
    scheme: str
    amount: Money
    posted_at: Utc
    agent: int | None
    withdrawn_at: Utc | None
    withdrawn_reason: str
    allocations: list[Allocation]


class GivenBack(Shape):
    """Money of a payment that was given back."""

    id: Id
    amount: Money
    reason: str
    created_at: Utc


class PaymentWhole(Payment):
    """A payment with everything that became of it."""

    settlements: list[Settlement]
    refunds: list[GivenBack]


class Registered(Shape):
    """The payment that was registered."""

    id: Id


class PlannedLine(Shape):
    """A line of a split: where the money goes, and why."""

    case_id: Id
    claim_id: Id
    claim_number: str
    component: Component
    amount: Money
    rank: int
    why: str


class Split(Shape):
    """How a payment was split, or would be (``settlement_id`` null). ``left`` stays in suspense."""

    settlement_id: int | None
    scheme: str
    lines: list[PlannedLine]
    left: Money


class PaymentNow(Shape):
    """What a payment has become. ``left`` is neither settled nor given back."""

    id: Id
    state: PaymentState
    amount: Money
    settled: Money
    refunded: Money
    left: Money


class PaymentsAsked(Paged):
    """Which payments. ``unsettled`` are those with something left; the days bound the value date, both included."""

    search: Word | None = None
    state: PaymentState | None = None
    source: Source | None = None
    account: Id | None = None
    case: Id | None = None
    creditor: Id | None = None
    unsettled: bool = False
    value_from: date | None = None
    value_to: date | None = None


class AllocationsAsked(Paged):
    """Which repayments; the days bound the value date, both included."""

    case: Id | None = None
    payment: Id | None = None
    creditor: Id | None = None
    agent: Id | None = None
    component: Component | None = None
    value_from: date | None = None
    value_to: date | None = None


class PaymentMade(Sent):
    """Money that came in, on an account of the same currency. The same payment sent again is refused with the number
    of the first; ``occurrence`` above 0 says that it is another one, however alike."""

    account_id: Id
    amount: MoneySent
    value_on: date
    case_id: Id | None = None
    claim_id: Id | None = None
    document_number: Annotated[str, Field(max_length=60, pattern=r"^[^\x00]*$")] = ""
    receipt_number: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00]*$")] | None = None
    payer_name: Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")] = ""
    payer_account: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00]*$")] | None = None
    payer_tax_id: Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^\x00]*$")] | None = None
    purpose: Text = ""
    occurrence: Annotated[int, Field(ge=0, le=1000)] = 0


class LineWanted(Sent):
    """A sum for a component of a claim, chosen by hand."""

    claim_id: Id
    component: Component
    amount: MoneySent


class SettlementWanted(Sent):
    """On which cases (none: the one the payment was matched to) and claims of them (null: all), how much (null: all
    that is left), by which scheme (null: the creditor's, else the law's) or line by line. ``preview`` writes
    nothing."""

    case_ids: Annotated[list[Id], Field(max_length=50)] = []
    claim_ids: Annotated[list[Id], Field(max_length=500)] | None = None
    amount: MoneySent | None = None
    scheme: Word | None = None
    lines: Annotated[list[LineWanted], Field(max_length=500)] = []
    preview: bool = False


Reason = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00]*\S[^\x00]*$")]


class WithdrawalWanted(Sent):
    """Which settlement of the payment is taken back, and why."""

    settlement_id: Id
    reason: Reason


class Fee(Sent):
    """What the debtor is charged because the payment bounced."""

    claim_id: Id
    amount: MoneySent

    def charged(self) -> BounceFee:
        return BounceFee(claim_id=self.claim_id, amount=self.amount.decimal, currency=self.amount.currency)


class ReversalWanted(Sent):
    """Why the payment is taken back as a whole."""

    reason: Reason
    fee: Fee | None = None


class RefundWanted(Sent):
    """How much is given back of what is left, and why."""

    amount: MoneySent
    reason: Reason


def payment_values(row: PaymentRow) -> dict[str, Any]:
    """The fields of :class:`Payment`."""
    return {
        "id": row.id,
        "state": PaymentState(row.state),
        "source": Source(row.source),
        "account_id": row.account_id,
        "account": row.account,
        "amount": money(row.amount, row.currency),
        "settled": money(row.settled, row.currency),
        "refunded": money(row.refunded, row.currency),
        "left": money(row.rest, row.currency),
        "value_on": row.value_on,
        "booked_on": row.booked_on,
        "document_number": row.doc_no,
        "receipt_number": row.receipt_no,
        "payer_name": row.payer_name,
        "payer_account": row.payer_account,
        "payer_tax_id": row.payer_tax_id,
        "purpose": row.purpose,
        "case_id": row.case_id,
        "case_number": row.case_number,
        "claim_id": row.claim_id,
        "created_at": row.created_at,
    }


def whole(card: PaymentCard, language: str) -> PaymentWhole:
    """A payment with its settlements and refunds."""
    return PaymentWhole(
        **payment_values(card.row),
        settlements=[_settlement(one, card.row.currency, language) for one in card.settlements],
        refunds=[
            GivenBack(
                id=one.id,
                amount=money(one.amount, card.row.currency),
                reason=one.reason,
                created_at=one.created_at,
            )
            for one in card.refunds
        ],
    )


def _settlement(card: SettlementCard, currency: str, language: str) -> Settlement:
    return Settlement(
        id=card.row.id,
        scheme=card.row.scheme_key,
        amount=money(card.row.amount, currency),
        posted_at=card.row.posted_at,
        agent=card.row.actor_id,
        withdrawn_at=card.row.withdrawn_at,
        withdrawn_reason=card.row.withdrawn_reason,
        allocations=[allocation(line, language) for line in card.lines],
    )


def allocation(line: Line, language: str) -> Allocation:
    """A repayment; ``language`` is the reader's."""
    row = line.row
    return Allocation(
        id=row.id,
        payment_id=row.payment_id,
        settlement_id=row.settlement_id,
        case_id=row.case_id,
        case_number=line.case_number,
        claim_id=row.claim_id,
        claim_number=line.claim_number,
        creditor_id=row.creditor_id,
        component=Component(row.component),
        amount=money(row.amount, row.currency),
        value_on=row.value_on,
        booked_on=row.booked_on,
        rank=row.rank,
        why=translator(language).render(line.why),
        agent=row.collector_id,
        reverses_id=row.reverses_id,
        withdrawn=line.withdrawn,
        created_at=row.created_at,
    )


def payment_now(row: PaymentDone) -> PaymentNow:
    """What a payment has become."""
    return PaymentNow(
        id=row.id,
        state=PaymentState(row.state),
        amount=money(row.amount, row.currency),
        settled=money(row.settled, row.currency),
        refunded=money(row.refunded, row.currency),
        left=money(row.amount - row.settled - row.refunded, row.currency),
    )


def split(done: Settled, language: str) -> Split:
    """A settlement that was made or previewed."""
    texts = translator(language)
    return Split(
        settlement_id=done.settlement_id,
        scheme=done.scheme.key,
        lines=[
            PlannedLine(
                case_id=line.item.case_id,
                claim_id=line.item.claim_id,
                claim_number=line.item.claim_number,
                component=line.item.component,
                amount=money(line.amount, line.item.currency),
                rank=line.rank,
                why=texts.render(explain(line.rule)),
            )
            for line in done.result.lines
        ],
        left=money(done.result.remainder, done.result.lines[0].item.currency),
    )
