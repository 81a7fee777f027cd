"""Everything a case can be filtered and sorted by, as data: the list, the exports and the API read the same table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import InstrumentedAttribute

from core.cases.model import Case, CaseParty, CaseTag, Claim, Promise, PromiseState
from core.kernel.clock import read_day
from core.kernel.db import Base
from core.kernel.errors import Invalid
from core.kernel.i18n import Message, msg
from core.kernel.phones import normalise, tail_key
from core.parties.model import Address, Email, Party, PartyId, Phone
from core.parties.rules import id_value
from core.parties.search import like_pattern

#: Below this every amount and every number of ours is kept by both databases.
_BIGGEST = 10**14


class FieldKind(StrEnum):
    """How a field is asked for. ``DAY`` and ``MOMENT`` are given as days; ``AMOUNT`` and ``NUMBER`` as ranges."""

    TEXT = "text"
    CHOICE = "choice"
    REFERENCE = "reference"
    DAY = "day"
    MOMENT = "moment"
    AMOUNT = "amount"
    NUMBER = "number"
    PHONE = "phone"
    IDENTIFIER = "identifier"
    FLAG = "flag"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is asked of a field: any of ``values`` for text and choices, ``low`` to ``high`` (inclusive) for ranges.

    The value ``none`` of a reference or choice means that there is nothing there.
    """

    values: tuple[str, ...] = ()
    low: str = ""
    high: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """``column`` is compared; rows of another table are reached by ``through``, the condition that ties them to the
    case (or whatever else the list is ``of``)."""

    key: str
    label: Message
    kind: FieldKind
    column: Any
    through: ColumnElement[bool] | None = None
    sortable: bool = False
    of: type[Base] = Case


NOTHING = "none"
_ON_CASE = CaseParty.case_id == Case.id
_CLAIM = Claim.case_id == Case.id
_DEBTOR = Party.id == Case.debtor_id
_PROMISE = and_(Promise.case_id == Case.id, Promise.state == PromiseState.OPEN)
_PHONE = and_(_ON_CASE, Phone.party_id == CaseParty.party_id)
_ADDRESS = and_(_ON_CASE, Address.party_id == CaseParty.party_id)
_EMAIL = and_(_ON_CASE, Email.party_id == CaseParty.party_id)
_IDENTIFIER = and_(_ON_CASE, PartyId.party_id == CaseParty.party_id)
_TAG = CaseTag.case_id == Case.id
_PERSON = and_(_ON_CASE, Party.id == CaseParty.party_id)


def _own(
    key: str, label: Message, kind: FieldKind, column: InstrumentedAttribute[Any], *, sortable: bool = False
) -> Field:
    return Field(key=key, label=label, kind=kind, column=column, sortable=sortable)


def _of(
    key: str, label: Message, kind: FieldKind, column: InstrumentedAttribute[Any], through: ColumnElement[bool]
) -> Field:
    return Field(key=key, label=label, kind=kind, column=column, through=through)


