"""When two payments are one and the same."""

import hashlib
from datetime import date
from decimal import Decimal


def fingerprint(
    *,
    account_id: int,
    value_on: date,
    amount: Decimal,
    doc_no: str = "",
    payer_account: str | None = None,
    purpose: str = "",
    occurrence: int = 0,
) -> str:
    """The digest of what tells a payment from every other (domain 4.3): account, day, sum, document, payer, purpose.

    ``occurrence`` counts lines that are alike in one statement, from 0: they are different payments, and the same
    ones when the statement is read again. Spaces and case of the purpose do not matter.
    """
    parts = (
        str(account_id),
        value_on.isoformat(),
        str(amount.quantize(Decimal("0.0001"))),
        doc_no.strip(),
        payer_account or "",
        " ".join(purpose.casefold().split()),
        str(occurrence),
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
