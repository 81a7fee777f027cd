"""Payments come into the books: each once, its money into suspense until it is settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.audit.service import record_many
from core.cases.model import Account, Case, Claim, Posting
from core.cases.service.access import case_for
from core.cases.service.ledger import Draft, Line, post_many
from core.kernel.access import Actor
from core.kernel.among import Among
from core.kernel.bulk import insert_missing, reserve_ids
from core.kernel.errors import NotFound
from core.kernel.i18n import Message, msg
from core.kernel.money import CENT
from core.kernel.uow import Work
from core.payments import rights
from core.payments.errors import BadPayment, DuplicatePayment, ReceiptTaken
from core.payments.events import PaymentChanged
from core.payments.model import AccountKind, MoneyAccount, Payment, PaymentState, Source
from core.payments.rules.fingerprint import fingerprint
from core.payments.rules.searching import search_text
from core.payments.service.books import Books, hold_books

#: A payment above this is a slip of the keyboard.
_HIGHEST = Decimal(10) ** 12


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPayment:
    """Money that came in; see :class:`core.payments.model.Payment`.

    ``occurrence`` counts payments that are alike in everything else, from 0 (see
    :func:`~core.payments.rules.fingerprint.fingerprint`): one more says "this is another one". ``currency``, if given,
    must be the account's.
    """

    account_id: int
    amount: Decimal
    value_on: date
    source: Source
    receipt_no: str | None = None
    doc_no: str = ""
    payer_name: str = ""
    payer_account: str | None = None
    payer_tax_id: str | None = None
    purpose: str = ""
    case_id: int | None = None
    claim_id: int | None = None
    match: Mapping[str, Any] = field(default_factory=dict)
    batch_id: int | None = None
    occurrence: int = 0
    currency: str | None = None

    @property
    def fingerprint(self) -> str:
        return fingerprint(
            account_id=self.account_id,
            value_on=self.value_on,
            amount=self.amount,
            doc_no=self.doc_no or self.receipt_no or "",
            payer_account=self.payer_account,
            purpose=self.purpose,
            occurrence=self.occurrence,
        )


@dataclass(frozen=True, slots=True)
class Registered:
    """The payment's id; not ``fresh`` when it had been registered before."""

    payment_id: int
    fresh: bool


async def register_payment(work: Work, actor: Actor, new: NewPayment, *, at: datetime) -> int:
    """Register one payment; its id.

    Cash needs the right to take it on a case in reach and a receipt number, anything else the right to register
    payments. Raises ``DuplicatePayment``, ``ReceiptTaken`` or ``BadPayment``.
    """
    if new.source is Source.CASH and not actor.may(rights.EDIT):
        await _check_reach(work, actor, new)
    else:
        actor.require(rights.EDIT)
    (found,) = await register_many(work, actor, [new], at=at)
    if not found.fresh:
        known = await work.session.get_one(Payment, found.payment_id)
        if new.receipt_no and known.receipt_no == new.receipt_no and known.fingerprint != new.fingerprint:
            raise ReceiptTaken(receipt_no=new.receipt_no)
        raise DuplicatePayment(payment_id=found.payment_id)
    return found.payment_id


async def register_many(
    work: Work, actor: Actor, payments: Sequence[NewPayment], *, at: datetime
) -> Sequence[Registered]:
    """Register payments in the order given, passing over those that are known by fingerprint or receipt; rights are
    the caller's. Raises ``BadPayment`` for one that could not be kept."""
    books = await hold_books(work, at=at)
    accounts = await _accounts(work, payments)
    await _check_cases(work, payments, accounts)
    for new in payments:
        _check(new, accounts[new.account_id], books.today)
    keys = await reserve_ids(work.session, Payment, len(payments))
    entered = {"created_by_id": actor.user_id or None, "created_at": at}
    rows = [
        {**_row(key, new, accounts[new.account_id].currency, books), **entered}
        for key, new in zip(keys, payments, strict=True)
    ]
    await insert_missing(work.session, Payment, rows)
    found = await _found(work, rows)
    fresh = [(one.payment_id, new) for one, new in zip(found, payments, strict=True) if one.fresh]
    await _post(work, actor, fresh, accounts, books, at=at)
    return found


async def _check_reach(work: Work, actor: Actor, new: NewPayment) -> None:
    actor.require(rights.CASH)
    if new.case_id is None:
        raise BadPayment({"case_id": msg("Cash is taken on a case.")})
    await case_for(work.session, actor, new.case_id, rights.CASH)


async def _accounts(work: Work, payments: Sequence[NewPayment]) -> dict[int, MoneyAccount]:
    wanted = {new.account_id for new in payments}
    found = await work.session.scalars(select(MoneyAccount).where(MoneyAccount.id.in_(wanted)))
    accounts = {account.id: account for account in found if account.active}
    if wanted - accounts.keys():
        raise BadPayment({"account_id": msg("Choose an account that is in use.")})
    return accounts


