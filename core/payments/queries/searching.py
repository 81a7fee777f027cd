"""Payments by any piece of what is known of them, by the index that cases and people are found by too."""

from sqlalchemy import ColumnElement, or_, select, union

from core.cases.model import CASES, Case
from core.parties.search import Matches, terms
from core.payments.model import PAYMENTS, Payment

#: A word that more cases have than this is no way to find a payment by its case.
_MOST_CASES = 10_000


def found_by(text: str) -> ColumnElement[bool]:
    """Payments that hold every word of ``text``; one too short for the index asks for exactly that document or receipt
    number."""
    pieces = terms(text)
    if pieces:
        return Matches(PAYMENTS, pieces)
    return or_(Payment.doc_no == text.strip(), Payment.receipt_no == text.strip())


def found_by_case(text: str) -> ColumnElement[bool]:
    """The same, and payments matched to a case that has that number, or whose people, phones or contracts hold the
    words. Each side is asked of its own index."""
    pieces = terms(text)
    asked = [select(Case.id).where(Case.number == text.strip())]
    if pieces:
        asked.append(select(Case.id).where(Matches(CASES, pieces)).limit(_MOST_CASES))
    matched = [select(Payment.id).where(Payment.case_id.in_(cases)) for cases in asked]
    return Payment.id.in_(union(select(Payment.id).where(found_by(text)), *matched))
