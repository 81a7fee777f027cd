"""When two payments may be one that came by two files in different formats."""

from dataclasses import dataclass

from core.parties.rules import name_key


@dataclass(frozen=True, slots=True)
class Looks:
    """What banks write differently about one payment. Account, day and sum are the same already."""

    doc_no: str
    payer_account: str
    payer_name: str
    purpose: str


def alike(one: Looks, other: Looks) -> bool:
    """Whether document, payer or purpose say that it may be the same payment.

    Two documents with numbers of their own are two payments, unless the purpose is the same to the letter.
    """
    if _letters(one.purpose) and _letters(one.purpose) == _letters(other.purpose):
        return True
    if one.doc_no and other.doc_no:
        return one.doc_no == other.doc_no
    if one.payer_account and other.payer_account:
        return one.payer_account == other.payer_account
    return bool(one.payer_name) and name_key(one.payer_name) == name_key(other.payer_name)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