async def _check_cases(work: Work, payments: Sequence[NewPayment], accounts: Mapping[int, MoneyAccount]) -> None:
    """Cases and claims that a payment names exist, belong together and are in its currency."""
    named = {new.case_id for new in payments if new.case_id is not None}
    currencies: dict[int, str] = {
        row.id: row.currency
        for row in await work.session.execute(select(Case.id, Case.currency).where(Among(Case.id, named)))
    }
    claimed = {new.claim_id for new in payments if new.claim_id is not None}
    owners: dict[int, int] = {
        row.id: row.case_id
        for row in await work.session.execute(select(Claim.id, Claim.case_id).where(Among(Claim.id, claimed)))
    }
    if named - currencies.keys() or claimed - owners.keys():
        raise NotFound()
    for new in payments:
        currency = accounts[new.account_id].currency
        if new.case_id is not None and currencies[new.case_id] != currency:
            raise BadPayment({"case_id": msg("The debt is in {currency}.", currency=currencies[new.case_id])})
        if new.claim_id is not None and owners[new.claim_id] != new.case_id:
            raise BadPayment({"claim_id": msg("The claim belongs to another case.")})


def _check(new: NewPayment, account: MoneyAccount, today: date) -> None:
    faults: dict[str, Message] = {}
    if not 0 < new.amount < _HIGHEST or new.amount != new.amount.quantize(CENT):
        faults["amount"] = msg("Enter a sum above zero with at most two decimals.")
    if new.currency not in (None, account.currency):
        faults["amount"] = msg("The account is in {currency}.", currency=account.currency)
    if new.value_on > today:
        faults["value_on"] = msg("The day is still to come.")
    if new.source is Source.CASH and not new.receipt_no:
        faults["receipt_no"] = msg("Enter the number of the receipt.")
    if new.source is Source.CASH and account.kind != AccountKind.CASH:
        faults["account_id"] = msg("Choose a cash desk.")
    if faults:
        raise BadPayment(faults)


def _row(key: int, new: NewPayment, currency: str, books: Books) -> dict[str, Any]:
    return {
        "id": key,
        "account_id": new.account_id,
        "state": PaymentState.POSTED,
        "amount": new.amount,
        "settled": Decimal(0),
        "refunded": Decimal(0),
        "currency": currency,
        "value_on": new.value_on,
        "booked_on": books.day_for(new.value_on),
        "source": new.source,
        "fingerprint": new.fingerprint,
        "receipt_no": new.receipt_no,
        "doc_no": new.doc_no,
        "payer_name": new.payer_name,
        "payer_account": new.payer_account,
        "payer_tax_id": new.payer_tax_id,
        "purpose": new.purpose,
        "case_id": new.case_id,
        "claim_id": new.claim_id,
        "match": dict(new.match),
        "batch_id": new.batch_id,
        "reason": "",
        "search_text": search_text(
            payer_name=new.payer_name,
            purpose=new.purpose,
            doc_no=new.doc_no,
            receipt_no=new.receipt_no,
            payer_account=new.payer_account,
            payer_tax_id=new.payer_tax_id,
        ),
    }


async def _found(work: Work, rows: Sequence[Mapping[str, Any]]) -> list[Registered]:
    """What became of each: its own row, or the one that was there before. Another transaction's row is waited for by
    the insert, so it is there to be found."""
    columns = select(Payment.id, Payment.fingerprint, Payment.receipt_no)
    prints = [row["fingerprint"] for row in rows]
    known = list(await work.session.execute(columns.where(Payment.fingerprint.in_(prints))))
    receipts = {row["receipt_no"] for row in rows if row["receipt_no"]}
    if receipts:
        known += await work.session.execute(columns.where(Payment.receipt_no.in_(receipts)))
    by_print = {row.fingerprint: row.id for row in known}
    by_receipt = {row.receipt_no: row.id for row in known if row.receipt_no}
    ids = [by_print.get(row["fingerprint"]) or by_receipt[row["receipt_no"]] for row in rows]
    return [Registered(payment_id, payment_id == row["id"]) for payment_id, row in zip(ids, rows, strict=True)]


async def _post(
    work: Work,
    actor: Actor,
    fresh: Sequence[tuple[int, NewPayment]],
    accounts: Mapping[int, MoneyAccount],
    books: Books,
    *,
    at: datetime,
) -> None:
    """Put the money where it came, and into suspense."""
    drafts = []
    for payment_id, new in fresh:
        account = accounts[new.account_id]
        place = Account.DIRECT if account.kind == AccountKind.DIRECT else Account.MONEY
        drafts.append(
            Draft(
                kind=Posting.PAYMENT,
                lines=(
                    Line(account=place, amount=new.amount, currency=account.currency, payment_id=payment_id),
                    Line(
                        account=Account.SUSPENSE, amount=-new.amount, currency=account.currency, payment_id=payment_id
                    ),
                ),
                value_on=new.value_on,
                booked_on=books.day_for(new.value_on),
            )
        )
    await post_many(work, actor, drafts, at=at)
    entries = [
        (("payment", payment_id), {"amount": (None, new.amount), "value_on": (None, new.value_on)})
        for payment_id, new in fresh
    ]
    await record_many(work, actor, "payment.registered", entries, at=at)
    work.emit(*(PaymentChanged(at=at, payment_id=payment_id) for payment_id, _ in fresh))