_ALL = (
    _own("number", msg("Case no."), FieldKind.TEXT, Case.number, sortable=True),
    _own("debtor", msg("Debtor"), FieldKind.TEXT, Case.debtor_name, sortable=True),
    _own("creditor", msg("Creditor"), FieldKind.REFERENCE, Case.creditor_id),
    _own("order", msg("Order"), FieldKind.REFERENCE, Case.order_id),
    _own("state", msg("State"), FieldKind.CHOICE, Case.state),
    _own("close_reason", msg("Closed because"), FieldKind.CHOICE, Case.close_reason),
    _own("stage", msg("Stage"), FieldKind.REFERENCE, Case.stage_id),
    _own("collector", msg("Collector"), FieldKind.REFERENCE, Case.collector_id),
    _own("unit", msg("Department"), FieldKind.REFERENCE, Case.unit_id),
    _own("priority", msg("Priority"), FieldKind.NUMBER, Case.priority),
    _own("currency", msg("Currency"), FieldKind.TEXT, Case.currency),
    _own("jurisdiction", msg("Contact law"), FieldKind.CHOICE, Case.jurisdiction),
    _own("amount", msg("Owed"), FieldKind.AMOUNT, Case.open_amount, sortable=True),
    _own("due", msg("Overdue since"), FieldKind.DAY, Case.due_since, sortable=True),
    _own("opened", msg("Opened"), FieldKind.MOMENT, Case.opened_at),
    _own("closed", msg("Closed"), FieldKind.MOMENT, Case.closed_at),
    _own("next", msg("Next action"), FieldKind.MOMENT, Case.next_action_at, sortable=True),
    _own("contact", msg("Last contact"), FieldKind.MOMENT, Case.last_contact_at),
    _own("paid", msg("Last payment"), FieldKind.MOMENT, Case.last_payment_at, sortable=True),
    _own("limitation_on", msg("First time-barred on"), FieldKind.DAY, Case.limitation_on, sortable=True),
    _own("broken", msg("Broken promises"), FieldKind.NUMBER, Case.broken_promises),
    _own("score", msg("Score"), FieldKind.NUMBER, Case.score, sortable=True),
    _of("tag", msg("Tag"), FieldKind.REFERENCE, CaseTag.tag_id, _TAG),
    _own("suspended", msg("Suspended until"), FieldKind.DAY, Case.suspended_until),
    _of("contract", msg("Contract no."), FieldKind.TEXT, Claim.contract_no, _CLAIM),
    _of("contract_on", msg("Contract of"), FieldKind.DAY, Claim.contract_on, _CLAIM),
    _of("claim", msg("Claim no."), FieldKind.TEXT, Claim.number, _CLAIM),
    _of("limitation", msg("Time-barred from"), FieldKind.DAY, Claim.limitation_on, _CLAIM),
    _of("principal", msg("Principal"), FieldKind.AMOUNT, Claim.principal, _CLAIM),
    _of("interest", msg("Interest"), FieldKind.AMOUNT, Claim.contractual_interest, _CLAIM),
    _of("penalty", msg("Penalty"), FieldKind.AMOUNT, Claim.penalty, _CLAIM),
    _of("person", msg("Anybody on the case"), FieldKind.TEXT, Party.name, _PERSON),
    _of("role", msg("Role"), FieldKind.CHOICE, CaseParty.role, _ON_CASE),
    _of("birth", msg("Birth date"), FieldKind.DAY, Party.birth_date, _DEBTOR),
    _of("language", msg("Language"), FieldKind.CHOICE, Party.language, _DEBTOR),
    _of("zone", msg("Time zone"), FieldKind.TEXT, Party.timezone, _DEBTOR),
    _of("identifier", msg("Tax or document no."), FieldKind.IDENTIFIER, PartyId.value, _IDENTIFIER),
    _of("phone", msg("Phone"), FieldKind.PHONE, Phone.number, _PHONE),
    _of("quality", msg("Phone quality"), FieldKind.CHOICE, Phone.quality, _PHONE),
    _of("consent", msg("Phone consent"), FieldKind.CHOICE, Phone.consent, _PHONE),
    _of("address", msg("Address"), FieldKind.TEXT, Address.text, _ADDRESS),
    _of("region", msg("Region"), FieldKind.TEXT, Address.region, _ADDRESS),
    _of("email", msg("E-mail"), FieldKind.TEXT, Email.address, _EMAIL),
    _of("promise_due", msg("Promise due"), FieldKind.DAY, Promise.due_on, _PROMISE),
    _of("promised", msg("Promised sum"), FieldKind.AMOUNT, Promise.amount, _PROMISE),
    _of("has_promise", msg("Open promise"), FieldKind.FLAG, Promise.id, _PROMISE),
    _of("has_phone", msg("Has a phone"), FieldKind.FLAG, Phone.id, _PHONE),
)

