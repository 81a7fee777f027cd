"""Everything a payment can be filtered and sorted by, as data."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, type_coerce

from core.cases.fields import Field, FieldKind
from core.cases.model import Case
from core.kernel.i18n import Message, msg
from core.kernel.types import Amount
from core.payments.model import Payment

#: What is neither settled nor given back.
REST: ColumnElement[Any] = type_coerce(Payment.amount - Payment.settled - Payment.refunded, Amount())
_CASE = Case.id == Payment.case_id


def _own(key: str, label: Message, kind: FieldKind, column: Any, *, sortable: bool = False) -> Field:
    return Field(key=key, label=label, kind=kind, column=column, sortable=sortable, of=Payment)


def _of(key: str, label: Message, kind: FieldKind, column: Any, through: ColumnElement[bool]) -> Field:
    return Field(key=key, label=label, kind=kind, column=column, through=through, of=Payment)


_ALL = (
    _own("id", msg("No."), FieldKind.NUMBER, Payment.id),
    _own("value", msg("Value date"), FieldKind.DAY, Payment.value_on, sortable=True),
    _own("booked", msg("Booked"), FieldKind.DAY, Payment.booked_on),
    _own("state", msg("State"), FieldKind.CHOICE, Payment.state),
    _own("source", msg("Source"), FieldKind.CHOICE, Payment.source),
    _own("account", msg("Account"), FieldKind.REFERENCE, Payment.account_id),
    _own("amount", msg("Amount"), FieldKind.AMOUNT, Payment.amount, sortable=True),
    _own("settled", msg("Settled"), FieldKind.AMOUNT, Payment.settled),
    _own("rest", msg("Left"), FieldKind.AMOUNT, REST),
    _own("refunded", msg("Given back"), FieldKind.AMOUNT, Payment.refunded),
    _own("currency", msg("Currency"), FieldKind.CHOICE, Payment.currency),
    _own("payer", msg("Payer"), FieldKind.TEXT, Payment.payer_name, sortable=True),
    _own("payer_account", msg("Payer's account"), FieldKind.TEXT, Payment.payer_account),
    _own("payer_tax_id", msg("Payer's tax no."), FieldKind.TEXT, Payment.payer_tax_id),
    _own("purpose", msg("Purpose"), FieldKind.TEXT, Payment.purpose),
    _own("document", msg("Document no."), FieldKind.TEXT, Payment.doc_no),
    _own("receipt", msg("Receipt no."), FieldKind.TEXT, Payment.receipt_no),
    _own("case_id", msg("Case"), FieldKind.REFERENCE, Payment.case_id),
    _own("claim_id", msg("Claim named by the payer"), FieldKind.REFERENCE, Payment.claim_id),
    _own("batch", msg("Import"), FieldKind.REFERENCE, Payment.batch_id),
    _own("registered_by", msg("Registered by"), FieldKind.REFERENCE, Payment.created_by_id),
    _own("registered", msg("Registered"), FieldKind.MOMENT, Payment.created_at),
    _own("reversed", msg("Reversed"), FieldKind.MOMENT, Payment.reversed_at),
    _of("case", msg("Case no."), FieldKind.TEXT, Case.number, _CASE),
    _of("debtor", msg("Debtor"), FieldKind.TEXT, Case.debtor_name, _CASE),
    _of("creditor", msg("Creditor"), FieldKind.REFERENCE, Case.creditor_id, _CASE),
    _of("collector", msg("Collector"), FieldKind.REFERENCE, Case.collector_id, _CASE),
)

PAYMENT_FIELDS: Mapping[str, Field] = {field.key: field for field in _ALL}
PAYMENT_SORTS: Mapping[str, Field] = {field.key: field for field in _ALL if field.sortable}
