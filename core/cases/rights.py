"""Rights over cases, creditors and registries."""

from core.kernel.access import Right
from core.kernel.i18n import msg

VIEW = "cases.view"
EDIT = "cases.edit"
ASSIGN = "cases.assign"
CLOSE = "cases.close"
EXPORT = "cases.export"
PROMISE = "promises.edit"
ORDERS = "orders.edit"
CREDITORS_VIEW = "creditors.view"
CREDITORS = "creditors.edit"

RIGHTS = (
    Right(VIEW, msg("See cases and debtors")),
    Right(EDIT, msg("Work on cases: notes, people, phones, stage")),
    Right(ASSIGN, msg("Give cases to collectors")),
    Right(CLOSE, msg("Close, suspend and reopen cases")),
    Right(EXPORT, msg("Export lists of cases and debtors")),
    Right(PROMISE, msg("Take and cancel promises to pay")),
    Right(ORDERS, msg("Open orders and cases")),
    Right(CREDITORS_VIEW, msg("See creditors and orders")),
    Right(CREDITORS, msg("Change creditors and stages")),
)
