"""A line of a statement with what the dry run found: what applying goes by."""

from typing import Any

import msgspec

from core.payments.model import Source
from core.payments.service.registering import NewPayment
from core.payments.statements.lines import StatementLine


class MatchedLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``occurrence`` counts lines that are alike in everything else, from 0. ``case_id`` is set when the match was sure
    enough to settle unasked; ``match`` is what is kept with the payment."""

    line: StatementLine
    account_id: int
    currency: str
    occurrence: int = 0
    case_id: int | None = None
    claim_id: int | None = None
    match: dict[str, Any] = {}

    @property
    def n(self) -> int:
        return self.line.n


def new_payment(matched: MatchedLine, batch_id: int | None = None) -> NewPayment:
    """The payment a line becomes."""
    line = matched.line
    return NewPayment(
        account_id=matched.account_id,
        amount=line.amount,
        value_on=line.value_on,
        source=Source.STATEMENT,
        doc_no=line.doc_no,
        payer_name=line.payer_name,
        payer_account=line.payer_account or None,
        payer_tax_id=line.payer_tax_id or None,
        purpose=line.purpose,
        case_id=matched.case_id,
        claim_id=matched.claim_id,
        match=matched.match,
        batch_id=batch_id,
        occurrence=matched.occurrence,
    )
