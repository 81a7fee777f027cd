"""What a payment is found by."""

from core.parties.folding import fold


def search_text(
    *,
    payer_name: str,
    purpose: str,
    doc_no: str,
    receipt_no: str | None,
    payer_account: str | None,
    payer_tax_id: str | None,
) -> str:
    """Everything one may look a payment up by, folded; numbers as they are written."""
    return fold(" ".join(filter(None, (payer_name, doc_no, receipt_no, payer_account, payer_tax_id, purpose))))
