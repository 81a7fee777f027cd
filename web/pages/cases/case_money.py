"""The last payments of a case, for its screen: what came, what stands of it, and why it went where it went."""

from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.card import CaseCard
from core.kernel.access import Actor
from core.kernel.i18n import msg
from core.kernel.money import Money
from core.payments import rights
from core.payments.model import Payment
from core.payments.queries.repayments import CaseRepayment, repayments_of_case, waiting_of_case
from web.pages.cases.case_words import COMPONENT_LABELS
from web.pages.cases.debt_view import MoneyBox, PaymentLine, RepaymentLine
from web.pages.money import money_words as words

_SHOWN = 6


async def money_box(session: AsyncSession, me: Actor, card: CaseCard) -> MoneyBox:
    """The payments on a case the actor may see, the latest first, and what he may do about more of them."""
    waiting = await waiting_of_case(session, me, card.case.id)
    settled = await repayments_of_case(session, me, card.case.id)
    lines = [*(_waiting(one, me) for one in waiting), *(_settled(one, me) for one in settled)]
    lines.sort(key=lambda line: line.on, reverse=True)
    return MoneyBox(
        payments=tuple(lines[:_SHOWN]),
        more=len(lines) > _SHOWN,
        may_see_all=me.may(rights.VIEW),
        may_register=me.may(rights.EDIT),
        may_take_cash=me.may(rights.CASH),
    )


def _waiting(payment: Payment, me: Actor) -> PaymentLine:
    return PaymentLine(
        on=payment.value_on,
        amount=Money(payment.amount, payment.currency),
        source=payment.payer_name or words.SOURCES[payment.source],
        state=words.PAYMENT_STATES[payment.state],
        href=_href(payment.id, me),
    )


def _settled(repayment: CaseRepayment, me: Actor) -> PaymentLine:
    return PaymentLine(
        on=repayment.value_on,
        amount=Money(repayment.amount, repayment.currency),
        source=repayment.payer_name or msg("payment no. {number}", number=repayment.payment_id),
        state=words.WITHDRAWN if repayment.withdrawn else words.STANDING,
        href=_href(repayment.payment_id, me),
        lines=tuple(
            RepaymentLine(
                claim=line.claim_number,
                component=COMPONENT_LABELS[line.row.component],
                amount=Money(line.row.amount, line.row.currency),
                why=line.why,
            )
            for line in repayment.lines
        ),
    )


def _href(payment_id: int, me: Actor) -> str | None:
    return f"/payments/{payment_id}" if me.may(rights.VIEW) else None
