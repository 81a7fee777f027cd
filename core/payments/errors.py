"""What can be wrong with payments, their settlement and the books."""

from core.kernel.errors import Conflict, Invalid
from core.kernel.i18n import mark


class DuplicatePayment(Conflict):
    """The same payment has been registered before; ``payment_id`` is it."""

    code = "duplicate_payment"
    text = mark("This payment is already registered as no. {payment_id}.")


class ReceiptTaken(Conflict):
    """Two payments cannot have one receipt."""

    code = "receipt_taken"
    text = mark("Receipt {receipt_no} has been used already.")


class BadPayment(Invalid):
    """A field of the payment breaks a rule; ``fields`` says which."""

    code = "bad_payment"
    text = mark("This payment cannot be registered as it is.")


class PaymentIsReversed(Conflict):
    """The payment was taken back."""

    code = "payment_reversed"
    text = mark("This payment has been reversed.")


class NothingLeft(Conflict):
    """All of the payment is settled or given back."""

    code = "nothing_left"
    text = mark("Nothing of this payment is left to settle or give back.")


class NothingOpen(Conflict):
    """The claims chosen owe nothing on the payment's value date."""

    code = "nothing_open"
    text = mark("Nothing is open on the chosen claims on the payment's value date.")


class BadSettlement(Invalid):
    """The settlement asked for breaks a rule; ``fields`` says which."""

    code = "bad_settlement"
    text = mark("The payment cannot be settled like this.")


class AlreadyWithdrawn(Conflict):
    """The settlement was withdrawn before."""

    code = "already_withdrawn"
    text = mark("This settlement has already been withdrawn.")


class MoneyGivenBack(Conflict):
    """Money of the payment was refunded, so it cannot be reversed as a whole."""

    code = "money_given_back"
    text = mark("Part of this payment has been given back, so it cannot be reversed.")


class BadRefund(Invalid):
    """The sum or the reason of a refund breaks a rule."""

    code = "bad_refund"
    text = mark("The money cannot be given back like this.")


class MonthNotOver(Conflict):
    """Only months that are over are closed."""

    code = "month_not_over"
    text = mark("{month} is not over yet.")


class MonthIsClosed(Conflict):
    """The month was closed before."""

    code = "month_closed"
    text = mark("{month} is closed already.")


class MonthIsOpen(Conflict):
    """The month is not closed."""

    code = "month_open"
    text = mark("{month} is not closed.")


class EarlierMonthOpen(Conflict):
    """Months are closed one after the other."""

    code = "earlier_month_open"
    text = mark("{month} has to be closed first.")


class LaterMonthClosed(Conflict):
    """Only the last closed month is opened again."""

    code = "later_month_closed"
    text = mark("{month} has to be opened first.")


class SchemeBuiltin(Conflict):
    """Shipped schemes stay as they are."""

    code = "scheme_builtin"
    text = mark("Shipped schemes cannot be changed. Copy it and change the copy.")


class SchemeKeyTaken(Conflict):
    """Two schemes of one key could not be told apart."""

    code = "scheme_key_taken"
    text = mark("There is already a scheme {key}.")


class BadScheme(Invalid):
    """The scheme could not settle everything, or names what does not exist."""

    code = "bad_scheme"
    text = mark("This scheme cannot be used as it is.")


class AccountTaken(Conflict):
    """The account is in the list."""

    code = "account_taken"
    text = mark("There is already an account {number} in {currency}.")


class BadAccount(Invalid):
    """A field of the account breaks a rule."""

    code = "bad_account"
    text = mark("This account cannot be kept as it is.")


class BadTerms(Invalid):
    """A field of commission terms breaks a rule, or other terms hold for the same days and parts of the debt."""

    code = "bad_terms"
    text = mark("These terms cannot be kept as they are.")


class TermsStated(Conflict):
    """What earned by these terms is in a statement to the creditor."""

    code = "terms_stated"
    text = mark("Statements name these terms: only their name and last day can change. Add new terms instead.")


class TermsUsed(Conflict):
    """Repayments have earned by these terms."""

    code = "terms_used"
    text = mark("Repayments have earned by these terms. Give them a last day instead.")


class BadPeriod(Invalid):
    """The days of a statement break a rule."""

    code = "bad_period"
    text = mark("A statement cannot be drawn up for these days.")


class NothingToState(Conflict):
    """Every repayment of the creditor is in a statement already, or there is none."""

    code = "nothing_to_state"
    text = mark("No repayment up to this day waits for a statement.")


class NotADraft(Conflict):
    """The statement was issued or called off before."""

    code = "not_a_draft"
    text = mark("This statement is no draft any more.")
