"""Rights over money."""

from core.kernel.access import Right
from core.kernel.i18n import msg

VIEW = "payments.view"
EDIT = "payments.edit"
CASH = "payments.cash"
IMPORT = "payments.import"
SETTLE = "payments.settle"
WITHDRAW = "payments.withdraw"
REFUND = "payments.refund"
EXPORT = "payments.export"
SETUP = "payments.setup"
CLOSE_MONTH = "payments.close_month"
COMMISSION_VIEW = "commission.view"
COMMISSION = "commission.edit"

RIGHTS = (
    Right(VIEW, msg("See payments and repayments")),
    Right(EDIT, msg("Register payments")),
    Right(CASH, msg("Take cash in the field against a receipt")),
    Right(IMPORT, msg("Import payments and bank statements")),
    Right(SETTLE, msg("Match and settle payments")),
    Right(WITHDRAW, msg("Withdraw repayments and payments")),
    Right(REFUND, msg("Give money back")),
    Right(EXPORT, msg("Export payments and repayments")),
    Right(SETUP, msg("Change accounts and settlement schemes")),
    Right(CLOSE_MONTH, msg("Close and reopen months of the books")),
    Right(COMMISSION_VIEW, msg("See commission and statements for creditors")),
    Right(COMMISSION, msg("Change commission terms and issue statements")),
)