FIELDS: Mapping[str, Field] = {field.key: field for field in _ALL}
SORTS: Mapping[str, Field] = {field.key: field for field in _ALL if field.sortable}


def condition(field: Field, asked: Asked) -> ColumnElement[bool] | None:
    """What ``asked`` demands of a row; None when it asks nothing. Raises ``Invalid`` for a value that cannot be
    read."""
    if field.kind is FieldKind.FLAG:
        return _flag(field, asked)
    compared = _ranged(field, asked) if field.kind in _RANGED else _chosen(field, asked)
    if compared is None or field.through is None:
        return compared
    return exists().where(field.through, compared).correlate(field.of)


_RANGED = {FieldKind.DAY, FieldKind.MOMENT, FieldKind.AMOUNT, FieldKind.NUMBER}


def _flag(field: Field, asked: Asked) -> ColumnElement[bool] | None:
    if not asked.values or field.through is None:
        return None
    there = exists().where(field.through).correlate(field.of)
    return there if asked.values[0] in ("1", "yes", "true") else ~there


def _ranged(field: Field, asked: Asked) -> ColumnElement[bool] | None:
    parts: list[ColumnElement[bool]] = []
    if asked.low:
        parts.append(field.column >= _bound(field, asked.low, first=True))
    if asked.high:
        high = _bound(field, asked.high, first=False)
        parts.append(field.column < high if field.kind is FieldKind.MOMENT else field.column <= high)
    return and_(*parts) if parts else None


def _bound(field: Field, text: str, *, first: bool) -> Any:
    try:
        if field.kind is FieldKind.DAY:
            return read_day(text)
        if field.kind is FieldKind.MOMENT:
            return _day_edge(read_day(text), first=first)
        return _stored(Decimal(text.replace(",", "."))) if field.kind is FieldKind.AMOUNT else _int(text)
    except (ValueError, ArithmeticError) as error:
        raise Invalid({field.key: msg("{value} cannot be read here.", value=text)}) from error


def _stored(number: Decimal) -> Decimal:
    """``number`` if a database keeps such; else ``ValueError``."""
    if not abs(number) < _BIGGEST or number != round(number, 4):
        raise ValueError("no number that is stored")
    return number


def _int(text: str) -> int:
    return int(_stored(Decimal(int(text))))


def _day_edge(day: date, *, first: bool) -> datetime:
    """The start of the day, or its end (which no longer belongs to it), in UTC."""
    return datetime.combine(day if first else day + timedelta(days=1), time(), UTC)


def _chosen(field: Field, asked: Asked) -> ColumnElement[bool] | None:
    parts = [_one(field, value) for value in asked.values if value]
    return or_(*parts) if parts else None


def _one(field: Field, value: str) -> ColumnElement[bool]:
    if value == NOTHING and field.kind in (FieldKind.REFERENCE, FieldKind.CHOICE):
        found: ColumnElement[bool] = field.column.is_(None)
        return found
    if field.kind is FieldKind.REFERENCE:
        return _equals(field, _whole(field, value))
    if field.kind is FieldKind.PHONE:
        return _phone(value)
    if field.kind is FieldKind.IDENTIFIER:
        return _equals(field, id_value(value))
    if field.kind is FieldKind.TEXT:
        like: ColumnElement[bool] = field.column.ilike(like_pattern(value), escape="\\")
        return like
    return _equals(field, value)


def _equals(field: Field, value: object) -> ColumnElement[bool]:
    equal: ColumnElement[bool] = field.column == value
    return equal


def _whole(field: Field, value: str) -> int:
    try:
        return _int(value)
    except ValueError as error:
        raise Invalid({field.key: msg("{value} cannot be read here.", value=value)}) from error


def _phone(value: str) -> ColumnElement[bool]:
    """Exact number or same ending; fewer digits than a number has find nothing rather than everything."""
    tail, e164 = tail_key(value), normalise(value)
    number = int(e164[1:]) if e164 else -1
    return or_(Phone.number == number, Phone.tail == (tail if tail is not None else -1))
